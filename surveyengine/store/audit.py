"""The audit log: who did what below /staff, and who was not let in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from ..values.enumeration import AuditAction
from .schema import audit


class AuditEntry(NamedTuple):
    """One thing that happened; `member` is an id, `who` that person's e-mail address then, "" for a stranger.

    `network` is None for what was done on the command line.
    """

    at: datetime
    member: str | None
    who: str
    action: AuditAction
    subject: str
    network: str | None


def note(connection: Connection, entry: AuditEntry) -> None:
    """Store an entry."""
    connection.execute(insert(audit).values(**entry._asdict()))


def newest(connection: Connection, limit: int, before: int | None = None) -> list[tuple[int, AuditEntry]]:
    """Return entries with their keys, the newest first; only those before that key."""
    query = select(audit.c.key, *(audit.c[name] for name in AuditEntry._fields)).order_by(audit.c.key.desc())
    rows = connection.execute((query.where(audit.c.key < before) if before else query).limit(limit))
    return [(row.key, _entry(row[1:])) for row in rows]


def _entry(columns: Sequence[Any]) -> AuditEntry:
    at, member, who, action, subject, network = columns
    return AuditEntry(at, member, who, AuditAction(action), subject, network)


def naming(connection: Connection) -> list[str]:
    """Return once what entries say that end with the name of a customer or an invitation, or may."""
    words = ("customer ", "invitation ")
    which = or_(*(audit.c.subject.contains(word, autoescape=True) for word in words))
    return list(connection.execute(select(audit.c.subject).where(which).distinct()).scalars())


def rename(connection: Connection, ending: str, instead: str) -> int:
    """Let all entries that end with these words end with others, and return how many there are."""
    theirs = audit.c.subject.endswith(ending, autoescape=True)
    kept = func.substr(audit.c.subject, 1, func.length(audit.c.subject) - len(ending))
    return connection.execute(update(audit).where(theirs).values(subject=kept.concat(instead))).rowcount


def drop_past(connection: Connection, before: datetime) -> None:
    """Forget what happened before that moment."""
    connection.execute(delete(audit).where(audit.c.at < before))
