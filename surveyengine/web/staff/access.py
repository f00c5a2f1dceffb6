"""Who may see which page below /staff: decided here, before any view, and for each of them.

A view says by `allowed` which role it is for, or by `open_to_all` that nobody has to be signed in; one that says
nothing is shown to nobody.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, g, redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as Answer

from ...definitions.fault import visible
from ...i18n.language import accepted, choose
from ...i18n.speech import Speech
from ...people import caller, session
from ...people.caller import Caller
from ...responses.rate_limit import network
from ...store.engine.database import Unavailable
from ...store.people import StaffMember
from ...store.sessions import Session
from ...values.enumeration import AuditAction, Role
from ...values.signing import Purpose, is_proven, proof
from ..services import services
from . import cookie, origin, way_back
from .browser import named
from .refusal import Denied, NoChoice

PREFIX = "/staff"
ROLE = "role"  # the attribute of a view with who it is for; None for everybody
TAKES = "takes"  # the one with the parameters that its address may have
FIELD, NONCE = "csrf", 12  # letters
LONGEST_NOTED = 300  # characters of an address in the audit log
NUL = "\0"  # which PostgreSQL takes in no text, so that nothing has it in its name
SAFE = ("GET", "HEAD", "OPTIONS")

View = TypeVar("View", bound=Callable[..., Any])


class StaffAddresses(Blueprint):
    """Addresses below /staff; one with a slash too many is the same."""

    def add_url_rule(self, rule: str, *given: Any, **options: Any) -> None:
        """The same as any blueprint's."""
        super().add_url_rule(rule, *given, **{"strict_slashes": False, **options})


def addresses(name: str) -> Blueprint:
    """Return a blueprint for pages below /staff, none of which is seen by whoever may not."""
    made = StaffAddresses(f"staff_{name}", __name__, url_prefix=PREFIX)
    made.before_request(admitted)
    made.after_request(with_headers)
    return made


def allowed(role: Role, *takes: str) -> Callable[[View], View]:
    """Mark a view as one for people of that role, and of those above it, and say which parameters its address takes."""

    def marked(view: View) -> View:
        setattr(view, ROLE, role)
        setattr(view, TAKES, takes)
        return view

    return marked


def open_to_all(view: View) -> View:
    """Mark a view as one for which nobody has to be signed in."""
    setattr(view, ROLE, None)
    return view


def admitted() -> Answer | None:
    """Return what is said to whoever may not do what is asked; None for whoever may.

    Raises Denied for a refusal, and NoChoice for a parameter without effect.
    """
    if any(NUL in one for one in (request.path, *request.args.values())):
        raise NotFound
    view = current_app.view_functions[request.endpoint or ""]
    needed: Role | None = getattr(view, ROLE)  # a view without is a fault of ours, and shown to nobody
    changes = request.method not in SAFE
    if changes and not origin.is_own(request, services().engine.config.business.url):
        raise Denied(AuditAction.FORGED)  # a stranger's are not noted, who could send any number of them
    if needed is None:
        return None
    known = _session()
    if known is None:
        return _to_sign_in()
    if not known[0].role.covers(needed):
        raise _denied(AuditAction.REFUSED, needed)
    if not changes:
        _understood(getattr(view, TAKES))
        return None
    sent = request.form.get(FIELD, "")
    if not is_proven(sent[NONCE:], services().engine.secrets, Purpose.STAFF_FORM, _from_here(sent[:NONCE])):
        raise _denied(AuditAction.FORGED)
    return None


def _understood(takes: Sequence[str]) -> None:
    for name, values in request.args.lists():
        if name not in takes or len(values) > 1:
            raise NoChoice(name, name in takes)


def require(role: Role) -> None:
    """Refuse what only people of a higher role than that of the page may ask it for; raises Denied."""
    if not reader().role.covers(role):
        raise _denied(AuditAction.REFUSED, role)


def reader() -> StaffMember:
    """Return who has signed in; raises LookupError on a page that is open to all, where nobody may have."""
    known = _session()
    if known is None:
        raise LookupError("nobody has signed in")
    return known[0]


def reader_if_any() -> StaffMember | None:
    """Return who has signed in, also on a page that is open to all; None for a stranger, and while nobody can know."""
    try:
        known = _session()
    except Unavailable:
        known = g.staff_session = None
    return known[0] if known else None


def current_session() -> Session:
    """Return the session of whoever has signed in; raises LookupError where nobody has."""
    known = _session()
    if known is None:
        raise LookupError("nobody has signed in")
    return known[1]


def speech() -> Speech:
    """Return the reader's language; a stranger's is that of their browser."""
    catalogs, known = services().engine.catalogs, reader_if_any()
    wishes = [known.language if known else None, *accepted(request.headers.get("Accept-Language", ""))]
    return catalogs.speech(choose(wishes, (*services().engine.config.languages, *catalogs.languages)))


def form_token() -> str:
    """Return what every form below /staff has to carry in a field `csrf`: only pages of this session know it.

    It is new in every page, so that its length on the wire, compressed, tells nothing.
    """
    nonce = secrets.token_urlsafe(NONCE * 6 // 8)
    return nonce + proof(services().engine.secret, Purpose.STAFF_FORM, _from_here(nonce))


def _from_here(nonce: str) -> str:
    """Return what the proof says of a form: its text of NONCE letters, and the session of its page."""
    return f"{nonce} {cookie.given(request)}"


def asking() -> Caller:
    """Return who asks, for the audit log."""
    agent, (where, _) = request.headers.get("User-Agent", ""), network(request.remote_addr or "")
    return Caller(datetime.now(UTC), where.removesuffix("/32") if "/" in where else "", named(agent), reader_if_any())


def noted(action: AuditAction, subject: str = "") -> None:
    """Write into the audit log what the reader does here: an export, a look at whose answers they are."""
    caller.noted(services().engine, asking(), action, subject)


def with_headers(response: Response) -> Response:
    """Have browsers say of our own forms, and only of those, where they come from."""
    response.headers.setdefault("Referrer-Policy", "same-origin")
    return response


def _session() -> tuple[StaffMember, Session] | None:
    if "staff_session" not in g:
        token = cookie.given(request)
        g.staff_session = session.found(services().engine, token, datetime.now(UTC)) if token else None
    known: tuple[StaffMember, Session] | None = g.staff_session
    return known


def _to_sign_in() -> Answer:
    """Return the way to the sign-in page, and from there back to the page that was asked for."""
    back = way_back.wanted(request) if request.method in SAFE else way_back.START
    query = f"?{urlencode({'next': back})}" if back != way_back.START else ""
    return redirect(f"{request.script_root}{PREFIX}/sign-in{query}", 303)


def _denied(action: AuditAction, needed: Role | None = None) -> Denied:
    noted(action, f"{request.method} {visible(request.path)[:LONGEST_NOTED]}")
    return Denied(action, needed)
