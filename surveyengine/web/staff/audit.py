"""The audit log: who signed in, was refused, exported, saw whose answers they are, and changed people or keys."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, request
from werkzeug.wrappers import Response as Answer

from ...i18n.speech import Speech
from ...results.export.shape import Field, Row
from ...store import audit
from ...store.audit import AuditEntry
from ...values.enumeration import Role
from ..services import services
from . import words
from .access import addresses, allowed, speech
from .download import MOST, RowFile, download
from .frame import page

bp = addresses("audit")

ENTRIES = 100  # on a page
FIELDS = (
    Field("entry", "whole"), Field("at", "moment"), Field("who"), Field("action"), Field("subject"), Field("network"),
)  # fmt: skip
LARGEST = 2**63 - 1  # what a key of the database can be


@bp.get("/settings/audit")
@allowed(Role.ADMIN, "before")
def shown() -> Answer:
    """The newest entries, or those before the one that the address names."""
    engine, spoken, found = services().engine, speech(), _newest(ENTRIES + 1)
    return page(
        "audit.html",
        "audit",
        entries=[_row(entry, spoken) for _, entry in found[:ENTRIES]],
        older=found[ENTRIES - 1][0] if len(found) > ENTRIES else None,
        zone=engine.config.business.zone,
        most=MOST,
        query=_query(),
    )


@bp.get("/settings/audit.csv", defaults={"style": "csv"})
@bp.get("/settings/audit.json", defaults={"style": "json"})
@allowed(Role.ADMIN, "before")
def data(style: str) -> Response:
    """The entries as a file, the newest first, or those before the one that the address names."""
    return download(RowFile("audit", FIELDS, (_cells(*each) for each in _newest(MOST)), _query()), style)


def _query() -> str:
    """Return the entry that the address names, as a query."""
    return f"?before={before}" if (before := _before()) else ""


def _before() -> int:
    """Return the key of the entry that the address names, 0 for none: there are none before the first."""
    return max(0, min(request.args.get("before", 0, type=int), LARGEST))


def _newest(limit: int) -> Sequence[tuple[int, AuditEntry]]:
    with services().engine.database.read() as connection:
        return audit.newest(connection, limit, _before())


def _cells(key: int, one: AuditEntry) -> Row:
    """Return an entry as the file has it."""
    return key, one.at, one.who, one.action.value, one.subject, one.network


def _row(entry: AuditEntry, spoken: Speech) -> tuple[AuditEntry, str, str]:
    """Return an entry with what it says in words, and what it is about."""
    said = spoken.gettext(words.ACTIONS[entry.action])
    return entry, said, words.subject(entry.action, entry.subject, spoken)
