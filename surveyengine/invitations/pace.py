"""How many late mails leave in a minute, so that the end of an outage does not flood the mail server."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ..store.sendings import PUNCTUAL

MINUTE = timedelta(minutes=1)


@dataclass
class Pace:
    """When the late mails of the last minute left; mails on time are neither counted nor held up."""

    left: deque[datetime] = field(default_factory=deque)

    def allows(self, now: datetime, per_minute: int) -> bool:
        """Whether one more late mail may leave; a clock that was set back starts the minute anew."""
        while self.left and not timedelta() <= now - self.left[0] < MINUTE:
            self.left.popleft()
        return len(self.left) < per_minute

    def note(self, now: datetime, due: datetime) -> None:
        """Note that a mail leaves now that was `due` then."""
        if due <= now - PUNCTUAL:
            self.left.append(now)
