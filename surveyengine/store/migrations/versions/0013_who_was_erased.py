"""Customers who were erased are remembered by a hash, so that older events do not bring them back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from surveyengine.store.moment import Moment

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erasure",
        sa.Column("customer_hash", sa.String(length=64), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("opted_out_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("customer_hash", name=op.f("pk_erasure")),
    )
    known = sa.text("customer IS NOT NULL")
    op.create_index("ix_response_customer", "response", ["customer"], sqlite_where=known, postgresql_where=known)
