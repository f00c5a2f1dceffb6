"""The machines' addresses: events in, the report out; JSON, and errors as problem+json (RFC 9457)."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from .. import keys
from ..engine import Engine
from ..invitations.cloudevents import from_http
from ..invitations.event import Malformed
from ..invitations.intake import take
from ..invitations.payload import Undecodable
from ..results import reading
from ..store.database import Unavailable
from .respond import desk

bp = Blueprint("api", __name__, url_prefix="/api/v1")
LARGEST = 8_000_000  # bytes of events


class Problem(Exception):
    """Why a request was not done."""

    def __init__(self, status: int, detail: str, **headers: str) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, headers


@bp.post("/events")
def events() -> Response:
    """Take one CloudEvent or a batch of them."""
    engine, now = permitted("events"), datetime.now(UTC)
    request.max_content_length = LARGEST
    try:
        incoming = from_http(request.content_type or "", dict(request.headers), request.get_data(cache=False), now)
    except Undecodable as error:
        raise Problem(400, error.reason) from error
    if len(incoming) == 1 and isinstance(incoming[0], Malformed):
        raise Problem(400, incoming[0].reason)
    return _json({"events": take(engine, incoming, now)}, 202)


@bp.get("/report")
def report() -> Response:
    """Return the scores, as `surveyengine report --format json` does."""
    engine = permitted("read")
    if unknown := sorted(set(request.args) - {"from", "to", "by", "stage"}):
        raise Problem(400, f"unknown parameter {unknown[0]!r}; known are from, to, by and stage")
    try:
        wanted = reading.Wanted(_day("from"), _day("to"), request.args.get("by"), request.args.get("stage"))
    except ValueError as error:
        raise Problem(400, str(error)) from error
    return _json(reading.report(engine, wanted), 200)


def permitted(scope: str) -> Engine:
    """Return the engine where the request's key allows it to do this."""
    kind, _, key = request.headers.get("Authorization", "").partition(" ")
    scopes = keys.allowed(desk().engine, key.strip()) if kind.casefold() == "bearer" and key else set()
    if not scopes:
        raise Problem(401, "send a valid API key: Authorization: Bearer KEY", **{"WWW-Authenticate": "Bearer"})
    if scope not in scopes:
        raise Problem(403, f"this key may not do that; it needs the scope {scope!r} or 'admin'")
    return desk().engine


def _day(name: str) -> date | None:
    if not (text := request.args.get(name)):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Problem(400, f"{name} is no date; write one such as 2026-11-20") from error


def _json(content: Any, status: int, mimetype: str = "application/json") -> Response:
    return Response(json.dumps(content, ensure_ascii=False) + "\n", status, mimetype=mimetype)


@bp.errorhandler(Problem)
def problem(error: Problem) -> Response:
    """Return the problem as JSON."""
    content = {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": error.detail,
    }
    response = _json(content, error.status, "application/problem+json")
    response.headers.update(error.headers)
    return response


@bp.errorhandler(HTTPException)
def refused(error: HTTPException) -> Response:
    """Return what Flask refuses as JSON."""
    if isinstance(error, RequestEntityTooLarge):
        return problem(Problem(413, f"at most {LARGEST} bytes are taken at once; send fewer events at a time"))
    allow = {name: value for name, value in error.get_headers() if name == "Allow"}
    return problem(Problem(error.code or 500, error.description or "", **allow))


@bp.errorhandler(Unavailable)
def unavailable(error: Unavailable) -> Response:
    """Say that nothing was done because the database is away."""
    return problem(Problem(503, "the database is away; nothing was done, so send it again", **{"Retry-After": "5"}))
