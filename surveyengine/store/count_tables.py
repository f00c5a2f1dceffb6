"""The tables of counts, by days and by months; both are made of the rows that they count, and can be made again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from ..values import name
from . import schema
from .moment import Moment

metadata = schema.metadata
LONGEST_FACT = 200  # characters


def _tally_columns() -> list[Column[Any]]:
    return [
        Column("digest", ForeignKey("survey_version.digest"), nullable=False),
        Column("day", Date, nullable=False),
        Column("question", String(name.LONGEST), nullable=False),
        Column("series", String(32), nullable=False),
        Column("value", String(64), nullable=False),
        Column("place", Integer, nullable=False),  # of an option in a ranking, the first as 0; else 0
        Column("n", Integer, nullable=False),
    ]


def _funnel_columns() -> list[Column[Any]]:
    return [
        Column("survey", String(name.LONGEST), nullable=False),
        Column("digest", ForeignKey("survey_version.digest"), nullable=False),
        Column("day", Date, nullable=False),
        Column("state", String(16), nullable=False),
        Column("reason", String(32), nullable=False),  # "" where it is not refused
        Column("answered", Boolean, nullable=False),
        Column("beaten", Text, nullable=False),  # the surveys whose invitation for the same event came further, by id
        Column("n", Integer, nullable=False),
        Column("until", Moment),  # when the last of all that were ever counted here expires
    ]


def _segment_columns() -> list[Column[Any]]:
    return [
        Column("field", String(64), nullable=False),
        Column("day", Date, nullable=False),
        Column("said", String(8), nullable=False),  # fact or claim
        Column("fact", String(LONGEST_FACT), nullable=False),  # "" for a claim, whatever it is
        Column("digest", ForeignKey("survey_version.digest"), nullable=False),
        Column("question", String(name.LONGEST), nullable=False),
        Column("value", String(64), nullable=False),
        Column("n", Integer, nullable=False),
    ]


# The folded histogram of each version; what is not folded yet is counted from the answers in the same read.
tally = Table(
    "tally",
    metadata,
    *_tally_columns(),
    PrimaryKeyConstraint("digest", "day", "question", "series", "value", "place"),
    CheckConstraint("n > 0", name="positive"),
    Index("ix_tally_day", "day"),
    sqlite_with_rowid=False,
)
# The same by months, of which `day` is the first.
tally_month = Table(
    "tally_month",
    metadata,
    *_tally_columns(),
    PrimaryKeyConstraint("day", "digest", "question", "series", "value", "place"),
    CheckConstraint("n > 0", name="positive"),
    sqlite_with_rowid=False,
)

# The folded funnel: how many invitations of a day stand where. What has changed since is counted from the invitations
# in the same read.
funnel_tally = Table(
    "funnel_tally",
    metadata,
    Column("key", schema.Key, primary_key=True, autoincrement=True),
    *_funnel_columns(),
    UniqueConstraint("digest", "day", "survey", "state", "reason", "answered", "beaten"),
    CheckConstraint("n > 0", name="positive"),
    Index("ix_funnel_tally_day", "day"),
)
# The same by months, of which `day` is the first.
funnel_month = Table(
    "funnel_month",
    metadata,
    *_funnel_columns(),
    PrimaryKeyConstraint("day", "digest", "survey", "state", "reason", "answered", "beaten"),
    CheckConstraint("n > 0", name="positive"),
)

# Which fields of the context are counted: those that were facts, until one has so many values that it identifies
# something.
segment_field = Table(
    "segment_field",
    metadata,
    Column("field", String(64), primary_key=True),
    Column("counted", Boolean, nullable=False),
    # Up to which id responses are counted so far, while a field that has become known is; null where all are.
    Column("reached", String(32)),
)
segment_value = Table(
    "segment_value",
    metadata,
    Column("field", String(64), nullable=False),
    Column("fact", String(LONGEST_FACT), nullable=False),
    PrimaryKeyConstraint("field", "fact"),
    sqlite_with_rowid=False,
)
# How often a value was answered where a field was a fact, or was claimed; by days and by months.
SEGMENT_KEYS = ("field", "day", "said", "fact", "digest", "question", "value")
segment_tally = Table(
    "segment_tally",
    metadata,
    *_segment_columns(),
    PrimaryKeyConstraint(*SEGMENT_KEYS),
    CheckConstraint("n > 0", name="positive"),
    sqlite_with_rowid=False,
)
segment_month = Table(
    "segment_month",
    metadata,
    *_segment_columns(),
    PrimaryKeyConstraint(*SEGMENT_KEYS),
    CheckConstraint("n > 0", name="positive"),
    sqlite_with_rowid=False,
)

# Up to which day rows of a survey's responses and invitations have gone, and how many: of those days only the counts
# tell, and are never made anew. What comes later for one of these days is counted as ever.
retention = Table(
    "retention",
    metadata,
    Column("survey", String(name.LONGEST), primary_key=True),
    Column("until", Date, nullable=False),
    Column("responses", Integer, nullable=False),
    Column("invitations", Integer, nullable=False),
    CheckConstraint("responses >= 0 AND invitations >= 0 AND responses + invitations > 0", name="something_went"),
    sqlite_with_rowid=False,
)
