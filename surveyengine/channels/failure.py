"""Why a message did not leave, in sentences: stored in English with what others replied, and told in any language.

What a mail server, or this machine, replied stays as it is: it is the `reply` in a sentence, and stands between
backticks where that is told, so that pages make code of it.
"""

from __future__ import annotations

import re
from functools import cache

from ..i18n.speech import Speech
from ..values.msgid import N_
from .refusal import SmtpStep

NO_STARTTLS = N_("the server offers no {reply}, which the e-mail url requires, so nothing was sent")
NO_TLS = N_("the server does not encrypt, so the password was not sent: {reply}")
UNUSABLE = N_("the mail server could not be used: {reply}")
BROKE_OFF = N_("the server broke off before the mail was complete: {reply}")
NO_REPLY = N_("the connection broke after the mail was handed over: {reply}")
UNREADABLE = N_("the server's answer to the mail is unreadable: {reply}")
NOT_WRITTEN = N_("cannot write into {reply}")
WRONG_SENDER = N_("the sender that is set up cannot be used: {reply}")
WRONG_ADDRESS = N_("nothing can be sent to the address: {reply}")
OWN_FAULT = N_("a fault of the engine itself: {reply}")
WORKER_DIED = N_("the worker died while the mail server had the mail")
GONE = N_("the survey or the customer is gone")
HUNG_UP = N_("it hung up")
SLOW = N_("it took too long to reply")
BROKEN = N_("the connection broke while the mail was written")
SENTENCES = (
    *(step.value for step in SmtpStep), NO_STARTTLS, NO_TLS, UNUSABLE, BROKE_OFF, NO_REPLY, UNREADABLE, NOT_WRITTEN,
    WRONG_SENDER, WRONG_ADDRESS, OWN_FAULT, WORKER_DIED, GONE, HUNG_UP, SLOW, BROKEN,
)  # fmt: skip
REPLY = "{reply}"


def worded(msgid: str, reply: str = "") -> str:
    """Return one of our sentences in English, as it is stored."""
    return msgid.replace(REPLY, reply)


def told(stored: str, speech: Speech) -> str:
    """Return a stored reason in the words of a language; what is not ours is a quotation between backticks."""
    for msgid in SENTENCES:
        if found := _form(msgid).fullmatch(stored):
            reply = found["reply"] if REPLY in msgid else ""
            return speech.gettext(msgid).replace(REPLY, told(reply, speech))
    return f"`{quoted}`" if (quoted := stored.replace("`", "'").strip()) else ""


@cache
def _form(msgid: str) -> re.Pattern[str]:
    before, _, after = msgid.partition(REPLY)
    return re.compile(f"{re.escape(before)}(?P<reply>.*){re.escape(after)}" if REPLY in msgid else before, re.DOTALL)
