"""Answers to requests below /staff that are refused or fail: pages for the business's people, in their language."""

from __future__ import annotations

from typing import NamedTuple

from flask import request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as Answer

from ...definitions.fault import visible
from ...people.password import TooBusy
from ...values.enumeration import AuditAction, Role
from ...values.msgid import N_
from . import way_back
from .access import PREFIX, SAFE, speech
from .frame import page, without
from .missing import WITHOUT, missing
from .period import LONGEST_SHOWN
from .phrases import Phrases
from .refusal import Denied, NoChoice


class StaffNotice(NamedTuple):
    """What a page says: its title, and what to do."""

    title: str
    more: str


NOT_FOUND = StaffNotice(N_("There is no such page"), N_("The address may be incomplete, or what it led to is gone."))
NOT_ALLOWED = StaffNotice(N_("Nothing can be sent to this address"), N_("Please go back, and open the page again."))
FORGED = StaffNotice(
    N_("This was not done"),
    N_("It was not sent from a page of this session, which may have ended meanwhile. Please open the page again."),
)
AWAY = StaffNotice(
    N_("The database is away"), N_("The numbers of this page are not to be had right now, and nothing can be saved.")
)
BUSY = StaffNotice(N_("Too much is going on right now"), N_("Nothing was done. Please try again shortly."))
BROKEN = StaffNotice(N_("Something went wrong on our side"), N_("It is in the log. Please try again shortly."))
TOO_LARGE = StaffNotice(N_("This is more than can be sent at once"), N_("Please go back, and shorten it."))
UNREAD = StaffNotice(N_("The request did not arrive as a whole"), N_("Nothing was saved. Please send it again."))
ROLES = {
    Role.VIEWER: N_("It is for people who have signed in."),
    Role.OPERATOR: N_("It shows answers and customers, and is for operators and admins. Your role is viewer."),
    Role.ADMIN: N_("It is for admins, who manage people and keys. An admin can give you another role."),
}
NO_CHOICE = N_("This page knows nothing of “{name}”, which its address says: it would have no effect.")
TWICE = N_("The address says “{name}” twice, and only one of them can be meant.")
STATUS = {404: NOT_FOUND, 405: NOT_ALLOWED, 413: TOO_LARGE}


def is_staff() -> bool:
    """Whether a request is for a page below /staff."""
    return f"{request.path}/".lower().startswith(f"{PREFIX}/")


def refused(error: HTTPException) -> Answer:
    """Return what is said to a request that is at fault."""
    response = _said(STATUS.get(error.code or 0, NOT_ALLOWED), error.code or 400)
    if valid := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(valid))
    return response


def denied(error: Denied) -> Answer:
    """Return what is said to whoever may not do this."""
    if error.action is AuditAction.FORGED or error.needed is None:
        return _said(FORGED, 403)
    return _said(StaffNotice(N_("This page is not for your role"), ROLES[error.needed]), 403)


def no_choice(error: NoChoice) -> Answer:
    """Return what is said to an address with a parameter that would have no effect; it leads to the same without it."""
    said = Phrases(speech()).sentence(TWICE if error.is_known else NO_CHOICE, name=visible(error.name)[:LONGEST_SHOWN])
    return missing("", said, (without(error.name), speech().gettext(WITHOUT)), 400)


def unavailable() -> Answer:
    """Return what is said while the database is away."""
    return _later(AWAY)


def busy(error: TooBusy) -> Answer:
    """Return what is said while too many passwords are looked at."""
    return _later(BUSY)


def unheard(status: int) -> Answer:
    """Return what is said to a request whose body has not come."""
    return _said(UNREAD, status)


def broken() -> Answer:
    """Return what is said where the fault is ours."""
    return _said(BROKEN, 500)


def _later(notice: StaffNotice) -> Answer:
    again = f"{request.script_root}{way_back.wanted(request)}" if request.method in SAFE else ""
    response = _said(notice, 503, again)
    response.headers["Retry-After"] = "5"
    return response


def _said(notice: StaffNotice, status: int, again: str = "") -> Answer:
    words = speech()
    said = {"title": words.gettext(notice.title), "more": words.gettext(notice.more)}
    response = page("notice.html", "", **said, again=again)
    response.status_code = status
    return response
