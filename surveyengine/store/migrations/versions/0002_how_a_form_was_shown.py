"""How a form was shown, what was only claimed about it, and what is not sent yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from surveyengine.store.moment import Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # As plain statements, because for a new constraint alembic would copy all responses into a new table on SQLite.
    op.execute(
        "ALTER TABLE response ADD COLUMN layout VARCHAR(16) DEFAULT 'page' NOT NULL"
        " CONSTRAINT ck_response_layout CHECK (layout IN ('page', 'embed', 'kiosk'))"
    )
    op.add_column("response", sa.Column("shuffled", sa.JSON(), nullable=True))
    op.add_column("response", sa.Column("claimed", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "draft",
        sa.Column("invitation", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("given", sa.JSON(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("saved_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invitation"], ["invitation.key"], name=op.f("fk_draft_invitation"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["digest"], ["survey_version.digest"], name=op.f("fk_draft_digest")),
        sa.PrimaryKeyConstraint("invitation", name=op.f("pk_draft")),
    )
