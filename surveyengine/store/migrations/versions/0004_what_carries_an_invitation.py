"""An invitation and the messages that carry it are two things."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from surveyengine.store.moment import Moment
from surveyengine.store.schema import Key

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEPT = (
    "key, id, token_hash, survey, digest, event, customer, test, recipient, occasion, state, reason, channel, "
    "language, probability, day, planned_at, due_at, expires_after, sent_at, expires_at, answered_at"
)
# What was refused before anything carried it has no message. An attempt was counted when it was claimed.
SENDINGS = """
    INSERT INTO sending (invitation, number, channel, priority, due_at, next_at, state, attempt, fence, lease_until,
        sent_at, reference, reason)
    SELECT key, 1, channel, priority, due_at, coalesce(next_at, due_at),
        CASE state WHEN 'sending' THEN 'claimed' WHEN 'refused' THEN 'withdrawn' ELSE state END,
        CASE WHEN attempt > 0 AND state NOT IN ('planned', 'failed') THEN attempt - 1 ELSE attempt END,
        attempt, lease_until,
        CASE WHEN state IN ('sent', 'uncertain') THEN sent_at END,
        CASE WHEN state = 'sent' THEN reference END,
        CASE state WHEN 'refused' THEN reason WHEN 'sent' THEN NULL WHEN 'failed' THEN coalesce(reference, '')
            ELSE reference END
    FROM invitation WHERE channel IS NOT NULL AND channel <> 'link' AND due_at IS NOT NULL
"""
STATES = "UPDATE invitation SET state = 'planned' WHERE state IN ('sending', 'handed_over')"


def upgrade() -> None:
    _create_sending()
    op.execute(SENDINGS)
    if op.get_bind().dialect.name == "sqlite":
        _rebuild_invitation()
    else:
        _alter_invitation()


def _create_sending() -> None:
    op.create_table(
        "sending",
        sa.Column("key", Key, autoincrement=True, nullable=False),
        sa.Column("invitation", Key, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("next_at", Moment(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease_until", Moment(), nullable=True),
        sa.Column("sent_at", Moment(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('planned', 'claimed', 'handed_over', 'sent', 'uncertain', 'failed', 'withdrawn')",
            name=op.f("ck_sending_state"),
        ),
        sa.CheckConstraint("number >= 1", name=op.f("ck_sending_number")),
        sa.CheckConstraint(
            "(state IN ('sent', 'uncertain')) = (sent_at IS NOT NULL)", name=op.f("ck_sending_sent_is_dated")
        ),
        sa.CheckConstraint(
            "(state IN ('claimed', 'handed_over')) = (lease_until IS NOT NULL)",
            name=op.f("ck_sending_claim_has_a_lease"),
        ),
        sa.CheckConstraint(
            "(state IN ('failed', 'withdrawn')) <= (reason IS NOT NULL)", name=op.f("ck_sending_end_has_a_reason")
        ),
        sa.ForeignKeyConstraint(
            ["invitation"], ["invitation.key"], name=op.f("fk_sending_invitation"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sending")),
        sa.UniqueConstraint("invitation", "number", name=op.f("uq_sending_invitation_number")),
    )
    on_their_way, leased = sa.text("state = 'planned'"), sa.text("lease_until IS NOT NULL")
    op.create_index(
        "ix_sending_next_at",
        "sending",
        ["next_at", sa.text("priority DESC"), "key"],
        sqlite_where=on_their_way,
        postgresql_where=on_their_way,
    )
    op.create_index("ix_sending_lease_until", "sending", ["lease_until"], sqlite_where=leased, postgresql_where=leased)


def _alter_invitation() -> None:
    op.drop_index("ix_invitation_next_at", "invitation")
    op.drop_index("ix_invitation_lease_until", "invitation")
    op.drop_constraint("ck_invitation_claim_has_a_lease", "invitation")
    op.drop_constraint("ck_invitation_state", "invitation")
    op.execute(STATES)
    op.create_check_constraint(
        op.f("ck_invitation_state"), "invitation", "state IN ('planned', 'sent', 'refused', 'failed', 'uncertain')"
    )
    for name in ("next_at", "attempt", "lease_until", "reference", "priority"):
        op.drop_column("invitation", name)


def _rebuild_invitation() -> None:
    """Make the table anew, because SQLite drops no column that a constraint names.

    What refers to it goes on doing so: the migration runs with foreign keys switched off.
    """
    op.create_table(
        "invitation_new",
        sa.Column("key", Key, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("survey", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("event", Key, nullable=True),
        sa.Column("customer", sa.String(length=255), nullable=True),
        sa.Column("test", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("recipient", sa.String(length=64), nullable=True),
        sa.Column("occasion", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("channel", sa.String(length=16), nullable=True),
        sa.Column("language", sa.String(length=35), nullable=True),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("planned_at", Moment(), nullable=False),
        sa.Column("due_at", Moment(), nullable=True),
        sa.Column("expires_after", sa.Integer(), nullable=False),
        sa.Column("sent_at", Moment(), nullable=True),
        sa.Column("expires_at", Moment(), nullable=True),
        sa.Column("answered_at", Moment(), nullable=True),
        sa.CheckConstraint(
            "state IN ('planned', 'sent', 'refused', 'failed', 'uncertain')", name=op.f("ck_invitation_state")
        ),
        sa.CheckConstraint(
            "(state = 'refused') = (reason IS NOT NULL)", name=op.f("ck_invitation_refusal_has_a_reason")
        ),
        sa.CheckConstraint("state = 'refused' OR due_at IS NOT NULL", name=op.f("ck_invitation_plan_is_due")),
        sa.CheckConstraint(
            "(state = 'sent') <= (sent_at IS NOT NULL AND expires_at IS NOT NULL)",
            name=op.f("ck_invitation_sent_is_dated"),
        ),
        sa.CheckConstraint("probability >= 0 AND probability <= 1", name=op.f("ck_invitation_probability")),
        sa.ForeignKeyConstraint(["digest"], ["survey_version.digest"], name=op.f("fk_invitation_digest")),
        sa.ForeignKeyConstraint(["event"], ["event.key"], name=op.f("fk_invitation_event")),
        sa.ForeignKeyConstraint(["customer"], ["customer.id"], name=op.f("fk_invitation_customer")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_invitation")),
        sa.UniqueConstraint("event", "survey", name=op.f("uq_invitation_event_survey")),
        sa.UniqueConstraint("id", name=op.f("uq_invitation_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )
    state = "CASE WHEN state IN ('sending', 'handed_over') THEN 'planned' ELSE state END"
    op.execute(f"INSERT INTO invitation_new ({KEPT}) SELECT {KEPT.replace(' state,', f' {state},')} FROM invitation")  # noqa: S608
    op.drop_table("invitation")
    op.rename_table("invitation_new", "invitation")
    op.create_index("ix_invitation_customer_due_at", "invitation", ["customer", "due_at"])
    op.create_index("ix_invitation_recipient_due_at", "invitation", ["recipient", "due_at"])
    op.create_index("ix_invitation_day", "invitation", ["day"])
