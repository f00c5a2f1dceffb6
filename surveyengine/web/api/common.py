"""What the machines' addresses share: keys, JSON, and errors as problem+json (RFC 9457)."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge

from ... import keys
from ...engine import Engine
from ...people.caller import Caller
from ...responses.rate_limit import network
from ..misses import WAIT
from ..services import services

PREFIX = "/api/v1"
EVENTS = f"{PREFIX}/events"
PROBLEM = "application/problem+json"
LARGEST = 8_000_000  # bytes of events
SCOPES = "surveyengine.scopes"  # where a request's environ has what was looked up of its key


class RequestProblem(Exception):
    """A refused request: its status, the reason, and headers of the answer."""

    def __init__(self, status: int, detail: str, **headers: str) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, headers


def addresses(name: str) -> Blueprint:
    """Return a blueprint for addresses of machines."""
    return Blueprint(name, __name__, url_prefix=PREFIX)


def looked_up(engine: Engine, authorization: str) -> set[str] | Exception:
    """Return the scopes of the key in this header, none without a key; the error if the lookup failed."""
    kind, _, key = authorization.partition(" ")
    try:
        return keys.allowed(engine, key.strip(), datetime.now(UTC)) if kind.casefold() == "bearer" and key else set()
    except keys.Expired as error:
        why = f"this API key expired at {error.at:%Y-%m-%dT%H:%M:%SZ}; an admin can make a new one"
        return RequestProblem(401, why, **{"WWW-Authenticate": "Bearer"})
    except Exception as error:
        return error


def permitted(scope: str) -> Engine:
    """Return the engine where the request's key allows it to do this."""
    authorization = request.headers.get("Authorization", "")
    scopes = request.environ.get(SCOPES)
    if scopes is None:
        scopes = looked_up(services().engine, authorization)
    if isinstance(scopes, Exception):
        raise scopes
    if not scopes and authorization and services().misses.too_many(request.remote_addr, time.monotonic()):
        why = "too many keys that are not valid came from your network; wait a minute"
        raise RequestProblem(429, why, **{"Retry-After": str(WAIT)})
    if not scopes:
        raise RequestProblem(401, "send a valid API key: Authorization: Bearer KEY", **{"WWW-Authenticate": "Bearer"})
    if scope not in scopes:
        needed = " or ".join(map(repr, dict.fromkeys((scope, "admin"))))
        raise RequestProblem(403, f"this key may not do that; it needs the scope {needed}")
    return services().engine


def asking(engine: Engine) -> Caller:
    """Return who asks, for the audit log: the request's key by its name."""
    name = keys.name_of(engine, request.headers.get("Authorization", "").partition(" ")[2].strip())
    where, _ = network(request.remote_addr or "")
    return Caller(datetime.now(UTC), where.removesuffix("/32") if "/" in where else "", key=f"API key {name}")


def answered(content: Any, status: int = 200, mimetype: str = "application/json") -> Response:
    """Return the content as JSON."""
    return Response(json.dumps(content, ensure_ascii=False) + "\n", status, mimetype=mimetype)


def problem(error: RequestProblem) -> Response:
    """Return the problem as JSON."""
    content = {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": error.detail,
    }
    response = answered(content, error.status, PROBLEM)
    response.headers.update(error.headers)
    return response


def refused(error: HTTPException) -> Response:
    """Return what Flask refuses as JSON."""
    if isinstance(error, RequestEntityTooLarge):
        return problem(RequestProblem(413, f"at most {LARGEST} bytes are taken at once; send fewer events at a time"))
    if isinstance(error, NotFound):
        return problem(
            RequestProblem(404, f"there is nothing at this address; GET {PREFIX}/openapi.json lists what there is")
        )
    if isinstance(error, MethodNotAllowed):
        allow = ", ".join(sorted(error.valid_methods or ()))
        return problem(RequestProblem(405, f"{request.method} is not taken at this address, but {allow}", Allow=allow))
    return problem(RequestProblem(error.code or 500, error.description or ""))


def unavailable() -> Response:
    """Say that nothing was done because the database is away."""
    return problem(
        RequestProblem(503, "the database is away; nothing was done, so send it again", **{"Retry-After": "5"})
    )
