"""The tables of the lot that decides whose turn it is: what each occasion drew, and how surveys stand day by day."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
)

from ..values import name
from .naming import Key, metadata

# Of each invitation that the lot decided about, refused ones too; gone as soon as nobody knows whose it was.
allotment = Table(
    "allotment",
    metadata,
    Column("invitation", Key, ForeignKey("invitation.key", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("tickets", LargeBinary(32), nullable=False),  # a bit for each; none once a later event undid the occasion
    Column("allotted", Integer, nullable=False),  # how many tickets were drawn
    Column("scale", Float, nullable=False),  # the chance of the survey's occasions while nothing stood against them
    Column("wished", Float, nullable=False),  # the chance that this one would have had, had there been room
    CheckConstraint("length(tickets) = 32", name="tickets"),
    CheckConstraint("allotted >= 0 AND allotted <= 256", name="allotted"),
    CheckConstraint("scale > 0 AND scale <= 1", name="scale"),
    CheckConstraint("wished >= 0 AND wished <= scale", name="wished"),
)

# With which chance a survey's occasions begin on a day, made once in the night before, and what that rests on.
survey_scale = Table(
    "survey_scale",
    metadata,
    Column("survey", String(name.LONGEST), nullable=False),
    Column("day", Date, nullable=False),  # in the business's time zone
    Column("chance", Float, nullable=False),
    Column("occasions", Float, nullable=False),
    Column("wished", Float, nullable=False),
    Column("given", Float, nullable=False),
    Column("through", BigInteger, nullable=False),  # the key of the last invitation that is in the sums
    PrimaryKeyConstraint("survey", "day"),
    CheckConstraint("chance > 0 AND chance <= 1", name="chance"),
    CheckConstraint("occasions >= 0 AND wished >= 0 AND given >= 0", name="sums"),
)
