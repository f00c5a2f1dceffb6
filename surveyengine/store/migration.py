"""Brings a database to this version's tables: all of a step or nothing of it."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from .database import Database, Unusable

SCRIPTS = Path(__file__).parent / "migrations"
LOCK = 7_305_211  # any number, the same on every node


def migrate(database: Database) -> None:
    """Create or upgrade the tables; raises Unusable for a database of a newer version than this code."""
    with database.write() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        config = alembic(connection)
        at, scripts = MigrationContext.configure(connection).get_current_revision(), ScriptDirectory.from_config(config)
        if at is not None and at not in {script.revision for script in scripts.walk_revisions()}:
            raise Unusable(
                f"holds the tables of a newer surveyengine (revision {at}); upgrade surveyengine to use them"
            )
        if at != scripts.get_current_head():
            command.upgrade(config, "head")


def alembic(connection: Connection) -> Config:
    """Return Alembic's settings for work on this connection."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
