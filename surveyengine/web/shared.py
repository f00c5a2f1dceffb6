"""The form that is the same for everybody but for its token: rendered once, and then served without the framework."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from ..engine import Engine
from ..i18n.language import accepted, choose
from ..responses.token import Tickets, opened
from .packing import accepts, deflated, joined

MOST = 1_000  # pages that are kept
PATH = re.compile(r"/s/([a-z0-9-]+)")
CACHE = "private, no-cache"  # whoever goes back after an answer finds the same form, which counts once
QUERY = re.compile(r"(?:lang=([A-Za-z-]{2,20}))?")


@dataclass(frozen=True)
class Page:
    """A page around the place of its token, and the policy for its style."""

    before: bytes
    after: bytes
    policy: str

    def filled(self, token: str) -> bytes:
        """Return the page with that token."""
        return b"".join((self.before, token.encode(), self.after))

    def packed(self, token: str) -> bytes:
        """Return the same in gzip; all but the token was compressed before."""
        return joined(self._deflated[0], token.encode(), self._deflated[1], self.filled(token))

    @cached_property
    def _deflated(self) -> tuple[bytes, bytes]:
        return deflated(self.before, last=False), deflated(self.after, last=True)


class Pages:
    """The pages that were rendered, by what is served (the library's generation), survey version and language."""

    def __init__(self) -> None:
        self._pages: dict[tuple[int, str, str], Page] = {}

    def get(self, key: tuple[int, str, str]) -> Page | None:
        """Return the page where it was rendered."""
        return self._pages.get(key)

    def keep(self, key: tuple[int, str, str], page: Page) -> Page:
        """Keep a page, and return it."""
        if len(self._pages) >= MOST:
            self._pages.clear()
        self._pages[key] = page
        return page


class Shared:
    """A WSGI application that serves the pages that are known, and leaves all else to the one below.

    Every request passes it, and finds the surveys as their files are.
    """

    def __init__(self, application: Any, engine: Engine, tickets: Tickets, pages: Pages) -> None:
        self._application, self._engine, self._tickets, self._pages = application, engine, tickets, pages

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        now = datetime.now(UTC)
        self._engine.library.refresh(now)
        path, query = PATH.fullmatch(environ["PATH_INFO"]), QUERY.fullmatch(environ.get("QUERY_STRING", ""))
        content = None
        if path and query and environ["REQUEST_METHOD"] == "GET":
            content = self._content(path[1], (query[1], *accepted(environ.get("HTTP_ACCEPT_LANGUAGE", ""))), now)
        if content is None:
            return self._application(environ, start_response)
        page, token = content
        gzip = accepts(environ.get("HTTP_ACCEPT_ENCODING", ""))
        body = page.packed(token) if gzip else page.filled(token)
        headers = [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Content-Security-Policy", page.policy),
            ("Cache-Control", CACHE),
            ("Vary", "Accept-Encoding"),
        ]
        if gzip:
            headers.append(("Content-Encoding", "gzip"))
        start_response("200 OK", headers)
        return [body]

    def _content(self, id: str, wishes: tuple[str | None, ...], now: datetime) -> tuple[Page, str] | None:
        """Return the page and a token for it; None where it has to be rendered first."""
        library = self._engine.library
        survey = library.surveys.get(id)
        if survey is None or survey.head.closed:
            return None
        page = self._pages.get((library.generation, survey.digest, choose(wishes, library.config.languages)))
        return (page, self._tickets.sign(opened(survey.id, survey.digest, now))) if page else None
