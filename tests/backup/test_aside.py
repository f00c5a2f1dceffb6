"""Restoring over a database in use: it is put aside, what customers asked for is done again, or all is as before."""

from __future__ import annotations

import shutil
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import func, select
from sqlalchemy import table as quoted

from surveyengine.backup import asked
from surveyengine.engine import Engine, start
from surveyengine.invitations.planning import take
from surveyengine.people.caller import Caller
from surveyengine.privacy.erasure import erase
from surveyengine.store import optouts
from tests.backup.load import LATER, NOW
from tests.support import business
from tests.support.rows import rows
from tests.support.running import command

AGAIN = "1 customer who was erased after the backup was erased again; opt-outs of that time hold"


@pytest.fixture
def kept(shop: Engine, tmp_path: Path) -> Path:
    """The backup of a business in which a customer is erased, and another one opts out, afterwards."""
    file = tmp_path / "kept.tar"
    assert command(shop.root, "backup", str(file)).exit_code == 0
    take(shop, [business.delivered("8", LATER + timedelta(hours=1), "c-8")], NOW)
    erase(shop, "c-1", Caller(NOW))
    with shop.database.write() as connection:
        optouts.note(connection, "c-2", [shop.hasher.hash("c-2@example.com")], NOW)
    return file


def expect_as_asked(root: Path) -> None:
    """The backup is there, without whom the business has erased since, and with the opt-outs of that time."""
    with closing(start(root)) as engine:
        held = rows(engine.database, "customer", "event", "invitation")
        assert [len(held[name]) for name in ("customer", "event")] == [2, 3]
        assert not any("c-1" in row for table in held.values() for row in table)
        with engine.database.read() as connection:
            assert optouts.moments(connection, "c-2", [engine.hasher.hash("c-2@example.com")]) == {NOW}
            assert optouts.moments(connection, "c-0", [engine.hasher.hash("c-0@example.com")]) == set()
    assert not (root / "data" / asked.NAME).exists()


def schemas(engine: Engine) -> list[str]:
    with engine.database.read() as connection:
        found = connection.exec_driver_sql("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'before-%%'")
        return list(found.scalars())


def test_who_was_erased_or_opted_out_after_the_backup_stays_so(shop: Engine, kept: Path) -> None:
    before = rows(shop.database)
    done = command(shop.root, "restore", "--aside", str(kept))
    assert done.exit_code == 0, done.output
    assert AGAIN in done.stdout
    expect_as_asked(shop.root)
    if shop.database.is_sqlite:
        return
    (schema,) = schemas(shop)
    assert f'the tables that were there are in the schema "{schema}"' in done.stdout
    with shop.database.read() as connection:
        for table, were in before.items():
            there = select(func.count()).select_from(quoted(table, schema=schema))
            assert connection.execute(there).scalar_one() == len(were), table
    assert command(shop.root, "restore", "--aside", str(kept)).exit_code == 0  # as often as one likes
    assert len(schemas(shop)) == 2


def test_the_database_that_the_project_names_is_asked_where_the_backup_names_another(
    shop: Engine, kept: Path, tmp_path: Path
) -> None:
    """As after a move from SQLite to PostgreSQL, or to another file."""
    with closing(start(shop.root)):
        copied = command(shop.root, "copy", "sqlite:///data/moved.db")
    assert copied.exit_code == 0, copied.output
    shop.close()
    config = shop.root / "config.toml"
    url = shop.database.url.render_as_string(hide_password=False)
    config.write_text(config.read_text().replace(url, "sqlite:///data/moved.db"))
    if shop.database.is_sqlite:
        for path in (shop.root / "data").glob("surveyengine.db*"):
            path.unlink()
    else:
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
    done = command(shop.root, "restore", "--aside", str(kept))
    assert (done.exit_code, AGAIN in done.stdout) == (0, True), done.output
    expect_as_asked(shop.root)


def test_what_a_killed_restore_has_noted_is_known_to_the_next(shop: Engine, kept: Path) -> None:
    wishes = asked.asked([shop.database.url.render_as_string(hide_password=False)], shop.root)
    with asked.noted(shop.root, wishes):
        note = (shop.root / "data" / asked.NAME).read_bytes()
        assert b"@" not in note
    assert not (shop.root / "data" / asked.NAME).exists()
    shop.close()
    lost: Any = shop.database
    if lost.is_sqlite:
        for path in (shop.root / "data").glob("surveyengine.db*"):
            path.unlink()
    else:
        url = lost.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
    (shop.root / "data" / asked.NAME).write_bytes(note)
    (shop.root / "data" / "restoring-abc" / "project").mkdir(parents=True)
    done = command(shop.root, "restore", "--aside", str(kept))
    assert (done.exit_code, AGAIN in done.stdout) == (0, True), done.output
    expect_as_asked(shop.root)
    assert list((shop.root / "data").glob("restoring-*")) == []


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_a_restore_that_fails_leaves_the_tables_where_they_were(
    shop: Engine, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows(shop.database)
    for nth in (1, 3):
        move, calls = shutil.move, list[Path]()

        def full(path: Path, into: Path, nth: int = nth, calls: list[Path] = calls, move: Any = move) -> None:
            calls.append(path)
            if len(calls) == nth:
                raise OSError(28, "No space left on device")
            move(path, into)

        with monkeypatch.context() as patch:
            patch.setattr(shutil, "move", full)
            done = command(shop.root, "restore", "--aside", str(kept))
        assert (done.exit_code, "No space left on device" in done.stderr) == (1, True)
        assert rows(shop.database) == before
        assert schemas(shop) == []
    other = shop.database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(other, application_name="surveyengine 7 on another"):
        said = command(shop.root, "restore", "--aside", str(kept)).stderr
    assert "the engine runs elsewhere (surveyengine 7 on another)" in said
    with psycopg.connect(other, autocommit=True) as connection:
        connection.execute("CREATE TABLE another (n integer)")
    said = command(shop.root, "restore", "--aside", str(kept)).stderr
    assert "is not empty: it has a table `another`" in said
    assert rows(shop.database) == before
