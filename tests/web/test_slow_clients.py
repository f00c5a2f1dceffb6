"""Clients that send slowly, too much, or nothing at all: straight at the server, with no proxy in front."""

from __future__ import annotations

import asyncio
import json
import re
import resource
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyengine import keys
from surveyengine.channels.email import EMAIL
from surveyengine.engine import start
from surveyengine.invitations.delivery import deliver_one
from surveyengine.invitations.link import LinkRequest
from surveyengine.invitations.link import path as link_path
from surveyengine.invitations.planning import take
from surveyengine.web.wsgi.body_collection import SMALL, BodyOutcome, CollectedBody, Deadlines, Pieces, Room
from tests.conftest import missing
from tests.support import business
from tests.support.posts import by_mail
from tests.support.running import Running, free_port, running, until

AT_ONCE = business.DELIVERY.replace('after     = "12 hours"', 'after     = "0 hours"')
FORM = "application/x-www-form-urlencoded"
WHO = {"id": "c-1", "email": "sara@example.com", "language": "fa"}
EVENT = {"specversion": "1.0", "type": "shipment.delivered", "source": "shop", "id": "1", "data": {"customer": WHO}}
SECOND = 1.0    # within which everybody else is answered


@dataclass(frozen=True)
class Site:
    """A running engine, the keys of a shop that may do all and of one that may only read, and links of a customer."""

    engine: Running
    root: Path
    admin: str
    reader: str
    takers: tuple[str, ...]    # addresses that take a body

    @property
    def port(self) -> int:
        return int(self.engine.address.rpartition(":")[2])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    config = business.CONFIG.replace('url       = "https://feedback.example.com"\n', "")
    root = business.write(tmp_path_factory.mktemp("slow"), {"purchase/delivery": AT_ONCE}, config)
    now = datetime.now(UTC)
    with closing(start(root)) as shop:
        admin, reader = (keys.add(shop, scope, scope, now) or "" for scope in ("admin", "read"))
        take(shop, [business.delivered(time=now)], now)
        assert deliver_one(by_mail(shop, EMAIL.open("file:data/outbox", root), "http://localhost"), now)
        preview = f"/{link_path(shop, LinkRequest('delivery', preview=True), now)}"
    (mail,) = (root / "data" / "outbox").glob("*.eml")
    links = [re.search(rf"/{kind}/[\w-]+", mail.read_text(encoding="utf-8")) for kind in "ru"]
    found = [link[0] for link in links if link]
    assert len(found) == 2
    with running(root) as engine:
        takers = ("/s/delivery", *found, preview, "/api/v1/events", "/nowhere", "/healthz", "/api/v1/report")
        yield Site(engine, root, admin, reader, takers)


def head(path: str, length: int | None, key: str = "", *more: str, method: str = "POST") -> bytes:
    """The head of a request; one without a length comes in chunks."""
    size = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    kind = "application/cloudevents+json" if path.startswith("/api") else FORM
    lines = (f"{method} {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {key}", f"Content-Type: {kind}", size)
    return "\r\n".join((*lines, *more, "", "")).encode()


@contextmanager
def begun(port: int, said: bytes, seconds: float = 10) -> Iterator[socket.socket]:
    """A connection on which this much was said; what is not heard within the seconds is a TimeoutError."""
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.settimeout(seconds)
        connection.sendall(said)
        yield connection


def heard(connection: socket.socket) -> str:
    """The status and the headers that come, after all interim ones; "" where it is hung up."""
    said = b""
    while b"\r\n\r\n" not in said:
        with suppress(ConnectionResetError):
            if piece := connection.recv(65_536):
                said += piece
                continue
        return ""
    return said.decode(errors="replace").partition("\r\n\r\n")[0]


def status(connection: socket.socket) -> int:
    return int((heard(connection) or "HTTP/1.1 0").split()[1])


def asked(port: int, path: str, body: bytes | None = None, key: str = "", seconds: float = 10) -> int:
    """The status after a whole request."""
    said = head(path, len(body or b""), key, "Connection: close", method="GET" if body is None else "POST")
    with begun(port, said + (body or b""), seconds) as connection:
        return status(connection)


def filled(site: Site, **answers: str) -> bytes:
    """A form that is filled in."""
    return urlencode({"form": business.token(site.engine.get("/s/delivery")[1]), **answers}).encode()


def quickest(ask: Callable[[], int], tries: int = 3) -> float:
    """How long the quickest of so many took, each of which has to succeed; a busy machine may delay one."""
    times = []
    for _ in range(tries):
        begin = time.monotonic()
        assert ask() in (200, 202, 303)
        times.append(time.monotonic() - begin)
    return min(times)


def answers(root: Path) -> int:
    with closing(sqlite3.connect(root / "data" / "surveyengine.db")) as connection:
        return int(connection.execute("SELECT count(*) FROM response").fetchone()[0])


# ── Slow


def test_two_hundred_slow_bodies_keep_nobody_waiting(site: Site) -> None:
    with ExitStack() as stack:
        slow = [(path, stack.enter_context(begun(site.port, head(path, 1_000, site.admin) + b"form=a")))
                for path, _ in zip(site.takers * 100, range(200), strict=False)]    # fmt: skip
        time.sleep(0.5)
        forms = iter([filled(site, satisfaction="4") for _ in range(3)])
        events = iter([json.dumps({**EVENT, "id": f"s-{n}"}).encode() for n in range(3)])
        assert quickest(lambda: asked(site.port, "/healthz")) < SECOND
        assert quickest(lambda: asked(site.port, "/readyz")) < SECOND
        assert quickest(lambda: asked(site.port, "/s/delivery")) < SECOND
        assert quickest(lambda: asked(site.port, "/s/delivery", next(forms))) < SECOND
        assert quickest(lambda: asked(site.port, "/api/v1/report", key=site.admin)) < SECOND
        assert quickest(lambda: asked(site.port, "/api/v1/events", next(events), site.admin)) < SECOND
        replies = {}
        for path, connection in slow[: len(site.takers)]:
            connection.sendall(b"a" * 994)
            replies[path] = status(connection)
    others = ("/api/v1/events", "/nowhere", "/healthz", "/api/v1/report")
    assert [replies[path] for path in others] == [400, 404, 405, 405]
    assert 0 not in replies.values()    # whoever does come to an end is answered


def test_eight_slow_bodies_do_hold_threads_that_wait_for_them(tmp_path: Path) -> None:
    root, port = business.write(tmp_path), free_port()
    command = [sys.executable, "-m", "tests.support.blocking", str(root), str(port)]
    with subprocess.Popen(command) as process, ExitStack() as stack:
        try:
            until(lambda: _answers(port), "the other server did not start")
            for _ in range(8):
                stack.enter_context(begun(port, head("/s/delivery", 1_000) + b"form=a"))
            time.sleep(0.5)
            with pytest.raises(TimeoutError):
                asked(port, "/healthz", seconds=1.5)
        finally:
            process.kill()


def _answers(port: int) -> bool:
    with suppress(OSError):
        return asked(port, "/healthz", seconds=1) == 200
    return False


def test_who_says_nothing_takes_no_place(site: Site) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 1_500:
        missing("a system that lets a process open 1,500 files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 1_500), hard))
    with ExitStack() as stack:
        for n in range(1_100):
            stack.enter_context(begun(site.port, b"GET / HT" if n % 2 else b""))
        assert quickest(lambda: asked(site.port, "/s/delivery")) < SECOND


def test_we_are_alive_while_every_thread_waits_for_the_database(site: Site) -> None:
    forms = [filled(site, satisfaction="4", reason=f"waits {n}") for n in range(12)]
    statuses: list[int] = []
    with closing(sqlite3.connect(site.root / "data" / "surveyengine.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = [threading.Thread(target=lambda form=form: statuses.append(asked(site.port, "/s/delivery", form)))
                   for form in forms]    # fmt: skip
        for thread in waiting:
            thread.start()
        time.sleep(0.5)
        assert quickest(lambda: asked(site.port, "/healthz")) < SECOND
        assert statuses == []
        other.execute("COMMIT")
    for thread in waiting:
        thread.join()
    assert statuses == [303] * len(forms)


def test_a_server_that_is_told_to_stop_gives_slow_bodies_a_few_seconds(tmp_path: Path) -> None:
    root = business.write(tmp_path)
    with running(root) as engine, ExitStack() as stack:
        port = int(engine.address.rpartition(":")[2])
        slow = [stack.enter_context(begun(port, head("/s/delivery", 1_000, "", f"Accept: {kind}") + b"form=a"))
                for kind in ("text/html", "application/json")]    # fmt: skip
        time.sleep(0.3)
        engine.process.send_signal(signal.SIGTERM)
        replies = [heard(connection) for connection in slow]
        assert engine.process.wait(10) == 0
    assert [reply.split()[1] for reply in replies] == ["408", "408"]
    assert ["text/html" in replies[0], "application/problem+json" in replies[1]] == [True, True]
    assert answers(root) == 0


# ── Cut off, in pieces


@pytest.mark.parametrize("length", [10_000, None], ids=["announced", "in chunks"])
def test_an_answer_that_breaks_off_is_not_taken(site: Site, length: int | None) -> None:
    before, body = answers(site.root), filled(site, satisfaction="4")
    sent = body if length else b"%x\r\n%s\r\n" % (len(body), body)
    with begun(site.port, head("/s/delivery", length) + sent) as connection:
        time.sleep(0.2)
        connection.shutdown(socket.SHUT_WR)
        assert status(connection) in (0, 400)
    assert asked(site.port, "/s/delivery", filled(site, satisfaction="4")) == 303    # nothing stands before it any more
    assert answers(site.root) == before + 1


def test_a_body_in_pieces_is_as_good_as_one_at_once(site: Site) -> None:
    event = json.dumps({**EVENT, "id": "pieces"}).encode()
    form = filled(site, satisfaction="4", reason="in pieces " * 500)
    for path, body, expected in (("/s/delivery", form, 303), ("/api/v1/events", event, 202)):
        with begun(site.port, head(path, None, site.admin)) as connection:
            for n in range(0, len(body), 700):
                piece = body[n : n + 700]
                connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
                time.sleep(0.005)
            connection.sendall(b"0\r\n\r\n")
            assert status(connection) == expected


def test_requests_one_behind_another_on_a_connection_are_answered_in_their_order(site: Site) -> None:
    forms = [filled(site, satisfaction="4") for _ in range(2)]
    posts = [head("/s/delivery", len(form)) + form for form in forms]
    last = head("/nowhere", 3, "", "Connection: close") + b"a=b"
    with begun(site.port, posts[0] + b"HEAD /s/delivery HTTP/1.1\r\nHost: x\r\n\r\n" + posts[1] + last) as connection:
        said = b"".join(iter(lambda: connection.recv(65_536), b"")).decode()
    assert re.findall(r"HTTP/1.1 (\d+)", said) == ["303", "200", "303", "404"]
    assert said.count("<html") == 1    # none for HEAD


def test_more_than_was_announced_is_the_next_request(site: Site) -> None:
    with begun(site.port, head("/nowhere", 3) + b"a=b&c=d\r\n\r\n") as connection:
        said = b"".join(iter(lambda: connection.recv(65_536), b"")).decode()
    assert re.findall(r"HTTP/1.1 (\d+)", said) == ["404", "400"]


def test_a_client_that_is_asked_to_go_on_is_told_to(site: Site) -> None:
    form = filled(site, satisfaction="4")
    with begun(site.port, head("/s/delivery", len(form), "", "Expect: 100-continue")) as connection:
        assert connection.recv(65_536).startswith(b"HTTP/1.1 100")
        connection.sendall(form)
        assert status(connection) == 303


def test_clients_that_do_not_read_or_are_gone_hold_nobody_up(site: Site) -> None:
    with ExitStack() as stack:
        for n in range(60):
            many = b"GET /s/delivery HTTP/1.1\r\nHost: x\r\n\r\n" * 200
            stack.enter_context(begun(site.port, many[:8_000]))
            with begun(site.port, head("/s/delivery", 1_000) + b"form=a") as gone, suppress(OSError):
                gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", n % 2, 0))
        assert quickest(lambda: asked(site.port, "/healthz")) < SECOND
        assert quickest(lambda: asked(site.port, "/s/delivery")) < SECOND


# ── Too much


@pytest.mark.parametrize("expect", ["", "Expect: 100-continue"])
@pytest.mark.parametrize(
    ("path", "length", "key", "expected"),
    [
        ("/s/delivery", 1_000_001, "admin", 413),
        ("/r/unknown", 1_000_001, "", 413),
        ("/api/v1/events", 8_000_001, "admin", 413),
        ("/api/v1/events", 1_000, "", 401),
        ("/api/v1/events", 8_000_001, "wrong", 401),
        ("/api/v1/events", 1_000, "reader", 403),
        ("/healthz", 1_000_001, "", 405),
    ],
)
def test_a_body_that_nobody_wants_is_not_waited_for(
    site: Site, path: str, length: int, key: str, expected: int, expect: str
) -> None:
    begin = time.monotonic()
    with begun(site.port, head(path, length, getattr(site, key, key), expect or "X-A: b")) as connection:
        assert status(connection) == expected
    assert time.monotonic() - begin < 2 * SECOND


def test_bodies_together_have_a_bound_and_small_ones_still_come_through(site: Site) -> None:
    form = filled(site, satisfaction="4")
    with ExitStack() as stack:
        large = [stack.enter_context(begun(site.port, head("/s/delivery", 1_000_000) + b"a" * 999_000))
                 for _ in range(60)]    # fmt: skip
        time.sleep(1)
        refused = [reply for reply in map(_heard_by_now, large) if reply]
        assert {reply.split()[1] for reply in refused} == {"503"}
        assert all("retry-after: " in reply for reply in refused)
        assert len(refused) == 60 - 48    # (64 MB - 16 MB) / 999 KB
        assert asked(site.port, "/s/delivery", form) == 303
    until(lambda: asked(site.port, "/s/delivery", b"a" * 999_000) == 422, "there was no room any more", 5)


def _heard_by_now(connection: socket.socket) -> str:
    connection.settimeout(0.02)
    with suppress(TimeoutError):
        return heard(connection)
    return ""


# ── The pieces of a body, in every way


class Sent:
    """A body as the server hands it over: with an empty piece at its end, and with two where it breaks off."""

    def __init__(self, pieces: Sequence[bytes], breaks: bool = False, then: float = 0) -> None:
        self._pieces, self._then = [*pieces, *[b""] * (1 + breaks)], then

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            await asyncio.sleep(0 if piece else self._then)
            yield piece

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """Nobody is answered."""


def expected(sizes: Sequence[int], most: int, announced: int | None, room: int, breaks: bool) -> BodyOutcome:
    """What becomes of a body, by the rule itself."""
    if announced is not None and announced > most:
        return BodyOutcome.LARGE
    for end in range(1, len(sizes) + 1):
        if sum(sizes[:end]) > most:
            return BodyOutcome.LARGE
        if sum(sizes[:end]) > room:
            return BodyOutcome.FULL
        if sum(sizes[:end]) == announced:
            return BodyOutcome.WHOLE
    return BodyOutcome.CUT if breaks or announced is not None else BodyOutcome.WHOLE


@given(
    st.lists(st.binary(min_size=1, max_size=9), max_size=12),
    st.integers(0, 60), st.integers(1, 60), st.booleans(), st.booleans(),
)    # fmt: skip
def test_every_way_of_coming_has_its_outcome(
    pieces: list[bytes], most: int, size: int, says: bool, breaks: bool
) -> None:
    whole = b"".join(pieces)
    announced = len(whole) + breaks if says and whole else None
    room = Room(size, 0)
    body = CollectedBody(room)
    outcome = asyncio.run(body.collect(Pieces(Sent(pieces, breaks)), announced, most))
    assert outcome is expected([len(piece) for piece in pieces], most, announced, size, breaks)
    if outcome is BodyOutcome.WHOLE:
        assert body.content.getvalue() == whole
    body.give_back()
    assert room.take(size, 0)
    assert not room.take(1, 0)


def test_a_body_that_does_not_come_in_time_is_given_up_and_sooner_when_the_server_stops() -> None:
    async def given_up(seconds: float, hurry: bool) -> float:
        deadlines, begin = Deadlines(), time.monotonic()
        if hurry:
            asyncio.get_running_loop().call_later(0.05, deadlines.hurry, 0.1)
        with pytest.raises(TimeoutError), deadlines.within(seconds):
            await CollectedBody(Room()).collect(Pieces(Sent([b"1"], then=60)), 2, 9)
        return time.monotonic() - begin

    assert 0.2 <= asyncio.run(given_up(0.2, hurry=False)) < 5
    assert 0.15 <= asyncio.run(given_up(60, hurry=True)) < 5


def test_large_bodies_leave_room_to_small_ones() -> None:
    room = Room(100_000, 30_000)
    assert room.take(70_000, 70_000)
    assert not room.take(1, SMALL + 1)
    assert room.take(30_000, SMALL)
    assert not room.take(1, 1)
