"""What happened to a customer: a CloudEvent (version 1.0) as a checked value."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from ..values.clean import Unclean
from ..values.label import label
from ..values.period import exact_moment
from .alias import attribute, unread
from .customer import Customer, customer, strangers
from .data import data, facts
from .fields import Faults, UnusedDetail, shown

__all__ = ["Customer", "Event", "Malformed", "event"]

AHEAD = timedelta(days=1)  # how far a sender's clock may be ahead of ours
BEHIND = timedelta(days=100 * 365)
ATTRIBUTES = {"specversion", "type", "source", "id", "time", "test", "data", "data_base64", "datacontenttype"}
MOST_STRANGERS = 100


@dataclass(frozen=True)
class Event:
    """A checked event, identified by source and id; `time` is when it happened, in UTC.

    `data` is without the customer. `unused` are the details that could not be used, `respelled` the identifiers that
    are kept in another spelling, `strangers` the unknown names beside `data` and in its customer.
    """

    source: str
    id: str
    type: str
    time: datetime
    data: Mapping[str, Any]
    customer: Customer | None
    test: bool
    unused: tuple[UnusedDetail, ...] = ()
    strangers: tuple[str, ...] = field(default=(), compare=False)
    is_dated: bool = field(default=True, compare=False)  # whether the event itself says when it happened
    respelled: tuple[UnusedDetail, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Malformed:
    """Why an event is refused; `where` names it among several, unless its place is told elsewhere."""

    reason: str
    where: str = ""


def event(raw: object, received: datetime) -> Event | Malformed:
    """Return the event of a decoded JSON object, or everything that is wrong with it.

    1. Read its attributes: `specversion`, `source`, `id`, `type`, `time` and `test`; unknown ones are ignored.
    2. Read its data, then the customer and the facts in it.
    3. With any fault it is Malformed, with all faults in one reason.

    Without a `time`, it happened when it was received.
    """
    if not isinstance(raw, Mapping):
        return Malformed('an event is a JSON object, such as {"specversion": "1.0", "type": "order.paid", …}')
    faults = Faults()
    faults.read("specversion", _version, raw.get("specversion"), None)
    source, id, type = (_label(raw, name, faults) for name in ("source", "id", "type"))
    time = faults.read("time", partial(_time, received=received), raw.get("time"), received)
    test = faults.read("test", _flag, raw.get("test"), False)
    given: dict[str, Any] = faults.read("data", data, raw, {})
    whom, what = customer(given.get("customer"), faults), facts(given, type, faults)
    if reason := faults.reason():
        return Malformed(reason)
    unknown = (*strangers(given.get("customer")), *unread(raw, ATTRIBUTES))[:MOST_STRANGERS]
    is_dated = raw.get("time") is not None
    return Event(source, id, type, time, what, whom, test, faults.unused, unknown, is_dated, faults.respelled)


def _label(raw: Mapping[str, Any], name: str, faults: Faults) -> str:
    if raw.get(name) is None and (hint := attribute(name, raw)):
        faults.note(name, f"is missing; {hint}")
        return ""
    kept = faults.read(name, label, raw.get(name), "")
    faults.recognised(name, raw.get(name), kept)
    return kept


def _version(value: object) -> None:
    if value is None:
        raise Unclean('is missing; write "1.0"')
    if value != "1.0":
        raise Unclean(f'must be "1.0", and is {shown(value)}; only "1.0" is understood')


def _time(value: object, received: datetime) -> datetime:
    if value is None:
        return received
    at = _moment(value) if isinstance(value, str) else None
    if at is None:
        raise Unclean("must be a date and time with a zone (RFC 3339), such as 2026-11-20T14:03:00Z")
    if at > received + AHEAD:
        raise Unclean(f"is {at:%Y-%m-%dT%H:%M:%SZ}, more than a day in the future")
    if at < received - BEHIND:
        raise Unclean(f"is {at.isoformat()}, more than a hundred years ago")
    return at


def _moment(value: str) -> datetime | None:
    with suppress(OverflowError):  # a moment before the year 1, or after 9999, in UTC
        at = exact_moment(value.strip())
        return at.astimezone(UTC) if at else None
    return None


def _flag(value: object) -> bool:
    if value is None or value is False or value == "false":
        return False
    if value is True or value == "true":
        return True
    raise Unclean(f"must be true or false, and is {shown(value)}")
