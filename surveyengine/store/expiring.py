"""The rows that have had their time, a bounded number at once; what somebody else holds is left for the next look.

Whatever is returned here stays locked until the transaction ends.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, false, func, insert, or_, select, tuple_, update

from ..values.enumeration import InvitationState
from .count_tables import segment_field, segment_month
from .customers import Person
from .erasing import HeldEvent, HeldInvitation, batches
from .funnel_tallies import IS_REAL
from .invitations import BY_HAND
from .schema import customer, event, invitation, response
from .segment_tallies import FACT

Until = Mapping[str, date]
"""The last day that is not kept, by survey, or by the digest of a version."""
Place = tuple[date, int]
"""The day and the key of an invitation, after which the next are looked for."""
IS_BY_HAND = func.coalesce(invitation.c.channel, "") == BY_HAND
IS_SOMEBODYS = or_(invitation.c.customer.is_not(None), IS_BY_HAND, invitation.c.test)
IS_SETTLED = invitation.c.state != InvitationState.PLANNED


class DatedInvitation(NamedTuple):
    """An invitation with what decides whether it has had its time, and whether it is counted at all."""

    held: HeldInvitation
    survey: str
    customer: str | None
    day: date
    event: int | None
    real: bool
    moments: tuple[datetime | None, ...]

    @property
    def place(self) -> Place:
        """Where it stands among all."""
        return self.day, self.held.key


class HeldFacts(NamedTuple):
    """A response, with the facts of what it is about."""

    id: str
    test: bool
    customer: str | None
    context: Mapping[str, str]
    claimed: bool


_FACTS = select(*(response.c[name] for name in HeldFacts._fields))
_DATED = select(
    *(invitation.c[name] for name in HeldInvitation._fields),
    *invitation.c["survey", "customer", "day", "event"],
    and_(IS_REAL).label("real"),
    event.c.time,
).outerjoin_from(invitation, event, event.c.key == invitation.c.event)


def invitations(connection: Connection, until: Until, after: Place | None, limit: int) -> list[DatedInvitation]:
    """Return invitations that lead to somebody, of days until those of their surveys, by day; those after a place."""
    query = _DATED.where(IS_SOMEBODYS, IS_SETTLED, *_reached(invitation.c.survey, invitation.c.day, until))
    if after:
        day, key = after
        later = or_(invitation.c.day > day, and_(invitation.c.day == day, invitation.c.key > key))
        query = query.where(invitation.c.day >= day, later)
    return _held(connection, query.order_by(invitation.c.day, invitation.c.key).limit(limit))


def beside(connection: Connection, events: Collection[int]) -> list[DatedInvitation]:
    """Return all invitations for these events that nobody else holds."""
    return [one for some in batches(events) for one in _held(connection, _DATED.where(invitation.c.event.in_(some)))]


def numbers(connection: Connection, events: Collection[int]) -> Mapping[tuple[int, str], int]:
    """Return how many invitations there are for each of these events, by survey."""
    keys = invitation.c["event", "survey"]
    query = select(*keys, func.count()).group_by(*keys)
    rows = [row for some in batches(events) for row in connection.execute(query.where(invitation.c.event.in_(some)))]
    return {(row[0], row[1]): int(row[2]) for row in rows}


def _held(connection: Connection, query: Any) -> list[DatedInvitation]:
    found, width = [], len(HeldInvitation._fields)
    for row in connection.execute(query.with_for_update(of=invitation, skip_locked=True)):
        held = HeldInvitation(*row[:width])
        moments = (row.time, held.due_at, held.sent_at, held.expires_at, held.answered_at)
        found.append(DatedInvitation(held, row.survey, row.customer, row.day, row.event, row.real, moments))
    return found


def answered(connection: Connection, invitations: Collection[int]) -> list[HeldFacts]:
    """Return the responses to these invitations."""
    query = _FACTS.with_for_update()
    found = [connection.execute(query.where(response.c.invitation.in_(some))) for some in batches(invitations)]
    return [HeldFacts(*row) for rows in found for row in rows]


def dated(connection: Connection, until: Until, alone: bool, limit: int) -> list[HeldFacts]:
    """Return responses that still have their moment, of days until those of their surveys.

    Where they are `alone`, only those that no invitation led to, or that lead back to none.
    """
    which = [response.c.answered_at.is_not(None), *_reached(response.c.survey, response.c.day, until)]
    which += [response.c.invitation.is_(None)] if alone else []
    rows = connection.execute(_FACTS.where(*which).limit(limit).with_for_update(skip_locked=True))
    return [HeldFacts(*row) for row in rows]


def shared_facts(connection: Connection, names: Collection[str], least: int) -> set[tuple[str, str]]:
    """Return which facts of these names are counted for so many answers to one question, or more.

    Upper and lower case are alike, as in a report.
    """
    facts = segment_month.c["field", "fact"]
    keys = facts[0], func.lower(facts[1])
    known = select(*keys).join(segment_field, segment_field.c.field == segment_month.c.field)
    known = known.where(segment_field.c.counted, segment_month.c.said == FACT, segment_month.c.field.in_(names))
    known = known.group_by(*keys, segment_month.c.question).having(func.sum(segment_month.c.n) >= least)
    query = select(*facts).where(segment_month.c.said == FACT, tuple_(*keys).in_(known)).distinct()
    return {(row[0], row[1]) for row in connection.execute(query)}


def move_to_copies(
    connection: Connection, copies: Iterable[tuple[HeldEvent, Mapping[str, Any], Sequence[int]]]
) -> None:
    """Let these invitations, by their keys, be for a copy of their event that has these values and tells of nobody."""
    for one, values, keys in copies:
        kind = select(*event.c["source", "type", "test"]).where(event.c.key == one.key)
        row = connection.execute(kind).one()._asdict()
        new = {**row, **{name: value for name, value in values.items() if name != "at"}, "data": {}, "outcome": {}}
        copy = connection.execute(insert(event).values(**new).returning(event.c.key)).scalar_one()
        connection.execute(update(invitation).where(invitation.c.key.in_(keys)).values(event=copy))
        # Those that stay with the event count anew, because others of it may have come further.
        connection.execute(update(invitation).where(invitation.c.event == one.key).values(folded=False))


def events(connection: Connection, keys: Collection[int]) -> list[HeldEvent]:
    """Return these events."""
    query = select(*(event.c[name] for name in HeldEvent._fields))
    return [HeldEvent(*row) for some in batches(keys) for row in connection.execute(query.where(event.c.key.in_(some)))]


def idle_events(connection: Connection, before: datetime, after: int, limit: int) -> list[int]:
    """Return the keys of events before a moment that no invitation counts for; those after a key."""
    query = select(event.c.key).where(event.c.key > after, event.c.time < before, ~_is_counted())
    query = query.order_by(event.c.key).limit(limit).with_for_update(skip_locked=True)
    return list(connection.execute(query).scalars())


def drop_events(connection: Connection, keys: Collection[int]) -> int:
    """Forget those of these events that no invitation counts for; return how many that were."""
    gone = [delete(event).where(event.c.key.in_(some), ~_is_counted()) for some in batches(keys)]
    return sum(connection.execute(one).rowcount for one in gone)


def _is_counted() -> ColumnElement[bool]:
    return exists().where(invitation.c.event == event.c.key)


def strangers(connection: Connection, before: datetime, after: str, limit: int) -> list[Person]:
    """Return customers of whom nothing was heard since that moment and to whom nothing leads; those after an id."""
    led = [exists().where(table.c.customer == customer.c.id) for table in (event, invitation, response)]
    query = select(customer).where(customer.c.id > after, _unheard(before), *(~one for one in led))
    query = query.order_by(customer.c.id).limit(limit).with_for_update(skip_locked=True)
    return [Person(*row) for row in connection.execute(query)]


def _unheard(before: datetime) -> ColumnElement[bool]:
    heard = or_(customer.c.changed_at >= before, customer.c.known_at >= before)
    return ~func.coalesce(heard, False)


def most_events(connection: Connection, before: datetime) -> int:
    """Return how many events before a moment tell of somebody, or have no invitation that counts for them."""
    which = event.c.time < before, or_(event.c.customer.is_not(None), ~_is_counted())
    return int(connection.execute(select(func.count()).select_from(event).where(*which)).scalar_one())


def most_customers(connection: Connection, before: datetime) -> int:
    """Return of how many customers nothing was heard since that moment, whatever still leads to them."""
    return int(connection.execute(select(func.count()).select_from(customer).where(_unheard(before))).scalar_one())


def most_invitations(connection: Connection, survey: str, until: date) -> int:
    """Return how many invitations to a survey nobody waits for, of days until that one."""
    which = invitation.c.survey == survey, invitation.c.day <= until, IS_SETTLED
    return int(connection.execute(select(func.count()).select_from(invitation).where(*which)).scalar_one())


class PastResponse(NamedTuple):
    """A response whose answers have had their time."""

    id: str
    day: date
    test: bool


def responses(connection: Connection, survey: str, until: Until, limit: int) -> list[PastResponse]:
    """Return folded responses to versions of a survey, of days until those of the versions."""
    query = select(*response.c["id", "day", "test"]).where(
        response.c.survey == survey, response.c.folded, *_reached(response.c.digest, response.c.day, until)
    )  # fmt: skip
    rows = connection.execute(query.limit(limit).with_for_update(skip_locked=True))
    return [PastResponse(*row) for row in rows]


def number_of_responses(connection: Connection, survey: str, until: Until) -> int:
    """Return how many such responses there are, folded or not."""
    which = response.c.survey == survey, *_reached(response.c.digest, response.c.day, until)
    return int(connection.execute(select(func.count()).select_from(response).where(*which)).scalar_one())


def links(connection: Connection, until: Until, zone: tzinfo) -> Mapping[str, int]:
    """Return by survey how many invitations lead to somebody of which all is long past, or answers that none led to."""
    found = Counter[str]()
    for survey, last in until.items():
        end = datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC)
        moments = [event.c.time, *invitation.c["due_at", "sent_at", "expires_at", "answered_at"]]
        past = [or_(one.is_(None), one < end) for one in moments]
        query = select(func.count()).outerjoin_from(invitation, event, event.c.key == invitation.c.event)
        query = query.where(invitation.c.survey == survey, invitation.c.day <= last, IS_SOMEBODYS, IS_SETTLED, *past)
        alone = [response.c.survey == survey, response.c.day <= last, response.c.invitation.is_(None)]
        dated = select(func.count()).select_from(response).where(*alone, response.c.answered_at.is_not(None))
        found[survey] = sum(int(connection.execute(one).scalar_one()) for one in (query, dated))
    return found


class PastInvitation(NamedTuple):
    """An invitation that is nobody's any more, and has had its time."""

    key: int
    day: date
    event: int | None


def nobodys(connection: Connection, survey: str, until: date, limit: int) -> list[PastInvitation]:
    """Return folded invitations to a survey of days until that one which are nobody's, and alone for their event.

    Of several for an event a report counts the one that came furthest, so that they have to stay together.
    """
    other = invitation.alias("other")
    is_shared = exists().where(other.c.event == invitation.c.event, other.c.key != invitation.c.key)
    query = select(*invitation.c["key", "day", "event"]).where(
        invitation.c.survey == survey, invitation.c.day <= until, invitation.c.folded,
        ~IS_SOMEBODYS, IS_SETTLED, ~is_shared,
        ~exists().where(response.c.invitation == invitation.c.key),
    )  # fmt: skip
    rows = connection.execute(query.limit(limit).with_for_update(of=invitation, skip_locked=True))
    return [PastInvitation(*row) for row in rows]


def _reached(name: ColumnElement[str], day: ColumnElement[date], until: Until) -> list[ColumnElement[bool]]:
    """Return the conditions that a day is not kept, by the survey or version of the row; the index finds the first."""
    days: defaultdict[date, list[str]] = defaultdict(list)
    for one, last in until.items():
        days[last].append(one)
    each = [and_(name.in_(names), day <= last) for last, names in days.items()]
    return [day <= max(days), or_(*each)] if days else [false()]
