"""The access log: what was asked for and how it was answered, and nothing by which to tell who asked."""

from __future__ import annotations

import logging
import time
from typing import Any
from urllib.parse import quote

log = logging.getLogger("surveyengine.access")


class Logged:
    """A WSGI application whose answers are logged; the client's address and the query string are not."""

    def __init__(self, application: Any) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        begun = time.perf_counter()
        method, path = environ["REQUEST_METHOD"], quote(environ.get("PATH_INFO", "").encode("latin-1", "replace"))

        def answered(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            code, ms = int(status.split()[0]), round(1000 * (time.perf_counter() - begun), 1)
            fields = {"method": method, "path": path, "status": code, "ms": ms}
            log.info("%s %s %d %.1f ms", method, path, code, ms, extra={"fields": fields})
            return start_response(status, headers, *more)

        return self._application(environ, answered)
