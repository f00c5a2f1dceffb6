"""Since when a clock that is doubted has been right again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from surveyengine.store.moment import Moment

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clock_doubt", sa.Column("agreed_wall", Moment(), nullable=True))
    op.add_column("clock_doubt", sa.Column("agreed_steady", sa.Float(), nullable=True))
