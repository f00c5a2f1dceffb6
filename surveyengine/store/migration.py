"""Brings a database to this version's tables: all of a step or nothing of it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from .database import Database, Unusable

if TYPE_CHECKING:
    from alembic.config import Config

SCRIPTS = Path(__file__).parent / "migrations"
LOCK = 7_305_211  # any number, the same on every node


def migrate(database: Database) -> None:
    """Create or upgrade the tables; raises Unusable for a database of a newer version than this code."""
    with database.write() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        at = _revision(connection)
        if at is not None and at not in revisions():
            raise Unusable(
                f"holds the tables of a newer surveyengine (revision {at}); upgrade surveyengine to use them"
            )
        if at != revisions()[-1]:
            from alembic import command

            command.upgrade(alembic(connection), "head")


@cache
def revisions() -> tuple[str, ...]:
    """Return the known revisions, the newest last: a script's name begins with its own."""
    return tuple(sorted(path.name.partition("_")[0] for path in (SCRIPTS / "versions").glob("[0-9]*_*.py")))


def _revision(connection: Connection) -> str | None:
    """Return the revision of the tables; without Alembic, which would cost each of our processes 10 MB."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def alembic(connection: Connection) -> Config:
    """Return Alembic's settings for work on this connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
