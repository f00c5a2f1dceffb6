"""Unsubscribes customers from all invitations, or from some instead, and lets them undo it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from types import MappingProxyType
from typing import NamedTuple

from ..channels import registry
from ..definitions.survey import Survey
from ..engine import Engine
from ..store import addresses, customers, events, invitations, optdowns, optouts
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
    survey: Survey | None = None  # what the invitation of the link was to; None where there is no such survey any more
    less: Mapping[str, datetime] = MappingProxyType({})  # what they want less of by this link, and since when

    @property
    def may_reduce(self) -> bool:
        """Whether fewer invitations can be had instead: where some come, or this link alone has stopped them."""
        return not self.has_left or self.may_return


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
            optouts.note(connection, word.customer, _meant(engine, word), now)
        return _leaving(engine, connection, word) if word else None


def opt_down(engine: Engine, token: str, scope: str, now: datetime) -> Leaving | None:
    """Let fewer invitations come instead of none: none about the touchpoint `scope`, or LESS_OFTEN of all.

    Where something else has unsubscribed them too, none comes all the same. None for a forged link.
    """
    return _returned(
        engine, token, lambda connection, word, _: optdowns.note(connection, _meant(engine, word), scope, now)
    )


def opt_in(engine: Engine, token: str) -> Leaving | None:
    """Undo what this link did, where nothing else unsubscribed them; None for a forged link."""
    return _returned(
        engine,
        token,
        lambda connection, word, was: optdowns.take_back(connection, {*word.mailboxes, word.link}, was.less),
    )


def _returned(engine: Engine, token: str, then: Callable[[Connection, _Word, Leaving], None]) -> Leaving | None:
    """Take back that this link has stopped invitations, where that can be undone, and do what comes instead."""
    with engine.database.write(ANSWER) as connection:
        word = _word(engine, connection, token)
        if word is None:
            return None
        was = _leaving(engine, connection, word)
        if was.has_left and was.may_return:
            [at] = optouts.moments(connection, None, {word.link})
            optouts.take_back(connection, word.customer, {*word.mailboxes, word.link}, at)
        if was.may_reduce:
            then(connection, word, was)
        return _leaving(engine, connection, word)


def _meant(engine: Engine, word: _Word) -> set[str]:
    """Return the hashes of whom the link speaks for: the mailbox that it went to, those of today, and itself."""
    recipient = {word.invitation.recipient} if word.invitation.recipient else set()
    return {*recipient, *map(engine.hasher.hash, registry.addresses(word.person).values()), word.link}


def _leaving(engine: Engine, connection: Connection, word: _Word) -> Leaving:
    said = optouts.moments(connection, None, {word.link})
    out = optouts.moments(connection, word.customer, word.mailboxes)
    left = bool(said and out)
    alone = left and out == said and not optouts.moments(connection, None, _others(engine, connection, word))
    survey, less = engine.library.survey(word.invitation.survey), optdowns.wishes(connection, word.link)
    return Leaving(word.person.id, word.person.language, left, alone, survey, less)


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
