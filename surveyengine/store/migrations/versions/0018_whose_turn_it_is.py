"""What each occasion drew, and with which chance the occasions of a survey begin."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "allotment",
        sa.Column("invitation", key, nullable=False),
        sa.Column("tickets", sa.LargeBinary(length=32), nullable=False),
        sa.Column("allotted", sa.Integer(), nullable=False),
        sa.Column("scale", sa.Float(), nullable=False),
        sa.Column("wished", sa.Float(), nullable=False),
        sa.CheckConstraint("length(tickets) = 32", name=op.f("ck_allotment_tickets")),
        sa.CheckConstraint("allotted >= 0 AND allotted <= 256", name=op.f("ck_allotment_allotted")),
        sa.CheckConstraint("scale > 0 AND scale <= 1", name=op.f("ck_allotment_scale")),
        sa.CheckConstraint("wished >= 0 AND wished <= scale", name=op.f("ck_allotment_wished")),
        sa.ForeignKeyConstraint(
            ["invitation"], ["invitation.key"], name=op.f("fk_allotment_invitation"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("invitation", name=op.f("pk_allotment")),
    )
    op.create_table(
        "survey_scale",
        sa.Column("survey", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("chance", sa.Float(), nullable=False),
        sa.Column("occasions", sa.Float(), nullable=False),
        sa.Column("wished", sa.Float(), nullable=False),
        sa.Column("given", sa.Float(), nullable=False),
        sa.Column("through", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("chance > 0 AND chance <= 1", name=op.f("ck_survey_scale_chance")),
        sa.CheckConstraint("occasions >= 0 AND wished >= 0 AND given >= 0", name=op.f("ck_survey_scale_sums")),
        sa.PrimaryKeyConstraint("survey", "day", name=op.f("pk_survey_scale")),
    )
