"""Erases a customer: who they were, what they wrote, and every way back from a count to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ..engine import Engine
from ..invitations.reminder import message_key
from ..people.caller import Caller, about_customer, note
from ..results.record import Record
from ..store import customers, erasing, erasures, surveys
from ..store.customers import Person
from ..store.engine.database import Collision, Connection
from ..store.erasing import Holdings
from ..store.erasures import Tombstone
from ..values.enumeration import AuditAction, SurveyMode
from ..values.link_tokens import new_id
from . import outbox, unlinking, whom
from .plan import ErasurePlan, ErasureWish, emptied, plan

TRIES = 5  # after another transaction and this one have waited for each other


class MessageLeaving(Exception):
    """A message to the customer is with a mail server at this moment; a minute later the erasure can be tried again."""

    def __init__(self) -> None:
        super().__init__("a message to this customer is just being sent; try again in a minute")


@dataclass(frozen=True, slots=True)
class Erased(Record):
    """What went of a customer, or has lost whose it was. Nothing else that the engine keeps tells of them."""

    at: datetime
    events: int = 0
    invitations: int = 0
    sendings: int = 0
    drafts: int = 0
    files: int = 0  # mails in a folder
    responses: int = 0
    texts: int = 0  # answers that were written, not chosen
    audit_entries: int = 0
    with_answers: bool = False  # whether the closed answers are out of every count
    is_scrubbed: bool = False  # whether the database's files are free of it already, which PostgreSQL does later


def reach(engine: Engine, name: str) -> tuple[Person, Holdings]:
    """Return whom an id or an address means, and how much there is of them; raises NoCustomer."""
    with engine.database.read() as connection:
        person = whom.found(engine, connection, name)
        return person, erasing.holdings(connection, person.id)


def erase(engine: Engine, name: str, caller: Caller, with_answers: bool = False) -> Erased:
    """Erase the customer of that id, or the only one at that address, in one transaction; return what that was.

    1. Drafts and messages go; nothing that waits is sent. The answers' texts and the facts of their occasions go.
    2. Closed answers and the funnel stay in the counts, as nobody's; `with_answers` they leave every count as well.
    3. An opt-out stays, by the hash of the address; so does the hash of the id, against older events that come again.
    4. The mails in the outbox go, the audit log names a hash instead, and the erasure is written into it.
    5. The database's files are freed of what was deleted.

    Raises NoCustomer where there is none, and MessageLeaving while a message to them is being handed over.
    """
    for left in reversed(range(TRIES)):
        try:
            erased = _erased(engine, name, caller, with_answers)
            break
        except Collision:
            if not left:
                raise
    return replace(erased, is_scrubbed=engine.database.scrub())


def replay(engine: Engine, caller: Caller) -> int:
    """Erase those again whom a restored database holds although they were erased since; return how many."""
    with engine.database.read() as connection:
        stones = {one.customer_hash: one for one in erasures.listed(connection)}
        again = [
            (id, stone)
            for id, known_at in customers.known(connection)
            if (stone := stones.get(engine.hasher.customer(id))) and (known_at is None or known_at <= stone.at)
        ]
    for id, _ in again:
        erase(engine, id, caller)
    return len(again)


def _erased(engine: Engine, name: str, caller: Caller, with_answers: bool) -> Erased:
    with engine.database.write() as connection:
        person = whom.found(engine, connection, name)
        if customers.locked(connection, person.id) is None:
            raise whom.NoCustomer(name)
        if erasing.is_leaving(connection, person.id, caller.now):
            raise MessageLeaving
        held, invitations = erasing.holdings(connection, person.id), erasing.invitations(connection, person.id)
        secret = [one.digest for one in surveys.imprints(connection) if one.mode is SurveyMode.ANONYMOUS]
        wish = ErasureWish(with_answers, secret, caller.now)
        keys = [message_key(*one) for one in erasing.messages(connection, person.id)]
        planned = plan(invitations, erasing.responses(connection, person.id), wish, new_id)
        _rows(connection, person.id, planned, caller.now)
        _record(engine, connection, person, caller.now)
        files = outbox.forget(engine, {*keys, *(one.id for one in invitations)})
        mentions = _mentions(engine, connection, person, [one.id for one in invitations])
        erased = Erased(caller.now, **held._asdict(), files=files, audit_entries=mentions, with_answers=with_answers)
        note(connection, caller, AuditAction.CUSTOMER_ERASED, _told(engine, person, erased))
        return erased


def _told(engine: Engine, person: Person, erased: Erased) -> str:
    """Return what the audit log says of an erasure: by a hash, whose, and how much of each."""
    counts = (f"{name} {n}" for name, n in erased.said() if isinstance(n, int) and n is not False)
    return f"{about_customer(unlinking.pseudonym(engine, person.id))}: {', '.join(counts)}"


def _rows(connection: Connection, id: str, planned: ErasurePlan, now: datetime) -> None:
    """Take the customer out of the rows of what happened."""
    unlinking.unlink(connection, planned, erasing.drop_texts, {})
    erasing.drop_events(connection, id)
    erasing.change_events(connection, [emptied(one, new_id, now) for one in erasing.events(connection, id)])


def _record(engine: Engine, connection: Connection, person: Person, now: datetime) -> None:
    """Forget the customer's own record; a tombstone with the opt-out stays, by a hash."""
    stone = Tombstone(engine.hasher.customer(person.id), now, person.opted_out_at)
    erasures.keep(connection, [stone])
    unlinking.forget_record(engine, connection, person)


def _mentions(engine: Engine, connection: Connection, person: Person, invitations: Sequence[str]) -> int:
    """Name the customer, and what led to them, by a hash in the audit log; return how many entries that were."""
    names = unlinking.renamed(engine, person.id, invitations)
    return unlinking.rename(connection, {**names, **unlinking.renamed_person(engine, person.id)})
