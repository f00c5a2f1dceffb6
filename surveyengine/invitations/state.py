"""The state of sending, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ..clock import MEND
from ..engine import Engine
from ..store import backlog

WHOSE = {False: "held up by the mail server, or by us", True: "refused for now"}


def lines(engine: Engine, now: datetime) -> Iterator[str]:
    """Yield what waits, why, and what was given up."""
    with engine.database.read() as connection:
        counts, held = backlog.backlog(connection, now), backlog.held(connection)
    for node, doubt in engine.timekeeper.doubts():
        yield f"sending is paused on {node} since {doubt.since:%Y-%m-%d %H:%M} by its own clock (UTC): {doubt}"
        yield f"  {MEND}"
    yield f"planned for later {counts.later} · due {counts.due} · late {counts.late}"
    for one in held:
        yield f"  {one.n} {WHOSE[one.is_own]}: {one.reason}"
    if counts.late:
        yield f"  what is late leaves at {engine.config.sending.per_minute} a minute, the newest first"
    yield f"failed {counts.failed} · uncertain {counts.uncertain}"
    if counts.failed:
        yield "  `surveyengine retry --failed` gives them another chance"


def still_due(engine: Engine, now: datetime) -> int:
    """Return how many invitations are due and not sent."""
    with engine.database.read() as connection:
        counts = backlog.backlog(connection, now)
    return counts.due + counts.late
