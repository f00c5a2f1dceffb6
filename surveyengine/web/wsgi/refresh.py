"""Finds the surveys as their files are, before anything is done with a request."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ...versions.library import Library


class Refreshing:
    """A WSGI application for which the surveys are read anew where their files have changed."""

    def __init__(self, application: Any, library: Library) -> None:
        self._application, self._library = application, library

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        self._library.refresh(datetime.now(UTC))
        return self._application(environ, start_response)
