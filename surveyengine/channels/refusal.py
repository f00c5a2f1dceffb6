"""Why a mail was not delivered, and whose fault that was: the mail's, the server's, or our own."""

from __future__ import annotations

import re
from enum import Enum

# RFC 3463 and RFC 7505: no such mailbox, no such system, bad syntax, moved away, a domain that takes no mail.
_NO_MAILBOX = re.compile(r"5\.1\.(?:1|2|3|6|10)(?![0-9.])")
_ENHANCED = re.compile(r"(?P<lasting>[45])\.(?P<subject>\d{1,3})\.(?P<detail>\d{1,3})(?![0-9.])")  # RFC 2034
CLOSING = 421  # RFC 5321 3.8: what the server says before it hangs up, whatever was asked
UNAUTHENTICATED = (530, 534, 535, 538)  # RFC 4954
BLOCKED = 571  # in no RFC, and used as 550 with 5.7.1 is
NOT_UNDERSTOOD = (500, 502, 503, 504)  # 501 is different: it may be about the recipient's address
STORAGE = (452, 552)


class Blame(Enum):
    """Whose fault it is that a mail was not delivered."""

    MAIL = "mail"  # this mail, or its recipient: the others may go
    SERVER = "server"  # the mail server, or the way to it
    US = "us"  # our sender, our reputation, our disk, our mistake


class SmtpStep(Enum):
    """What was said to a server when it refused."""

    SESSION = "the session"
    SENDER = "the sender"
    RECIPIENT = "the recipient"
    MAIL = "the mail"


class DeliveryError(Exception):
    """The mail was certainly not delivered.

    `blame` says whose fault it was; no fault but the mail's spends one of its tries. `permanent` says that trying the
    same mail again is useless, `no_mailbox` that no mail will ever reach this address.
    """

    def __init__(self, message: str, permanent: bool, no_mailbox: bool = False, blame: Blame = Blame.MAIL) -> None:
        super().__init__(message)
        self.message = message
        self.permanent = permanent
        self.no_mailbox = no_mailbox
        self.blame = blame


class Uncertain(Exception):
    """The connection broke after the final dot: whether the server has the mail cannot be known (RFC 1047)."""


def refusal(step: SmtpStep, code: int, reply: str, said: str) -> DeliveryError:
    """Return the error that a reply of 4xx or 5xx is; `said` is how it is told."""
    blame = whose(step, code, reply)
    permanent = blame is Blame.MAIL and code >= 500
    no_mailbox = permanent and step is SmtpStep.RECIPIENT and bool(_NO_MAILBOX.match(reply))
    return DeliveryError(f"the server refused {step.value}: {said}", permanent, no_mailbox, blame)


def whose(step: SmtpStep, code: int, reply: str) -> Blame:
    """Return whose fault a reply says it is, by its code and the enhanced status code with which it may begin.

    A greylisting server says 4.7.1 too, so only a lasting 5.7.x is about us.
    """
    enhanced = _ENHANCED.match(reply)
    subject = (enhanced["lasting"], int(enhanced["subject"])) if enhanced else ("", 0)
    if step is SmtpStep.SESSION or code == CLOSING or code < 400:  # below 400 it is no refusal, and no sense either
        return Blame.SERVER
    if step is SmtpStep.SENDER:
        return Blame.US if code >= 500 else Blame.SERVER
    if code in (*UNAUTHENTICATED, BLOCKED) or (code >= 500 and subject == ("5", 7)):
        return Blame.US
    if enhanced and subject[1] == 1 and enhanced["detail"] in ("7", "8"):  # the sender's address
        return Blame.US
    if subject[1] == 3 or code in NOT_UNDERSTOOD:  # the mail system as a whole
        return Blame.SERVER
    is_full = code in STORAGE and not enhanced and (step is SmtpStep.MAIL or code < 500)
    return Blame.SERVER if is_full else Blame.MAIL
