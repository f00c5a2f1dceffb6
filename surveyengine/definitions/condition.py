"""Conditions: one grammar for `show_if` (answers) and `when` (events); nothing in it is evaluated as code."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, PlainValidator, model_validator
from pydantic_core import PydanticCustomError

from . import comparison, synonym
from .model import Many, Model, closest

NUMBERS = (int, float, Decimal)
LINES = "\0"  # what no file can hold, so that it is never taken for a name in it


# Connectives of other query languages, and our spelling.
OR = "is called `any` here; write any = [ { … }, { … } ]"
AND = "needs no name, because all tests of a table must hold; write them side by side: { a = …, b = … }"
NOT = "is not among the tests; turn each test in it round, such as { a = { is_not = … } }"
CONNECTIVES = {
    **dict.fromkeys(("or", "any_of", "one_of", "oneof", "anyof", "either", "||"), OR),
    **dict.fromkeys(("and", "all", "all_of", "allof", "every", "both", "&&"), AND),
    **dict.fromkeys(("not", "none", "none_of", "unless", "!"), NOT),
}


def _scalar(raw: object) -> object:
    if isinstance(raw, float) and not math.isfinite(raw):
        raise PydanticCustomError("scalar", "must be a finite number, such as 3.5")
    if not isinstance(raw, bool | int | float | str):
        raise PydanticCustomError("scalar", "must be a text, a number, true or false")
    return raw


@dataclass(frozen=True)
class _Foreign:
    """A value under a connective of another query language, such as `and`; it is refused with our spelling."""

    complaint: str


Scalar = Annotated[bool | int | float | str, PlainValidator(_scalar)]
Some = Annotated[Many[Scalar], Field(min_length=1)]


class Test(Model):
    """The tests of one value; every one that is given must hold."""

    __test__ = False  # the name is the field's; pytest need not collect it

    at_least: float | None = None
    at_most: float | None = None
    above: float | None = None
    below: float | None = None
    is_: Scalar | None = Field(None, alias="is")
    is_not: Scalar | None = None
    in_: Some | None = Field(None, alias="in")
    not_in: Some | None = None
    contains: Scalar | None = None
    answered: bool | None = None

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, raw: Any) -> Any:
        """A bare value means `is`, a list means `in`."""
        if isinstance(raw, _Foreign):
            raise PydanticCustomError("connective", "{complaint}", {"complaint": raw.complaint})
        if isinstance(raw, list):
            return {"in": raw}
        if raw == {}:
            raise PydanticCustomError("test", "tests nothing; write a value, a list, or a test such as { at_most = 3 }")
        return raw if isinstance(raw, dict | Test) else {"is": raw}

    @classmethod
    def astray(cls, key: str) -> str:
        if test := synonym.test(key, cls.known_keys()):
            return f"write `{test}`"
        hint = f'a row of a matrix is named in quotes: "question.{key}"; tests are {", ".join(cls.known_keys())}'
        return closest(key, cls.known_keys(), at_least=0.75) or hint

    @property
    def compares(self) -> bool:
        """Whether it compares sizes, which only numbers have."""
        return any(bound is not None for bound in (self.at_least, self.at_most, self.above, self.below))

    @property
    def named(self) -> tuple[Scalar, ...]:
        """The values it names one by one."""
        single = (value for value in (self.is_, self.is_not, self.contains) if value is not None)
        return (*single, *(self.in_ or ()), *(self.not_in or ()))


class Condition(Model):
    """Tests by name, all of which must hold, and alternatives, one of which must hold where there are any."""

    tests: Mapping[str, Test] = Field(default_factory=dict, alias=LINES)
    any_: Many[Condition] = Field((), alias="any")

    @model_validator(mode="before")
    @classmethod
    def _table(cls, raw: Any) -> Any:
        if not isinstance(raw, dict):
            return raw
        lines = {LINES: {name: _own(name, test) for name, test in raw.items() if name != "any"}}
        return {**lines, "any": raw["any"]} if "any" in raw else lines

    @classmethod
    def instead(cls, value: object, languages: Sequence[str]) -> str:
        meant = comparison.sentence(value) if isinstance(value, str) else ""
        if meant:
            return f"write {meant}"
        return "write a table of names and tests, such as { satisfaction = { at_most = 3 } }"

    def walk(self) -> Iterator[tuple[tuple[str | int, ...], str, Test]]:
        """Yield every test in it with its path in the file and the name that it is about."""
        for name, test in self.tests.items():
            yield (name,), name, test
        for index, alternative in enumerate(self.any_):
            for path, name, test in alternative.walk():
                yield ("any", index, *path), name, test


def _own(name: str, test: Any) -> Any:
    """Return a test, marked where it is a table of tests under a connective of another language."""
    tables = test if isinstance(test, list) else [test]
    is_nested = any(isinstance(one, dict) and not one.keys() & Test.known_keys().keys() for one in tables)
    complaint = CONNECTIVES.get(name.lower()) if is_nested else None
    return _Foreign(complaint) if complaint else test


def holds(condition: Condition | None, values: Mapping[str, object]) -> bool:
    """Return whether the values meet the condition; no condition always holds.

    A name without a value fails every test but `answered = false`. Of a tuple (several chosen options), one member must
    pass, and none may be excluded.
    """
    if condition is None:
        return True
    every = all(_passes(test, values.get(name)) for name, test in condition.tests.items())
    return every and (not condition.any_ or any(holds(alternative, values) for alternative in condition.any_))


def settled(condition: Condition | None, values: Mapping[str, object], pending: Collection[str]) -> Condition | bool:
    """Return whether the condition holds, or the part of it that depends on `pending` names; all others are known."""
    if condition is None:
        return True
    known = {name: test for name, test in condition.tests.items() if name not in pending}
    if not all(_passes(test, values.get(name)) for name, test in known.items()):
        return False
    branches = [settled(alternative, values, pending) for alternative in condition.any_]
    if branches and not any(branches):
        return False
    left = () if True in branches else tuple(one for one in branches if isinstance(one, Condition))
    tests = {name: test for name, test in condition.tests.items() if name in pending}
    return Condition.model_construct(tests=tests, any_=left) if tests or left else True


Miss = tuple[str, Test]
"""A test that did not hold, and the name that it is about."""


def missed(condition: Condition | None, values: Mapping[str, object]) -> Iterator[tuple[Miss, ...]]:
    """Yield what keeps the condition from holding: each test that does not hold, alone; and together those of
    alternatives of which none holds. Nothing where it holds."""
    for name, test in condition.tests.items() if condition else ():
        if not _passes(test, values.get(name)):
            yield ((name, test),)
    if condition and condition.any_ and not any(holds(one, values) for one in condition.any_):
        yield tuple(miss for one in condition.any_ for misses in missed(one, values) for miss in misses)


def is_comparable(value: object) -> bool:
    """Whether a value is a number; of several, whether one is."""
    members = value if isinstance(value, tuple | list) else (value,)
    return any(isinstance(one, NUMBERS) and not isinstance(one, bool) and one == one for one in members)


def _passes(test: Test, value: object) -> bool:
    members = tuple(value) if isinstance(value, tuple | list) else () if value is None or value == "" else (value,)
    if test.answered is not None and test.answered != bool(members):
        return False
    if not members:
        return test.answered is False and not test.compares and not test.named
    return (
        (not test.compares or any(_measures(test, member) for member in members))
        and (test.is_ is None or any(_same(member, test.is_) for member in members))
        and (test.in_ is None or any(_same(member, one) for member in members for one in test.in_))
        and (test.is_not is None or not any(_same(member, test.is_not) for member in members))
        and (test.not_in is None or not any(_same(member, one) for member in members for one in test.not_in))
        and (test.contains is None or _contains(value, test.contains))
    )


def _measures(test: Test, member: object) -> bool:
    size = _exact(member)
    if not isinstance(size, NUMBERS) or isinstance(size, bool) or size != size:  # a NaN
        return False
    return (
        (test.at_least is None or size >= _written(test.at_least))
        and (test.at_most is None or size <= _written(test.at_most))
        and (test.above is None or size > _written(test.above))
        and (test.below is None or size < _written(test.below))
    )


def _same(member: object, value: Scalar) -> bool:
    """Whether they are equal; true is not 1."""
    return isinstance(member, bool) == isinstance(value, bool) and _exact(member) == _exact(value)


def _exact(value: object) -> object:
    """Return a float as the decimal number that was written: an answer of 0.1 is at least 0.1."""
    return _written(value) if isinstance(value, float) else value


def _written(number: float) -> Decimal:
    return Decimal(repr(number))


def _contains(value: object, wanted: Scalar) -> bool:
    if isinstance(value, str) and isinstance(wanted, str):
        return wanted in value
    return isinstance(value, tuple | list) and any(_same(member, wanted) for member in value)
