"""The tables. Facts are columns, states are derived where they can be, and what must never happen is a constraint."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)

from ..values import label, name
from ..values.enumeration import Direction, FormLayout, InvitationState, KeyScope, SendingState
from .address_schema import address_key as address_key
from .address_schema import erasure as erasure
from .address_schema import opt_down as opt_down
from .address_schema import opt_out as opt_out
from .address_schema import undeliverable as undeliverable
from .lottery_schema import allotment as allotment
from .lottery_schema import survey_scale as survey_scale
from .moment import Moment
from .naming import Key as Key
from .naming import metadata as metadata
from .naming import one_of
from .staff_schema import audit as audit
from .staff_schema import staff_link as staff_link
from .staff_schema import staff_member as staff_member
from .staff_schema import staff_session as staff_session
from .staff_schema import staff_try as staff_try
from .survey_schema import current_survey as current_survey
from .survey_schema import survey_publication as survey_publication
from .survey_schema import survey_version as survey_version

account = Table(
    "account",
    metadata,
    Column("id", String(label.LONGEST), primary_key=True),
    Column("seen_at", Moment, nullable=False),
)

customer = Table(
    "customer",
    metadata,
    Column("id", String(label.LONGEST), primary_key=True),
    Column("email", String(254)),
    Column("phone", String(64)),
    Column("name", Text),
    Column("language", String(35)),
    Column("timezone", String(64)),
    Column("account", ForeignKey("account.id")),
    Column("role", Text),
    Column("changed_at", Moment, nullable=False),  # of the newest event that told something of the customer
    Column("opted_out_at", Moment),
    # When we first heard of the customer, which may be long after their first event; null where only test events did.
    Column("known_at", Moment),
    Column("address_hash", String(64)),  # of the e-mail address in its normal form: who shares a mailbox
    Index("ix_customer_known_at", "known_at", "id"),  # whose turn it is
    Index("ix_customer_address_hash", "address_hash"),
)
HAS_ACCOUNT = text("account IS NOT NULL")
Index("ix_customer_account", customer.c.account, sqlite_where=HAS_ACCOUNT, postgresql_where=HAS_ACCOUNT)

event = Table(
    "event",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=True),
    Column("source", String(label.LONGEST), nullable=False),
    Column("id", String(label.LONGEST), nullable=False),
    Column("type", String(label.LONGEST), nullable=False),
    Column("time", Moment, nullable=False),
    Column("customer", ForeignKey("customer.id")),
    Column("data", JSON, nullable=False),
    Column("test", Boolean, nullable=False, server_default=false()),
    Column("received_at", Moment, nullable=False),
    Column("outcome", JSON, nullable=False),
    UniqueConstraint("source", "id", "test"),  # what was tried must not stand in the way of what happens
    Index("ix_event_customer_type_time", "customer", "type", "time"),  # was there a counter-event?
)

# Whether a customer is asked, and what is true of that whatever is sent.
invitation = Table(
    "invitation",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("token_hash", String(64), unique=True),  # of its link; null until it is given to somebody
    Column("survey", String(name.LONGEST), nullable=False),
    Column("digest", ForeignKey("survey_version.digest"), nullable=False),
    Column("event", ForeignKey("event.key")),
    Column("customer", ForeignKey("customer.id")),
    Column("test", Boolean, nullable=False, server_default=false()),
    Column("recipient", String(64)),  # the hash of the address that receives it
    Column("occasion", String(64)),  # the hash of what it is about; null where every event is an occasion of its own
    Column("state", String(16), nullable=False),
    Column("reason", String(32)),
    Column("channel", String(16)),
    Column("language", String(35)),
    Column("probability", Float, nullable=False),
    Column("day", Date, nullable=False),  # of the event, in the business's time zone
    Column("planned_at", Moment, nullable=False),
    Column("due_at", Moment),
    Column("expires_after", Integer, nullable=False),  # seconds after the first sending
    Column("sent_at", Moment),  # for the first time
    Column("expires_at", Moment),
    Column("answered_at", Moment),
    # Where the funnel counts it, and whether it still stands there: whatever changes a row makes it count anew.
    Column("counted_in", BigInteger),  # the key of a funnel_tally
    Column("folded", Boolean, nullable=False, server_default=false(), onupdate=false()),
    UniqueConstraint("event", "survey"),
    one_of("state", InvitationState),
    CheckConstraint("(state = 'refused') = (reason IS NOT NULL)", name="refusal_has_a_reason"),
    CheckConstraint("state = 'refused' OR due_at IS NOT NULL", name="plan_is_due"),
    CheckConstraint("(state = 'sent') <= (sent_at IS NOT NULL AND expires_at IS NOT NULL)", name="sent_is_dated"),
    CheckConstraint("probability >= 0 AND probability <= 1", name="probability"),
    Index("ix_invitation_customer_due_at", "customer", "due_at"),  # cooldowns
    Index("ix_invitation_recipient_due_at", "recipient", "due_at"),
    Index("ix_invitation_day", "day"),  # the report's funnel
)
UNFOLDED = text("NOT folded")  # a query must spell it like this too, or SQLite reads all rows instead of the index
Index("ix_invitation_unfolded", invitation.c.state, sqlite_where=UNFOLDED, postgresql_where=UNFOLDED)
IS_OPEN = text(
    "answered_at IS NULL AND state IN ('sent', 'uncertain') AND NOT test AND (channel IS NULL OR channel <> 'link')"
)
Index(
    "ix_invitation_open",  # until when an answer can come
    invitation.c.survey,
    invitation.c.expires_at,
    invitation.c.day,
    sqlite_where=IS_OPEN,
    postgresql_where=IS_OPEN,
)

# A message that carries an invitation to its customer: the first, or a reminder.
sending = Table(
    "sending",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=True),
    Column("invitation", ForeignKey("invitation.key", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),  # 1 for the first
    Column("channel", String(16), nullable=False),
    Column("priority", Integer, nullable=False),  # who comes first of those that are due at once
    Column("due_at", Moment, nullable=False),
    Column("next_at", Moment, nullable=False),  # when it is tried next: due_at, or later
    Column("state", String(16), nullable=False),
    Column("attempt", Integer, nullable=False, server_default="0"),  # how often it was refused for now
    Column("fence", Integer, nullable=False, server_default="0"),  # how often it was claimed; names the claim
    Column("lease_until", Moment),
    Column("sent_at", Moment),
    Column("reference", Text),  # what the mail server, or the file channel, called it
    Column("reason", Text),  # what went wrong, or why it was withdrawn
    UniqueConstraint("invitation", "number"),
    one_of("state", SendingState),
    CheckConstraint("number >= 1", name="number"),
    CheckConstraint("(state IN ('sent', 'uncertain')) = (sent_at IS NOT NULL)", name="sent_is_dated"),
    CheckConstraint("(state IN ('claimed', 'handed_over')) = (lease_until IS NOT NULL)", name="claim_has_a_lease"),
    CheckConstraint("(state IN ('failed', 'withdrawn')) <= (reason IS NOT NULL)", name="end_has_a_reason"),
)
# What is due next, and whose lease has run out: only the rows still on their way.
Index(
    "ix_sending_next_at",
    sending.c.next_at,
    sending.c.priority.desc(),
    sending.c.key,  # the whole order, because a night's invitations are all due when the quiet hours end
    sqlite_where=sending.c.state == SendingState.PLANNED,
    postgresql_where=sending.c.state == SendingState.PLANNED,
)
# When messages left; and those that did not, or may not have, of which there are few.
LEFT = text("sent_at IS NOT NULL")
Index("ix_sending_sent_at", sending.c.sent_at, sqlite_where=LEFT, postgresql_where=LEFT)
ENDED = text("sending.state IN ('failed', 'uncertain')")  # as queries must spell it too, for the index
_ENDED = text("state IN ('failed', 'uncertain')")
Index("ix_sending_ended", sending.c.key, sqlite_where=_ENDED, postgresql_where=_ENDED)
Index(
    "ix_sending_lease_until",
    sending.c.lease_until,
    sqlite_where=sending.c.lease_until.is_not(None),
    postgresql_where=sending.c.lease_until.is_not(None),
)

# The id is the submission's random number, and there is no other order: an anonymous answer cannot be placed in time.
response = Table(
    "response",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("survey", String(name.LONGEST), nullable=False),
    Column("digest", ForeignKey("survey_version.digest"), nullable=False),
    Column("invitation", ForeignKey("invitation.key"), unique=True),
    Column("customer", ForeignKey("customer.id")),
    Column("language", String(35), nullable=False),
    Column("direction", String(3), nullable=False),
    # Of the event where there is one, else of the answer, in the business's time zone; of an anonymous answer only the
    # last day of its month.
    Column("day", Date, nullable=False),
    Column("answered_at", Moment),  # not kept where answers are anonymous
    Column("context", JSON, nullable=False),
    Column("claimed", Boolean, nullable=False, server_default=false()),  # the context came unsigned with an open link
    # Whether an invitation led to it; of an anonymous answer nothing else is known of that.
    Column("invited", Boolean, nullable=False, server_default=false()),
    Column("layout", String(16), nullable=False, server_default=FormLayout.PAGE),
    Column("shuffled", JSON(none_as_null=True)),  # where options were: question -> their order on this page
    Column("test", Boolean, nullable=False, server_default=false()),
    Column("folded", Boolean, nullable=False, server_default=false()),
    one_of("direction", Direction),
    one_of("layout", FormLayout),
    Index("ix_response_survey_day", "survey", "day", "customer"),  # who answered again
    sqlite_with_rowid=False,
)
Index("ix_response_unfolded", response.c.id, sqlite_where=UNFOLDED, postgresql_where=UNFOLDED)
KNOWN = text("customer IS NOT NULL")
Index(
    "ix_response_customer",
    *response.c["customer", "survey", "day"],  # and where else
    sqlite_where=KNOWN,
    postgresql_where=KNOWN,
)
# A sixteenth of all responses, of which the design effect of long periods is estimated.
DRAWN = text("substr(response.id, 2, 1) IN ('0', '1', '2', '3')")
_DRAWN = text("substr(id, 2, 1) IN ('0', '1', '2', '3')")
Index(
    "ix_response_drawn",
    *response.c["survey", "day", "customer"],
    sqlite_where=_DRAWN,
    postgresql_where=_DRAWN,
    postgresql_include=["id"],  # which SQLite has in every index of this table
)

answer = Table(
    "answer",
    metadata,
    Column("response", ForeignKey("response.id", ondelete="CASCADE"), nullable=False),
    Column("question", String(name.LONGEST), nullable=False),
    Column("position", Integer, nullable=False),  # 0, and more where several options are chosen
    Column("series", String(32), nullable=False),
    Column("counted", Boolean, nullable=False),  # one of the offered answers, which a histogram can hold
    Column("value", Text, nullable=False),
    PrimaryKeyConstraint("response", "question", "position"),
    sqlite_with_rowid=False,
)

# What an invitation's form holds so far, so that its customer can go on elsewhere; gone with the answer.
draft = Table(
    "draft",
    metadata,
    Column("invitation", ForeignKey("invitation.key", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("digest", ForeignKey("survey_version.digest"), nullable=False),
    Column("given", JSON, nullable=False),  # question -> what was written or chosen, as it was posted
    Column("page", Integer, nullable=False),
    Column("saved_at", Moment, nullable=False),
)

# How many answers came from a network by open links, in each slot of the last hour.
allowance = Table(
    "allowance",
    metadata,
    Column("client", String(32), nullable=False),  # a hash of the network
    Column("slot", Integer, nullable=False),  # since 1970, by what a slot lasts
    Column("n", Integer, nullable=False),
    PrimaryKeyConstraint("client", "slot"),
    sqlite_with_rowid=False,
)

api_key = Table(
    "api_key",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("key_hash", String(64), nullable=False, unique=True),
    Column("scope", String(16), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    Column("expires_at", Moment),  # from when on it allows nothing; null for a key without an end
    Column("last_used_at", Moment),  # to the hour
    one_of("scope", KeyScope),
)

# Until when the engine is known to have worked, by a clock that was believed.
heartbeat = Table(
    "heartbeat",
    metadata,
    Column("single", Boolean, primary_key=True, server_default=true()),
    Column("at", Moment, nullable=False),
    Column("resumed", Integer, nullable=False, server_default="0"),  # how often somebody said that a clock is right
    Column("ahead", BigInteger, nullable=False, server_default="0"),  # seconds, of that clock before the database's
    CheckConstraint("single", name="single"),
)

# The machines whose clocks are not believed: they send nothing.
clock_doubt = Table(
    "clock_doubt",
    metadata,
    Column("node", String(255), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("off", BigInteger, nullable=False),  # seconds that the clock was ahead when it came to be doubted
    Column("since", Moment, nullable=False),  # by the doubted clock itself
    # What was last believed: a moment, and the seconds since that start of the machine; null where nothing was.
    Column("wall", Moment),
    Column("steady", Float),
    Column("boot", String(64)),
    # The same of the moment since when the clock has been right again; null where it is not.
    Column("agreed_wall", Moment),
    Column("agreed_steady", Float),
)
