"""The tables of survey files: every version that was ever served, since when, and which one is served now."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, PrimaryKeyConstraint, String, Table

from ..values import name
from .moment import Moment
from .naming import metadata

survey_version = Table(
    "survey_version",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("survey", String(name.LONGEST), nullable=False),
    Column("stage", String(16), nullable=False),
    Column("content", JSON, nullable=False),
    Column("published_at", Moment, nullable=False),
)

# Since when each version was served, each time that it took the place of another.
survey_publication = Table(
    "survey_publication",
    metadata,
    Column("survey", String(name.LONGEST), nullable=False),
    Column("at", Moment, nullable=False),
    Column("digest", ForeignKey("survey_version.digest"), nullable=False),
    PrimaryKeyConstraint("survey", "at"),
)

# The version of each survey that is served: the last good one.
current_survey = Table(
    "current_survey",
    metadata,
    Column("survey", String(name.LONGEST), primary_key=True),
    Column("digest", ForeignKey("survey_version.digest"), nullable=False),
    Column("retired_at", Moment),  # since when it asks nobody any more, though its file is gone
)
