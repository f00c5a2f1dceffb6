"""Answers to requests that are refused or fail: a page for people, problem+json in English for machines."""

from __future__ import annotations

import logging
import time
from urllib.parse import quote

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.wrappers import Response as Answer

from ..people.password import TooBusy
from ..store.engine.database import Unavailable
from .api import common
from .api.common import RequestProblem
from .forms.mending import mended
from .forms.notice import ABOVE_A_FORM, NOTICES
from .forms.rendering import STATUS, notice
from .services import services
from .staff import errors as staff
from .staff.refusal import Denied, NoChoice
from .wsgi.body import UNHEARD

MACHINES = ("/api/", "/hooks/")  # below which only programs ask
SECRET = ("/r/", "/u/", "/t/")  # what leads on only for those who were given a token
JSON = ("application/json", common.PROBLEM)
UNSAID = "this was not done; the page that a browser gets at this address says why"
BROKEN = "something went wrong on our side; nothing was done"

log = logging.getLogger("surveyengine")


def install(app: Flask) -> None:
    """Map every error of a request to its answer, for people and for machines."""
    app.register_error_handler(RequestProblem, common.problem)
    app.register_error_handler(HTTPException, refused)
    app.register_error_handler(Denied, staff.denied)
    app.register_error_handler(NoChoice, staff.no_choice)
    app.register_error_handler(TooBusy, staff.busy)
    app.register_error_handler(Unavailable, unavailable)
    app.register_error_handler(Exception, broken)
    app.before_request(unheard)
    app.after_request(for_machines)


def refused(error: HTTPException) -> Answer:
    """Return what is said to a request that is at fault; a link with something behind it leads to its page."""
    if is_for_machines():
        return common.refused(error)
    if staff.is_staff():
        return staff.refused(error)
    if isinstance(error, NotFound):
        meant = mended(request.path)
        return _led_to(meant) if meant else notice("guessed" if _is_guessed() else "not_found")
    if isinstance(error, MethodNotAllowed):
        response = notice("not_allowed")
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
        return response
    return error.get_response()


def unavailable(error: Unavailable) -> Answer:
    """Return what is said while the database is away."""
    if is_for_machines():
        return common.unavailable()
    return staff.unavailable() if staff.is_staff() else notice("unavailable")


def unheard() -> Answer | None:
    """Return what is said to a request whose body has not come, so that nothing can be done."""
    kind = request.environ.get(UNHEARD)
    if kind and staff.is_staff():
        return staff.unheard(STATUS[kind])
    return notice(kind) if kind else None


def broken(error: Exception) -> Answer:
    """Return what is said where the fault is ours, and tell the log."""
    log.exception("%s failed: %r", request.endpoint, error)
    if is_for_machines():
        return common.problem(RequestProblem(500, BROKEN))
    if staff.is_staff():
        return staff.broken()
    response = notice("broken")
    response.status_code = 500
    return response


def for_machines(response: Response) -> Response:
    """Return a page that says no as problem+json, where the request takes JSON only."""
    if response.status_code < 400 or response.mimetype != "text/html" or not is_for_machines():
        return response
    kind = g.get("notice", "")
    detail = NOTICES[kind].replace("{when}", "earlier") if kind and kind not in ABOVE_A_FORM else UNSAID
    kept = {name: value for name, value in response.headers.items() if name in ("Allow", "Retry-After")}
    return common.problem(RequestProblem(response.status_code, detail, **kept))


def is_for_machines() -> bool:
    """Whether whoever asks is a program: by the address, and where JSON is all it takes."""
    takes = request.accept_mimetypes
    is_theirs = f"{request.path}/".lower().startswith(MACHINES)
    return is_theirs or (any(takes[kind] for kind in JSON) and not takes["text/html"])


def _is_guessed() -> bool:
    """Whether somebody seems to try tokens: one was wrong, and many were before."""
    return request.path.startswith(SECRET) and services().misses.too_many(request.remote_addr, time.monotonic())


def _led_to(path: str) -> Answer:
    """Return the way to another path of ours, by the same method; no header of the request can change where it is."""
    query = request.query_string.decode("ascii", "replace")
    where = quote(request.script_root) + path + (f"?{query}" if query else "")
    return Response(status=308, headers={"Location": where})
