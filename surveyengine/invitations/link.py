"""Links made on request: open ones for everybody, personal ones for one customer, and previews that store nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from ..definitions.model import closest, nearest
from ..definitions.survey import Survey
from ..engine import Engine
from ..events.data import subjects
from ..i18n.language import base
from ..store import customers, invitations
from ..store.customers import Person
from ..store.engine.database import Connection
from ..store.invitations import BY_HAND
from ..values.clean import Unclean, identity
from ..values.context import LONGEST, MOST, SIGNED, Pairs, is_name, said, signature
from ..values.enumeration import InvitationState
from ..values.link_tokens import answer_token, preview_token, stored_token, token_hash
from ..values.signing import Secrets
from .contact import DecisionContext, contact_of, recipient_of
from .storing import new_row

LOOK = timedelta(days=1)  # how long a preview can be looked at


class NoLink(Exception):
    """The link cannot be made; the message is a sentence that says why."""


@dataclass(frozen=True)
class LinkRequest:
    """What a link is to be: personal with a `customer` (id or address), else open; a `preview` stores nothing.

    An open link can carry `context`, names and values that are signed.
    """

    survey: str
    customer: str | None = None
    language: str | None = None
    preview: bool = False
    context: Pairs = ()


def path(engine: Engine, wanted: LinkRequest, now: datetime) -> str:
    """Return the link, relative to the address of the pages; a personal one is stored, and can be answered from now on.

    Raises NoLink for an unknown survey or customer, a customer who must not be asked, and unusable context.
    """
    survey = engine.library.survey(wanted.survey)
    if survey is None:
        raise NoLink(f"there is no survey `{wanted.survey}`; {nearest(wanted.survey, engine.library.surveys)}")
    language = wanted.language
    if wanted.preview:
        below = f"t/{preview_token(engine.secret, survey.id, now + LOOK)}"
    elif wanted.customer is None:
        below = f"s/{survey.id}"
    else:
        token, own = _invited(engine, survey, wanted.customer, now)
        below, language = f"r/{token}", language or own
    query = [*_signed(engine, survey, wanted.context), *([("lang", language)] if language else [])]
    return f"{below}?{urlencode(query)}" if query else below


def signed_by(connection: Connection, secrets: Secrets, now: datetime) -> list[int]:
    """Return how many open personal links each of the secrets signed, in their order."""
    signed = [0] * len(secrets)
    for id, stored in invitations.links_out(connection, now):
        for at, secret in enumerate(secrets):
            signed[at] += token_hash(answer_token(secret, id)) == stored
    return signed


def _signed(engine: Engine, survey: Survey, context: Pairs) -> Pairs:
    """Return the query parameters of the context; raises NoLink for a name or value that would not arrive unchanged."""
    asked = {question.id for question in survey.questions}
    pairs = said(context, asked)
    for name, value in context:
        if not is_name(name, asked):
            raise NoLink(f"`{name}` cannot be the name of context; write a-z, 0-9 and _, and no question of the survey")
        if name in _subjects(survey):
            _check_identity(name, value)
        if (name, value) not in pairs:
            hint = f"say each of {MOST} names once, in 1 to {LONGEST} characters"
            raise NoLink(f"`{name}={value}` cannot be context; {hint}")
    return (*pairs, (SIGNED, signature(engine.secret, survey.id, pairs))) if pairs else ()


def _subjects(survey: Survey) -> set[str]:
    """Return the context fields that identify what an answer is about."""
    invite = survey.invite
    return subjects(invite.on or "" if invite else "") | ({invite.about} if invite and invite.about else set())


def _check_identity(name: str, value: str) -> None:
    try:
        identity(value)
    except Unclean as error:
        raise NoLink(f"`{name}` {error.reason}") from error


def _invited(engine: Engine, survey: Survey, customer: str, now: datetime) -> tuple[str, str | None]:
    """Return the token of an open invitation to the customer, and their language where the business has it."""
    with engine.database.write() as connection:
        person = customers.person(connection, customer) or _at_address(engine, connection, customer)
        if person is None:
            hint = closest(customer, customers.alike(connection, customer)) or "customers come with their events"
            raise NoLink(f"there is no customer `{customer}`; {hint}")
        if reason := _barrier(DecisionContext(engine, connection, now), survey, person):
            raise NoLink(reason)
        language = base(person.language or "") or None
        own = language if language in engine.config.languages else None
        given = invitations.by_hand(connection, person.id, survey.digest, now)
        if given and (token := stored_token(engine.secrets, given.id, given.token_hash)):
            return token, own
        row = _row(engine, survey, person, now)
        token = answer_token(engine.secret, row["id"])
        invitations.add(connection, row | {"token_hash": token_hash(token)})
        return token, own


def _at_address(engine: Engine, connection: Connection, address: str) -> Person | None:
    """Return the one customer at that address; raises NoLink where there are several."""
    people = customers.at_address(connection, engine.hasher.hash(address)) if "@" in address else []
    if len(people) > 1:
        raise NoLink(f"{len(people)} customers have this address; name one: {', '.join(one.id for one in people)}")
    return people[0] if people else None


def _barrier(context: DecisionContext, survey: Survey, person: Person) -> str | None:
    """Return why this customer must not be asked, as a sentence; limits on how often do not apply."""
    engine = context.engine
    if contact_of(context, person).opted_out:
        at = person.opted_out_at
        since = f" on {at.astimezone(engine.config.business.zone):%Y-%m-%d}" if at else ""
        return f"customer `{person.id}` asked{since} not to be invited; only an open link is left, which asks nobody"
    if engine.library.is_closed(survey):
        return f"survey `{survey.id}` is closed: its links lead to a page that says so; --test shows its form"
    return None


def _row(engine: Engine, survey: Survey, person: Person, now: datetime) -> dict[str, Any]:
    """Return the row of an invitation that counts as sent; it is a test where only tests know the customer."""
    row = new_row(engine, survey, now, now)
    return row | {
        "customer": person.id,
        "recipient": recipient_of(engine, person),
        "test": person.known_at is None,
        "state": InvitationState.SENT,
        "channel": BY_HAND,
        "language": person.language,
        "due_at": now,
        "sent_at": now,
        "expires_at": now + timedelta(seconds=row["expires_after"]),
    }
