"""One's own account: the language of the pages, the password, and the sessions."""

from __future__ import annotations

from flask import redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as Answer

from ...i18n.language import name
from ...people import account, password, session
from ...people.throttle import TooOften
from ...people.unfit import Unfit
from ...values.enumeration import Role
from ...values.msgid import N_
from ..services import services
from . import cookie
from .access import addresses, allowed, asking, current_session, reader, speech
from .frame import page
from .sign_in import TOO_OFTEN

bp = addresses("account")

DONE = {
    "language": N_("The language was changed."),
    "password": N_("The password was changed, and all other sessions have ended."),
    "session": N_("The session has ended."),
}
LARGEST = "int(max=9223372036854775807)"  # what a key of the database can be


@bp.get("/account")
@allowed(Role.VIEWER, "done")
def shown() -> Answer:
    """The page with all of it."""
    return _page()


@bp.post("/account/language")
@allowed(Role.VIEWER)
def speak() -> Answer:
    """Change the language of the pages."""
    wanted = request.form.get("language", "")
    if wanted not in services().engine.catalogs.languages:
        raise NotFound
    account.speak(services().engine, reader(), wanted)
    return _done("language")


@bp.post("/account/password")
@allowed(Role.VIEWER)
def change_password() -> Answer:
    """Change the password, and begin a new session."""
    now, chosen = (request.form.get(field, "") for field in ("now", "password"))
    try:
        token = account.change_password(services().engine, now, chosen, asking())
    except Unfit as error:
        return _page(speech().gettext(error.said, **error.values), 422)
    except TooOften:
        return _page(speech().gettext(TOO_OFTEN), 429)
    response = _done("password")
    cookie.give(response, token)
    return response


@bp.post(f"/account/sessions/<{LARGEST}:key>/end")
@allowed(Role.VIEWER)
def end_session(key: int) -> Answer:
    """End one session, here or elsewhere."""
    if not account.end_session(services().engine, key, asking()):
        raise NotFound
    return _done("session")


@bp.post("/account/sessions/end")
@allowed(Role.VIEWER)
def end_sessions() -> Answer:
    """Sign out everywhere."""
    account.end_all(services().engine, asking())
    response = redirect(f"{request.script_root}/staff/sign-in", 303)
    cookie.take(response)
    return response


def _page(fault: str = "", status: int = 200) -> Answer:
    engine, here = services().engine, current_session()
    response = page(
        "account.html",
        "account",
        member=reader(),
        fault=fault,
        done=speech().gettext(DONE.get(request.args.get("done", ""), "")),
        languages=[(code, name(code)) for code in engine.catalogs.languages],
        sessions=[(one, one.key == here.key) for one in session.listed(engine, reader(), asking().now)],
        zone=engine.config.business.zone,
        shortest=password.SHORTEST,
    )
    response.status_code = status
    return response


def _done(what: str) -> Answer:
    return redirect(f"{request.script_root}/staff/account?done={what}", 303)
