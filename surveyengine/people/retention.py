"""What is kept of people's doings, and for how long."""

from __future__ import annotations

from datetime import datetime, timedelta

from ..store import audit, people, tries
from ..store.engine.database import Connection
from . import session

AUDIT = timedelta(days=400)


def drop_past(connection: Connection, now: datetime) -> None:
    """Forget ended sessions, expired links, tries that are counted no more, and old entries of the audit log."""
    session.drop_past(connection, now)
    people.drop_links(connection, now)
    tries.drop_past(connection, now)
    audit.drop_past(connection, now - AUDIT)
