"""Who answered again is found by indexes, and a field that becomes known is counted step by step."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_response_survey_day", "response")
    op.create_index("ix_response_survey_day", "response", ["survey", "day", "customer"])
    op.drop_index("ix_response_customer", "response")
    known = sa.text("customer IS NOT NULL")
    columns = ["customer", "survey", "day"]
    op.create_index("ix_response_customer", "response", columns, sqlite_where=known, postgresql_where=known)
    drawn = sa.text("substr(id, 2, 1) IN ('0', '1', '2', '3')")
    columns = ["survey", "day", "customer"]
    op.create_index("ix_response_drawn", "response", columns, sqlite_where=drawn, postgresql_where=drawn)
    op.add_column("segment_field", sa.Column("reached", sa.String(length=32), nullable=True))
