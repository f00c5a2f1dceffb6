"""Serves what is asked most, an open form and its answer, without the framework, which has all else."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from ...i18n.language import LONGEST_HEADER, accepted, choose
from ...responses.posted import PostedForm
from ...responses.submit import End, SubmitResult, submit
from ...responses.ticket import opened
from ...responses.visit import by_open_link
from ..forms.page_cache import CachedPage
from ..services import WebServices
from . import body
from .gzip import accepts
from .rsgi import WholeAnswer
from .security_headers import others

PATH = re.compile(r"/s/([a-z0-9-]+)")
CACHE = "private, no-cache"  # whoever goes back after an answer finds the same form, which counts once
# A form is sent to another address than it was opened at, whose page a browser therefore keeps: whoever goes back after
# an answer finds the same form, which counts once.
SENT = "form=sent"
QUERY = re.compile(rf"(?:{SENT}(?:&|$))?(?:lang=([A-Za-z-]{{2,20}}))?")
DECIDED = "surveyengine.result"  # where the framework finds what became of a form that it is to show
HTML = ("Content-Type", "text/html; charset=utf-8")
OTHERS = others("Cache-Control", "Content-Security-Policy")


class Shared:
    """A WSGI application that serves the pages that are known, and keeps the answers that need no page."""

    def __init__(self, application: Any, services: WebServices) -> None:
        self._application, self._services = application, services

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        method = environ["REQUEST_METHOD"]
        if method in ("GET", "POST") and body.UNHEARD not in environ and (asked := self._asked(*_heads(environ))):
            if method == "POST":
                return self._kept(*asked, environ, start_response)
            if known := self._known(*asked, datetime.now(UTC)):
                answer = _served(*known, environ.get("HTTP_ACCEPT_ENCODING", ""))
                start_response("200 OK", answer.headers)
                return [answer.body]
        return self._application(environ, start_response)

    def at_once(self, path: str, query: str, languages: str, encodings: str) -> WholeAnswer | None:
        """Return a page for which nothing has to be waited for, neither a file nor the database; None for all else.

        `languages` and `encodings` are those that the request accepts.
        """
        library = self._services.engine.library
        if not library.is_fresh() or not (asked := self._asked(path, query, languages)):
            return None
        known = None if library.may_be_retired(asked[0]) else self._known(*asked, datetime.now(UTC))
        return _served(*known, encodings) if known else None

    def _asked(self, path: str, query: str, languages: str) -> tuple[str, str] | None:
        """Return the survey of an open form, and the language to speak; None where something else is asked for."""
        found, chosen = PATH.fullmatch(path), QUERY.fullmatch(query)
        if not found or not chosen:
            return None
        return found[1], _spoken(chosen[1], languages[:LONGEST_HEADER], self._services.engine.config.languages)

    def _known(self, id: str, language: str, now: datetime) -> tuple[CachedPage, str] | None:
        """Return the page and a token for it; None where it has to be rendered first."""
        library = self._services.engine.library
        survey = library.survey(id)
        if survey is None or library.is_closed(survey):
            return None
        page = self._services.pages.get((library.generation, survey.digest, language))
        return (page, self._services.tickets.sign(opened(survey.id, survey.digest, now))) if page else None

    def _kept(self, id: str, language: str, environ: dict[str, Any], start_response: Any) -> Any:
        """Keep an answer, and send its customer on; where there is a page to show, the framework does."""
        result: SubmitResult | Exception | None
        try:
            result = self._result(id, language, environ)
        except Exception as error:
            result = error  # nothing is decided twice: the framework tells it like any of its own
        environ[DECIDED] = result
        if isinstance(result, End):
            path = quote(environ.get("SCRIPT_NAME", "").rstrip("/"), encoding="latin-1") + result.path
            start_response("303 SEE OTHER", [HTML, ("Content-Length", "0"), ("Location", path)])
            return [b""]
        return self._application(environ, start_response)

    def _result(self, id: str, language: str, environ: dict[str, Any]) -> SubmitResult | None:
        """Return what becomes of a form; None where the framework has to find out."""
        visit, posted = by_open_link(self._services.engine, id), body.plain(environ)
        if visit is None or posted is None:
            return None
        # The body may have taken long to come.
        return submit(self._services, PostedForm(visit, posted, language, environ), datetime.now(UTC))


def _heads(environ: dict[str, Any]) -> tuple[str, str, str]:
    return environ["PATH_INFO"], environ.get("QUERY_STRING", ""), environ.get("HTTP_ACCEPT_LANGUAGE", "")


@lru_cache(1_000)
def _spoken(wanted: str | None, header: str, languages: tuple[str, ...]) -> str:
    return choose((wanted, *accepted(header)), languages)


def _served(page: CachedPage, token: str, encodings: str) -> WholeAnswer:
    gzip = accepts(encodings)
    content = page.packed(token) if gzip else page.filled(token)
    headers = [
        HTML,
        ("Content-Length", str(len(content))),
        ("Content-Security-Policy", page.policy),
        ("Cache-Control", CACHE),
        ("Vary", "Accept-Encoding"),
        *OTHERS,
    ]
    if gzip:
        headers.append(("Content-Encoding", "gzip"))
    return WholeAnswer(200, headers, content)
