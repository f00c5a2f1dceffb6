"""The web application of an engine."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, request
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response

from .engine import Engine
from .responses.token import Tickets
from .store.database import Unavailable
from .web import api, headers, ops, respond
from .web.allowance import Allowance

log = logging.getLogger("surveyengine")


def create_app(engine: Engine) -> Flask:
    """Return the application that serves this engine's pages and API."""
    app = Flask("surveyengine", root_path=str(respond.__file__).rpartition("/")[0], static_folder="static")
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 365 * 86_400  # the address of a static file changes with its content
    app.extensions["desk"] = respond.Desk(engine, Tickets(engine.secret), Allowance(), {})
    for blueprint in (respond.bp, api.bp, ops.bp):
        app.register_blueprint(blueprint)
    app.before_request(lambda: engine.library.refresh(datetime.now(UTC)))
    app.register_error_handler(Unavailable, lambda error: respond.notice("unavailable"))
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(Exception, _broken)
    app.wsgi_app = headers.Secured(app.wsgi_app)  # type: ignore[method-assign]
    if proxies := engine.config.web.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)  # type: ignore[method-assign]
    app.wsgi_app = Mounted(app.wsgi_app, urlsplit(engine.config.business.url or "").path)  # type: ignore[method-assign]
    return app


class Mounted:
    """Serves below the path of the business's address, whether or not a proxy takes that path away."""

    def __init__(self, application: Any, path: str) -> None:
        self._application, self._path = application, path.rstrip("/")

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        if self._path:
            environ["SCRIPT_NAME"] = self._path
            environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix(self._path) or "/"
        return self._application(environ, start_response)


def _refused(error: HTTPException) -> Response:
    if request.path.startswith("/api/"):
        return api.refused(error)
    if isinstance(error, NotFound):
        return respond.notice("not_found")
    return error.get_response()


def _broken(error: Exception) -> Response:
    log.exception("%s failed", request.endpoint)
    if request.blueprint == api.bp.name:
        return api.problem(api.Problem(500, "something went wrong on our side; nothing was done"))
    response = respond.notice("broken")
    response.status_code = 500
    return response
