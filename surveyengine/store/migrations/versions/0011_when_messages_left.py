"""When messages left, and which did not, is found without looking at all of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    left = sa.text("sent_at IS NOT NULL")
    op.create_index("ix_sending_sent_at", "sending", ["sent_at"], sqlite_where=left, postgresql_where=left)
    ended = sa.text("state IN ('failed', 'uncertain')")
    op.create_index("ix_sending_ended", "sending", ["key"], sqlite_where=ended, postgresql_where=ended)
