"""The audit log: who signed in, was refused, exported, saw whose answers they are, and changed people or keys."""

from __future__ import annotations

from flask import request
from werkzeug.wrappers import Response as Answer

from ...i18n.speech import Speech
from ...store import audit
from ...store.audit import AuditEntry
from ...values.enumeration import Role
from ..services import services
from . import words
from .access import addresses, allowed, speech
from .frame import page

bp = addresses("audit")

ENTRIES = 100  # on a page
LARGEST = 2**63 - 1  # what a key of the database can be


@bp.get("/settings/audit")
@allowed(Role.ADMIN)
def shown() -> Answer:
    """The newest entries, or those before the one that the address names."""
    engine, spoken, before = services().engine, speech(), request.args.get("before", 0, type=int)
    with engine.database.read() as connection:
        found = audit.newest(connection, ENTRIES + 1, min(before, LARGEST))
    return page(
        "audit.html",
        "audit",
        entries=[_row(entry, spoken) for _, entry in found[:ENTRIES]],
        older=found[ENTRIES - 1][0] if len(found) > ENTRIES else None,
        zone=engine.config.business.zone,
    )


def _row(entry: AuditEntry, spoken: Speech) -> tuple[AuditEntry, str, str]:
    """Return an entry with what it says in words, and what it is about."""
    said = spoken.gettext(words.ACTIONS[entry.action])
    return entry, said, words.subject(entry.action, entry.subject, spoken)
