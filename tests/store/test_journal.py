"""Commits to SQLite that become durable together, and never are called durable before."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from surveyengine.store.engine import wal_sync
from surveyengine.store.engine.database import Database, Unavailable


class Disk:
    """The disk, whose syncs wait until they may go on, and fail while it is broken."""

    def __init__(self) -> None:
        self.syncs, self.broken = 0, False
        self.begun, self.may_go_on = threading.Event(), threading.Event()
        self.may_go_on.set()

    def sync(self, file: int) -> None:
        self.syncs += 1
        self.begun.set()
        assert self.may_go_on.wait(10)
        if self.broken:
            raise OSError(5, os.strerror(5))
        os.fsync(file)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    made = Disk()
    monkeypatch.setattr(wal_sync, "_sync", made.sync)
    return made


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database("sqlite:///data.db", tmp_path)
    with opened.write() as connection:
        connection.execute(text("CREATE TABLE thing (n INTEGER PRIMARY KEY)"))
    yield opened
    opened.close()


def add(database: Database, n: int) -> None:
    with database.write() as connection:
        connection.execute(text("INSERT INTO thing VALUES (:n)"), {"n": n})


def stored(database: Database) -> list[int]:
    with database.read() as connection:
        return sorted(connection.execute(text("SELECT n FROM thing")).scalars())


def wait_for(database: Database, count: int) -> None:
    while len(stored(database)) < count:
        threading.Event().wait(0.005)


def test_nobody_is_told_of_a_success_before_the_disk_has_it(database: Database, disk: Disk) -> None:
    disk.may_go_on.clear()
    with ThreadPoolExecutor(1) as others:
        told = others.submit(add, database, 1)
        assert disk.begun.wait(10)
        assert stored(database) == [1]
        assert not told.done()
        disk.may_go_on.set()
        told.result(10)


def test_who_commits_during_a_sync_waits_for_the_next_one_together_with_others(database: Database, disk: Disk) -> None:
    disk.may_go_on.clear()
    with ThreadPoolExecutor(9) as others:
        told = [others.submit(add, database, 0)]
        assert disk.begun.wait(10)
        told += [others.submit(add, database, n) for n in range(1, 9)]
        wait_for(database, 9)
        disk.may_go_on.set()
        for one in told:
            one.result(10)
    assert disk.syncs == 2


def test_a_disk_that_refuses_refuses_all_who_waited_for_it(database: Database, disk: Disk) -> None:
    disk.may_go_on.clear()
    with ThreadPoolExecutor(4) as others:
        told = [others.submit(add, database, n) for n in range(4)]
        assert disk.begun.wait(10)
        wait_for(database, 4)
        disk.broken = True
        disk.may_go_on.set()
        assert [type(one.exception(10)) for one in told] == [Unavailable] * 4
    # The system has let go of what it could not write: another sync would succeed, and promise too much.
    disk.broken, syncs = False, disk.syncs
    with pytest.raises(Unavailable, match="the disk has failed"):    # told by the system, or by who was told first
        add(database, 5)
    assert disk.syncs == syncs


def test_a_log_that_was_put_away_and_begun_anew_is_synced_as_before(database: Database, disk: Disk) -> None:
    database.close()
    add(database, 1)
    assert disk.syncs == 1
    assert stored(database) == [1]
