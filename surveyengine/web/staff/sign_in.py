"""Signing in and out, and the link by which somebody chooses a password."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

from flask import redirect, request
from werkzeug.wrappers import Response as Answer

from ...people import account, link, password, sign_in
from ...people.roster import described
from ...people.throttle import TooOften
from ...people.unfit import Unfit
from ...store.allowances import wait
from ...store.people import StaffMember
from ...values.enumeration import Role
from ...values.msgid import N_
from ..services import services
from . import cookie, way_back
from .access import addresses, allowed, asking, open_to_all, reader_if_any, speech
from .frame import page

bp = addresses("sign_in")

WRONG = N_("The e-mail address or the password is not right.")
TOO_OFTEN = N_("Too many passwords were tried. Please wait a while, for an hour at most.")
NO_COOKIE = N_("The browser did not keep the cookie that it was given. Please allow cookies here, or use {https}.")


@bp.get("/sign-in")
@open_to_all
def sign_in_page() -> Answer:
    """The page where people sign in; whoever has goes on to where they wanted."""
    back = way_back.safe(request.args.get("next", ""))
    if reader_if_any():
        return redirect(request.script_root + back, 303)
    return _asked(NO_COOKIE if "done" in request.args else "", back)


@bp.post("/sign-in")
@open_to_all
def sign_in_sent() -> Answer:
    """Begin a session, by way of a page that sees whether the browser has kept the cookie."""
    back, email = (request.form.get(name, "") for name in ("next", "email"))
    back = way_back.safe(back)
    if not _is_secure():
        return _asked("", back, 403)
    try:
        token = sign_in.sign_in(services().engine, email, request.form.get("password", ""), asking())
    except TooOften:
        return _too_often(back)
    return _begun(token, back) if token else _asked(WRONG, back, 403)


@bp.post("/sign-out")
@allowed(Role.VIEWER)
def sign_out() -> Answer:
    """End the session."""
    sign_in.sign_out(services().engine, cookie.given(request), asking())
    response = redirect(f"{request.script_root}/staff/sign-in", 303)
    cookie.take(response)
    return response


@bp.get("/first/<token>")
@open_to_all
def first(token: str) -> Answer:
    """The page where somebody chooses a password, once."""
    try:
        whose = link.meant(services().engine, token, asking().now)
    except link.UsedUp:
        return _void()
    return _choosing(whose)


@bp.post("/first/<token>")
@open_to_all
def first_sent(token: str) -> Answer:
    """Set the password and sign in; without a member's link, whoever sends this becomes the first admin."""
    engine, caller = services().engine, asking()
    try:
        whose = link.meant(engine, token, caller.now)
        if not _is_secure():
            return _choosing(whose, status=403)
        known = whose or _first_admin()
        chosen = password.checked(request.form.get("password", ""), account.known_of(engine, known))
        return _begun(link.use(engine, token, chosen, replace(caller, member=known)), way_back.START)
    except Unfit as error:
        return _choosing(whose, speech().gettext(error.said, **error.values), 422)
    except link.UsedUp:
        return _void()


def _first_admin() -> StaffMember:
    email, name = (request.form.get(field, "") for field in ("email", "name"))
    return described(email, name, Role.ADMIN, speech().language)


def _begun(token: str, back: str) -> Answer:
    """Give the browser its new session; the sign-in page then sees whether it was kept, and leads on."""
    sign_in.end(services().engine, cookie.given(request))
    response = redirect(f"{request.script_root}/staff/sign-in?{urlencode({'done': '', 'next': back})}", 303)
    cookie.give(response, token)
    return response


def _asked(fault: str, back: str, status: int = 200) -> Answer:
    said, email = speech().gettext(fault, https="https"), request.form.get("email", "")
    return _with(status, page("sign_in.html", "", fault=said, next=back, email=email, secure=_is_secure()))


def _too_often(back: str) -> Answer:
    response = _asked(TOO_OFTEN, back, 429)
    response.headers["Retry-After"] = str(wait(asking().now))
    return response


def _choosing(whose: StaffMember | None, fault: str = "", status: int = 200) -> Answer:
    fields = {name: request.form.get(name, "") for name in ("email", "name")}
    known = {"member": whose, "fault": fault, "shortest": password.SHORTEST, **fields}
    return _with(status, page("first.html", "", void=False, secure=_is_secure(), **known))


def _void() -> Answer:
    return _with(410, page("first.html", "", void=True))


def _with(status: int, response: Answer) -> Answer:
    response.status_code = status
    return response


def _is_secure() -> bool:
    return cookie.is_kept(request, services().engine.config.business.url)
