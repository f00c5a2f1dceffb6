"""Invitations are counted as answers are, and both by months beside the days."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from surveyengine.store.moment import Moment
from surveyengine.store.schema import Key

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

FIRST_OF_MONTH = {"sqlite": "date(day, 'start of month')", "postgresql": "CAST(date_trunc('month', day) AS date)"}
UNFOLDED = sa.text("NOT folded")
IS_OPEN = sa.text(
    "answered_at IS NULL AND state IN ('sent', 'uncertain') AND NOT test AND (channel IS NULL OR channel <> 'link')"
)


def upgrade() -> None:
    op.create_index("ix_tally_day", "tally", ["day"])
    _create_tally_month()
    _create_funnel_tables()
    op.add_column("invitation", sa.Column("counted_in", sa.BigInteger(), nullable=True))
    op.add_column("invitation", sa.Column("folded", sa.Boolean(), server_default=sa.false(), nullable=False))
    _create_index("ix_invitation_unfolded", ["state"], UNFOLDED)
    _create_index("ix_invitation_open", ["survey", "expires_at", "day"], IS_OPEN)


def _create_index(name: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(name, "invitation", columns, sqlite_where=where, postgresql_where=where)


def _create_tally_month() -> None:
    keys = ("day", "digest", "question", "series", "value", "place")
    op.create_table(
        "tally_month",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("question", sa.String(length=64), nullable=False),
        sa.Column("series", sa.String(length=32), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.CheckConstraint("n > 0", name=op.f("ck_tally_month_positive")),
        sa.ForeignKeyConstraint(["digest"], ["survey_version.digest"], name=op.f("fk_tally_month_digest")),
        sa.PrimaryKeyConstraint(*keys, name=op.f("pk_tally_month")),
        sqlite_with_rowid=False,
    )
    first = FIRST_OF_MONTH[op.get_bind().dialect.name]
    columns = f"digest, {first}, question, series, value, place"
    into = "INSERT INTO tally_month (digest, day, question, series, value, place, n)"
    op.execute(f"{into} SELECT {columns}, sum(n) FROM tally GROUP BY {columns}")  # noqa: S608  # our own constants


def _create_funnel_tables() -> None:
    keys = ("digest", "day", "survey", "state", "reason", "answered")
    op.create_table(
        "funnel_tally",
        sa.Column("key", Key, autoincrement=True, nullable=False),
        *_funnel_columns("funnel_tally"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_funnel_tally")),
        sa.UniqueConstraint(*keys, name=op.f(f"uq_funnel_tally_{'_'.join(keys)}")),
    )
    op.create_index("ix_funnel_tally_day", "funnel_tally", ["day"])
    op.create_table(
        "funnel_month",
        *_funnel_columns("funnel_month"),
        sa.PrimaryKeyConstraint("day", *(key for key in keys if key != "day"), name=op.f("pk_funnel_month")),
    )


def _funnel_columns(table: str) -> list[Any]:
    return [
        sa.Column("survey", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("until", Moment(), nullable=True),
        sa.CheckConstraint("n > 0", name=op.f(f"ck_{table}_positive")),
        sa.ForeignKeyConstraint(["digest"], ["survey_version.digest"], name=op.f(f"fk_{table}_digest")),
    ]
