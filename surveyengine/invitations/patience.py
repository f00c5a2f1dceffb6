"""When a mail that was not delivered is tried again: pure; it depends on whose fault it was."""

from __future__ import annotations

from datetime import datetime, timedelta

from ..channels.refusal import Blame, DeliveryError

# After each of a mail's own tries; greylisting servers want some minutes, and full mailboxes a day.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 60, 120, 240, 480, 960))
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(hours=4)


def next_try(error: DeliveryError, attempt: int, now: datetime) -> datetime | None:
    """Return when a mail is tried again after `attempt` refusals that were its own fault; None to give it up."""
    return None if error.permanent or attempt >= len(PAUSES) else now + PAUSES[attempt]


def held_up_until(error: DeliveryError, due: datetime, late: timedelta, now: datetime) -> datetime | None:
    """Return when a mail is tried again after a fault that is not its own; None once it is `late`.

    Where `late` is 0, no mail is ever late. What the server refuses because of us is tried at growing distances; for
    a server that is away, the breaker waits.
    """
    if late and now - due > late:
        return None
    pause = min(max((now - due) / 2, SHORTEST), LONGEST) if error.blame is Blame.US else SHORTEST
    last = due + late  # tried once more before it is late
    return min(now + pause, last) if late and last > now else now + pause
