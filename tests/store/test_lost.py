"""The database is the file that is open: once it is not, nothing is acknowledged, and the next start says why."""

from __future__ import annotations

import os
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from surveyengine.app import create_app
from surveyengine.engine import Engine, Faulty, start
from surveyengine.store.engine import wal_sync
from surveyengine.store.engine.database import Database, Unavailable, sqlite_module
from tests.support import business
from tests.support.running import Running, command, free_port, program, running, until

NAME = "data/surveyengine.db"
STORED = "SELECT value FROM answer WHERE question = 'reason' ORDER BY value"


def files(root: Path) -> tuple[Path, Path, Path]:
    return root / NAME, root / f"{NAME}-wal", root / f"{NAME}-shm"


def remove(root: Path, *which: int) -> None:
    for number in which:
        files(root)[number].unlink()


def cut(root: Path, share: float) -> None:
    os.truncate(root / NAME, int(share * (root / NAME).stat().st_size))


def back_up(root: Path) -> Path:
    """A copy from before, laid out anew."""
    copy = root / "copy.db"
    with closing(sqlite_module().connect(root / NAME)) as connection:
        connection.execute("VACUUM INTO ?", (str(copy),))
    return copy


def overwrite(root: Path) -> None:
    (root / NAME).write_bytes((root / "copy.db").read_bytes())


REMOVED, REPLACED = "was removed while it was open", "was replaced by another file while it was open"
HARMS: dict[str, tuple[Callable[[Path], object], str]] = {
    "removed": (lambda root: remove(root, 0), f"{NAME} {REMOVED}"),
    "removed with its log": (lambda root: remove(root, 0, 1, 2), f"{NAME} {REMOVED}"),
    "left without its log": (lambda root: remove(root, 1, 2), f"{NAME}-wal {REMOVED}"),
    "left without the log's index": (lambda root: remove(root, 2), f"{NAME}-shm {REMOVED}"),
    "renamed": (lambda root: (root / NAME).rename(root / "data" / "old.db"), f"{NAME} {REMOVED}"),
    "in a folder that was renamed": (lambda root: (root / "data").rename(root / "old"), f"{NAME} {REMOVED}"),
    "replaced": (lambda root: os.replace(root / "copy.db", root / NAME), f"{NAME} {REPLACED}"),
    "emptied": (lambda root: cut(root, 0), f"{NAME} was emptied while it was open"),
    "cut": (lambda root: cut(root, 0.5), f"{NAME} was overwritten while it was open"),
    "overwritten": (overwrite, f"{NAME} was overwritten while it was open"),
}


def send(client: FlaskClient, reason: str) -> TestResponse:
    form = business.token(client.get("/s/delivery").text)
    return client.post("/s/delivery", data={"form": form, "satisfaction": "2", "reason": reason})


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Engine]:
    root = business.write(tmp_path)
    start(root).close()    # so that all tables are in the database itself, as they are after some time
    engine = start(root)
    yield engine
    engine.close()


@pytest.mark.parametrize("harm", HARMS)
def test_nothing_is_acknowledged_once_the_database_is_another_file(
    shop: Engine, caplog: pytest.LogCaptureFixture, harm: str
) -> None:
    client, said = create_app(shop).test_client(), []
    shop.database.when_lost = lambda: said.append("lost")
    assert send(client, "before").status_code == 303
    back_up(shop.root)
    assert send(client, "acknowledged").status_code == 303
    do, why = HARMS[harm]
    do(shop.root)
    for _ in range(2):
        page = send(client, "after")
        assert page.status_code == 503
        assert ">after</textarea>" in page.text.replace("\n", "")
    assert client.get("/readyz").status_code == 503
    assert client.get("/s/delivery").status_code == 200
    until(lambda: said == ["lost"], "nobody was told")
    assert [line for line in caplog.messages if "nothing more is taken" in line] == [
        f"{why}; nothing more is taken, and the engine stops"
    ]


@pytest.mark.parametrize("harm", ["removed", "removed with its log", "left without its log", "replaced"])
def test_what_was_acknowledged_is_saved_from_what_is_open_still(shop: Engine, harm: str) -> None:
    client, said = create_app(shop).test_client(), []
    shop.database.when_lost = lambda: said.append("lost")
    back_up(shop.root)
    assert send(client, "acknowledged").status_code == 303
    HARMS[harm][0](shop.root)
    assert send(client, "after").status_code == 503
    until(lambda: said == ["lost"], "nobody was told")
    copy = shop.root / f"{NAME}.rescued"
    assert copy.stat().st_mode & 0o777 == 0o600
    assert "acknowledged" in stored(copy)


def stored(path: Path) -> list[str]:
    with closing(sqlite_module().connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return [value for (value,) in connection.execute(STORED)]


def test_a_database_that_is_only_touched_or_folded_in_is_the_same(shop: Engine) -> None:
    client = create_app(shop).test_client()
    assert send(client, "1").status_code == 303
    for _ in range(2):
        os.utime(shop.root / NAME)
        assert send(client, "2").status_code == 303
    with closing(sqlite_module().connect(shop.root / NAME)) as other:
        other.execute("VACUUM")
    for mode in ("PASSIVE", "TRUNCATE"):
        with shop.database.read() as connection:
            connection.exec_driver_sql("SELECT 1")
        with closing(sqlite_module().connect(shop.root / NAME)) as other:
            other.execute(f"PRAGMA wal_checkpoint({mode})")
        assert send(client, mode).status_code == 303
    assert shop.database.lost is None


def test_whoever_has_another_file_open_is_told_by_the_queue(tmp_path: Path) -> None:
    """Between the look at the names and the end of a transaction a whole set of files may be replaced and put back."""
    ours = Database(f"sqlite:///{NAME}", tmp_path)
    with ours.write() as connection:
        connection.execute(text("CREATE TABLE thing (n)"))
    queue = tmp_path / f"{NAME}.queue"
    queue.write_bytes(re.sub(rb'"database": \[\d+, \d+', b'"database": [1, 2', queue.read_bytes()))
    with pytest.raises(Unavailable, match="is another file by now"), ours.write() as connection:
        connection.execute(text("INSERT INTO thing VALUES (1)"))


def again(root: Path, caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log is told at another start."""
    caplog.clear()
    start(root).close()
    return caplog.messages


# ── A disk that fails


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    def fail(file: int) -> None:
        raise OSError(5, os.strerror(5))

    def switch(on: bool) -> None:
        monkeypatch.setattr(wal_sync, "_sync", fail if on else os.fsync)

    return switch


def test_a_disk_that_failed_is_trusted_by_no_process_until_all_is_written_again(
    tmp_path: Path, broken: Callable[[bool], None], caplog: pytest.LogCaptureFixture
) -> None:
    root = business.write(tmp_path)
    engine, other = start(root), start(root)
    clients = [create_app(one).test_client() for one in (engine, other)]
    assert [send(client, "before").status_code for client in clients] == [303, 303]
    broken(True)
    assert send(clients[0], "during").status_code == 503
    broken(False)
    assert [send(client, "after").status_code for client in clients] == [503, 503]
    assert "the disk has failed: Input/output error; nothing more is taken, and the engine stops" in caplog.messages
    assert "the disk has failed for another process; nothing more is taken, and the engine stops" in caplog.messages
    # The processes end; the next one begins with an empty log.
    assert again(root, caplog) == ["the disk failed when it was last written to; what is stored is written once more"]
    assert again(root, caplog) == []


# ── As a program


def test_the_engine_ends_and_its_next_start_says_what_was_found(tmp_path: Path) -> None:
    root = business.write(tmp_path)
    port = free_port()
    engine = Running(root, port).wait()
    form = business.token(engine.get("/s/delivery")[1])
    assert engine.submit("/s/delivery", form=form, satisfaction="2", reason="kept") == 303
    (root / NAME).unlink()
    began = time.monotonic()
    assert engine.post("/s/delivery", f"form={form}&satisfaction=3&reason=lost".encode())[0] in (503, 0)
    assert engine.process.wait(15) == 1
    assert time.monotonic() - began < 15
    assert engine.log().count("nothing more is taken") >= 1
    assert "Traceback" not in engine.log()
    refused = program(root, "run", "--port", str(port))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert f"[database] url leads to {NAME}, which is gone" in refused.stderr
    assert f"{NAME}.rescued holds what was stored" in refused.stderr
    assert not (root / NAME).exists()
    (root / f"{NAME}.rescued").rename(root / NAME)
    with running(root) as engine:
        assert f"{NAME} is not the database that {NAME}-wal belongs to, which is put aside" in engine.log()
        assert engine.stop() == 0
    assert stored(root / NAME) == ["kept"]


def test_a_backup_that_was_moved_over_a_crashed_database_is_not_damaged_by_its_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = business.write(tmp_path)
    start(root).close()
    copy = back_up(root)
    with running(root) as engine:
        for number in range(3):
            form = business.token(engine.get("/s/delivery")[1])
            assert engine.submit("/s/delivery", form=form, satisfaction="2", reason=f"{number}") == 303
        engine.kill()
    os.replace(copy, root / NAME)
    looked = command(root, "check")
    assert looked.exit_code == 0
    assert f"which is not the database that {NAME}-wal belongs to" in looked.stderr
    assert again(root, caplog) == [f"{NAME} is not the database that {NAME}-wal belongs to, which is put aside"]
    assert stored(root / NAME) == []
    assert (root / f"{NAME}-wal.of-another").stat().st_size > 0
    assert again(root, caplog) == []


@pytest.mark.parametrize("harm", ["removed", "emptied"])
def test_an_empty_database_does_not_take_the_place_of_one_that_was_there(tmp_path: Path, harm: str) -> None:
    root = business.write(tmp_path)
    start(root).close()
    (root / NAME).unlink() if harm == "removed" else cut(root, 0)
    found = {"removed": "which is gone", "emptied": "which is empty, and was not"}[harm]
    with pytest.raises(Faulty, match=f"{found}; put the database back from a copy, or delete {NAME}.queue too to"):
        start(root)
    (root / f"{NAME}.queue").unlink()
    start(root).close()


def test_a_project_that_was_moved_or_restored_starts(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    root = business.write(tmp_path / "one")
    start(root).close()
    shutil.copytree(root, tmp_path / "two")
    assert again(tmp_path / "two", caplog) == [f"{NAME} is another file than when it was last used, as after a restore"]
    assert again(tmp_path / "two", caplog) == []
    with running(root) as engine:    # a copy of database and log together is whole
        form = business.token(engine.get("/s/delivery")[1])
        assert engine.submit("/s/delivery", form=form, satisfaction="2", reason="kept") == 303
        shutil.copytree(root, tmp_path / "three")
    assert len(again(tmp_path / "three", caplog)) == 1
    assert stored(tmp_path / "three" / NAME) == ["kept"]


def test_after_a_clean_stop_the_database_alone_is_everything(tmp_path: Path) -> None:
    root = business.write(tmp_path)
    with running(root, "--workers", "2") as engine:
        for number in range(9):
            form = business.token(engine.get("/s/delivery")[1])
            assert engine.submit("/s/delivery", form=form, satisfaction="2", reason=f"{number}") == 303
        shutil.copy(root / NAME, root / "alone.db")
        assert engine.stop() == 0
    assert stored(root / "alone.db") == []    # while it runs, the answers lie in the log
    shutil.copy(root / NAME, root / "alone.db")
    assert stored(root / "alone.db") == [f"{number}" for number in range(9)]
    assert not (root / f"{NAME}-wal").exists()


# ── Who may read it


def test_what_is_kept_is_for_its_user_alone(tmp_path: Path) -> None:
    root = business.write(tmp_path, {"purchase/delivery": business.DELIVERY.replace("12 hours", "0 hours")})
    before = os.umask(0o000)
    try:
        data = root / "data"
        (data / "outbox").mkdir(parents=True)
        with running(root) as engine:
            assert command(root, "events", "-", given=business_event()).exit_code == 0
            until(lambda: any((data / "outbox").glob("*.eml")), "no mail was written")
            found = {path.relative_to(root).as_posix(): path.stat().st_mode & 0o777 for path in data.rglob("*")}
            engine.process.send_signal(signal.SIGTERM)
            assert engine.process.wait(20) == 0
    finally:
        os.umask(before)
    assert data.stat().st_mode & 0o777 == 0o700
    assert {NAME, f"{NAME}-wal", f"{NAME}.queue", "data/secret", "data/worker.lock"} <= {*found}
    assert {name: mode for name, mode in found.items() if mode & 0o077} == {}


def business_event() -> str:
    return (
        '{"specversion": "1.0", "type": "shipment.delivered", "source": "shop", "id": "o-1",'
        ' "data": {"customer": {"id": "c-1", "email": "sara@example.com"}}}'
    )
