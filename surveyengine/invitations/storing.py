"""Stores what was decided: invitations, planned and refused, their first messages, and what occasions drew."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from ..definitions.survey import Survey
from ..engine import Engine
from ..store import allotments, events, invitations, sendings
from ..store.engine.database import Connection
from ..store.events import Settled
from ..store.width import SECONDS
from ..values.enumeration import InvitationState
from ..values.link_tokens import new_id
from . import lots
from .contact import recipient_of
from .decision import TURN, Plan, Refusal
from .interaction import Interaction

FORTNIGHT = timedelta(days=14)


class KeyedDecision(NamedTuple):
    """The key of an invitation, its survey, and what was decided."""

    key: int
    survey: Survey
    decision: Plan | Refusal


class Unstored:
    """Events and decisions that are not stored yet: many are stored by as few statements as one."""

    def __init__(self) -> None:
        self._events: dict[int, dict[str, Any]] = {}
        self._rows: list[dict[str, Any]] = []
        self._decisions: list[tuple[Survey, Plan | Refusal]] = []

    def add_event(self, key: int, row: dict[str, Any]) -> None:
        """Have the row of an event stored under a key, before what is decided about it."""
        self._events[key] = {**row, "key": key, "customer": None, "outcome": {}}

    def settle(self, settled: Iterable[Settled]) -> list[Settled]:
        """Have the events stored with their customers and outcomes; return what came of those that are stored."""
        rest = []
        for one in settled:
            if row := self._events.get(one.at):
                row |= {"customer": one.of, "outcome": one.outcome}
            else:
                rest.append(one)
        return rest

    def add(self, row: dict[str, Any], survey: Survey, decision: Plan | Refusal) -> None:
        """Have a decision stored with the others, as the row of a new invitation."""
        self._rows.append(row)
        self._decisions.append((survey, decision))

    def store(self, connection: Connection) -> None:
        """Store all of them."""
        events.add(connection, [*self._events.values()])
        self._events = {}
        if self._rows:
            keys = invitations.add_all(connection, self._rows)
            keep(connection, [KeyedDecision(key, *each) for key, each in zip(keys, self._decisions, strict=True)])
        self._rows, self._decisions = [], []


def keep(connection: Connection, decided: Iterable[KeyedDecision]) -> None:
    """Plan the messages of planned invitations, and store what occasions drew; a refused one has no message."""
    all_ = [*decided]
    sendings.plan(connection, [_message(key, survey, plan) for key, survey, plan in all_ if isinstance(plan, Plan)])
    allotments.keep(connection, [lots.columns(one.key, one.decision.drawn) for one in all_ if one.decision.drawn])


def decided(engine: Engine, survey: Survey, decision: Plan | Refusal, happened: Interaction) -> dict[str, Any]:
    """Return the row of a decision, but for the occasion.

    It counts on the day of its event, that of a recurring survey when it is due.
    """
    event, person = happened.event, happened.person
    plan = decision if isinstance(decision, Plan) else None
    return {
        **new_row(engine, survey, plan.due if plan and event.type == TURN else event.time, event.time),
        "customer": person.id if person else None,
        "test": event.test,
        "recipient": recipient_of(engine, person) if person else None,
        "probability": decision.probability,
        "due_at": decision.due,
        # As plain texts, because SQLite's driver takes ten times as long to find out what others are.
        "state": str(InvitationState.PLANNED if plan else InvitationState.REFUSED),
        "reason": str(decision.reason) if isinstance(decision, Refusal) else None,
        "channel": plan.channel if plan else None,
        "language": person.language if person and plan else None,
    }


def _message(key: int, survey: Survey, plan: Plan) -> dict[str, Any]:
    priority = survey.invite.priority if survey.invite else 0
    moments = {"due_at": plan.ought, "next_at": plan.due}
    return {"invitation": key, "channel": plan.channel, "priority": priority, **moments}


def new_row(engine: Engine, survey: Survey, at: datetime, now: datetime) -> dict[str, Any]:
    """Return the columns of every new invitation: a random id, its version, its day."""
    return {
        "id": new_id(),
        "survey": survey.id,
        "digest": survey.digest,
        "day": day(engine, at),
        "planned_at": now,
        "probability": 1.0,
        "expires_after": expires_after(survey),
    }


def expires_after(survey: Survey) -> int:
    """Return for how many seconds after it is sent an invitation can be answered."""
    return min(int((survey.invite.expires if survey.invite else FORTNIGHT).total_seconds()), SECONDS)


def day(engine: Engine, at: datetime) -> date:
    """Return the day of a moment in the business's time zone."""
    return at.astimezone(engine.config.business.zone).date()
