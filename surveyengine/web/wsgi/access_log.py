"""The access log: what was asked for and how it was answered, and nothing by which to tell who asked."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from urllib.parse import quote

from ...log import ACCESS

log = logging.getLogger("surveyengine.access")
Record = Callable[[str, str, int, float], None]


def recorder() -> Record | None:
    """Return what records each answer; None where no access log is kept."""
    return record if os.environ.get(ACCESS) else None


def record(method: str, path: str, status: int, begun: float) -> None:
    """Log an answer to a request that came at `begun`; the client's address and the query string are not.

    The path is spelled as WSGI does, the moment as `time.perf_counter` does.
    """
    path, ms = quote(path.encode("latin-1", "replace")), round(1000 * (time.perf_counter() - begun), 1)
    fields = {"method": method, "path": path, "status": status, "ms": ms}
    log.info("%s %s %d %.1f ms", method, path, status, ms, extra={"fields": fields})
