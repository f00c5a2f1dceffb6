"""What an event is about, and which later event undoes it: pure, from the data of events.

An occasion is what an event names in its data, such as the number of a ticket. It is read by the rule of the survey
version that asked about the event, so that it need not be stored with the invitation.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from ..definitions.survey import Invite
from ..events.data import ORDER, first_word
from ..events.event import Event
from ..values.clean import digits

EventKey = tuple[str, str]  # an event's source and id

_WHOLE = re.compile(r"(-?[0-9]+)\.0+")


class Trigger(NamedTuple):
    """An event that a customer is asked about, unless a counter-event of one of the types `undone_by` undoes it."""

    key: EventKey
    at: datetime
    data: Mapping[str, Any]
    about: str | None  # the field that names the occasion; None where the event is an occasion of its own
    undone_by: tuple[str, ...]
    occasion: str | None  # the hash of that field and its value


class Counter(NamedTuple):
    """An event that undoes others."""

    key: EventKey
    at: datetime
    type: str
    data: Mapping[str, Any]


def trigger(invite: Invite, event: Event) -> Trigger:
    """Return an event as the survey with this invitation sees it."""
    about = field_of(invite, event.type, event.data)
    key, named = (event.source, event.id), occasion(event.data, about)
    return Trigger(key, event.time, event.data, about, invite.cancel_on, named)


def occasion(data: Mapping[str, Any], about: str | None) -> str | None:
    """Return the hash of the field that names an event's occasion, and of its value; None without one."""
    return _hash(about, value(data, about)) if about else None


def counter(event: Event) -> Counter:
    """Return an event as one that may undo others."""
    return Counter((event.source, event.id), event.time, event.type, event.data)


def field_of(invite: Invite, type: str, data: Mapping[str, Any]) -> str | None:
    """Return the field that names an event's occasion; None where the event is an occasion of its own.

    Without `about` it is the field named like the first word of the event's type, else `order`.
    """
    given = [invite.about] if invite.about else []
    names = [*first_word(type), ORDER] if invite.about is None else given
    return next((name for name in names if value(data, name)), None)


def value(data: Mapping[str, Any], name: str) -> str | None:
    """Return the text or number under a name, in normal form; None where there is neither.

    Numbers are told like their text: 100, 100.0, "100" and "۱۰۰" all are "100". A blank text is "".
    """
    found = data.get(name) if name != "customer" else None
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return None
    if isinstance(found, float) and found.is_integer():
        return str(int(found))
    return _normal(str(found))


@lru_cache(maxsize=1000)  # several surveys look at the same event
def _normal(found: str) -> str:
    text = unicodedata.normalize("NFC", digits(found)).strip()
    whole = _WHOLE.fullmatch(text)
    return whole[1] if whole else text


def cancelled_by(triggers: Iterable[Trigger], counters: Iterable[Counter]) -> dict[EventKey, Counter]:
    """Return which of these events of one customer and one survey were undone, and by which counter-event.

    1. Events count in the order in which they happened; at the same moment, the counter-event is the later one.
    2. A counter-event undoes the occasions that carry the same value.
    3. Where there are none, it undoes the latest standing occasion among those that have no field to compare.
    """
    standing: dict[object, list[Trigger]] = {}
    found: dict[EventKey, Counter] = {}
    story: list[Trigger | Counter] = [*triggers, *counters]
    for one in sorted(story, key=lambda one: (one.at, isinstance(one, Counter), one.key)):
        if isinstance(one, Trigger):
            standing.setdefault(one.occasion or one.key, []).append(one)
            continue
        for which in _hit(standing, one):
            found.update((each.key, one) for each in standing.pop(which))
    return found


def drawn_from(customer: str, one: Trigger, counters: Iterable[Counter]) -> tuple[str, ...]:
    """Return what the lot of an occasion is drawn from; () where each event draws its own.

    An occasion that was undone by name and begins again draws anew.
    Counter-events that name nothing are left out: what they undo depends on the survey, and all surveys of a draw
    must draw the same lot.
    """
    if one.occasion is None:
        return ()
    ended = max((other.at for other in counters if other.at < one.at and _same(one, other)), default=None)
    return (customer, one.occasion, str(ended))


def _hit(standing: Mapping[object, list[Trigger]], counter: Counter) -> list[object]:
    compared = {
        which: [_same(one, counter) for one in triggers]
        for which, triggers in standing.items()
        if counter.type in triggers[-1].undone_by
    }
    named = [which for which, found in compared.items() if any(found)]
    return named or [which for which, found in compared.items() if set(found) == {None}][-1:]


def _same(trigger: Trigger, counter: Counter) -> bool | None:
    """Whether both are about the same occasion; None where they share no field that could tell."""
    for name in (trigger.about, ORDER):
        mine, other = (value(data, name) if name else None for data in (trigger.data, counter.data))
        if mine is not None and other is not None:
            return mine == other != ""
    return None


@lru_cache(maxsize=1000)
def _hash(name: str, named: str | None) -> str:
    return hashlib.sha256(f"{name}\0{named}".encode()).hexdigest()
