"""The way in from the server: a request takes a thread when it is whole, and none while its body is on its way.

All of this runs in the event loop of the server, which therefore must never wait: neither for a file, nor for a lock.
"""

from __future__ import annotations

import logging
import signal
import time
from asyncio import AbstractEventLoop, Future
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from ...engine import Engine
from ..api import common
from . import access_log
from .body import LIMIT, UNHEARD
from .body_collection import BodyOutcome, CollectedBody, Deadlines, Measure, Pieces, Room
from .environ import PROBE, Environ, announced, environ, latin
from .rsgi import Exchange, Scope, WholeAnswer
from .threads import RequestThreads

THREADS = 8  # that work on requests
FORM = Measure(LIMIT, 30.0)  # also what a body may be that nobody asked for
EVENTS = Measure(common.LARGEST, 60.0)
UNWANTED = Measure(32_000_000, 10.0)  # of a body that nobody wants: it is read so that its sender sees our answer
PATIENCE = 10.0  # seconds that a request waits for a thread
LAST = 5.0  # seconds that a body has to come when the server is told to stop
PLAIN = [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")]
BUSY = WholeAnswer(503, [*PLAIN, ("Retry-After", "5")], b"too busy; nothing was done, so send it again\n")
CUT = WholeAnswer(400, PLAIN, b"the request broke off\n")
BROKEN = WholeAnswer(500, PLAIN, b"something went wrong on our side\n")
ALIVE = "/healthz"

T = TypeVar("T")
AtOnce = Callable[[str, str, str, str], WholeAnswer | None]

log = logging.getLogger("surveyengine")


class Gate:
    """An RSGI application around a WSGI one, whose threads never wait for a client.

    `at_once` returns the page for a path, a query, and the languages and encodings that are accepted, where nothing has
    to be waited for; else None. `below` takes the path of the business from the path of a request.
    """

    def __init__(self, application: Any, at_once: AtOnce, engine: Engine, below: Callable[[str], str]) -> None:
        self._application, self._at_once, self._engine = application, at_once, engine
        self._below, self._record = below, access_log.recorder()
        self._alive = self._served({**PROBE, "PATH_INFO": ALIVE})
        self._room, self._deadlines = Room(), Deadlines()

    def __rsgi_init__(self, loop: AbstractEventLoop) -> None:
        self._loop, self._crew = loop, RequestThreads(loop, THREADS)
        for signum in (signal.SIGTERM, signal.SIGINT):  # beside the server's own, which the loop calls by other means
            signal.signal(signum, self._hurry)

    def __rsgi_del__(self, loop: AbstractEventLoop) -> None:
        self._crew.stop()

    async def __rsgi__(self, scope: Scope, exchange: Exchange) -> None:
        """Answer a request."""
        self._crew.look()
        begun, asked = time.perf_counter(), (scope.method, latin(scope.path))
        if answer := self._immediate(*asked, scope):
            self._say(exchange, answer, asked, begun)
        elif announced(request := environ(scope)) != 0:
            await self._with_body(request, exchange, asked, begun)
        else:
            await self._answer(request, exchange, asked, begun)

    def _immediate(self, method: str, path: str, scope: Scope) -> WholeAnswer | None:
        """Return the answer that needs no thread; None where it needs one."""
        headers, path = scope.headers, self._below(path)
        has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
        if method not in ("GET", "HEAD") or has_body:
            return None
        if path == ALIVE:
            return self._alive
        accepted = (",".join(headers.get_all(name)) for name in ("accept-language", "accept-encoding"))
        try:
            return self._at_once(path, scope.query_string, *accepted) if method == "GET" else None
        except Exception:
            log.exception("a page is left to a thread")
            return None

    async def _with_body(self, request: Environ, exchange: Exchange, asked: tuple[str, str], begun: float) -> None:
        body, pieces = CollectedBody(self._room), Pieces(exchange)
        try:
            is_read, answer = await self._heard(request, body, pieces)
            if answer:
                self._say(exchange, answer, asked, begun)
            else:
                await self._answer(request, exchange, asked, begun)
        finally:
            body.give_back()
        if not is_read and "HTTP_EXPECT" not in request:
            await self._drain(pieces)

    async def _heard(self, request: Environ, body: CollectedBody, pieces: Pieces) -> tuple[bool, WholeAnswer | None]:
        """Return whether the whole body has come, and the answer to it; None where the application is to answer."""
        measure = FORM
        if request["REQUEST_METHOD"] == "POST" and self._below(request["PATH_INFO"]) == common.EVENTS:
            if refused := await self._crew.result(partial(self._in_time, self._refused, request, time.monotonic())):
                return False, refused
            measure = EVENTS
        outcome = await self._collected(request, body, pieces, measure)
        if outcome is BodyOutcome.CUT:
            return True, CUT  # which hardly anybody reads
        return outcome in (BodyOutcome.WHOLE, BodyOutcome.SLOW), None

    async def _collected(self, request: Environ, body: CollectedBody, pieces: Pieces, measure: Measure) -> BodyOutcome:
        """Collect the body of a request, and tell the application what became of it."""
        length, outcome = announced(request), BodyOutcome.SLOW
        request.pop("HTTP_TRANSFER_ENCODING", None)  # it does not come any more
        with suppress(TimeoutError), self._deadlines.within(measure.seconds):
            outcome = await body.collect(pieces, length, measure.most)
        if outcome is BodyOutcome.WHOLE:
            body.content.seek(0)
            request["wsgi.input"], request["CONTENT_LENGTH"] = body.content, str(body.held)
        else:
            body.give_back()
            if outcome is BodyOutcome.LARGE:
                request["CONTENT_LENGTH"] = str(measure.most + 1)  # at least
            else:
                request[UNHEARD] = outcome.value
        return outcome

    async def _drain(self, pieces: Pieces) -> None:
        """Read what nobody wants: a proxy that is still sending when we hang up does not see our answer."""
        left = UNWANTED.most
        with suppress(TimeoutError), self._deadlines.within(UNWANTED.seconds):
            async for piece in pieces:
                left -= len(piece)
                if left < 0:
                    break

    def _answer(self, request: Environ, exchange: Exchange, asked: tuple[str, str], begun: float) -> Future[None]:
        """Have a thread answer."""
        since = time.monotonic()
        return self._crew.end(lambda: self._say(exchange, self._in_time(self._served, request, since), asked, begun))

    def _in_time(self, do: Callable[[Environ], Any], request: Environ, since: float) -> Any:
        """Do it in this thread; where a request has waited too long for that, nothing is done any more."""
        try:
            return BUSY if time.monotonic() - since > PATIENCE else do(request)
        except Exception:
            log.exception("a request failed")
            return BROKEN

    def _served(self, request: Environ) -> WholeAnswer:
        return called(self._application, request)

    def _refused(self, request: Environ) -> WholeAnswer | None:
        """Return the refusal for a sender who may not send events; None for one who may."""
        scopes = common.looked_up(self._engine, request.get("HTTP_AUTHORIZATION", ""))
        request[common.SCOPES] = scopes
        return None if not isinstance(scopes, Exception) and "events" in scopes else self._served(request)

    def _hurry(self, *_: object) -> None:
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._deadlines.hurry, LAST)

    def _say(self, exchange: Exchange, answer: WholeAnswer, asked: tuple[str, str], begun: float) -> None:
        exchange.response_bytes(*answer)
        if self._record:
            self._record(*asked, answer.status, begun)


def called(application: Any, request: Environ) -> WholeAnswer:
    """Return what a WSGI application answers."""
    said: list[tuple[int, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], *error: Any) -> None:
        said[:] = [(int(status[:3]), headers)]

    body: Iterable[bytes] = application(request, start_response)
    try:
        content = b"".join(body)
    finally:
        if close := getattr(body, "close", None):
            close()
    return WholeAnswer(*said[0], content)
