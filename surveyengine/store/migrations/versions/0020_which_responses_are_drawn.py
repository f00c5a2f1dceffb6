"""A sample of responses is drawn from its index alone on PostgreSQL, too; SQLite has the id in every index already."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        drawn = sa.text("substr(id, 2, 1) IN ('0', '1', '2', '3')")
        op.drop_index("ix_response_drawn", "response")
        columns = ["survey", "day", "customer"]
        op.create_index("ix_response_drawn", "response", columns, postgresql_where=drawn, postgresql_include=["id"])
