"""Who may sign in: the list, and adding, changing and removing people."""

from __future__ import annotations

from flask import redirect, request
from werkzeug.wrappers import Response as Answer

from ...i18n.language import choose, name
from ...people import roster
from ...people.unfit import Unfit
from ...store.people import StaffMember
from ...values.enumeration import Role
from ...values.msgid import N_
from ..services import services
from . import words
from .access import addresses, allowed, asking, reader, speech
from .frame import page

bp = addresses("people")

UNKNOWN_ROLE = N_("There is no such role.")


@bp.get("/settings/people")
@allowed(Role.ADMIN)
def shown() -> Answer:
    """Everybody who may sign in."""
    return _page()


@bp.post("/settings/people")
@allowed(Role.ADMIN)
def add() -> Answer:
    """Add somebody, and show once the link by which they choose a password."""
    engine, given = services().engine, request.form
    try:
        language = choose([given.get("language", "")], engine.catalogs.languages)
        wanted = roster.described(given.get("email", ""), given.get("name", ""), _role(), language)
        return _linked(wanted, roster.add(engine, wanted, asking()))
    except Unfit as error:
        return _page(error, 422)


@bp.post("/settings/people/<id>/link")
@allowed(Role.ADMIN)
def renew(id: str) -> Answer:
    """Show once a new link by which somebody chooses a password."""
    try:
        return _linked(*roster.renew(services().engine, id, asking()))
    except Unfit as error:
        return _page(error, 409)


@bp.post("/settings/people/<id>/role")
@allowed(Role.ADMIN)
def give(id: str) -> Answer:
    """Give somebody another role."""
    try:
        roster.give(services().engine, id, _role(), asking())
    except Unfit as error:
        return _page(error, 409)
    return _back()


@bp.post("/settings/people/<id>/remove")
@allowed(Role.ADMIN)
def remove(id: str) -> Answer:
    """Remove somebody, whose sessions end."""
    try:
        roster.remove(services().engine, id, asking())
    except Unfit as error:
        return _page(error, 409)
    return _back()


def _role() -> Role:
    try:
        return Role(request.form.get("role", ""))
    except ValueError as error:
        raise Unfit(UNKNOWN_ROLE) from error


def _linked(member: StaffMember, path: str) -> Answer:
    root = services().engine.config.business.url or request.url_root.rstrip("/")
    return page("linked.html", "people", member=member, link=f"{root}{path}")


def _page(error: Unfit | None = None, status: int = 200) -> Answer:
    engine, spoken = services().engine, speech()
    response = page(
        "people.html",
        "people",
        people=roster.listed(engine),
        reader=reader(),
        roles=[(role, words.role(role, spoken), spoken.gettext(words.MAY[role])) for role in Role],
        languages=[(code, name(code)) for code in engine.catalogs.languages],
        fault=spoken.gettext(error.said, **error.values) if error else "",
        given={field: request.form.get(field, "") for field in ("email", "name")},
    )
    response.status_code = status
    return response


def _back() -> Answer:
    return redirect(f"{request.script_root}/staff/settings/people", 303)
