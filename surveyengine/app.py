"""The web application of an engine."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from .engine import Engine
from .responses.ticket import FormTokens
from .store.engine.health import Probe
from .web import assets, errors
from .web.api import customers, events_and_report, health, hooks, lists, metrics, openapi
from .web.forms import embed, routes
from .web.forms.page_cache import PageCache
from .web.rule import Rule
from .web.services import WebServices
from .web.staff import (
    account,
    audit,
    comments,
    customer,
    frame,
    invitation_list,
    invitations,
    journey,
    keys,
    message_list,
    people,
    responses,
    retrying,
    sending,
    sign_in,
    surveys,
    touchpoint,
)
from .web.wsgi import security_headers
from .web.wsgi.fast_path import Shared
from .web.wsgi.gate import Gate
from .web.wsgi.refresh import Refreshing

PUBLIC = (routes.bp, embed.bp, assets.bp, frame.bp)
MACHINES = (
    events_and_report.bp, lists.bp, customers.bp, openapi.bp, health.bp, metrics.bp, hooks.bp,
)  # fmt: skip
STAFF = (
    sign_in.bp, account.bp, people.bp, keys.bp, audit.bp, journey.bp, responses.bp, surveys.bp, sending.bp,
    invitations.bp, invitation_list.bp, message_list.bp, retrying.bp, touchpoint.bp, comments.bp, customer.bp,
)  # fmt: skip
MOUNTED, SHARED = "mounted", "shared"


def create_gate(engine: Engine) -> Gate:
    """Return the RSGI application that the server runs."""
    app = create_app(engine)
    at_once, below = app.extensions[SHARED].at_once, app.extensions[MOUNTED].below
    return Gate(app.wsgi_app, at_once, engine, below)


def create_app(engine: Engine) -> Flask:
    """Return the application that serves this engine's pages and API."""
    app = Flask("surveyengine", static_folder=None)
    app.url_rule_class = Rule
    app.url_map.merge_slashes = False  # its redirects would lead to whatever host the request names
    services = WebServices(engine, FormTokens(*engine.secrets), PageCache(), Probe(engine.database))
    app.extensions["services"] = services
    for blueprint in (*PUBLIC, *MACHINES, *STAFF):
        app.register_blueprint(blueprint)
    errors.install(app)
    shared = app.extensions[SHARED] = Shared(app.wsgi_app, services)
    app.wsgi_app = security_headers.Secured(Refreshing(shared, engine.library))  # type: ignore[method-assign]
    if proxies := engine.config.web.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)  # type: ignore[method-assign]
    path = unquote(urlsplit(engine.config.business.url or "").path)
    ours = {rule.rule.split("/")[1] for rule in app.url_map.iter_rules()}
    app.wsgi_app = app.extensions[MOUNTED] = Mounted(app.wsgi_app, path, ours)  # type: ignore[method-assign]
    return app


class Mounted:
    """Serves below the path of the business's address, whether or not a proxy strips that path.

    `ours` are the first parts of all our paths; one of them must follow the path of the business.
    """

    def __init__(self, application: Any, path: str, ours: Collection[str]) -> None:
        self._application, self._ours = application, ours
        self._path = path.rstrip("/").encode().decode("latin-1")  # as WSGI spells it

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        if self._path:
            environ["SCRIPT_NAME"] = self._path
        environ["PATH_INFO"] = self.below(environ["PATH_INFO"])
        return self._application(environ, start_response)

    def below(self, path: str) -> str:
        """Return the path without that of the business's address."""
        if self._path:
            before, _, below = path.partition(f"{self._path}/")
            is_ours = not before and below.partition("/")[0].lower() in self._ours
            if is_ours or path == self._path:
                return f"/{below}"
        return path or "/"  # a redirect to an empty one would lead to any host, as above
