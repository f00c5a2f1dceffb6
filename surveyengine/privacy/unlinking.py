"""Carries out what was decided of a customer's invitations and responses, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from ..engine import Engine
from ..people.caller import about_customer
from ..store import audit, erasing, funnel_tallies, optouts, tallies
from ..store.customers import Person
from ..store.engine.database import Connection
from .plan import ERASED, ErasurePlan

PSEUDONYM = 12  # digits of the hash by which the audit log names whom nobody knows any more
Words = Callable[[Connection, Collection[str]], int]
"""Forgets what was written in responses that stay, by their ids; returns how many answers that were."""


def unlink(
    connection: Connection, planned: ErasurePlan, words: Words, contexts: Mapping[str, Mapping[str, str]]
) -> None:
    """Take the customer out of the rows, and each row that changes out of the counts until it has.

    `contexts` are the facts that stay of a response, by its id; of others none do.
    """
    erasing.drop_messages(connection, [*planned.gone_invitations, *(one["at"] for one in planned.unlinked_invitations)])
    for some in erasing.batches({*planned.gone_responses, *planned.unlinked_responses}):
        tallies.take_back(connection, some)
    words(connection, planned.unlinked_responses)
    erasing.unlink_responses(connection, planned.unlinked_responses, contexts)
    erasing.drop_responses(connection, planned.gone_responses)
    for gone in erasing.batches(planned.gone_invitations):
        funnel_tallies.take_back(connection, gone)
    erasing.drop_invitations(connection, planned.gone_invitations)
    erasing.change_invitations(connection, planned.unlinked_invitations)


def forget_record(engine: Engine, connection: Connection, person: Person) -> None:
    """Forget the customer's own record; an opt-out stays with the address, by its hash."""
    if person.opted_out_at and person.email:
        optouts.note(connection, None, {engine.hasher.hash(person.email)}, person.opted_out_at)
    erasing.drop_customer(connection, person.id)


def rename(connection: Connection, names: Mapping[str, str]) -> int:
    """Give these customers and invitations other names in the audit log, and return in how many entries.

    `names` leads from how the log names one at the end of an entry to how it shall.
    """
    endings = tuple(names)
    told = {ending for said in audit.naming(connection) for ending in endings if said.endswith(ending)}
    return sum(audit.rename(connection, ending, names[ending]) for ending in sorted(told))


def pseudonym(engine: Engine, customer: str) -> str:
    """Return the name of a customer whom nobody knows any more."""
    return ERASED + engine.hasher.customer(customer)[:PSEUDONYM]


def of_invitation(id: str) -> str:
    """Return how the audit log names an invitation, at the end of what it says."""
    return f"invitation {id}"


def renamed(engine: Engine, customer: str, invitations: Collection[str]) -> Mapping[str, str]:
    """Return how the log shall name these invitations of a customer."""
    instead = of_invitation(pseudonym(engine, customer))
    return {of_invitation(id): instead for id in invitations}


def renamed_person(engine: Engine, customer: str) -> Mapping[str, str]:
    """Return how the log shall name a customer."""
    return {about_customer(customer): about_customer(pseudonym(engine, customer))}
