"""What is known of mailboxes and of who was erased, each by a hash with a key."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, PrimaryKeyConstraint, String, Table, Text, true

from ..values import name
from .moment import Moment
from .naming import metadata

# The key of all hashes of addresses. It is made once and outlives the signing secret, because opt-outs must.
address_key = Table(
    "address_key",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("made_at", Moment, nullable=False),
    Column("single", Boolean, nullable=False, unique=True, server_default=true()),
    CheckConstraint("single", name="single"),
)

# Opt-outs by the hash of the address, so that they outlive the customer's record; beside it, by the hash of the link
# where it was said, which alone can take it back.
opt_out = Table(
    "opt_out",
    metadata,
    Column("address_hash", String(64), primary_key=True),
    Column("at", Moment, nullable=False),
)

# Who wants fewer invitations instead of none, likewise.
opt_down = Table(
    "opt_down",
    metadata,
    Column("address_hash", String(64), nullable=False),
    Column("scope", String(name.LONGEST), nullable=False),  # a touchpoint that is not asked about; "*": less often
    Column("at", Moment, nullable=False),
    PrimaryKeyConstraint("address_hash", "scope"),
)

# Customers who were erased, by the keyed hash of their id: nothing that happened before may bring them back.
erasure = Table(
    "erasure",
    metadata,
    Column("customer_hash", String(64), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("opted_out_at", Moment),  # what comes back of them, where they had asked not to be invited
)

# Addresses of which a mail server said for good that nobody receives there.
undeliverable = Table(
    "undeliverable",
    metadata,
    Column("address_hash", String(64), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("reply", Text, nullable=False),  # what the server said
)
