"""The tables of who may see what below /staff: people, their sessions and links, tries to sign in, the audit log."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, PrimaryKeyConstraint, String, Table, Text

from ..values.enumeration import Role
from .moment import Moment
from .naming import Key, metadata, one_of

staff_member = Table(
    "staff_member",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("email", String(254), nullable=False, unique=True),  # in its normal form
    Column("name", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("language", String(35), nullable=False),
    Column("password", Text),  # its hash, with how it was made; null until the first link is used
    Column("created_at", Moment, nullable=False),
    one_of("role", Role),
)

# A link by which somebody chooses a password, once. Without a member it makes the first admin.
staff_link = Table(
    "staff_link",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("member", ForeignKey("staff_member.id", ondelete="CASCADE"), unique=True),
    Column("expires_at", Moment, nullable=False),
)

staff_session = Table(
    "staff_session",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("member", ForeignKey("staff_member.id", ondelete="CASCADE"), nullable=False),
    Column("begun_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),  # to some minutes
    Column("browser", Text, nullable=False),
    Index("ix_staff_session_member", "member"),
)

# How often somebody tried to sign in and did not, in each slot of the last hour.
staff_try = Table(
    "staff_try",
    metadata,
    Column("subject", String(64), nullable=False),  # a hash: of an account, of a network, or of both
    Column("slot", Integer, nullable=False),  # since 1970, by what a slot lasts
    Column("n", Integer, nullable=False),
    PrimaryKeyConstraint("subject", "slot"),
    CheckConstraint("n > 0", name="positive"),
    sqlite_with_rowid=False,
)

# It outlives the people that it tells of.
audit = Table(
    "audit",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("member", String(16)),  # null where nobody was signed in
    Column("who", Text, nullable=False),  # as that person was called then
    Column("action", String(16), nullable=False),
    Column("subject", Text, nullable=False),
    Column("network", String(64)),  # null on the command line
    Index("ix_audit_at", "at"),
)
