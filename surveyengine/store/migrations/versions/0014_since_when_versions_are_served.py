"""It is kept since when each version of a survey was served, also where a file returns to what it was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from surveyengine.store.moment import Moment

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "survey_publication",
        sa.Column("survey", sa.String(length=64), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["digest"], ["survey_version.digest"], name=op.f("fk_survey_publication_digest")),
        sa.PrimaryKeyConstraint("survey", "at", name=op.f("pk_survey_publication")),
    )
    op.execute(
        "INSERT INTO survey_publication (survey, at, digest)"
        " SELECT survey, published_at, min(digest) FROM survey_version GROUP BY survey, published_at"
    )
