"""Answers are counted by the fields of their context too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

KEYS = ("field", "day", "said", "fact", "digest", "question", "value")


def upgrade() -> None:
    op.create_table(
        "segment_field",
        sa.Column("field", sa.String(length=64), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("field", name=op.f("pk_segment_field")),
    )
    op.create_table(
        "segment_value",
        sa.Column("field", sa.String(length=64), nullable=False),
        sa.Column("fact", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("field", "fact", name=op.f("pk_segment_value")),
        sqlite_with_rowid=False,
    )
    _create_counts("segment_tally")
    _create_counts("segment_month")


def _create_counts(name: str) -> None:
    op.create_table(
        name,
        sa.Column("field", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("said", sa.String(length=8), nullable=False),
        sa.Column("fact", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("question", sa.String(length=64), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.CheckConstraint("n > 0", name=op.f(f"ck_{name}_positive")),
        sa.ForeignKeyConstraint(["digest"], ["survey_version.digest"], name=op.f(f"fk_{name}_digest")),
        sa.PrimaryKeyConstraint(*KEYS, name=op.f(f"pk_{name}")),
        sqlite_with_rowid=False,
    )
