"""A circuit breaker: a mail server that takes no mail is left alone for a while."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

TOLERATED = 3  # failures in a row after which the server is left alone
SUSPECT = 5  # mails in a row that were refused for good; more are hardly the fault of each mail
FIRST, LONGEST = timedelta(seconds=30), timedelta(minutes=15)

log = logging.getLogger("surveyengine")


@dataclass
class Breaker:
    """Counts a server's last failures; after a pause, one mail tries whether the server takes mails again."""

    server: str = "the mail server"
    failures: int = 0
    refusals: int = 0
    open_until: datetime | None = None  # None while mails leave
    last: str = ""  # which mail failed last

    def lets_through(self, now: datetime) -> bool:
        """Whether a mail may be tried now; a clock that was set back does not make the pause longer."""
        return self.open_until is None or not self.open_until - LONGEST <= now < self.open_until

    def failed(self, now: datetime, why: str, mail: str = "") -> None:
        """Note a failure that was not the mail's own fault; from TOLERATED on, each one doubles the pause.

        `mail` is the key of a mail that was refused because of us. The same mail counts once in a row, because the
        refusal may be its recipient's rule.
        """
        if mail and mail == self.last and self.open_until is None:
            return
        self.failures, self.last = self.failures + 1, mail
        if self.failures < TOLERATED:
            return
        if self.open_until is None:
            log.error("%s is left alone, and mails wait until it takes them: %s", self.server, why)
        self.open_until = now + pause(self.failures)

    def refused(self) -> bool:
        """Note that a mail was refused for good; return whether more than SUSPECT in a row were."""
        self.refusals += 1
        return self.refusals > SUSPECT

    def answered(self) -> None:
        """Note that the server took a mail, or refused one for the mail's own fault."""
        if self.open_until is not None:
            log.warning("%s takes mails again", self.server)
        self.failures, self.open_until = 0, None

    def took(self) -> None:
        """Note that the server took a mail."""
        self.answered()
        self.refusals = 0


def pause(failures: int) -> timedelta:
    """Return how long a server is left alone after that many failures in a row."""
    doublings = min(max(failures - TOLERATED, 0), 10)
    return min(FIRST * (1 << doublings), LONGEST)
