"""Conditions as the page's script reads them: it shows questions that depend on free text, which CSS cannot see."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from ...definitions.condition import Condition, Test
from ...definitions.kinds.registry import Number, Part, Writing
from ...responses.paging import FormPage

SIZES = ("at_least", "at_most", "above", "below")
# How an answer is read from its fields.
ONE, SOME, TEXT, NUMBER, BESIDE, ANY = "one", "some", "text", "number", "beside", "any"


def rules(leaf: FormPage) -> str:
    """Return as JSON the conditions of a page's questions in their order, and how to read the answers in them.

    A condition that the script could not decide is null: the server does, on the page that follows.
    """
    parts = {part.id: part for question in leaf.questions for part in question.parts}
    conditions = [(one.id, one.show_if) for one in leaf.questions if one.show_if]
    tests = [test for _, condition in conditions for test in condition.walk()]
    told = {
        "rules": [[id, written(one) if _is_known(one, parts) else None] for id, one in conditions],
        "read": {name: how(parts[name]) for _, name, _ in tests if name in parts},
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def kept_parts(leaf: FormPage, withheld: Collection[str]) -> list[str]:
    """Return the parts of a page whose text is kept unseen, so that the script cannot know it."""
    questions = (question for question in leaf.questions if question.id in withheld)
    return [part.id for question in questions for part in question.parts if not part.offered]


def how(part: Part) -> str:
    """Return how the script reads an answer."""
    if part.offered:
        return SOME if part.several else ONE
    if part.question.offered:
        return BESIDE
    if isinstance(part.question, Number):
        return NUMBER
    return TEXT if isinstance(part.question, Writing) else ANY


def written(condition: Condition) -> dict[str, Any]:
    """Return a condition as JSON holds it: numbers as texts in lists, because JavaScript would round them."""
    tests = {name: _test(test) for name, test in condition.tests.items()}
    return {"tests": tests, "any": [written(one) for one in condition.any_]}


def _is_known(condition: Condition, parts: Mapping[str, Part]) -> bool:
    """Whether the script can decide it: of some kinds it knows only whether they are answered."""
    tests = [(test, parts.get(name)) for _, name, test in condition.walk()]
    return not any(part and how(part) == ANY and (test.compares or test.named) for test, part in tests)


def _test(test: Test) -> dict[str, Any]:
    given = test.model_dump(by_alias=True, exclude_none=True)
    return {name: _number(value) if name in SIZES else _value(value) for name, value in given.items()}


def _value(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_value(one) for one in value]
    return _number(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _number(value: float) -> list[str]:
    return [repr(value)]
