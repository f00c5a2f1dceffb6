"""An invitation has a link once it is given to somebody: until then, no hash of one is stored."""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TABLE = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'invitation'"
CHANGE = "UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = 'invitation'"
HASH = re.compile(r'("?token_hash"?\s+VARCHAR\s*\(64\))\s+NOT\s+NULL', re.IGNORECASE)


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
    after, changes = HASH.subn(r"\1", connection.execute(sa.text(TABLE)).scalar_one())
    if changes != 1:
        raise RuntimeError("the table `invitation` is not as surveyengine made it: token_hash is not VARCHAR(64)")
    version = int(connection.exec_driver_sql("PRAGMA schema_version").scalar_one())
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.execute(sa.text(CHANGE), {"sql": after})
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
