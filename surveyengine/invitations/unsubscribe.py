"""Unsubscribes customers from all invitations, and lets them undo it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import NamedTuple

from ..channels import registry
from ..engine import Engine
from ..store import addresses, customers, events, invitations, optouts
from ..store.customers import Person
from ..store.engine.database import ANSWER, Connection
from ..store.invitations import Invitation
from ..values.link_tokens import token_hash, unsubscribe_token, unsubscribed_id


class Leaving(NamedTuple):
    """The customer whom an unsubscribe link belongs to, and whether they have unsubscribed.

    `may_return` says that they did so by this link alone: only then can the link undo it.
    """

    customer: str
    language: str | None
    has_left: bool = False
    may_return: bool = False


@dataclass(frozen=True)
class _Word:
    """What an unsubscribe link can end: invitations to a person and their mailboxes; mailboxes and link are hashes.

    A test mail may have gone to somebody else than the customer, so it unsubscribes only the address it went to.
    """

    invitation: Invitation
    person: Person
    mailboxes: frozenset[str]
    link: str

    @property
    def customer(self) -> str | None:
        return None if self.invitation.test else self.person.id


def opt_out(engine: Engine, token: str, now: datetime | None) -> Leaving | None:
    """Return whom the link belongs to, and with `now` unsubscribe them; None for a forged link.

    To repeat it changes nothing.
    """
    with engine.database.write(ANSWER) if now else engine.database.read(ANSWER) as connection:
        word = _word(engine, connection, token)
        if word and now:
            recipient = {word.invitation.recipient} if word.invitation.recipient else set()
            current = map(engine.hasher.hash, registry.addresses(word.person).values())  # they may have changed
            optouts.note(connection, word.customer, {*recipient, *current, word.link}, now)
        return _leaving(engine, connection, word) if word else None


def opt_in(engine: Engine, token: str) -> Leaving | None:
    """Undo what this link did, where nothing else unsubscribed them; None for a forged link."""
    with engine.database.write(ANSWER) as connection:
        word = _word(engine, connection, token)
        if word is None:
            return None
        if _leaving(engine, connection, word).may_return:
            [at] = optouts.moments(connection, None, {word.link})
            optouts.take_back(connection, word.customer, {*word.mailboxes, word.link}, at)
        return _leaving(engine, connection, word)


def _leaving(engine: Engine, connection: Connection, word: _Word) -> Leaving:
    said = optouts.moments(connection, None, {word.link})
    out = optouts.moments(connection, word.customer, word.mailboxes)
    left = bool(said and out)
    alone = left and out == said and not optouts.moments(connection, None, _others(engine, connection, word))
    return Leaving(word.person.id, word.person.language, left, alone)


def _others(engine: Engine, connection: Connection, word: _Word) -> list[str]:
    """Return the hashes of all other unsubscribe links of the same customer or mailbox."""
    ids = optouts.invitations_to(connection, word.person.id, word.mailboxes)
    return [_link(engine, id) for id in ids if id != word.invitation.id]


def _word(engine: Engine, connection: Connection, token: str) -> _Word | None:
    id = unsubscribed_id(engine.secrets, token)
    invitation = invitations.by_id(connection, id) if id else None
    person = _person(connection, invitation) if invitation else None
    if invitation is None or person is None:
        return None
    known = (addresses.hashes(engine.hasher, address) for address in registry.addresses(person).values())
    mailboxes = frozenset(chain(*known, filter(None, [invitation.recipient])))
    return _Word(invitation, person, mailboxes, _link(engine, invitation.id))


def _link(engine: Engine, id: str) -> str:
    """Return the hash of the link by the oldest secret, so that it stays the same when a new one comes."""
    return token_hash(unsubscribe_token(engine.secrets[-1], id))


def _person(connection: Connection, invitation: Invitation) -> Person | None:
    """Return the customer, with the details by which the invitation reached them."""
    person = customers.person(connection, invitation.customer) if invitation.customer else None
    if person is None or invitation.event is None:
        return person
    return customers.as_told(person, events.when_and_what(connection, invitation.event)[1])
