"""Who receives, what about, and counts by version, which says what an answer counts as."""

from __future__ import annotations

import calendar
from datetime import date

import sqlalchemy as sa
from alembic import op

from surveyengine.store.moment import Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COUNTS = """
    INSERT INTO tally (digest, day, question, series, value, place, n)
    SELECT digest, day, question, series, value, place, count(*) FROM (
        SELECT r.digest, r.day, a.question, a.series, a.value,
            CASE WHEN a.series = 'ranking' THEN a.position ELSE 0 END AS place
        FROM answer a JOIN response r ON r.id = a.response
        WHERE NOT r.test AND r.folded
            AND (a.counted OR a.series = 'ranking' OR (a.value = 'na' AND a.series <> 'text'))
    ) AS given GROUP BY digest, day, question, series, value, place
"""

ANSWERED = """
    INSERT INTO tally (digest, day, question, series, value, place, n)
    SELECT r.digest, r.day, a.question, a.series, '', 0, count(DISTINCT a.response)
    FROM answer a JOIN response r ON r.id = a.response
    WHERE NOT r.test AND r.folded AND NOT (a.value = 'na' AND a.series <> 'text')
    GROUP BY r.digest, r.day, a.question, a.series
"""

RESPONSES = """
    INSERT INTO tally (digest, day, question, series, value, place, n)
    SELECT digest, day, '', '', CASE WHEN invited THEN 'invited' ELSE 'open' END, 0, count(*) FROM response
    WHERE NOT test AND folded GROUP BY digest, day, invited
"""


def upgrade() -> None:
    op.add_column("current_survey", sa.Column("retired_at", Moment(), nullable=True))
    op.add_column("customer", sa.Column("address_hash", sa.String(length=64), nullable=True))
    op.create_index("ix_customer_address_hash", "customer", ["address_hash"])
    op.add_column("invitation", sa.Column("recipient", sa.String(length=64), nullable=True))
    op.add_column("invitation", sa.Column("occasion", sa.String(length=64), nullable=True))
    op.create_index("ix_invitation_recipient_due_at", "invitation", ["recipient", "due_at"])
    op.add_column("response", sa.Column("invited", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute("UPDATE response SET invited = true WHERE invitation IS NOT NULL")
    op.create_table(
        "address_key",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("single", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.CheckConstraint("single", name=op.f("ck_address_key_single")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_address_key")),
        sa.UniqueConstraint("single", name=op.f("uq_address_key_single")),
    )
    op.create_table(
        "undeliverable",
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("address_hash", name=op.f("pk_undeliverable")),
    )
    _blur_anonymous_days()
    _count_by_version()


def _blur_anonymous_days() -> None:
    """Leave of the day of each anonymous answer the last one of its month."""
    version = sa.table("survey_version", sa.column("digest", sa.String), sa.column("content", sa.JSON))
    response = sa.table("response", sa.column("digest", sa.String), sa.column("day", sa.Date))
    anonymous = sa.select(version.c.digest).where(version.c.content["mode"].as_string() == "anonymous")
    theirs = response.c.digest.in_(anonymous)
    connection = op.get_bind()
    for day in connection.execute(sa.select(response.c.day).where(theirs).distinct()).scalars().all():
        last = date(day.year, day.month, calendar.monthrange(day.year, day.month)[1])
        connection.execute(sa.update(response).where(theirs, response.c.day == day).values(day=last))


def _count_by_version() -> None:
    op.drop_table("tally")
    op.create_table(
        "tally",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("question", sa.String(length=64), nullable=False),
        sa.Column("series", sa.String(length=32), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.CheckConstraint("n > 0", name=op.f("ck_tally_positive")),
        sa.ForeignKeyConstraint(["digest"], ["survey_version.digest"], name=op.f("fk_tally_digest")),
        sa.PrimaryKeyConstraint("digest", "day", "question", "series", "value", "place", name=op.f("pk_tally")),
        sqlite_with_rowid=False,
    )
    op.execute(COUNTS)
    op.execute(ANSWERED)
    op.execute(RESPONSES)
