"""Pages below /staff for whoever has not signed in: a card, and nothing around it."""

from __future__ import annotations

from flask import Response, request
from werkzeug.wrappers import Response as Answer

from ...look.markup import render
from ..services import services
from ..wsgi.gzip import packed
from . import access

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


def bare_page(template: str, status: int = 200, **values: object) -> Answer:
    """Return the page of that template in the reader's language."""
    speech, business = access.speech(), services().engine.config.business
    known = {"root": request.script_root, "business": speech.words(business.name), **values}
    response = Response(render(f"staff/{template}", speech, **known), status)
    response.headers["Content-Security-Policy"] = POLICY
    return packed(response)
