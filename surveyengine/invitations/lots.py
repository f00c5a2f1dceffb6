"""The lot of today: which surveys compete, with which chances, and what earlier occasions of a customer drew."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from ..engine import Engine
from ..store import allotments, customers, scales
from ..store.engine import lock
from ..store.engine.database import Connection
from ..store.scales import DayScale
from .contact import DecisionContext, memory, recipient_of, whom
from .decision import Contact, Plan, Refusal
from .lottery import ALL, TICKETS, Allotment, Drawn, as_it_went, packed, ticket, unpacked
from .scale import DaySums, SurveyScale, competing, renewed

YEAR, MONTH = timedelta(days=365), timedelta(days=30)


def today(engine: Engine, now: datetime, is_sure: bool = True) -> dict[str, float]:
    """Return the scale of each survey that competes, and make those of this day if nobody has; {} where none do.

    It has a transaction of its own, in which no other process makes the same day. Nothing is made while the clock is
    not sure: a day that is not today would be taken for made once it comes.
    """
    if not is_sure:
        return expected(engine, now)
    wanted, day = competing(engine.library.live.values(), engine.config.sending), _day(engine, now)
    if not wanted:
        return {}
    with engine.database.read() as connection:
        found = scales.on(connection, day)
    if scales.lacking(found, wanted):
        with engine.database.write() as connection:
            scales.hold(connection)
            scales.keep(connection, _made(engine, connection, day, wanted))
            found = scales.on(connection, day)
    return {one.survey: one.chance for one in found if one.survey in wanted}


def expected(engine: Engine, now: datetime) -> dict[str, float]:
    """Return the same without making anything."""
    wanted, day = competing(engine.library.live.values(), engine.config.sending), _day(engine, now)
    if not wanted:
        return {}
    with engine.database.read() as connection:
        found = [*_made(engine, connection, day, wanted), *scales.on(connection, day)]
    return {one.survey: one.chance for one in found if one.survey in wanted}


def _made(engine: Engine, connection: Connection, day: date, wanted: Mapping[str, float | None]) -> Sequence[DayScale]:
    """Return how the surveys stand on a day, from how they stood before it and what was drawn since."""
    past = scales.before(connection, day)
    before = {engine.library.today(one.survey): one for one in sorted(past, key=lambda one: one.day)}
    through = allotments.newest(connection)
    passed = {name: _with_sums(engine, connection, before.get(name), through) for name in wanted}
    last = max((one.day for one in past), default=day)
    found = renewed(passed, wanted, (day - last).days)
    return [DayScale(name, day, *scale, through) for name, scale in sorted(found.items())]


def _with_sums(engine: Engine, connection: Connection, before: DayScale | None, through: int) -> SurveyScale:
    """Return how a survey stood on its last day, with what was drawn since."""
    if before is None:
        return SurveyScale()
    scale = SurveyScale(before.chance, before.occasions, before.wished, before.given)
    today = engine.library.today(before.survey)
    for one in allotments.sums(connection, before.through, through):
        if engine.library.today(one.survey) == today:
            scale = scale.with_day(DaySums(one.occasions, one.wished, one.allotted / TICKETS))
    return scale


def _day(engine: Engine, now: datetime) -> date:
    return now.astimezone(engine.config.business.zone).date()


def hold(context: DecisionContext, persons: Iterable[customers.Person]) -> None:
    """Let nobody else decide about the same mailboxes until the transaction ends; first, before anything is read."""
    lock.hold_recipients(context.connection, filter(None, (recipient_of(context.engine, one) for one in persons)))


def books(context: DecisionContext, persons: Collection[customers.Person]) -> dict[str, tuple[int, Sequence[Drawn]]]:
    """Return the ticket of each customer, and what earlier occasions drew, as it went; by the customer's id."""
    engine, theirs = context.engine, [whom(context.engine, one) for one in persons]
    since = context.now - max(YEAR, memory(engine)) - MONTH
    rows = allotments.books(context.connection, theirs, since)
    tickets = {one.customer: ticket(engine.secret, one.recipient or one.customer) for one in theirs}
    return {id: (held, [_entry(engine, row, held) for row in rows[id]]) for id, held in tickets.items()}


def _entry(engine: Engine, row: allotments.PastDecision, held: int) -> Drawn:
    """Return a past decision as it went: without tickets, or with other ones than it had, it is a fact."""
    tickets = ALL if row.tickets is None else as_it_went(unpacked(row.tickets), held, row.invited)
    return Drawn(engine.library.today(row.survey), row.due, tickets, row.scale or 1.0, row.occasion)


def noted(contact: Contact, survey: str, decision: Plan | Refusal, occasion: str | None) -> Contact:
    """Return the contact after a decision, for the other surveys about the same event."""
    if isinstance(decision, Refusal) and decision.drawn is None:
        return contact
    drawn = decision.drawn or Allotment(ALL, 1.0, 1.0)
    tickets = as_it_went(drawn.tickets, contact.ticket, isinstance(decision, Plan))
    asked = [*contact.asked, (survey, decision.due)] if isinstance(decision, Plan) else contact.asked
    more = [Drawn(survey, decision.due, tickets, drawn.scale, occasion)] if decision.due else []
    return contact._replace(asked=asked, book=[*contact.book, *more])


def columns(key: int, drawn: Allotment) -> Mapping[str, Any]:
    """Return the row of what the occasion of an invitation drew."""
    values = {"allotted": drawn.allotted, "scale": drawn.scale, "wished": drawn.wished}
    return {"invitation": key, "tickets": packed(drawn.tickets), **values}
