"""Until when the engine has worked, and on which machines the clock is doubted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from surveyengine.store.moment import Moment

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "heartbeat",
        sa.Column("single", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("resumed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ahead", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("single", name=op.f("ck_heartbeat_single")),
        sa.PrimaryKeyConstraint("single", name=op.f("pk_heartbeat")),
    )
    op.create_table(
        "clock_doubt",
        sa.Column("node", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("off", sa.BigInteger(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("wall", Moment(), nullable=True),
        sa.Column("steady", sa.Float(), nullable=True),
        sa.Column("boot", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("node", name=op.f("pk_clock_doubt")),
    )
