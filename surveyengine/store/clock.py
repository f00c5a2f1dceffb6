"""What the processes of an engine know together of the time: the last heartbeat, and whose clock is doubted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, update

from .engine.upsert import insert_new, upsert
from .schema import clock_doubt, heartbeat

WITNESS = select(func.clock_timestamp())
BEAT = select(heartbeat.c.at, heartbeat.c.resumed, heartbeat.c.ahead)


class Beat(NamedTuple):
    """The last heartbeat, how often somebody said that a clock is right, and how far it is ahead of the database's."""

    at: datetime
    resumed: int
    ahead: timedelta


class DoubtedClock(NamedTuple):
    """A machine whose clock is doubted: why, what was last believed of it, and since when it has been right again.

    The seconds since the start of the machine say something only as long as it is the same start.
    """

    node: str
    kind: str
    off: int  # seconds
    since: datetime
    wall: datetime | None
    steady: float | None
    boot: str | None
    agreed_wall: datetime | None
    agreed_steady: float | None


def witness(connection: Connection) -> datetime | None:
    """Return what the database's own clock shows; None for SQLite, which has none."""
    if connection.dialect.name == "sqlite":
        return None
    shown: datetime = connection.execute(WITNESS).scalar_one()
    return shown


def beat(connection: Connection, holds: bool = False) -> Beat | None:
    """Return the last heartbeat, and keep it as it is until the transaction ends; None before the first."""
    row = connection.execute(BEAT.with_for_update() if holds else BEAT).one_or_none()
    return Beat(row.at, row.resumed, timedelta(seconds=row.ahead)) if row else None


def beat_at(connection: Connection, at: datetime) -> None:
    """Note that the engine works at that moment."""
    if insert_new(connection, heartbeat, {"single": True, "at": at}) is None:
        connection.execute(update(heartbeat).where(heartbeat.c.at < at).values(at=at))


def doubted(connection: Connection) -> list[DoubtedClock]:
    """Return the machines whose clocks are doubted."""
    found = connection.execute(select(clock_doubt).order_by(clock_doubt.c.since, clock_doubt.c.node))
    return [DoubtedClock(*row) for row in found]


def doubt(connection: Connection, found: DoubtedClock) -> None:
    """Note that a machine's clock is doubted."""
    values = found._asdict()
    written = upsert(connection, clock_doubt).values(**values)
    connection.execute(written.on_conflict_do_update(index_elements=[clock_doubt.c.node], set_=values))


def believe(connection: Connection, node: str) -> None:
    """Note that a machine's clock is doubted no more."""
    connection.execute(delete(clock_doubt).where(clock_doubt.c.node == node))


def resume(connection: Connection, at: datetime, ahead: timedelta) -> int:
    """Believe all clocks that agree with one which shows that moment; return how many had been doubted."""
    right: Mapping[str, Any] = {"at": at, "ahead": round(ahead.total_seconds())}
    changed = connection.execute(update(heartbeat).values(**right, resumed=heartbeat.c.resumed + 1))
    if changed.rowcount == 0:
        connection.execute(insert(heartbeat).values(**right, resumed=1))
    return connection.execute(delete(clock_doubt)).rowcount
