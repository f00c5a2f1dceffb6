"""Why a mail was not delivered, and whose fault that is: the mail's, the server's, or ours."""

from __future__ import annotations

import re
from enum import Enum

from ..values.msgid import N_

# RFC 3463 and RFC 7505: no such mailbox, no such system, bad syntax, moved away, a domain that takes no mail.
_NO_MAILBOX = re.compile(r"5\.1\.(?:1|2|3|6|10)(?![0-9.])")
_ENHANCED = re.compile(r"(?P<lasting>[45])\.(?P<subject>\d{1,3})\.(?P<detail>\d{1,3})(?![0-9.])")  # RFC 2034
CLOSING = 421  # RFC 5321 3.8: sent before the server hangs up, in reply to any command
UNAUTHENTICATED = (530, 534, 535, 538)  # RFC 4954
BLOCKED = 571  # in no RFC; used like 550 with 5.7.1
NOT_UNDERSTOOD = (500, 502, 503, 504)  # 501 is different: it may be about the recipient's address
STORAGE = (452, 552)


class Blame(Enum):
    """Whose fault it is that a mail was not delivered."""

    MAIL = "mail"  # this mail, or its recipient: the others may go
    SERVER = "server"  # the mail server, or the way to it
    US = "us"  # our sender, our reputation, our disk, our mistake


class SmtpStep(Enum):
    """The step of an SMTP session at which a server refused, and the sentence that says so."""

    SESSION = N_("the server refused the session: {reply}")
    SENDER = N_("the server refused the sender: {reply}")
    RECIPIENT = N_("the server refused the recipient: {reply}")
    MAIL = N_("the server refused the mail: {reply}")


class DeliveryError(Exception):
    """The mail was certainly not delivered.

    `blame` says whose fault it is; only the mail's own spends one of its tries. `permanent` says that trying the same
    mail again is useless, `no_mailbox` that no mail reaches this address.
    """

    def __init__(self, message: str, permanent: bool, no_mailbox: bool = False, blame: Blame = Blame.MAIL) -> None:
        super().__init__(message)
        self.message = message
        self.permanent = permanent
        self.no_mailbox = no_mailbox
        self.blame = blame


class Uncertain(Exception):
    """The connection broke after the final dot, so nobody can know whether the server has the mail (RFC 1047)."""


def refusal(step: SmtpStep, code: int, reply: str, said: str) -> DeliveryError:
    """Return the error of a 4xx or 5xx reply; `said` is the reply as people read it."""
    blame = whose(step, code, reply)
    permanent = blame is Blame.MAIL and code >= 500
    no_mailbox = permanent and step is SmtpStep.RECIPIENT and bool(_NO_MAILBOX.match(reply))
    return DeliveryError(step.value.replace("{reply}", said), permanent, no_mailbox, blame)


def whose(step: SmtpStep, code: int, reply: str) -> Blame:
    """Return whose fault a refusal is, by the reply's code and enhanced status code (RFC 3463).

    Greylisting servers reply 4.7.1, so only a permanent 5.7.x blames us.
    """
    enhanced = _ENHANCED.match(reply)
    subject = (enhanced["lasting"], int(enhanced["subject"])) if enhanced else ("", 0)
    if step is SmtpStep.SESSION or code == CLOSING or code < 400:  # a reply below 400 makes no sense here
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
