"""A database is copied into one of any kind, all of it or nothing, and is the same there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import JSON

from surveyengine.app import create_app
from surveyengine.backup.copying import Destination, copy
from surveyengine.engine import Engine, start
from surveyengine.invitations.planning import take
from surveyengine.project.presence import presence, servers
from surveyengine.store.count_tables import metadata
from surveyengine.store.engine import transfer
from surveyengine.store.engine.contents import CopyError
from surveyengine.store.engine.database import Database
from tests.backup.load import LATER, NOW, written_to
from tests.support import business
from tests.support.rows import rows
from tests.support.running import command


def quietly(done: int, whole: int) -> None:
    """Tell nobody."""


@pytest.fixture(params=["sqlite", "postgres"])
def to(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an empty database to copy to."""
    if request.param == "sqlite":
        yield "sqlite:///data/copied.db"
        return
    with request.getfixturevalue("postgres_server").fresh_database() as url:
        yield url


def test_what_is_copied_is_the_same_and_goes_on(shop: Engine, to: str, tmp_path: Path) -> None:
    done = command(shop.root, "copy", to)
    assert done.exit_code == 0, done.output
    assert "copied 2 responses, 3 invitations, 3 events, 3 customers; every row was read again" in done.stdout
    line = next(line.strip() for line in done.stdout.splitlines() if line.startswith("  url"))
    root = tmp_path / "moved"
    shutil.copytree(shop.root / "data", root / "data", ignore=shutil.ignore_patterns("*.queue", "surveyengine.db*"))
    business.write(root, surveys=None, database=line.removeprefix('url = "').removesuffix('"'))
    with closing(start(root)) as again:
        assert rows(again.database) == rows(shop.database)
        take(again, [business.delivered("9", LATER, "c-9")], NOW)
        assert len(rows(again.database, "event")["event"]) == 4
        client = create_app(again).test_client()
        assert business.answer(client, "/s/delivery", satisfaction="4").status_code == 303
    said = command(shop.root, "copy", to)
    assert (said.exit_code, "is not empty: it has a table `account`" in said.stderr) == (1, True)


def test_a_copy_under_load_is_of_one_moment(shop: Engine, to: str) -> None:
    with written_to(shop) as load:
        copy(shop, Destination(to, {}), quietly)
    with closing(Database(to, shop.root)) as copied:
        load.check(rows(copied, *load.tables), rows(shop.database, *load.tables))


class Interrupted(Exception):
    """Somebody has pressed Ctrl-C."""


def test_a_copy_that_was_interrupted_has_not_happened_and_can_begin_again(shop: Engine, to: str) -> None:
    told = list[tuple[int, int]]()
    for nth in (1, 5, 12):

        def interrupt(done: int, whole: int, nth: int = nth) -> None:
            told.append((done, whole))
            if len(told) == nth:
                raise Interrupted

        told.clear()
        with pytest.raises(Interrupted):
            copy(shop, Destination(to, {}), interrupt)
    told.clear()
    copy(shop, Destination(to, {}), lambda done, whole: told.append((done, whole)))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1][0] == told[-1][1]
    with closing(Database(to, shop.root)) as copied:
        assert rows(copied) == rows(shop.database)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_row_that_is_another_one_there_is_noticed(shop: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(target: Any, table: Any, given: Any) -> None:
        store(target, table, given[1:] if table.name == "answer" else given)

    store = transfer._store
    monkeypatch.setattr(transfer, "_store", forgetful)
    with pytest.raises(CopyError, match="answer is not the same there: 2 rows of 3"):
        copy(shop, Destination("sqlite:///data/copied.db", {}), quietly)

    def altering(target: Any, table: Any, given: Any) -> None:
        store(target, table, given)
        if table.name == "answer":
            target.execute(table.update().where(table.c.value == "2").values(value="3"))

    monkeypatch.setattr(transfer, "_store", altering)
    with pytest.raises(CopyError, match="answer is not the same there: 3 rows of 3, or others"):
        copy(shop, Destination("sqlite:///data/copied.db", {}), quietly)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_nothing_is_copied_under_a_running_engine(engine: Engine) -> None:
    with presence(servers(engine.root)) as running:
        running.join()
        with pytest.raises(CopyError, match="the engine runs"):
            copy(engine, Destination("sqlite:///data/copied.db", {}), quietly)


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_an_engine_on_another_machine_is_noticed(engine: Engine) -> None:
    """By its connections, which bear the name that each process gives to its own."""
    url = engine.database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, application_name="psql"):
        copy(engine, Destination("sqlite:///data/first.db", {}), quietly)
    with psycopg.connect(url, application_name="surveyengine 7 on another"):
        said = command(engine.root, "copy", "sqlite:///data/more.db")
    assert (said.exit_code, "the engine runs elsewhere (surveyengine 7 on another)" in said.stderr) == (1, True)


LINES = {
    "postgresql+psycopg://shop:pass@db/shop": 'url = "postgresql+psycopg://shop:${DATABASE_PASSWORD}@db/shop"',
    "postgresql+psycopg://shop:${PW}@db/shop": 'url = "postgresql+psycopg://shop:${PW}@db/shop"',
    "postgresql+psycopg:///shop": 'url = "postgresql+psycopg:///shop"',
    "sqlite:///data/other.db": 'url = "sqlite:///data/other.db"',
}


@pytest.mark.parametrize("given", LINES)
def test_the_line_for_the_configuration_holds_no_password(given: str) -> None:
    to = Destination(given, {"PW": "secret"})
    assert to.line == LINES[given]
    assert to.url == given.replace("${PW}", "secret")


def test_a_variable_that_is_not_set_is_named() -> None:
    with pytest.raises(CopyError, match="the environment variable `PW` is not set"):
        assert Destination("postgresql+psycopg://shop:${PW}@db/shop", {}).url


def test_no_column_can_hold_two_kinds_of_nothing() -> None:
    """The null of JSON and that of SQL are read alike, so that a copy would make one of the other."""
    both = [
        str(column)
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, JSON) and column.nullable and not column.type.none_as_null
    ]
    assert both == []
