"""Whoever wants fewer invitations instead of none is remembered by the hash of the address."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from surveyengine.store.moment import Moment

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "opt_down",
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=64), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("address_hash", "scope", name=op.f("pk_opt_down")),
    )
