"""For those who operate the engine: is it alive, can it commit."""

from __future__ import annotations

from flask import Blueprint, Response

from ..services import services

bp = Blueprint("ops", __name__)


@bp.get("/healthz")
def alive() -> Response:
    """Answer."""
    return Response("alive\n", mimetype="text/plain")


@bp.get("/readyz")
def ready() -> Response:
    """Answer 200 if a commit of the last second is on disk and no answer or event was refused just now, else 503.

    On a disk that is all but full this commit still finds room, and an answer does not. Pages are served, too, while
    sending is paused; that is said beside.
    """
    here = services()
    if not here.probe.is_good() or here.engine.database.outage.was_just_now():
        return Response("the database is away\n", 503, {"Retry-After": "5"}, mimetype="text/plain")
    n = here.probe.doubted_clocks
    pause = f"sending is paused on {n} of its machines: see `surveyengine status`\n" if n else ""
    return Response(f"ready\n{pause}", mimetype="text/plain")
