"""Pages below /staff for whoever has not signed in: a card, and nothing around it."""

from __future__ import annotations

from flask import Response, request
from werkzeug.wrappers import Response as Answer

from ...look.markup import render
from ..wsgi.gzip import packed
from . import access
from .frame import POLICY, around


def bare_page(template: str, status: int = 200, **values: object) -> Answer:
    """Return the page of that template in the reader's language."""
    speech = access.speech()
    known = {"root": request.script_root, **around(speech), **values}
    response = Response(render(f"staff/{template}", speech, **known), status)
    response.headers["Content-Security-Policy"] = POLICY
    return packed(response)
