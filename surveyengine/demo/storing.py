"""Puts the records of a year into the database, in the order in which they came about."""

from __future__ import annotations

from datetime import datetime

from ..store import bulk
from ..store.engine.database import Connection
from .records import Records, Row

FACTS: Row = {"invitation": None, "customer": None, "test": False, "claimed": False, "invited": False}


def store(connection: Connection, records: Records, now: datetime) -> None:
    """Store all that came about until now, in a database that holds nothing of it yet."""
    bulk.add(connection, "account", records.accounts)
    bulk.add(connection, "customer", records.customers)
    _store_events(connection, records)
    _store_invitations(connection, records)
    _store_responses(connection, records)
    drafts = [{"invitation": asked.key, **row} for asked, row in records.drafts if asked.row["expires_at"] >= now]
    bulk.add(connection, "draft", drafts)
    bulk.add(connection, "opt_out", records.opt_outs)
    bulk.add(connection, "undeliverable", records.undeliverable)


def _store_events(connection: Connection, records: Records) -> None:
    events = sorted(records.events, key=lambda one: (one.row["received_at"], one.row["id"]))
    keys = bulk.numbered(connection, "event", [one.row for one in events])
    for one, key in zip(events, keys, strict=True):
        one.key = key


def _store_invitations(connection: Connection, records: Records) -> None:
    asked = sorted(records.invitations, key=lambda one: (one.row["planned_at"], one.event.id, one.survey.id))
    rows = [{**one.row, "event": one.cause.key if one.cause else None} for one in asked]
    for one, key in zip(asked, bulk.numbered(connection, "invitation", rows), strict=True):
        one.key = key
    bulk.add(connection, "sending", [{"invitation": one.key, **one.sending} for one in asked if one.sending])


def _store_responses(connection: Connection, records: Records) -> None:
    rows = [{**FACTS, **one.row, "invitation": one.invitation and one.invitation.key} for one in records.responses]
    bulk.add(connection, "response", rows)
    answers = [{"response": one.row["id"], **said} for one in records.responses for said in one.answers]
    bulk.add(connection, "answer", answers)
