"""Decides whether a clock is believed, from its steps, the last heartbeat and the clock of the database.

Pure: every reading is an argument. With a wrong clock, messages would be sent too early or given up as late.
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
    """The readings of the clocks at one moment."""

    wall: datetime
    steady: float  # seconds on a clock that nobody can set; it counts on while the machine sleeps
    witness: datetime | None = None  # the database's clock; None where it has none of its own, or was not asked

    def ahead_of(self, anchor: ClockReading) -> timedelta:
        """Return how far the clock is ahead if it was right at the anchor."""
        return self.wall - anchor.wall - timedelta(seconds=self.steady - anchor.steady)


@dataclass(frozen=True)
class Doubt:
    """Why a clock is not believed, by how much it seems to be ahead (negative: behind), and since when."""

    kind: str
    off: timedelta
    since: datetime  # by that clock

    def __str__(self) -> str:
        forward, back = SAID[self.kind]
        return (forward if self.off > timedelta() else back).format(span=span(self.off))


@dataclass(frozen=True)
class Known:
    """What the engine's processes share: their last heartbeat, and how far the right clock is ahead."""

    beat: datetime | None  # None before the first heartbeat
    ahead: timedelta = timedelta()  # ahead of the database's clock, as `resume` confirmed


@dataclass(frozen=True)
class Watch:
    """The state of a process's belief in its clock."""

    anchor: ClockReading | None = None  # the first reading that was believed
    doubt: Doubt | None = None
    agreed: ClockReading | None = None  # since when all agree again

    def after(self, reading: ClockReading, known: Known) -> Watch:
        """Return the state after another reading.

        A doubt ends after ten minutes in which all clocks agreed and this one did not jump.
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
    """Return the doubt about a reading; None where there is none.

    Without an anchor, as at a start, the last heartbeat is used; how long ago it was is unknown.
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
    """Return a span in words, rounded, in the largest unit of which it has two or more."""
    whole = abs(off)
    for name, unit in (("days", timedelta(days=1)), ("hours", timedelta(hours=1))):
        if whole >= 2 * unit:
            return f"{round(whole / unit)} {name}"
    return f"{round(whole / timedelta(minutes=1))} minutes"
