"""Which tests of a survey's `when` an event failed, and with which values, in words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import reduce

from ..definitions.condition import Condition, Miss, Scalar, Test, is_comparable, missed
from ..definitions.reference import ABOUT_CUSTOMER
from ..i18n.speech import Speech
from ..values.msgid import N_

LONGEST_SHOWN = 60
NEWER = N_("not asked, because the survey, its `when`, or what is known of the customer is newer than the event")


def unmet(when: Condition | None, values: Mapping[str, object], speech: Speech) -> str:
    """Return why nobody was asked about an event of these values, as a sentence without its full stop."""
    reasons = [_wanted(misses, values, speech) for misses in missed(when, values)]
    if not reasons:
        return speech.gettext(NEWER)
    wanted = joined(N_("{one}; and {other}"), reasons, speech)
    return speech.gettext("not asked, because its `when` wants {wanted}", wanted=wanted)


def joined(pattern: str, parts: Iterable[str], speech: Speech) -> str:
    """Return the parts as one phrase, two at a time by a pattern of `{one}` and `{other}`."""
    return reduce(lambda one, other: speech.gettext(pattern, one=one, other=other), parts)


def _wanted(misses: tuple[Miss, ...], values: Mapping[str, object], speech: Speech) -> str:
    told = (_missed(name, test, values.get(name), speech) for name, test in misses)
    return joined(N_("{one}, or {other}"), told, speech)


def _missed(name: str, test: Test, value: object, speech: Speech) -> str:
    wish, found = wished(test, speech), _found(name, test, value, speech)
    return speech.gettext("{name} {wish}, but {found}", name=f"`{name}`", wish=wish, found=found)


def wished(test: Test, speech: Speech) -> str:
    """Return what a value must be to pass."""
    wishes = list(_wishes(test, speech))
    return joined(N_("{one} and {other}"), wishes, speech) if wishes else speech.gettext("to pass a test")


def _wishes(test: Test, speech: Speech) -> Iterator[str]:
    bounds = {
        N_("to be at least {bound}"): test.at_least,
        N_("to be at most {bound}"): test.at_most,
        N_("to be above {bound}"): test.above,
        N_("to be below {bound}"): test.below,
    }
    yield from (
        speech.gettext(wish, bound=speech.identifier(bound)) for wish, bound in bounds.items() if bound is not None
    )
    yield from _named(test, speech)
    if test.contains is not None:
        yield speech.gettext("to contain {value}", value=_shown(test.contains))
    if test.answered is not None:
        yield speech.gettext("to be there") if test.answered else speech.gettext("not to be there")


def _named(test: Test, speech: Speech) -> Iterator[str]:
    """Yield the wishes of tests that name values."""
    if test.is_ is not None:
        yield speech.gettext("to be {value}", value=_shown(test.is_))
    if test.in_ is not None:
        yield _one_of(N_("to be {value}"), N_("to be one of {values}"), test.in_, speech)
    if test.is_not is not None:
        yield speech.gettext("not to be {value}", value=_shown(test.is_not))
    if test.not_in is not None:
        yield _one_of(N_("not to be {value}"), N_("not to be one of {values}"), test.not_in, speech)


def _one_of(single: str, several: str, values: tuple[Scalar, ...], speech: Speech) -> str:
    if len(values) == 1:
        return speech.gettext(single, value=_shown(values[0]))
    return speech.gettext(several, values=joined(N_("{one}, {other}"), map(_shown, values), speech))


def _found(name: str, test: Test, value: object, speech: Speech) -> str:
    """Return what the value is instead."""
    if value is None or value == "" or value == []:
        known_of = name in ABOUT_CUSTOMER
        return speech.gettext("it is not known") if known_of else speech.gettext("the event does not carry it")
    if test.compares and not is_comparable(value):
        said = N_("{name} is {value}, which cannot be compared as a number")
        return speech.gettext(said, name=f"`{name}`", value=_kind(value, speech))
    likely = [one for one in test.named if isinstance(one, str) is not isinstance(value, str)]
    typed = _kind(value, speech) if likely and str(likely[0]) == str(value) else _shown(value)
    return speech.gettext("{name} is {value}", name=f"`{name}`", value=typed)


def _kind(value: object, speech: Speech) -> str:
    shown = _shown(value)
    if isinstance(value, str):
        return speech.gettext("the text {value}", value=shown)
    if isinstance(value, bool):
        return speech.gettext("the truth value {value}", value=shown)
    return speech.gettext("the number {value}", value=shown) if isinstance(value, int | float) else shown


def _shown(value: object) -> str:
    """Return a value as it is written in a file, cut to LONGEST_SHOWN characters."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"
