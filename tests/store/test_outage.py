"""The database goes away, is busy, or its disk is full: nothing acknowledged is lost, and all goes on by itself."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar, Protocol

import psycopg
import pytest
from sqlalchemy import select

from surveyengine.app import create_app
from surveyengine.channels.mime import Mail
from surveyengine.engine import start
from surveyengine.invitations.delivery import deliver_one
from surveyengine.invitations.planning import take
from surveyengine.store.engine.database import Database, Unavailable, sqlite_module
from surveyengine.store.schema import invitation
from tests.conftest import missing
from tests.support import business, postgres
from tests.support.posts import by_mail
from tests.support.running import Running, command, running, until

AT_ONCE = business.DELIVERY.replace('after     = "12 hours"', 'after     = "0 hours"')
RECOVERY = 10.0    # seconds
MANY = 60    # requests that are refused while the database is away: of five clients who ask again at once


class Server:
    """A PostgreSQL of our own, to be stopped as a crash does and started again; it loses nothing it has committed."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="surveyengine-outage-"))
        self._user = postgres.unprivileged_user()
        if self._user:
            shutil.chown(self.home, self._user)
        self._programs = postgres.readable_programs(self.home, self._user)
        postgres.initialize(self._programs, self.home, self._user)
        self.url = f"postgresql+psycopg://postgres@/postgres?host={self.home}"

    def start(self) -> None:
        self._control("start", "--silent", "--wait", f"--log={self.home}/log", "--options=-c synchronous_commit=on")

    def stop(self, mode: str = "immediate") -> None:
        self._control("stop", "--silent", "--wait", f"--mode={mode}")

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.url.replace("+psycopg", "")) as connection:
            return connection.execute(query).fetchall()

    def close(self) -> None:
        with suppress(postgres.NoServer):
            self.stop()
        shutil.rmtree(self.home)

    def _control(self, what: str, *options: str) -> None:
        postgres.run([self._programs / "pg_ctl", what, f"--pgdata={self.home}/data", *options], self._user)


@pytest.fixture
def server() -> Iterator[Server]:
    try:
        own = Server()
    except postgres.NoServer as error:
        missing(str(error))
    try:
        own.start()
        yield own
    finally:
        own.close()


class Crowd:
    """Customers who answer and a shop that sends events, all of whom try again until they are thanked."""

    def __init__(self, engine: Running, key: str) -> None:
        self._engine, self._key, self._stopping = engine, key, threading.Event()
        self.thanked: list[str] = []
        self.taken: list[str] = []
        self.statuses: Counter[int] = Counter()
        self.losses: list[str] = []
        self.last = 0.0    # when somebody was served
        self._threads = [threading.Thread(target=self._customer, args=(number,)) for number in range(4)]
        self._threads.append(threading.Thread(target=self._shop))

    def __enter__(self) -> Crowd:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(30)

    def _customer(self, number: int) -> None:
        count = 0
        while not self._stopping.is_set():
            count += 1
            name = f"{number}-{count}"
            form = business.token(self._engine.get("/s/delivery")[1])
            while not self._answered(form, name) and not self._stopping.is_set():
                time.sleep(0.1)

    def _answered(self, form: str, name: str) -> bool:
        fields = f"form={form}&satisfaction=2&reason={name}".encode()
        status, page = self._engine.post("/s/delivery", fields)
        self.statuses[status] += 1
        if status == 503 and not (business.token(page) == form and f">{name}</textarea>" in page.replace("\n", "")):
            self.losses.append(page)
        if status == 303:
            self.thanked.append(name)
            self.last = time.monotonic()
        return status == 303

    def _shop(self) -> None:
        count = 0
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/cloudevents+json"}
        while not self._stopping.is_set():
            id = f"o-{count}"
            customer = {"id": f"c-{count}", "email": f"c-{count}@example.com"}
            event = {"specversion": "1.0", "type": "shipment.delivered", "source": "shop", "id": id,
                     "data": {"customer": customer}}  # fmt: skip
            status, said = self._engine.post("/api/v1/events", json.dumps(event).encode(), headers)
            self.statuses[status] += 1
            if status == 202:
                self.taken.append(id)
                count += 1
            elif status != 503 or json.loads(said)["status"] != 503:
                self.losses.append(said)
            time.sleep(0.05)


def test_postgresql_crashes_under_load_and_all_goes_on_by_itself(tmp_path: Path, server: Server) -> None:
    root = business.write(tmp_path, {"purchase/delivery": AT_ONCE}, database=server.url)
    key = command(root, "key", "add", "shop").stdout.strip()
    with running(root) as engine, Crowd(engine, key) as crowd:
        until(lambda: len(crowd.thanked) > 10 and len(crowd.taken) > 3, "nobody was served")
        server.stop()
        until(lambda: engine.get("/readyz")[0] == 503, "the engine did not notice")
        refused = crowd.statuses[503]
        until(lambda: crowd.statuses[503] > refused + MANY, "nobody is told that it is away")
        assert engine.get("/healthz")[0] == 200
        server.start()
        back = time.monotonic()
        until(lambda: crowd.last > back, "nobody was served again", RECOVERY)
        until(lambda: engine.get("/readyz")[0] == 200, "it is served, and not ready", RECOVERY)
        before = len(crowd.taken)
        until(lambda: len(crowd.taken) > before + 3, "no event was taken again", RECOVERY)
        crowd.__exit__()
        outbox = root / "data" / "outbox"
        until(lambda: len([*outbox.glob("*.eml")]) >= len(crowd.taken), "mails are missing")
        until(lambda: server.rows("SELECT 1 FROM invitation WHERE state <> 'sent'") == [], "an invitation is not sent")
        said = engine.log()
    assert set(crowd.statuses) <= {202, 303, 503}, crowd.statuses
    assert crowd.statuses[503] > 0
    assert crowd.losses == []
    kept = [name for (name,) in server.rows("SELECT value FROM answer WHERE question = 'reason'")]
    assert len(kept) == len(set(kept))
    assert set(crowd.thanked) <= set(kept)
    events = Counter(id for (id,) in server.rows("SELECT id FROM event"))
    assert max(events.values()) == 1
    assert set(crowd.taken) <= set(events)
    assert len([*outbox.glob("*.eml")]) == len(events)
    assert "ERROR the database is away: " in said
    assert "WARNING the database is back" in said
    assert "Traceback" not in said
    assert said.count("is away") <= 4


def test_a_process_that_is_replaced_while_postgresql_is_away_waits_for_it(tmp_path: Path, server: Server) -> None:
    root = business.write(tmp_path, database=server.url)
    with running(root) as engine:
        server.stop()
        until(lambda: len(engine.children()) == 2, "a server and a worker were expected")
        for child in engine.children():
            os.kill(child, signal.SIGKILL)
        time.sleep(7)    # longer than what Granian takes for a crash loop
        assert engine.process.poll() is None
        server.start()
        until(lambda: engine.get("/readyz")[0] == 200, "the pages did not come back", RECOVERY)
        assert "Traceback" not in engine.log()


# ── A mail at the moment when the database goes away


class Accepts:
    """A mail server that has taken the mail when something happens."""

    repeatable: ClassVar[bool] = False

    def __init__(self, before: Callable[[], object], after: Callable[[], object]) -> None:
        self._before, self._after = before, after
        self.mails: list[Mail] = []

    def send(self, mail: Mail, now: datetime, handing_over: Callable[[], None]) -> str:
        self._before()
        handing_over()
        self.mails.append(mail)
        self._after()
        return "kept"


def nothing() -> None:
    pass


@pytest.mark.parametrize("moment", ["before it is handed over", "when it has been taken"])
def test_a_mail_that_is_being_sent_when_the_database_goes_away_is_sent_once_and_recorded(
    tmp_path: Path, server: Server, moment: str
) -> None:
    engine = start(business.write(tmp_path, database=server.url))
    now = datetime.now(UTC)
    take(engine, [business.delivered(time=now - timedelta(hours=13))], now)
    starter = threading.Timer(2, server.start)

    def interrupt() -> None:
        if not starter.is_alive() and not starter.finished.is_set():
            server.stop()
            starter.start()

    mails = Accepts(*(interrupt, nothing) if moment.startswith("before") else (nothing, interrupt))
    post = by_mail(engine, mails, "https://feedback.example.com")
    while deliver_one(post, now):
        pass
    starter.join()
    with engine.database.read() as connection:
        assert connection.execute(select(invitation.c.state)).scalars().all() == ["sent"]
    assert len(mails.mails) == 1
    engine.close()


# ── A database that only reads, or is busy


def test_a_postgresql_that_only_reads_is_away(tmp_path: Path, postgres_server: postgres.Postgres) -> None:
    with postgres_server.fresh_database() as url:
        engine = start(business.write(tmp_path, database=url))
        client = create_app(engine).test_client()
        form = business.token(client.get("/s/delivery").text)
        name = engine.database.url.database
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as admin:
            admin.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'.encode())
        engine.database.engine.dispose()
        assert client.post("/s/delivery", data={"form": form, "satisfaction": "4"}).status_code == 503
        assert client.get("/readyz").status_code == 503
        engine.close()


@contextmanager
def held(root: Path) -> Iterator[None]:
    """A lock on the database, as a tool that knows nothing of us takes it."""
    # By the engine's own SQLite: two of them in one process would not see each other's locks.
    with closing(sqlite_module().connect(root / "data" / "surveyengine.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield


def test_an_answer_waits_some_seconds_for_a_lock_and_is_kept(tmp_path: Path) -> None:
    root = business.write(tmp_path)
    with running(root) as engine, ThreadPoolExecutor(4) as pool:
        forms = [business.token(engine.get("/s/delivery")[1]) for _ in range(4)]
        with held(root):
            answers = [pool.submit(engine.submit, "/s/delivery", form=form, satisfaction="4") for form in forms]
            time.sleep(3)
            assert engine.get("/s/delivery")[0] == 200
            assert not any(answer.done() for answer in answers)
        assert [answer.result(10) for answer in answers] == [303] * 4
        assert "Traceback" not in engine.log()


def test_a_lock_that_is_held_for_good_gets_503_with_the_answers_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("surveyengine.store.engine.database.BUSY_SECONDS", 0.4)
    engine = start(business.write(tmp_path))
    app = create_app(engine)
    forms = [business.token(app.test_client().get("/s/delivery").text) for _ in range(8)]
    began = time.monotonic()
    with held(tmp_path), ThreadPoolExecutor(8) as pool:
        pages = [*pool.map(lambda form: app.test_client().post("/s/delivery", data={"form": form, "satisfaction": "2"}),
                           forms)]  # fmt: skip
    assert time.monotonic() - began < 5
    assert {(page.status_code, page.headers["Retry-After"]) for page in pages} == {(503, "5")}
    for form, page in zip(forms, pages, strict=True):
        assert re.search(r'name="satisfaction" value="2"[^>]* checked', page.text)
        assert app.test_client().post("/s/delivery", data={"form": form, "satisfaction": "2"}).status_code == 303
    said = [message.partition(":")[0] for message in caplog.messages]
    assert said == ["the database is away", "the database is back"]
    engine.close()


def test_one_outage_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    database = Database("sqlite:///shop.db", tmp_path)
    for _ in range(3):
        with database.write() as connection:
            connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS a (b)")
        for _ in range(3):
            with pytest.raises(Unavailable, match="no such table"), database.write() as connection:
                connection.exec_driver_sql("SELECT * FROM nowhere")
    assert len(caplog.messages) == 2
    database.close()


# ── A full disk


class Disk(Protocol):
    root: Path

    def fill(self, engine: Running) -> None:
        """Leave no room for anything more."""

    def free(self, engine: Running) -> None:
        """Make room again."""


class Small:
    """A file system of two megabytes, and a file that fills it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def fill(self, engine: Running) -> None:
        with suppress(OSError), (self.root / "data" / "filler").open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))

    def free(self, engine: Running) -> None:
        (self.root / "data" / "filler").unlink()


class Limited:
    """A limit on the size of files, as large as the largest that there is."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def fill(self, engine: Running) -> None:
        largest = max(path.stat().st_size for path in (self.root / "data").iterdir())
        self._set(engine, largest)

    def free(self, engine: Running) -> None:
        self._set(engine, resource.RLIM_INFINITY)

    def _set(self, engine: Running, size: int) -> None:
        for pid in engine.children():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@pytest.fixture(params=["a small file system", "a limit on files"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    root = business.write(tmp_path)
    if request.param == "a limit on files":
        yield Limited(root)
        return
    (root / "data").mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(root / "data")]
    if subprocess.run(mounting, capture_output=True).returncode:
        pytest.skip("only who may mount can have a small file system")
    yield Small(root)
    # The killed engine's last process may hold its files for a moment longer.
    until(lambda: not subprocess.run(["umount", str(root / "data")], capture_output=True).returncode, "still mounted")


def submit(engine: Running, reasons: Sequence[str]) -> list[int]:
    """Send an answer for each reason; return what was said."""
    found = []
    for reason in reasons:
        form = business.token(engine.get("/s/delivery")[1])
        found.append(engine.submit("/s/delivery", form=form, satisfaction="2", reason=reason))
    return found


def test_a_full_disk_stops_the_answers_and_damages_nothing(disk: Disk) -> None:
    thanked: list[str] = []
    with running(disk.root) as engine:
        refused = 0
        for n in range(400):
            if n == 20:
                disk.fill(engine)
            reason = f"{n}-".ljust(8_000, "x")
            (status,) = submit(engine, [reason])
            assert status in (303, 503)
            thanked += [reason] * (status == 303)
            refused += status == 503
            if refused > 3:
                break
        assert refused > 3
        until(lambda: submit(engine, ["small"]) == [503], "small answers still fit")
        assert engine.get("/readyz")[0] == 503
        assert engine.get("/healthz")[0] == 200
        assert re.search(r"the database is away: .*(full|I/O)", engine.log())
        disk.free(engine)
        until(lambda: engine.get("/readyz")[0] == 200, "it did not recover", RECOVERY)
        assert submit(engine, ["after"]) == [303]
        thanked.append("after")
        assert engine.stop() == 0
        assert "Traceback" not in engine.log()
    with closing(sqlite3.connect(disk.root / "data" / "surveyengine.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        stored = [value for (value,) in connection.execute("SELECT value FROM answer WHERE question = 'reason'")]
    assert [reason for reason in thanked if stored.count(reason) != 1] == []
    with running(disk.root) as engine:
        assert engine.get("/readyz")[0] == 200
