"""Of the invitations for one event it is counted which came further, for touchpoints of several surveys."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from surveyengine.store.moment import Moment
from surveyengine.store.schema import Key

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

KEYS = ("digest", "day", "survey", "state", "reason", "answered", "beaten")
MONTH_KEYS = ("day", "digest", *KEYS[2:])
OLD = "survey, digest, day, state, reason, answered, n, until"
NEXT = (
    "SELECT setval(pg_get_serial_sequence('funnel_tally', 'key'), coalesce(max(key), 0) + 1, false) FROM funnel_tally"
)
SHARED = "SELECT event FROM invitation WHERE event IS NOT NULL GROUP BY event HAVING count(*) > 1"


def upgrade() -> None:
    known = sa.text("account IS NOT NULL")
    op.create_index("ix_customer_account", "customer", ["account"], sqlite_where=known, postgresql_where=known)
    for name in ("funnel_tally", "funnel_month"):
        op.execute(f"CREATE TABLE old_{name} AS SELECT * FROM {name}")  # noqa: S608  # our own names
        op.drop_table(name)
    _create_tables()
    for name, old in (("funnel_tally", f"key, {OLD}"), ("funnel_month", OLD)):
        copied = f"INSERT INTO {name} ({old}, beaten) SELECT {old}, '' FROM old_{name}"  # noqa: S608  # our own names
        op.execute(copied)
        op.drop_table(f"old_{name}")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(NEXT)
    op.execute(f"UPDATE invitation SET folded = false WHERE event IN ({SHARED})")  # noqa: S608  # our own names


def _create_tables() -> None:
    op.create_table(
        "funnel_tally",
        sa.Column("key", Key, autoincrement=True, nullable=False),
        *_columns("funnel_tally"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_funnel_tally")),
        sa.UniqueConstraint(*KEYS, name=op.f(f"uq_funnel_tally_{'_'.join(KEYS)}")),
    )
    op.create_index("ix_funnel_tally_day", "funnel_tally", ["day"])
    primary = sa.PrimaryKeyConstraint(*MONTH_KEYS, name=op.f("pk_funnel_month"))
    op.create_table("funnel_month", *_columns("funnel_month"), primary)


def _columns(table: str) -> list[Any]:
    return [
        sa.Column("survey", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.Column("beaten", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("until", Moment(), nullable=True),
        sa.CheckConstraint("n > 0", name=op.f(f"ck_{table}_positive")),
        sa.ForeignKeyConstraint(["digest"], ["survey_version.digest"], name=op.f(f"fk_{table}_digest")),
    ]
