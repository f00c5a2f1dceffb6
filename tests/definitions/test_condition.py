from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyengine.definitions.condition import Condition, holds, missed, settled
from tests.support.drafts import TITLE, errors, question

TABLE = "write a table of names and tests, such as { satisfaction = { at_most = 3 } }"


def passes(test: object, value: object) -> bool:
    return holds(Condition.model_validate({"x": test}), {"x": value})


@pytest.mark.parametrize(
    ("test", "passing", "failing"),
    [
        (3, [3, 3.0, Decimal(3), (1, 3), [3]], ["3", 4, True, None, "", (), []]),
        ("late", ["late", ("late", "lost")], ["Late", "later", ("lost",), None]),
        (True, [True], [1, "true", "yes", False, None]),
        (1, [1, 1.0], [True]),
        (0, [0, Decimal(0)], [False, None, ""]),
        (["IL", "IR"], ["IL", "IR", ("DE", "IR")], ["il", "ILIR", None, ()]),
        ({"in": [1, "a", True]}, [1, "a", True], ["1", 0, False]),
        ({"is": "a"}, ["a"], ["b"]),
        ({"is_not": "a"}, ["b", ("b", "c"), 1], ["a", ("a", "b"), None, "", ()]),
        ({"not_in": ["a", 1]}, ["b", True], ["a", 1, ("b", "a"), None]),
        ({"contains": "ab"}, ["xaby", "ab", ("ab",), ["ab"]], ["a", ("xab",), 5, None]),
        ({"contains": 1}, [(1, 2), [1]], ["1", 1, (True,)]),
        ({"answered": True}, ["x", 0, False, (1,)], [None, "", (), []]),
        ({"answered": False}, [None, "", (), []], ["x", 0, False, (1,)]),
        ({"answered": False, "is": "x"}, [], [None, "x"]),
        ({"answered": False, "at_most": 5}, [], [None, 3]),
        ({"at_least": 3}, [3, 3.5, Decimal("3.0"), (1, 4)], [2, 2.99, "4", True, None, (1, 2)]),
        ({"at_most": 3}, [3, -1, (3, 9)], [3.01, "1", False, None]),
        ({"above": 3}, [3.01, 4], [3, 2]),
        ({"below": 3}, [2.99, 0], [3, 4]),
        ({"at_least": 2, "below": 5}, [2, 4, (9, 3)], [1, 5, (1, 5)]),
        ({"at_least": 0.1, "at_most": 0.1}, [0.1, Decimal("0.1")], [Decimal("0.11"), Decimal("0.09")]),
        (0.1, [0.1, Decimal("0.1"), Decimal("0.10")], [Decimal("0.100001")]),
        ({"at_least": 3}, [float("inf")], [float("nan"), Decimal("nan"), {"a": 5}, object()]),
        ({"at_least": 3, "is_not": 5}, [3, 4], [5, 2, None]),
    ],
)
def test_a_value_passes_or_fails_a_test(test: object, passing: list[object], failing: list[object]) -> None:
    assert [value for value in passing if not passes(test, value)] == []
    assert [value for value in failing if passes(test, value)] == []


@pytest.mark.parametrize(
    ("condition", "values", "expected"),
    [
        ({}, {}, True),
        ({"a": 1, "b": 2}, {"a": 1, "b": 2}, True),
        ({"a": 1, "b": 2}, {"a": 1}, False),
        ({"any": []}, {}, True),
        ({"any": [{"a": 1}, {"b": 2}]}, {"b": 2}, True),
        ({"any": [{"a": 1}, {"b": 2}]}, {"a": 2, "b": 1}, False),
        ({"any": [{"a": 1}, {}]}, {}, True),
        ({"c": 3, "any": [{"a": 1}, {"b": 2}]}, {"a": 1}, False),
        ({"c": 3, "any": [{"a": 1}, {"b": 2}]}, {"a": 1, "c": 3}, True),
        ({"any": [{"any": [{"a": 1}], "b": 2}]}, {"a": 1, "b": 2}, True),
        ({"any": [{"any": [{"a": 1}], "b": 2}]}, {"a": 1}, False),
        ({"tests": 1, "any_": 2}, {"tests": 1, "any_": 2}, True),    # names like any other
    ],
)  # fmt: skip
def test_lines_are_joined_by_and_and_alternatives_by_or(
    condition: dict[str, Any], values: dict[str, object], expected: bool
) -> None:
    assert holds(Condition.model_validate(condition), values) is expected


def test_no_condition_always_holds() -> None:
    assert holds(None, {})


SCALARS = st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
SIZES = st.floats(allow_nan=False, allow_infinity=False)
TESTS = st.one_of(
    SCALARS,
    st.lists(SCALARS, min_size=1),
    st.dictionaries(st.sampled_from(["at_least", "at_most", "above", "below"]), SIZES, min_size=1),
    st.dictionaries(st.sampled_from(["is", "is_not", "contains"]), SCALARS, min_size=1),
    st.dictionaries(st.sampled_from(["in", "not_in"]), st.lists(SCALARS, min_size=1), min_size=1),
    st.just({"answered": True}),
)
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.decimals(allow_nan=False),
    st.lists(SCALARS), st.lists(SCALARS).map(tuple), st.dictionaries(st.text(), SCALARS),
)  # fmt: skip


@given(TESTS, st.sampled_from([None, "", (), []]))
def test_what_has_no_value_fails_every_test_but_one(test: object, nothing: object) -> None:
    assert not passes(test, nothing)
    assert not holds(Condition.model_validate({"x": test}), {})
    assert passes({"answered": False}, nothing)


@given(TESTS, VALUES)
def test_any_value_passes_or_fails_and_never_raises(test: object, value: object) -> None:
    assert passes(test, value) in (True, False)


@given(SCALARS, VALUES.filter(lambda value: value not in (None, "", (), [])))
def test_a_value_that_is_there_is_either_equal_or_not(wanted: object, value: object) -> None:
    assert passes({"is": wanted}, value) is not passes({"is_not": wanted}, value)
    assert passes([wanted], value) is passes(wanted, value)


@given(TESTS, TESTS, VALUES)
def test_alternatives_hold_where_one_of_them_does(one: object, other: object, value: object) -> None:
    either = Condition.model_validate({"any": [{"x": one}, {"x": other}]})
    assert holds(either, {"x": value}) is (passes(one, value) or passes(other, value))


NAMES = ("a", "b", "c")
WRITTEN: list[Any] = [1, {"at_least": 2}, {"is_not": 1}, {"answered": False}, {"answered": True}]
LINES = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(WRITTEN), max_size=2)
CONDITIONS = st.recursive(
    LINES, lambda inner: st.tuples(LINES, st.lists(inner, max_size=2)).map(lambda two: {**two[0], "any": two[1]})
).map(Condition.model_validate)
ANSWERS = st.fixed_dictionaries({name: st.sampled_from([1, 2, None]) for name in NAMES})


@given(CONDITIONS, ANSWERS, st.sets(st.sampled_from(NAMES)))
def test_what_hangs_on_answers_to_come_holds_as_the_whole_condition_will(
    condition: Condition, answers: dict[str, object], pending: set[str]
) -> None:
    left = settled(condition, {name: value for name, value in answers.items() if name not in pending}, pending)
    if isinstance(left, Condition):
        assert {name for _, name, _ in left.walk()} <= pending
        left = holds(left, answers)
    assert left is holds(condition, answers)


@given(CONDITIONS, ANSWERS)
def test_what_keeps_a_condition_from_holding_are_tests_that_do_not_hold(
    condition: Condition, answers: dict[str, object]
) -> None:
    found = list(missed(condition, answers))
    assert (not found) is holds(condition, answers)
    told = [Condition.model_construct(tests={name: test}) for misses in found for name, test in misses]
    assert not any(holds(one, answers) for one in told)


def test_no_condition_hangs_on_nothing_and_is_kept_by_nothing() -> None:
    assert settled(None, {}, NAMES) is True
    assert list(missed(None, {})) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("or any_of one_of oneOf anyOf either ||", "is called `any` here; write any = [ { … }, { … } ]"),
        ("and all all_of allOf every both AND &&", "needs no name, because all tests of a table must hold; "
         "write them side by side: { a = …, b = … }"),
        ("not none none_of unless !", "is not among the tests; "
         "turn each test in it round, such as { a = { is_not = … } }"),
    ],
)  # fmt: skip
def test_a_connective_of_another_language_is_told_with_what_is_written_here(words: str, said: str) -> None:
    for word in words.split():
        for tests in ("{ a = 1 }", "[{ a = 1 }, { a = 2 }]"):
            asked = question("a", "csat") + question("b", "text", f'show_if = {{ "{word}" = {tests} }}')
            (found,) = errors(TITLE + asked)
            assert found.partition(" ")[2].endswith(f"`{word}` {said}")


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("{ a = { at_leest = 3 } }", ["11:19: unknown key `at_leest`; did you mean `at_least`?"]),
        ("{ a = { is_ = 3 } }", ["11:19: unknown key `is_`; did you mean `is`?"]),
        ("{ a = { in_ = [3] } }", ["11:19: unknown key `in_`; did you mean `in`?"]),
        ("{ a = { in = 3 } }", ["11:19: `in` is a number; write a list: [3]"]),
        ("{ a = { in = [[3], 4] } }",
         ["11:25: `in` must be a text, a number, true or false"]),
        ("{ a = { is = 2026-01-01 } }",
         ["11:19: `is` must be a text, a number, true or false"]),
        ("{ a = { not_in = [{}] } }",
         ["11:29: `not_in` must be a text, a number, true or false"]),
        ("{ a = 2026-01-01 }", ["11:13: `a` must be a text, a number, true or false"]),
        ("{ a = nan }", ["11:13: `a` must be a finite number, such as 3.5"]),
        ('{ a = { at_most = "3" } }', ["11:19: `at_most` is a text; write 3, without quotes"]),
        ("{ a = { above = true } }", ["11:19: `above` is true or false; write a number, such as 3.5"]),
        ('{ a = { answered = "no" } }', ["11:19: `answered` is a text; write false, without quotes"]),
        ("{ a = [] }", ["11:13: `a` is empty; give 1 or more"]),
        ("{ a = {} }", ["11:13: `a` tests nothing; write a value, a list, or a test such as { at_most = 3 }"]),
        ("{ any = { a = 3 } }", ["11:13: `any` is a table; write a list of tables: [ { … }, … ]"]),
        ("{ any = [ { a = { bellow = 3 } }, 5 ] }",
         ["11:29: unknown key `bellow`; did you mean `below`?", f"11:45: `any` is a number; {TABLE}"]),
        ("{ any = [ { any = [ { a = { is = [] } } ] } ] }",
         ["11:39: `is` must be a text, a number, true or false"]),
        ('"a"', [f"11:1: `show_if` is a text; {TABLE}"]),
        ("[ { a = 3 } ]", [f"11:1: `show_if` is a list; {TABLE}"]),
    ],
)  # fmt: skip
def test_a_fault_in_a_condition_stands_at_the_key_that_is_wrong(condition: str, said: list[str]) -> None:
    assert errors(TITLE + question("a", "csat") + question("b", "text", f"show_if = {condition}")) == said

