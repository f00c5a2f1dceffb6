"""Pages that say that something is not there, and lead on."""

from __future__ import annotations

from flask import Response
from markupsafe import Markup

from ...values.msgid import N_
from .frame import page

WITHOUT = N_("The page without it")


def missing(current: str, said: Markup | str, onward: tuple[str, str], status: int = 404) -> Response:
    """Return the page of a section that says so; `onward` is where to go instead: an address and its words."""
    response = page("missing.html", current, said=said, onward=onward)
    response.status_code = status
    return response
