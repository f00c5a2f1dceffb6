from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData, insert, inspect, select

from surveyengine.store.engine.database import Database
from surveyengine.store.engine.migration import alembic, create, migrate, revisions
from surveyengine.store.schema import account, draft, invitation, metadata, response, sending
from tests.store.test_upgrade import past


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
        with database.rebuild() as connection:
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


def test_the_test_of_upgrades_has_rows_for_every_column() -> None:
    rows = past({"digest": "d", "survey": "s", "stage": "purchase", "content": {}, "published_at": None})
    lacking = {
        str(column)
        for table in metadata.sorted_tables
        for column in table.columns
        if not any(column.name in one for one in rows.get(table.name, []))
    }
    assert lacking == set(), "give them to past() in tests/store/test_upgrade.py"


STATES = {  # before -> of the invitation, and of what carries it, after
    "planned": ("planned", "planned"),
    "sending": ("planned", "claimed"),
    "handed_over": ("planned", "handed_over"),
    "sent": ("sent", "sent"),
    "uncertain": ("uncertain", "uncertain"),
    "failed": ("failed", "failed"),
    "refused": ("refused", "withdrawn"),
}
LEASED = ("sending", "handed_over")


def before_sendings(connection: Connection, now: datetime) -> None:
    """Make a database of the revision before, with an invitation in each state; a draft and an answer hang on two."""
    command.upgrade(alembic(connection), "0003")
    then = MetaData()
    then.reflect(connection)
    insert = {name: table.insert() for name, table in then.tables.items()}
    version = {"digest": "d", "survey": "s", "stage": "purchase", "content": {}, "published_at": now}
    connection.execute(insert["survey_version"].values(**version))
    plain: dict[str, Any] = {"survey": "s", "digest": "d", "probability": 1.0, "day": now.date(), "planned_at": now}
    plain |= {"expires_after": 60, "due_at": now, "next_at": now, "channel": "email", "test": False}
    for priority, state in enumerate(STATES):
        more: dict[str, Any] = {"id": state, "token_hash": state, "state": state, "priority": priority, "attempt": 2}
        more |= {"lease_until": now} if state in LEASED else {}
        more |= {"sent_at": now, "expires_at": now} if state in ("sent", "uncertain") else {}
        more |= {"reason": "late"} if state == "refused" else {"reference": f"about {state}"}
        connection.execute(insert["invitation"].values(**plain, **more))
    never = plain | {"id": "never", "token_hash": "never", "state": "refused", "reason": "cooldown", "priority": 0}
    connection.execute(insert["invitation"].values(never | {"channel": None, "due_at": None, "next_at": None}))
    link = plain | {"id": "link", "token_hash": "link", "state": "sent", "sent_at": now, "expires_at": now}
    connection.execute(insert["invitation"].values(link | {"channel": "link", "next_at": None, "priority": 0}))
    draft = {"invitation": 4, "digest": "d", "given": {}, "page": 1, "saved_at": now}
    connection.execute(insert["draft"].values(**draft))
    answered = {"id": "r", "survey": "s", "digest": "d", "invitation": 5, "language": "en", "direction": "ltr"}
    connection.execute(insert["response"].values(**answered, day=now.date(), context={}))


def test_what_carried_an_invitation_becomes_a_sending(database: Database, now: datetime) -> None:
    with database.rebuild() as connection:
        before_sendings(connection, now)
    migrate(database)
    with database.read() as connection:
        rows = connection.execute(
            select(*invitation.c, *sending.c["state", "priority", "fence", "reference", "reason", "lease_until"])
            .join_from(invitation, sending)
            .order_by(invitation.c.key)
        ).all()
        kept = connection.execute(select(invitation.c.id).order_by(invitation.c.key)).scalars().all()
        hanging = [connection.execute(select(table.c.invitation)).scalar_one() for table in (draft, response)]
    assert {row.id: (row.state, row[-6]) for row in rows} == STATES
    assert [row.priority for row in rows] == [*range(len(STATES))]
    assert {row.id for row in rows if row.lease_until} == {*LEASED}
    assert {row.id: row.reference or row[-2] for row in rows} == {
        state: "late" if state == "refused" else f"about {state}" for state in STATES
    }
    assert (kept, hanging) == ([*STATES, "never", "link"], [4, 5])
