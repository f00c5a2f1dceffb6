"""What is around every page of the staff: its language, the way to the others, the person, the headers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, request

from ...i18n.speech import Speech
from ...look import palette
from ...look.markup import render
from ...store.people import StaffMember
from ...values.enumeration import Role
from ...values.msgid import N_
from ..assets import FONTS, KEPT, address
from ..forms.icon import icon
from ..services import services
from ..wsgi.gzip import packed, served
from . import access

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HOME = "/staff/"
SECTIONS = {  # what `current` is: its word, its address below /staff, and who may go there
    "journey": (N_("Journey"), "", Role.VIEWER),
    "responses": (N_("Responses"), "responses/", Role.OPERATOR),
    "surveys": (N_("Surveys"), "surveys/", Role.VIEWER),
    "sending": (N_("Sending"), "sending/", Role.VIEWER),
}
OWN = {
    "account": (N_("Account"), "account", Role.VIEWER),
    "people": (N_("People"), "settings/people", Role.ADMIN),
    "keys": (N_("API keys"), "settings/keys", Role.ADMIN),
    "audit": (N_("Audit log"), "settings/audit", Role.ADMIN),
}
Pages = Mapping[str, tuple[str, str, Role]]

bp = Blueprint("staff_look", __name__)


class Section(NamedTuple):
    """A link to a part of the pages."""

    words: str
    url: str
    is_current: bool


@bp.get("/static/palette.css")
def colours() -> Response:
    """The colours of the business, as a file: a page of the staff has no style of its own."""
    css = _colours()
    return served(css.encode(), "text/css; charset=utf-8", _version(css), KEPT)


def page(template: str, current: str, **values: object) -> Response:
    """Return the page of that template for the reader of this request; `current` is the section it belongs to."""
    speech = access.speech()
    response = Response(render(f"staff/{template}", speech, **around(speech, current), **values))
    response.headers["Content-Security-Policy"] = POLICY
    return packed(response)


def below(path: str = "") -> str:
    """Return the address of a page below /staff/."""
    return f"{request.script_root}{HOME}{path}"


def without(name: str) -> str:
    """Return the address of this page without a parameter."""
    left = {one: value for one, value in request.args.items() if one != name}
    return f"{request.script_root}{request.path}{'?' if left else ''}{urlencode(left)}"


def around(speech: Speech, current: str = "") -> dict[str, object]:
    """Return what every page shows around its content; a stranger is led nowhere."""
    business, member = services().engine.config.business, access.reader_if_any()
    name, static = speech.words(business.name), f"{request.script_root}/static"
    letter = name.strip()[:1].upper()
    return {
        "business": name,
        "letter": letter,
        "icon": icon(letter, business.color),
        "sheets": [f"{static}/palette.css?v={_version(_colours())}", f"{static}/{address('staff.css')}"],
        "fonts": [f"{static}/{address(font)}" for font in FONTS.get(speech.language, ())],
        "person": member,
        "sections": list(_links(SECTIONS, speech, member, current)),
        "own": list(_links(OWN, speech, member, current)),
        "below": below,
        "csrf": access.form_token() if member else "",
    }


def _links(pages: Pages, speech: Speech, member: StaffMember | None, current: str) -> Iterator[Section]:
    """Yield the links to those pages that the reader may see, and that there are."""
    for name, (words, path, role) in pages.items():
        if member and member.role.covers(role) and _is_there(f"{HOME}{path}"):
            yield Section(speech.gettext(words), below(path), name == current)


def _is_there(path: str) -> bool:
    return any(rule.rule == path for rule in current_app.url_map.iter_rules())


def _colours() -> str:
    return palette.css(services().engine.config.business.color)


def _version(css: str) -> str:
    return sha256(css.encode()).hexdigest()[:12]
