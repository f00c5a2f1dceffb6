"""What invited customers have answered and not sent yet; an answer, once stored, leaves no draft."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, exists, select

from .engine.upsert import upsert
from .schema import draft, invitation
from .sendings import drop_reminders

Given = Mapping[str, Sequence[str]]
OPEN = select(invitation.c.key).where(
    invitation.c.key == bindparam("key"), invitation.c.answered_at.is_(None), invitation.c.customer.is_not(None)
)
OF_INVITATION = draft.c.invitation == bindparam("key")
FOUND = select(draft.c.given, draft.c.page).where(OF_INVITATION, draft.c.digest == bindparam("digest"))
VERSION = select(draft.c.digest).where(OF_INVITATION)
GONE = delete(draft).where(OF_INVITATION)

OVER = exists().where(invitation.c.key == draft.c.invitation, invitation.c.expires_at < bindparam("now"))
EXPIRED = delete(draft).where(OVER)


class Draft(NamedTuple):
    """The fields of a form as they were posted, by their names, and the page that was open."""

    given: Given
    page: int


class BegunAnswers(NamedTuple):
    """What was answered so far to a version, and not sent."""

    digest: str
    given: Given


class BegunForm(NamedTuple):
    """The form of an invitation, by its key, in one version of its survey."""

    invitation: int
    digest: str


def save(connection: Connection, form: BegunForm, saved: Draft, now: datetime) -> bool:
    """Keep a draft instead of the one before; whoever has begun is not reminded.

    False where there is nothing to keep: the invitation was answered, or its customer erased.
    """
    # The lock makes an answer that is being stored come first.
    if connection.execute(OPEN.with_for_update(), {"key": form.invitation}).first() is None:
        return False
    values = {"digest": form.digest, "given": saved.given, "page": saved.page, "saved_at": now}
    insert = upsert(connection, draft).values(invitation=form.invitation, **values)
    connection.execute(insert.on_conflict_do_update(index_elements=[draft.c.invitation], set_=values))
    drop_reminders(connection, form.invitation)
    return True


def find(connection: Connection, form: BegunForm) -> Draft | None:
    """Return the draft of a form; None where there is none."""
    row = connection.execute(FOUND, {"key": form.invitation, "digest": form.digest}).first()
    return Draft(row.given, row.page) if row else None


def version(connection: Connection, key: int) -> str | None:
    """Return the digest of the version in which an invitation's form was begun; None where there is no draft."""
    return connection.execute(VERSION, {"key": key}).scalar_one_or_none()


def begun(connection: Connection, customer: str) -> dict[str, BegunAnswers]:
    """Return what a customer has begun to answer, by the ids of the invitations."""
    columns = (invitation.c.id, *draft.c["digest", "given"])
    query = select(*columns).join(invitation, invitation.c.key == draft.c.invitation)
    return {id: BegunAnswers(*row) for id, *row in connection.execute(query.where(invitation.c.customer == customer))}


def drop(connection: Connection, key: int) -> None:
    """Forget the draft of an invitation."""
    connection.execute(GONE, {"key": key})


def drop_expired(connection: Connection, now: datetime) -> int:
    """Forget the drafts that nobody can send any more, because their invitations have expired; return how many."""
    return connection.execute(EXPIRED, {"now": now}).rowcount
