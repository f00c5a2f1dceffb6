from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import insert, inspect, select

from surveyengine.store.database import Database
from surveyengine.store.migration import migrate, revisions
from surveyengine.store.schema import account, metadata


def test_the_scripts_lead_to_the_tables_that_the_code_expects(database_url: str, tmp_path: Path) -> None:
    database = Database(database_url, tmp_path)
    migrate(database)
    with database.engine.connect() as connection:
        differences: list[Any] = compare_metadata(MigrationContext.configure(connection), metadata)
        constraints = {
            name: {one["name"] for one in inspect(connection).get_check_constraints(name)} for name in metadata.tables
        }
    database.close()
    assert differences == []
    for name, table in metadata.tables.items():
        assert {one.name for one in table.constraints if one.__visit_name__ == "check_constraint"} <= constraints[name]


def test_migrating_again_changes_nothing(database_url: str, tmp_path: Path, now: Any) -> None:
    database = Database(database_url, tmp_path)
    migrate(database)
    with database.write() as connection:
        connection.execute(insert(account).values(id="acme", seen_at=now))
    migrate(database)
    with database.read() as connection:
        assert connection.execute(select(account.c.id)).scalars().all() == ["acme"]
    database.close()


def test_the_revisions_follow_each_other() -> None:
    assert list(revisions()) == sorted(revisions())
