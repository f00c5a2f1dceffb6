"""The keys of the API: the list, and making and revoking them."""

from __future__ import annotations

from datetime import timedelta

from flask import redirect, request
from werkzeug.wrappers import Response as Answer

from ... import keys
from ...people import keyring
from ...people.unfit import Unfit
from ...values.clean import Unclean
from ...values.enumeration import KeyScope, Role
from ...values.msgid import N_
from ...values.period import day
from ..services import services
from .access import addresses, allowed, asking, speech
from .frame import page

bp = addresses("keys")

MAY = {
    KeyScope.EVENTS: N_("sends events"),
    KeyScope.READ: N_("reads the report, answers and customers"),
    KeyScope.ADMIN: N_("does both"),
}
SECOND = timedelta(seconds=1)
DAY = N_("The last day of the key is not a day, such as 2027-12-31.")
NAME = N_("A name is needed, of at most 64 characters.")
TAKEN = N_("There is a key of that name already; the name of one that was revoked is not used again.")
GONE = N_("There is no key of that name in use.")


@bp.get("/settings/keys")
@allowed(Role.ADMIN)
def shown() -> Answer:
    """All keys."""
    return _page()


@bp.post("/settings/keys")
@allowed(Role.ADMIN)
def add() -> Answer:
    """Make a key, and show it once."""
    called, scope = (request.form.get(field, "") for field in ("name", "scope"))
    if scope not in [*KeyScope]:
        return _page(NAME, 422)
    try:
        last = day(until) if (until := request.form.get("until", "")) else None
    except ValueError:
        return _page(DAY, 422)
    try:
        key = keyring.add(services().engine, keyring.KeyWish(called, KeyScope(scope), last), asking())
    except Unclean:
        return _page(NAME, 422)
    except Unfit as error:
        return _page(error.said, 422)
    return page("key.html", "keys", called=called, key=key) if key else _page(TAKEN, 422)


@bp.post("/settings/keys/revoke")
@allowed(Role.ADMIN)
def revoke() -> Answer:
    """Make a key useless."""
    try:
        is_revoked = keyring.revoke(services().engine, request.form.get("name", ""), asking())
    except Unclean:
        is_revoked = False
    if not is_revoked:
        return _page(GONE, 409)
    return redirect(f"{request.script_root}/staff/settings/keys", 303)


def _page(fault: str = "", status: int = 200) -> Answer:
    spoken, engine = speech(), services().engine
    response = page(
        "keys.html",
        "keys",
        keys=keys.listed(engine),
        scopes=[(scope, spoken.gettext(said)) for scope, said in MAY.items()],
        fault=spoken.gettext(fault),
        given=request.form,
        now=asking().now,
        second=SECOND,
        zone=engine.config.business.zone,
    )
    response.status_code = status
    return response
