"""For those who operate the engine: is it alive, can it commit."""

from __future__ import annotations

from flask import Blueprint, Response

from ..store import clock
from ..store.database import ANSWER, Unavailable
from ..store.health import commit
from .desk import desk

bp = Blueprint("ops", __name__)


@bp.get("/healthz")
def alive() -> Response:
    """Answer."""
    return Response("alive\n", mimetype="text/plain")


@bp.get("/readyz")
def ready() -> Response:
    """Answer after a commit that is on disk; no where an answer or an event was refused in the last seconds.

    On a disk that is all but full this commit still finds room, and an answer does not. Pages are served, too, while
    sending is paused; that is said beside.
    """
    database = desk().engine.database
    try:
        with database.write(ANSWER) as connection:
            commit(connection)
            doubted = clock.doubted(connection)
        steady = not database.outage.was_just_now()
    except Unavailable:
        steady = False
    if not steady:
        return Response("the database is away\n", 503, {"Retry-After": "5"}, mimetype="text/plain")
    pause = f"sending is paused on {len(doubted)} of its machines: see `surveyengine status`\n" if doubted else ""
    return Response(f"ready\n{pause}", mimetype="text/plain")
