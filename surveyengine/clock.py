"""Whether a clock is believed: decided by its steps, the last heartbeat, and the clock of the database.

Pure: every reading is an argument. A clock that is wrong would send what is not due, and give up what is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

STEP = timedelta(hours=1)
"""By how much two clocks may differ that are both believed."""
DOWNTIME = timedelta(days=30)
"""How long an engine may have stood still; a clock that is further ahead of the last heartbeat is doubted."""
AGREED = 600.0  # seconds that all must have agreed again

STEPPED, BEHIND, AHEAD, WITNESS = "stepped", "behind", "ahead", "witness"
SAID = {
    STEPPED: ("the clock jumped ahead by {span}", "the clock was set back by {span}"),
    BEHIND: ("", "the clock is {span} behind the time at which the engine last worked"),
    AHEAD: ("the clock is {span} ahead of the time at which the engine last worked", ""),
    WITNESS: ("the clock is {span} ahead of the database's", "the clock is {span} behind the database's"),
}
MEND = (
    "set the clock right, and sending goes on when it has been right for ten minutes; or, where this is the right time,"
    " say so with `surveyengine resume`"
)


@dataclass(frozen=True)
class ClockReading:
    """What the clocks show at one moment."""

    wall: datetime
    steady: float  # seconds that nobody can set, those in which the machine slept included
    witness: datetime | None = None  # the database's clock; None where it has none of its own, or was not asked

    def ahead_of(self, anchor: ClockReading) -> timedelta:
        """Return how much the clock is ahead, if it was right then."""
        return self.wall - anchor.wall - timedelta(seconds=self.steady - anchor.steady)


@dataclass(frozen=True)
class Doubt:
    """Why a clock is not believed, by how much it seems to be ahead (or behind, below zero), and since when."""

    kind: str
    off: timedelta
    since: datetime  # by that clock

    def __str__(self) -> str:
        forward, back = SAID[self.kind]
        return (forward if self.off > timedelta() else back).format(span=span(self.off))


@dataclass(frozen=True)
class Known:
    """What the engine's processes know together: when the last of them worked, and how far ahead the right clock is."""

    beat: datetime | None  # None where none ever worked
    ahead: timedelta = timedelta()  # of the database's clock, since somebody said that it is right nevertheless


@dataclass(frozen=True)
class Watch:
    """What a process believes of its clock."""

    anchor: ClockReading | None = None  # the first reading that was believed
    doubt: Doubt | None = None
    agreed: ClockReading | None = None  # since when all agree again

    def after(self, reading: ClockReading, known: Known) -> Watch:
        """Return what is believed after another reading.

        A doubt ends when all have agreed for ten minutes, in which the clock did not jump either.
        """
        if found := doubt(reading, self.anchor, known):
            return replace(self, doubt=self.doubt or found, agreed=None)
        if self.doubt is None:
            return replace(self, anchor=self.anchor or reading)
        agreed = self.agreed or reading
        if abs(reading.ahead_of(agreed)) > STEP:
            agreed = reading
        if reading.steady - agreed.steady < AGREED:
            return replace(self, agreed=agreed)
        return Watch(self.anchor or reading)


def doubt(reading: ClockReading, anchor: ClockReading | None, known: Known) -> Doubt | None:
    """Return what speaks against a reading; None where nothing does.

    Without an anchor, as at a start, the last heartbeat stands for it: nobody knows how long ago it was.
    """
    if anchor and abs(off := reading.ahead_of(anchor)) > STEP:
        return Doubt(STEPPED, off, reading.wall)
    if anchor is None and known.beat:
        off = reading.wall - known.beat
        if off < -STEP:
            return Doubt(BEHIND, off, reading.wall)
        if off > DOWNTIME:
            return Doubt(AHEAD, off, reading.wall)
    if reading.witness:
        off = reading.wall - reading.witness
        if min(abs(off), abs(off - known.ahead)) > STEP:
            return Doubt(WITNESS, off, reading.wall)
    return None


def span(off: timedelta) -> str:
    """Return in words how long it is, rounded, in the largest unit of which it has two or more."""
    whole = abs(off)
    for name, unit in (("days", timedelta(days=1)), ("hours", timedelta(hours=1))):
        if whole >= 2 * unit:
            return f"{round(whole / unit)} {name}"
    return f"{round(whole / timedelta(minutes=1))} minutes"
