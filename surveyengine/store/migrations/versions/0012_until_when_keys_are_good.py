"""A key of the API may end, and is known to have been used."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from surveyengine.store.moment import Moment

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("api_key", sa.Column("expires_at", Moment(), nullable=True))
    op.add_column("api_key", sa.Column("last_used_at", Moment(), nullable=True))
