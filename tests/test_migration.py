from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, insert, inspect, select

from surveyengine.store.database import Database
from surveyengine.store.migration import alembic, create, migrate, revisions
from surveyengine.store.schema import account, metadata


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Iterator[Database]:
    database = Database(database_url, tmp_path)
    yield database
    database.close()


def structure(connection: Connection) -> dict[str, Any]:
    """Everything that the database says of its tables, in an order of its own."""
    seen = inspect(connection)
    says = (
        seen.get_columns, seen.get_pk_constraint, seen.get_foreign_keys, seen.get_unique_constraints,
        seen.get_check_constraints, seen.get_indexes,
    )  # fmt: skip
    return {name: [listed(say(name)) for say in says] for name in seen.get_table_names()}


def listed(said: Any) -> list[str]:
    return sorted(json.dumps(one, default=str) for one in (said if isinstance(said, list) else [said]))


class Undone(Exception):
    """Ends a transaction that is not to happen."""


def test_the_scripts_lead_to_the_tables_that_are_made_at_once(database: Database) -> None:
    with suppress(Undone), database.write() as connection:
        create(connection)
        made = structure(connection)
        raise Undone
    for revision in revisions():
        with database.write() as connection:
            command.upgrade(alembic(connection), revision)
    with database.write() as connection:
        differences: list[Any] = compare_metadata(MigrationContext.configure(connection), metadata)
        assert structure(connection) == made
    assert differences == []


def test_migrating_again_changes_nothing(database: Database, now: Any) -> None:
    migrate(database)
    with database.write() as connection:
        connection.execute(insert(account).values(id="acme", seen_at=now))
    migrate(database)
    with database.read() as connection:
        assert connection.execute(select(account.c.id)).scalars().all() == ["acme"]


def test_the_revisions_follow_each_other() -> None:
    assert list(revisions()) == sorted(revisions())
