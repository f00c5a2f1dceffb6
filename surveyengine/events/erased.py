"""Whether an event about a customer who was erased is taken: pure."""

from __future__ import annotations

from datetime import datetime

from .event import Event

BEFORE = "the customer was erased after it happened; only what happens later is taken"
UNDATED = "the customer was erased, and without a time nobody can tell whether it happened later; add its `time`"


def refused_because(erased_at: datetime | None, event: Event) -> str:
    """Return why an event about a customer who was erased then is not taken; "" where it is, and where nobody was.

    What happened before the erasure is what was to be forgotten: a file that is imported again, or a backup of another
    system, must not bring it back. Who does something later is a customer anew, and knows that the business learns of
    it. An event without a time of its own counts as happening now, which nobody can tell from an old one that is sent
    again: in doubt, nothing comes back.
    """
    if erased_at is None:
        return ""
    if not event.is_dated:
        return UNDATED
    return BEFORE if event.time <= erased_at else ""
