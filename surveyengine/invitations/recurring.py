"""Plans recurring surveys, by the same decision as after an event."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..definitions.condition import holds
from ..definitions.survey import Survey
from ..engine import Engine
from ..events.event import Customer
from ..store import customers, surveys, turns
from ..store.engine.database import Connection, Unavailable
from ..store.turns import Span
from .contact import DecisionContext, contact_of
from .decision import Occasion, Rules, plan, turn
from .interaction import Interaction, condition_values
from .storing import KeyedDecision, decided, keep

PAUSE = timedelta(days=7)
"""How long a refused turn rests before it is tried again; at most as long as `every`."""
BATCH = 100  # customers in a transaction
DAY = timedelta(days=1)
HASH_DIGITS = 64  # of an address
log = logging.getLogger("surveyengine")


@dataclass(frozen=True)
class Wave:
    """The customers whom a recurring survey asks at this moment: those whose turn its span makes it."""

    engine: Engine
    survey: Survey
    span: Span
    now: datetime


def plan_turns(engine: Engine, now: datetime, stopped: Callable[[], bool] = lambda: False) -> int:
    """Decide about every customer whose turn it is, and return how many there were.

    A customer's turn comes `every` so long after the last invitation to the survey, or after we first knew them.
    Customers known before the survey are spread over its first span by lot. Several workers may do this at once; each
    customer is decided about once.
    """
    decisions = 0
    for survey in engine.library.live.values():
        every = survey.invite.every if survey.invite else None
        if every and not survey.head.closed:
            decisions += _plan(Wave(engine, survey, _span(engine, survey, every, now), now), stopped)
    return decisions


def _span(engine: Engine, survey: Survey, every: timedelta, now: datetime) -> Span:
    with engine.database.read() as connection:
        versions = surveys.published(connection, survey.ids)
    asking = (at for digest, at in versions if _comes_round(engine.library.version(digest)))
    began = min(asking, default=now)
    place = 1 + int.from_bytes(survey.id.encode()) % (HASH_DIGITS - turns.LOT_DIGITS)  # another lot in each survey
    return Span(survey.ids, now - every, now - min(every, PAUSE), began, place, _drawn(now - began, every))


def _comes_round(version: Survey | None) -> bool:
    return bool(version and version.invite and version.invite.every)


def _drawn(age: timedelta, every: timedelta) -> str:
    """Return the lot below which it is a customer's turn, for a survey of that age.

    On its first day it is nobody's turn, and after a span everybody's.
    """
    if age >= every:
        return turns.EVERY_LOT
    share = max(age - DAY, timedelta(0)) / (every - DAY) if every > DAY else 0
    return f"{int(share * 16**turns.LOT_DIGITS):0{turns.LOT_DIGITS}x}"


def _plan(wave: Wave, stopped: Callable[[], bool]) -> int:
    decisions, last, invite = 0, None, wave.survey.invite
    while not stopped():
        with wave.engine.database.read() as connection:
            found = turns.due(connection, wave.span, last, BATCH)
        meant = [person.id for person in found if invite and holds(invite.when, condition_values(person, {}))]
        if meant:
            decisions += _decide_all(wave, meant)
        if len(found) < BATCH:
            break
        last = found[-1]
    return decisions


def _decide_all(wave: Wave, ids: list[str]) -> int:
    """Decide about these customers, and return how many were; a failure is logged and does not stop the others."""
    try:
        with wave.engine.database.write() as connection:
            return sum(_decide(wave, connection, id) for id in ids)
    except Unavailable:
        raise
    except Exception:
        if len(ids) == 1:
            log.exception("a customer whose turn it is at the survey %s cannot be decided about", wave.survey.id)
            return 0
    return sum(_decide_all(wave, [id]) for id in ids)


def _decide(wave: Wave, connection: Connection, id: str) -> bool:
    """Store what becomes of one customer's turn; False where another worker was quicker, or the customer is busy."""
    engine, survey, now = wave.engine, wave.survey, wave.now
    person = customers.held(connection, id)
    if person is None or not turns.is_due(connection, wave.span, id) or person.known_at is None:
        return False
    event = turn(survey, Customer(id), person.known_at, now)
    contact = contact_of(DecisionContext(engine, connection, now), person)
    occasion = Occasion(event, contact, condition_values(person, {}), False, now)
    decision = plan(survey, occasion, Rules(engine.config.sending, engine.config.calendar))
    if decision is None:
        return False
    key = turns.add(connection, decided(engine, survey, decision, Interaction(event, person, contact)))
    keep(connection, [KeyedDecision(key, survey, decision)])
    return True
