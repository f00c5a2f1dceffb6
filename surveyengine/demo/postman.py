"""The mail server of the demo: it sends nothing, and takes most letters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ..channels.failure import NO_REPLY, worded
from ..channels.refusal import DeliveryError, SmtpStep, Uncertain, refusal
from .luck import luck

DOUBTFUL = 0.004  # the share of letters of which nobody knows whether they arrived
BUSY = 0.01  # the share of letters that a server takes only the next time
REFUSALS = {
    "gone": (550, "5.1.1 No such user here"),
    "full": (452, "4.2.2 Mailbox full"),
    "busy": (451, "4.7.1 Greylisted, try again later"),
}


@dataclass(frozen=True)
class Postman:
    """What becomes of letters, by the seed of the demo."""

    seed: int

    def carry(self, mailbox: str, to: str, now: datetime) -> str:
        """Return the receiver's reference to a letter; raises DeliveryError, and Uncertain, as a channel does."""
        chance = luck(self.seed, "letter", to, now.isoformat())
        if mailbox != "well":
            raise refused(mailbox)
        drawn = chance.random()
        if drawn < DOUBTFUL:
            raise Uncertain(worded(NO_REPLY, "Connection reset by peer"))
        if drawn < DOUBTFUL + BUSY:
            raise refused("busy")
        return f"250 2.0.0 Ok: queued as {chance.getrandbits(40):010X}"


def refused(why: str) -> DeliveryError:
    """Return the error of a server's reply."""
    code, reply = REFUSALS[why]
    return refusal(SmtpStep.RECIPIENT, code, reply, f"{code} {reply}")
