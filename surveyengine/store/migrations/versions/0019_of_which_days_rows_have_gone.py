"""Rows may go while their counts stay: of which days they have gone is kept beside them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    went = "responses >= 0 AND invitations >= 0 AND responses + invitations > 0"
    op.create_table(
        "retention",
        sa.Column("survey", sa.String(length=64), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("responses", sa.Integer(), nullable=False),
        sa.Column("invitations", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("survey", name=op.f("pk_retention")),
        sa.CheckConstraint(went, name=op.f("ck_retention_something_went")),
        sqlite_with_rowid=False,
    )
