"""Who does something below /staff or on the command line, for the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ..engine import Engine
from ..store import audit
from ..store.audit import AuditEntry
from ..store.engine.database import Connection
from ..store.people import StaffMember
from ..values.enumeration import AuditAction


@dataclass(frozen=True)
class Caller:
    """Whoever asks for something, where from, with what browser, and when.

    `member` is None for a stranger, and `network` on the command line; "" is one that is not known. A machine has the
    name of its `key`.
    """

    now: datetime
    network: str | None = None
    browser: str = ""
    member: StaffMember | None = None
    key: str = ""

    @property
    def somebody(self) -> StaffMember:
        """Who it is; raises LookupError for a stranger."""
        if self.member is None:
            raise LookupError("nobody has signed in")
        return self.member


def about_customer(id: str) -> str:
    """Return how the audit log names a customer, at the end of what it says: an erasure finds them by it."""
    return f"customer {id}"


def note(connection: Connection, caller: Caller, action: AuditAction, subject: str = "") -> None:
    """Write into the audit log what the caller does; `subject` is to what or whom."""
    id, who = (caller.member.id, caller.member.email) if caller.member else (None, caller.key)
    audit.note(connection, AuditEntry(caller.now, id, who, action, subject, caller.network))


def noted(engine: Engine, caller: Caller, action: AuditAction, subject: str = "") -> None:
    """The same in a transaction of its own."""
    with engine.database.write() as connection:
        note(connection, caller, action, subject)
