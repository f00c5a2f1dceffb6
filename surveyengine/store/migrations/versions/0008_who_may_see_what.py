"""Who may see what below /staff: people, their sessions and links, tries to sign in, the audit log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from surveyengine.store.moment import Moment

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLES = "role IN ('viewer', 'operator', 'admin')"


def upgrade() -> None:
    _people()
    op.create_table(
        "staff_try",
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.CheckConstraint("n > 0", name=op.f("ck_staff_try_positive")),
        sa.PrimaryKeyConstraint("subject", "slot", name=op.f("pk_staff_try")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit",
        sa.Column("key", KEY, autoincrement=True, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("member", sa.String(length=16), nullable=True),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("network", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_at", "audit", ["at"])


def _people() -> None:
    op.create_table(
        "staff_member",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.CheckConstraint(ROLES, name=op.f("ck_staff_member_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_member")),
        sa.UniqueConstraint("email", name=op.f("uq_staff_member_email")),
    )
    op.create_table(
        "staff_link",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("member", sa.String(length=16), nullable=True),
        sa.Column("expires_at", Moment(), nullable=False),
        _of_a_member("staff_link"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_staff_link")),
        sa.UniqueConstraint("member", name=op.f("uq_staff_link_member")),
    )
    op.create_table(
        "staff_session",
        sa.Column("key", KEY, autoincrement=True, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("member", sa.String(length=16), nullable=False),
        sa.Column("begun_at", Moment(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.Column("browser", sa.Text(), nullable=False),
        _of_a_member("staff_session"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_staff_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_staff_session_token_hash")),
    )
    op.create_index("ix_staff_session_member", "staff_session", ["member"])


def _of_a_member(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_member")
    return sa.ForeignKeyConstraint(["member"], ["staff_member.id"], name=name, ondelete="CASCADE")
