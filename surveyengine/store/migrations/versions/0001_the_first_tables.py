"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from surveyengine.store.moment import Moment

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
    )
    op.create_table(
        "api_key",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("revoked_at", Moment(), nullable=True),
        sa.CheckConstraint("scope IN ('events', 'read', 'admin')", name=op.f("ck_api_key_scope")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_api_key")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_key_key_hash")),
    )
    op.create_table(
        "opt_out",
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("address_hash", name=op.f("pk_opt_out")),
    )
    op.create_table(
        "survey_version",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("survey", sa.String(length=64), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("published_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_survey_version")),
    )
    op.create_table(
        "tally",
        sa.Column("survey", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("question", sa.String(length=64), nullable=False),
        sa.Column("series", sa.String(length=32), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.CheckConstraint("n > 0", name=op.f("ck_tally_positive")),
        sa.PrimaryKeyConstraint("survey", "day", "question", "series", "value", name=op.f("pk_tally")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "current_survey",
        sa.Column("survey", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["digest"], ["survey_version.digest"], name=op.f("fk_current_survey_digest")),
        sa.PrimaryKeyConstraint("survey", name=op.f("pk_current_survey")),
    )
    op.create_table(
        "customer",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=64), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("language", sa.String(length=35), nullable=True),
        sa.Column("timezone", sa.String(length=64), nullable=True),
        sa.Column("account", sa.String(length=255), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.Column("opted_out_at", Moment(), nullable=True),
        sa.Column("known_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name=op.f("fk_customer_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer")),
    )
    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.create_index("ix_customer_known_at", ["known_at", "id"], unique=False)

    op.create_table(
        "event",
        sa.Column("key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("type", sa.String(length=255), nullable=False),
        sa.Column("time", Moment(), nullable=False),
        sa.Column("customer", sa.String(length=255), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("test", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("received_at", Moment(), nullable=False),
        sa.Column("outcome", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["customer"], ["customer.id"], name=op.f("fk_event_customer")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_event")),
        sa.UniqueConstraint("source", "id", "test", name=op.f("uq_event_source_id_test")),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index("ix_event_customer_type_time", ["customer", "type", "time"], unique=False)

    op.create_table(
        "invitation",
        sa.Column("key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("survey", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("event", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("customer", sa.String(length=255), nullable=True),
        sa.Column("test", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("channel", sa.String(length=16), nullable=True),
        sa.Column("language", sa.String(length=35), nullable=True),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("planned_at", Moment(), nullable=False),
        sa.Column("due_at", Moment(), nullable=True),
        sa.Column("next_at", Moment(), nullable=True),
        sa.Column("expires_after", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease_until", Moment(), nullable=True),
        sa.Column("sent_at", Moment(), nullable=True),
        sa.Column("expires_at", Moment(), nullable=True),
        sa.Column("answered_at", Moment(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(state = 'refused') = (reason IS NOT NULL)", name=op.f("ck_invitation_refusal_has_a_reason")
        ),
        sa.CheckConstraint(
            "(state = 'sent') <= (sent_at IS NOT NULL AND expires_at IS NOT NULL)",
            name=op.f("ck_invitation_sent_is_dated"),
        ),
        sa.CheckConstraint(
            "(state IN ('sending', 'handed_over')) = (lease_until IS NOT NULL)",
            name=op.f("ck_invitation_claim_has_a_lease"),
        ),
        sa.CheckConstraint("state = 'refused' OR due_at IS NOT NULL", name=op.f("ck_invitation_plan_is_due")),
        sa.CheckConstraint(
            "state IN ('planned', 'sending', 'handed_over', 'sent', 'refused', 'failed', 'uncertain')",
            name=op.f("ck_invitation_state"),
        ),
        sa.CheckConstraint("probability >= 0 AND probability <= 1", name=op.f("ck_invitation_probability")),
        sa.ForeignKeyConstraint(["customer"], ["customer.id"], name=op.f("fk_invitation_customer")),
        sa.ForeignKeyConstraint(["digest"], ["survey_version.digest"], name=op.f("fk_invitation_digest")),
        sa.ForeignKeyConstraint(["event"], ["event.key"], name=op.f("fk_invitation_event")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_invitation")),
        sa.UniqueConstraint("event", "survey", name=op.f("uq_invitation_event_survey")),
        sa.UniqueConstraint("id", name=op.f("uq_invitation_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.create_index("ix_invitation_customer_due_at", ["customer", "due_at"], unique=False)
        batch_op.create_index("ix_invitation_day", ["day"], unique=False)
        batch_op.create_index(
            "ix_invitation_lease_until",
            ["lease_until"],
            unique=False,
            sqlite_where=sa.text("lease_until IS NOT NULL"),
            postgresql_where=sa.text("lease_until IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_invitation_next_at",
            ["next_at", sa.literal_column("priority DESC"), "key"],
            unique=False,
            sqlite_where=sa.text("state = 'planned'"),
            postgresql_where=sa.text("state = 'planned'"),
        )

    op.create_table(
        "response",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("survey", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("invitation", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("customer", sa.String(length=255), nullable=True),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("answered_at", Moment(), nullable=True),
        sa.Column("context", sa.JSON(), nullable=False),
        sa.Column("test", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("folded", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.CheckConstraint("direction IN ('ltr', 'rtl')", name=op.f("ck_response_direction")),
        sa.ForeignKeyConstraint(["customer"], ["customer.id"], name=op.f("fk_response_customer")),
        sa.ForeignKeyConstraint(["digest"], ["survey_version.digest"], name=op.f("fk_response_digest")),
        sa.ForeignKeyConstraint(["invitation"], ["invitation.key"], name=op.f("fk_response_invitation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_response")),
        sa.UniqueConstraint("invitation", name=op.f("uq_response_invitation")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("response", schema=None) as batch_op:
        batch_op.create_index("ix_response_survey_day", ["survey", "day"], unique=False)
        batch_op.create_index(
            "ix_response_unfolded",
            ["id"],
            unique=False,
            sqlite_where=sa.text("NOT folded"),
            postgresql_where=sa.text("NOT folded"),
        )

    op.create_table(
        "answer",
        sa.Column("response", sa.String(length=32), nullable=False),
        sa.Column("question", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("series", sa.String(length=32), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["response"], ["response.id"], name=op.f("fk_answer_response"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("response", "question", "position", name=op.f("pk_answer")),
        sqlite_with_rowid=False,
    )
