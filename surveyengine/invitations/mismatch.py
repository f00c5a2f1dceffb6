"""Which tests of a survey's `when` an event did not pass, and with which values, in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from ..definitions.condition import Condition, Miss, Scalar, Test, is_comparable, missed
from ..definitions.reference import ABOUT_CUSTOMER

LONGEST_SHOWN = 60
NEWER = "not asked, because the survey, its `when`, or what is known of the customer is newer than the event"


def unmet(when: Condition | None, values: Mapping[str, object]) -> str:
    """Return why nobody was asked about an event of these values, as a sentence without its stop."""
    reasons = [_wanted(misses, values) for misses in missed(when, values)]
    return f"not asked, because its `when` wants {'; and '.join(reasons)}" if reasons else NEWER


def _wanted(misses: tuple[Miss, ...], values: Mapping[str, object]) -> str:
    return ", or ".join(f"`{name}` {_wish(test)}, but {_found(name, test, values.get(name))}" for name, test in misses)


def _wish(test: Test) -> str:
    """Return what a value must be to pass."""
    return " and ".join(_wishes(test)) or "to pass a test"


def _wishes(test: Test) -> Iterator[str]:
    bounds = {"at least": test.at_least, "at most": test.at_most, "above": test.above, "below": test.below}
    yield from (f"to be {word} {bound:.15g}" for word, bound in bounds.items() if bound is not None)
    if test.is_ is not None:
        yield f"to be {_shown(test.is_)}"
    if test.in_ is not None:
        yield f"to be {_listed(test.in_)}"
    if test.is_not is not None:
        yield f"not to be {_shown(test.is_not)}"
    if test.not_in is not None:
        yield f"not to be {_listed(test.not_in)}"
    if test.contains is not None:
        yield f"to contain {_shown(test.contains)}"
    if test.answered is not None:
        yield "to be there" if test.answered else "not to be there"


def _found(name: str, test: Test, value: object) -> str:
    """Return what the value is instead."""
    if value is None or value == "" or value == []:
        return "it is not known" if name in ABOUT_CUSTOMER else "the event does not carry it"
    if test.compares and not is_comparable(value):
        return f"`{name}` is {_kind(value)}, which cannot be compared as a number"
    wished = [one for one in test.named if isinstance(one, str) is not isinstance(value, str)]
    typed = _kind(value) if wished and str(wished[0]) == str(value) else _shown(value)
    return f"`{name}` is {typed}"


def _kind(value: object) -> str:
    if isinstance(value, str):
        return f"the text {_shown(value)}"
    if isinstance(value, bool):
        return f"the truth value {_shown(value)}"
    return f"the number {_shown(value)}" if isinstance(value, int | float) else _shown(value)


def _listed(values: tuple[Scalar, ...]) -> str:
    return f"one of {', '.join(map(_shown, values))}" if len(values) > 1 else _shown(values[0])


def _shown(value: object) -> str:
    """Return a value as it stands in a file, and of a long one its beginning."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"
