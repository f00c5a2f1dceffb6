"""An invitation has a link once it is given to somebody: until then, no hash of one is stored."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TABLE = "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = 'invitation'"
CHANGE = "UPDATE sqlite_schema SET sql = :sql WHERE type = 'table' AND name = 'invitation'"
HASH = "token_hash VARCHAR(64)"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _allow_null()
    else:
        op.alter_column("invitation", "token_hash", nullable=True)


def _allow_null() -> None:
    """Take the constraint out of the table's definition; no row changes, so that a million need not be written anew.

    These are the steps of https://www.sqlite.org/lang_altertable.html, section 7, for changes that leave the rows as
    they are.
    """
    connection = op.get_bind()
    before = connection.execute(sa.text(TABLE)).scalar_one()
    version = int(connection.exec_driver_sql("PRAGMA schema_version").scalar_one())
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.execute(sa.text(CHANGE), {"sql": before.replace(f"{HASH} NOT NULL", HASH)})
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
