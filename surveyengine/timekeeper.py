"""Watches the clock of this process: the only source of the time for actions that cannot be undone."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from .clock import MEND, ClockReading, Doubt, Known, Watch, doubt
from .store import clock
from .store.clock import Beat, DoubtedClock
from .store.engine.database import ANSWER, Connection, Database

EVERY = 5.0  # seconds after which the database is asked again
BEAT = timedelta(seconds=30)
# Counts on while a laptop sleeps, so that sleep is not taken for a step; outside Linux, monotonic does that too.
STEADY = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", 0))
BOOT = Path("/proc/sys/kernel/random/boot_id")

log = logging.getLogger("surveyengine")


def wall() -> datetime:
    """Return the time on this machine's clock."""
    return datetime.now(UTC)


def steady() -> float:
    """Return the seconds since the machine was started, on a clock that nobody can set."""
    return time.clock_gettime(STEADY)


class Timekeeper:
    """Decides whether this process may act on its clock. The processes of a machine share their doubts."""

    def __init__(self, database: Database) -> None:
        self._database, self._node = database, socket.gethostname()
        self._lock, self._watch = threading.Lock(), Watch()
        self._checked = float("-inf")
        self._resumed: int | None = None  # the number of the last `resume` seen; None before the database was asked
        self._told = False  # whether the doubt was logged

    def moment(self) -> datetime | None:
        """Return the time; None while the clock is doubted, when nothing may be done that cannot be undone.

        Raises Unavailable where the database cannot be asked.
        """
        with self._lock:
            reading = ClockReading(wall(), steady())
            jumped = self._watch.doubt is None and doubt(reading, self._watch.anchor, Known(None))
            if jumped or reading.steady - self._checked > EVERY:
                reading = self._check()
            return None if self._watch.doubt else reading.wall

    def told(self) -> tuple[datetime, bool]:
        """Return the time on the clock, and whether it is believed."""
        now = self.moment()
        return now or wall(), now is not None

    def is_believed(self) -> bool:
        """Whether the clock is believed; asks the database each time, and stores nothing."""
        return self._node not in dict(self.doubts())

    def doubts(self) -> Iterator[tuple[str, Doubt]]:
        """Yield each machine whose clock is doubted, and why; this one even before a process of it has noticed."""
        with self._database.read(ANSWER) as connection:
            found = [*doubts(connection, self._watch.anchor)]
        yield from found

    def _check(self) -> ClockReading:
        """Ask the database, decide, and inform the other processes and the log."""
        with self._database.read(ANSWER) as connection:
            beat, doubted, reading = _asked(connection)
        mine = next((one for one in doubted if one.node == self._node), None)
        before = self._before(beat, mine)
        after = before.after(reading, _known(beat))
        if after.doubt and (mine is None or after.agreed != before.agreed):
            self._note(beat, after, after.doubt)
        elif after.doubt is None and (mine or beat is None or reading.wall - beat.at > BEAT):
            with self._database.write(ANSWER) as connection:
                clock.believe(connection, self._node)
                clock.beat_at(connection, reading.wall)
        self._watch, self._checked, self._resumed = after, reading.steady, beat.resumed if beat else 0
        self._tell(after.doubt)
        return reading

    def _before(self, beat: Beat | None, mine: DoubtedClock | None) -> Watch:
        """Return the state before the next reading, with what other processes and `resume` have stored."""
        if self._resumed is not None and beat and beat.resumed != self._resumed:
            return Watch()
        if mine and self._watch.doubt is None:
            return _restored(mine)
        if mine is None and self._watch.doubt:
            return Watch(self._watch.anchor)
        return self._watch

    def _note(self, seen: Beat | None, after: Watch, found: Doubt) -> None:
        """Store a doubt for all processes of this machine, unless a clock was confirmed a moment ago."""
        last, agreed = _columns(after.anchor), _columns(after.agreed)
        row = DoubtedClock(
            self._node, found.kind, round(found.off.total_seconds()), found.since, *last, _boot(), *agreed
        )
        with self._database.write(ANSWER) as connection:
            beat = clock.beat(connection, holds=True)
            if beat is None or seen is None or beat.resumed == seen.resumed:
                clock.doubt(connection, row)

    def _tell(self, found: Doubt | None) -> None:
        if found and not self._told:
            log.error("sending is paused: %s; %s", found, MEND)
        elif self._told and found is None:
            log.warning("the clock is believed again, and sending goes on")
        self._told = found is not None


def doubts(connection: Connection, anchor: ClockReading | None = None) -> Iterator[tuple[str, Doubt]]:
    """Yield each machine whose clock is doubted, and why; this one even before a process of it has noticed."""
    beat, doubted, reading = _asked(connection)
    yield from ((one.node, _doubt(one)) for one in doubted)
    found, node = doubt(reading, anchor, _known(beat)), socket.gethostname()
    if found and node not in {one.node for one in doubted}:
        yield node, found


def resume(database: Database) -> tuple[ClockReading, int]:
    """Believe this machine's clock and those that agree with it; return its reading, and how many were doubted."""
    with database.write() as connection:
        reading = ClockReading(wall(), steady(), clock.witness(connection))
        ahead = reading.wall - reading.witness if reading.witness else timedelta()
        return reading, clock.resume(connection, reading.wall, ahead)


def _asked(connection: Connection) -> tuple[Beat | None, list[DoubtedClock], ClockReading]:
    beat, doubted, witness = clock.beat(connection), clock.doubted(connection), clock.witness(connection)
    return beat, doubted, ClockReading(wall(), steady(), witness)


def _known(beat: Beat | None) -> Known:
    return Known(beat.at, beat.ahead) if beat else Known(None)


def _doubt(one: DoubtedClock) -> Doubt:
    return Doubt(one.kind, timedelta(seconds=one.off), one.since)


def _restored(one: DoubtedClock) -> Watch:
    """Return the state that another process of this machine stored; its readings count only in the same boot."""
    if one.boot is None or one.boot != _boot():
        return Watch(None, _doubt(one))
    return Watch(_reading(one.wall, one.steady), _doubt(one), _reading(one.agreed_wall, one.agreed_steady))


def _reading(wall: datetime | None, steady: float | None) -> ClockReading | None:
    return None if wall is None or steady is None else ClockReading(wall, steady)


def _columns(reading: ClockReading | None) -> tuple[datetime | None, float | None]:
    return (reading.wall, reading.steady) if reading else (None, None)


def _boot() -> str | None:
    """Return the id of this boot of the machine; None where the system has none."""
    try:
        return BOOT.read_text().strip()
    except OSError:
        return None
