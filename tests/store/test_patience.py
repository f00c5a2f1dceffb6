"""Every wait for the database ends: for a lock, for a server that says nothing, for a turn to write."""

from __future__ import annotations

import fcntl
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, text
from werkzeug.test import TestResponse

from surveyengine.app import create_app
from surveyengine.engine import Engine, start
from surveyengine.invitations.link import LinkRequest
from surveyengine.invitations.link import path as link_path
from surveyengine.invitations.planning import take
from surveyengine.store.engine.database import ANSWER, MIGRATION, REPORT, WORK, Database, Limit, Unavailable
from surveyengine.store.engine.migration import migrate
from tests.support import business, postgres
from tests.support.running import running

LONGEST = 10.0  # seconds until a customer is told


@pytest.fixture
def url(postgres_server: postgres.Postgres) -> Iterator[str]:
    with postgres_server.fresh_database() as fresh:
        yield fresh


@pytest.fixture
def shop(url: str, tmp_path: Path) -> Iterator[Engine]:
    engine = start(business.write(tmp_path, database=url))
    yield engine
    engine.close()


@contextmanager
def locked(url: str, table: str) -> Iterator[None]:
    """A table that somebody has locked in a terminal, and forgotten."""
    with psycopg.connect(url.replace("+psycopg", "")) as other:
        other.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE".encode())
        yield


@contextmanager
def frozen(url: str, table: str) -> Iterator[None]:
    """A server whose processes stand still, as on a disk that hangs; the table does not matter."""
    if os.environ.get(postgres.VARIABLE):
        pytest.skip("the processes of another machine's server cannot be stopped")
    with psycopg.connect(url.replace("+psycopg", "")) as other:
        rows = other.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()
    for (pid,) in rows:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for (pid,) in rows:
            os.kill(pid, signal.SIGCONT)


def send(client: FlaskClient, link: str, form: str) -> tuple[TestResponse, float]:
    began = time.monotonic()
    page = client.post(link, data={"form": form, "satisfaction": "2", "reason": "Wet"})
    return page, time.monotonic() - began


@pytest.mark.parametrize(
    ("kind", "hold", "table"),
    [("open", locked, "response"), ("open", frozen, ""), ("personal", locked, "response"),
     ("personal", locked, "invitation"), ("personal", frozen, "")],
)  # fmt: skip
def test_an_answer_that_postgresql_lets_wait_is_kept_and_told_so(
    shop: Engine, url: str, kind: str, hold: Callable[..., object], table: str
) -> None:
    now, client, link = datetime.now(UTC), create_app(shop).test_client(), "/s/delivery"
    if kind == "personal":
        take(shop, [business.delivered(time=now - timedelta(hours=13))], now)
        link = "/" + link_path(shop, LinkRequest("delivery", "c-17"), now)
    form = business.token(client.get(link).text)
    with hold(url, table):  # type: ignore[attr-defined]
        page, took = send(client, link, form)
        assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
        assert ">Wet</textarea>" in page.text.replace("\n", "")
        assert took < LONGEST
        assert client.get("/healthz").status_code == 200
    assert send(client, link, form)[0].status_code == 303


@pytest.mark.parametrize(
    ("limit", "lock", "statement"),
    [(ANSWER, "3s", "5s"), (WORK, "3s", "1min"), (REPORT, "3s", "10min"), (MIGRATION, "1min", "0")],
)
def test_each_kind_of_transaction_has_its_own_limits(url: str, limit: Limit, lock: str, statement: str) -> None:
    database = Database(url, Path())
    for transaction in (database.read, database.write):
        for _ in range(2):    # the second one finds what the first has left behind
            with transaction(limit) as connection:
                found = [connection.execute(text(f"SHOW {name}")).scalar_one() for name in
                         ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")]  # fmt: skip
            assert found == [lock, statement, "1min"]
    database.close()


def test_no_query_is_compiled_first(url: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as other:
        [name] = other.execute("SELECT current_database()").fetchone() or ()
        other.execute(f"ALTER DATABASE {name} SET jit = on".encode())    # as it is everywhere but in the tests
    database = Database(url, Path())
    with database.read(REPORT) as connection:
        assert connection.execute(text("SHOW jit")).scalar_one() == "off"
    database.close()


def test_a_change_of_the_tables_is_not_cut_off(url: str) -> None:
    database, said = Database(url, Path()), []
    event.listen(database.engine, "before_cursor_execute", lambda *arguments: said.append(arguments[2]))
    migrate(database)
    database.close()
    assert said[:3] == ["BEGIN", "SET LOCAL lock_timeout = '60s'", "SET LOCAL statement_timeout = '0s'"]


def test_a_report_that_takes_too_long_is_no_outage(url: str, caplog: pytest.LogCaptureFixture) -> None:
    database = Database(url, Path())
    with database.write():
        pass
    slow = text("SET LOCAL statement_timeout = 20; SELECT pg_sleep(1)")
    with pytest.raises(Unavailable, match="statement timeout"), database.read(REPORT) as connection:
        connection.execute(slow)
    assert caplog.messages == []
    database.close()


# ── SQLite's queue


@contextmanager
def queued(root: Path) -> Iterator[None]:
    """Somebody's turn that does not end, as that of a process which is frozen."""
    file = os.open(root / "data" / "surveyengine.db.queue", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)


def test_nobody_waits_for_a_turn_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("surveyengine.store.engine.database.BUSY_SECONDS", 0.3)
    engine = start(business.write(tmp_path))
    app = create_app(engine)
    form = business.token(app.test_client().get("/s/delivery").text)
    with queued(tmp_path), ThreadPoolExecutor(6) as pool:
        pages = [*pool.map(lambda _: send(app.test_client(), "/s/delivery", form), range(6))]
    assert {page.status_code for page, _ in pages} == {503}
    assert max(took for _, took in pages) < 5
    assert send(app.test_client(), "/s/delivery", form)[0].status_code == 303
    engine.close()


def test_an_engine_that_waits_for_a_turn_stops_when_it_is_told(tmp_path: Path) -> None:
    with running(business.write(tmp_path)) as engine, ThreadPoolExecutor(3) as pool:
        forms = [business.token(engine.get("/s/delivery")[1]) for _ in range(3)]
        with queued(tmp_path):
            began = time.monotonic()
            told = [pool.submit(engine.submit, "/s/delivery", form=form, satisfaction="2") for form in forms]
            time.sleep(0.5)
            engine.process.send_signal(signal.SIGTERM)
            assert [one.result(LONGEST) for one in told] == [503] * 3
            assert engine.process.wait(25) == 0
            assert time.monotonic() - began < 25
