"""Brings a database to this version's tables: all of a step or nothing of it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Column, Connection, MetaData, PrimaryKeyConstraint, String, Table, insert, inspect, select

from ..count_tables import metadata
from . import lock
from .database import Database, Unusable

if TYPE_CHECKING:
    from alembic.config import Config

SCRIPTS = Path(__file__).parents[1] / "migrations"
# Where Alembic looks for the revision, as it would make the table itself.
REVISION = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


def migrate(database: Database) -> None:
    """Create or upgrade the tables; raises Unusable for a database of a newer version than this code."""
    with database.rebuild() as connection:
        lock.hold(connection, lock.MIGRATION)
        at = revision(connection)
        if at is not None and at not in revisions():
            raise Unusable(
                f"holds the tables of a newer surveyengine (revision {at}); upgrade surveyengine to use them"
            )
        if at is None:
            create(connection)
        elif at != revisions()[-1]:
            upgrade(connection)


def create(connection: Connection) -> None:
    """Make all tables as they are now; by Alembic's scripts it would take longer, and each of our processes 10 MB."""
    metadata.create_all(connection, checkfirst=False)
    REVISION.create(connection)
    connection.execute(insert(REVISION).values(version_num=revisions()[-1]))


def upgrade(connection: Connection) -> None:
    """Run the scripts that lead from the tables as they are to those of this version."""
    from alembic import command

    command.upgrade(alembic(connection), "head")


@cache
def revisions() -> tuple[str, ...]:
    """Return the known revisions, the newest last: a script's name begins with its own."""
    return tuple(sorted(path.name.partition("_")[0] for path in (SCRIPTS / "versions").glob("[0-9]*_*.py")))


def revision(connection: Connection) -> str | None:
    """Return the revision of the tables; None where there are none."""
    if not inspect(connection).has_table(REVISION.name):
        return None
    return connection.execute(select(REVISION.c.version_num)).scalar_one_or_none()


def alembic(connection: Connection) -> Config:
    """Return Alembic's settings for work on this connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
