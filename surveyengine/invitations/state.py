"""The state of sending, as data and in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ..clock import MEND, Doubt
from ..engine import Engine
from ..i18n.speech import SOURCE
from ..settings.calendar import Closing, because, closings
from ..store import backlog
from ..store.backlog import Backlog, Held

WHOSE = {False: "held up by the mail server, or by us", True: "refused for now"}


@dataclass(frozen=True)
class SendingStatus:
    """What waits, why, and what was given up; `doubts` are the machines whose clocks are not believed.

    `reminders` are among the `counts`. `closed` are the closed times that follow on one another from now on, where the
    business is.
    """

    counts: Backlog
    reminders: Backlog
    held: tuple[Held, ...]
    doubts: tuple[tuple[str, Doubt], ...]
    per_minute: int
    closed: tuple[Closing, ...] = ()


def status(engine: Engine, now: datetime) -> SendingStatus:
    """Return the state of sending."""
    with engine.database.read() as connection:
        counts, held = backlog.backlog(connection, now), backlog.held(connection)
        reminders = backlog.backlog(connection, now, backlog.REMINDERS)
    doubts = tuple(engine.timekeeper.doubts())
    closed = tuple(closings(now, engine.config.business.zone, engine.config.calendar))
    return SendingStatus(counts, reminders, tuple(held), doubts, engine.config.sending.per_minute, closed)


def lines(engine: Engine, now: datetime) -> Iterator[str]:
    """Yield what waits, why, and what was given up."""
    found = status(engine, now)
    counts = found.counts
    for node, doubt in found.doubts:
        yield f"sending is paused on {node} since {doubt.since:%Y-%m-%d %H:%M} by its own clock (UTC): {doubt}"
        yield f"  {MEND}"
    if found.closed:
        zone, why = engine.config.business.zone, because(found.closed, engine.catalogs.speech(SOURCE))
        until = found.closed[-1].until.astimezone(zone)
        yield f"nothing is sent until {until:%Y-%m-%d %H:%M} ({zone.key}), because of {why}"
    yield f"planned for later {counts.later} · due {counts.due} · late {counts.late}"
    if waiting := found.reminders.later + found.reminders.due + found.reminders.late:
        yield f"  {waiting} of them reminders"
    for one in found.held:
        yield f"  {one.n} {WHOSE[one.is_own]}: {one.reason}"
    if counts.late:
        yield f"  what is late leaves at {found.per_minute} a minute, the newest first"
    yield f"failed {counts.failed} · uncertain {counts.uncertain}"
    if counts.failed:
        yield "  `surveyengine retry --failed` gives them another chance"


def still_due(engine: Engine, now: datetime) -> int:
    """Return how many invitations are due and not sent."""
    with engine.database.read() as connection:
        counts = backlog.backlog(connection, now)
    return counts.due + counts.late
