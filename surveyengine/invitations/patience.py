"""When a mail that was not delivered is tried again; whether it is depends on whose fault that was."""

from __future__ import annotations

from datetime import datetime, timedelta

from ..channels.refusal import Blame, DeliveryError

# After each of a mail's own tries; greylisting servers want some minutes, and full mailboxes a day.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 60, 120, 240, 480, 960))
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(hours=4)


def tried_again(error: DeliveryError, attempt: int, due: datetime, late: timedelta, now: datetime) -> datetime | None:
    """Return when a mail is tried again that was refused `attempt` times before; None when it is given up.

    A fault that is not the mail's gives it up only when it is `late`, and that is never where `late` is 0. What the
    server refuses because of us is tried at growing distances; a server that is away is waited for as a whole.
    """
    if error.blame is Blame.MAIL:
        given_up = error.permanent or attempt >= len(PAUSES)
        return None if given_up else now + PAUSES[attempt]
    if late and now - due > late:
        return None
    pause = min(max((now - due) / 2, SHORTEST), LONGEST) if error.blame is Blame.US else SHORTEST
    last = due + late  # tried once more before it is late
    return min(now + pause, last) if late and last > now else now + pause
