"""Since when a customer is known: the time from which surveys that come every so often are counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from surveyengine.store.schema import Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not null is left to the code: SQLite would have to make the table anew, and drop what others refer to.
    op.add_column("customer", sa.Column("known_at", Moment(), nullable=True))
    first = "SELECT MIN(event.received_at) FROM event WHERE event.customer = customer.id AND NOT event.test"
    op.execute(f"UPDATE customer SET known_at = ({first})")  # noqa: S608  # no input in it
    op.create_index("ix_customer_known_at", "customer", ["known_at", "id"])
