"""Connections to PostgreSQL that die while nobody uses them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from surveyengine.store.engine import ping
from surveyengine.store.engine.database import Database, Unavailable
from tests.support.postgres import Postgres

HANG_UP = text(
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture
def databases(postgres_server: Postgres) -> Iterator[tuple[Database, Database]]:
    """Two ways to the same database."""
    with postgres_server.fresh_database() as url:
        both = Database(url, Path()), Database(url, Path())
        yield both
        for one in both:
            one.close()


def works(database: Database) -> bool:
    """Whether a transaction can be had."""
    try:
        with database.write() as connection:
            return bool(connection.execute(text("SELECT 1")).scalar_one())
    except Unavailable:
        return False


def hang_up(other: Database) -> None:
    with other.write() as connection:
        connection.execute(HANG_UP)


def test_a_connection_that_died_is_replaced_unseen(
    databases: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, other = databases
    assert works(ours)
    hang_up(other)
    monkeypatch.setattr(ping, "FRESH", 0.0)
    assert works(ours)


def test_one_that_died_a_moment_ago_costs_one_attempt_and_no_more(databases: tuple[Database, Database]) -> None:
    ours, other = databases
    with ours.write(), ours.write(), ours.write():
        pass
    hang_up(other)
    assert [works(ours) for _ in range(4)] in ([False, True, True, True], [True] * 4)
