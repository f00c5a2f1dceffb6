"""Sends messages again that failed or are uncertain: one, or all of a list; each is decided anew, as by `retry`."""

from __future__ import annotations

from collections.abc import Sequence

from flask import redirect, request
from werkzeug.wrappers import Response as Answer

from ...engine import Engine
from ...invitations import revival
from ...people import caller
from ...values.enumeration import AuditAction, Role
from ...values.msgid import N_
from ..services import services
from . import access, retried
from .access import allowed, asking
from .message_list import FAILED, NO_LIST, UNCERTAIN, MessageQuery, read, refused
from .period import LONGEST_SHOWN, UnknownPeriod

bp = access.addresses("retrying")

MOST = 200  # messages at one press, so that nobody waits for an answer
LISTS = {FAILED: revival.failed, UNCERTAIN: revival.uncertain}
NOT_ACCEPTED = N_("Nothing was sent: it was not confirmed that some customers may get the same message twice.")
DOUBTED = N_("Sending is paused, because a clock is not believed.")


@bp.post("/sending/messages/again")
@allowed(Role.OPERATOR)
def all_again() -> Answer:
    """Send again what failed, or is uncertain, of a survey and since a day."""
    engine = services().engine
    try:
        wanted = _wanted(engine)
        if wanted.standing == UNCERTAIN and not request.form.get("accepted"):
            raise UnknownPeriod(NOT_ACCEPTED)
        keys = LISTS[wanted.standing](engine, wanted.survey or None, wanted.since)
        return _again(engine, wanted, keys[:MOST], len(keys[MOST:]))
    except UnknownPeriod as error:
        return refused(error, access.speech())


@bp.post("/sending/messages/<int(max=9223372036854775807):key>/again")
@allowed(Role.OPERATOR)
def one_again(key: int) -> Answer:
    """Send one message again; nothing happens where it was sent again meanwhile."""
    engine = services().engine
    try:
        return _again(engine, _wanted(engine), [key], 0)
    except UnknownPeriod as error:
        return refused(error, access.speech())


def _wanted(engine: Engine) -> MessageQuery:
    wanted = read(engine, request.form)
    if wanted.standing not in LISTS:
        raise UnknownPeriod(NO_LIST, value=wanted.standing[:LONGEST_SHOWN])
    return wanted


def _again(engine: Engine, wanted: MessageQuery, keys: Sequence[int], left: int) -> Answer:
    """Plan these messages anew, note it, and lead back to the list, which says what came of it."""
    now = engine.timekeeper.moment()
    if now is None:
        raise UnknownPeriod(DOUBTED)
    done = revival.again(engine, keys, now)
    if done.again or done.not_again:
        told = " · ".join((*wanted.said.values(), f"{done.again} of {done.again + done.not_again.total()}"))
        caller.noted(engine, asking(), AuditAction.SENT_AGAIN, told)
    return redirect(wanted.url(**retried.written(done, left)), 303)
