"""Sends what is due: claim, check again, send, record; one invitation at a time, each step a commit.

A worker that dies before the mail is handed over leaves it to be sent again; one that dies after leaves it `uncertain`,
unless the channel can repeat a mail without doubling it.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..definitions.survey import Invite, Survey
from ..engine import Engine
from ..i18n.language import choose
from ..store import addresses, customers, events, invitations, sendings
from ..store.database import Connection, Database, Unavailable
from ..store.invitations import Invitation
from ..store.sendings import Sending
from .channel import Channel, DeliveryError, Uncertain
from .decision import Contact, awake, barrier, limit
from .intake import asked_of, contact_of
from .logo import logo
from .mail import LOGO, Mail, named
from .message import invitation as invitation_message
from .past import past
from .placeholder import placeholder_values
from .precedence import PUNCTUAL
from .token import answer_token, unsubscribe_token

LEASE = timedelta(seconds=90)
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 60, 120, 240, 480, 960))

PATIENCE = (0.2, 0.5, 1, 2, 4, 4, 4, 4)  # seconds: within the lease, and within what a worker has when it is stopped

_ADDRESS = re.compile(r"[^\s<>@]+@[^\s<>@]+")  # what outlives a customer's record does not hold their address

log = logging.getLogger("surveyengine")


class Unrecorded(Unavailable):
    """The database stayed away, so that nobody knows what became of an invitation until its lease has run out."""


class Lost(Exception):
    """The claim ran out before the mail was handed over, and another worker has it."""


@dataclass(frozen=True)
class Post:
    """How mails leave this engine, and at which address its pages are."""

    engine: Engine
    channel: Channel
    address: str


def deliver_one(post: Post, now: datetime) -> bool:
    """Send the next due invitation, or refuse it where it is no longer right; False when none is due."""
    database = post.engine.database
    with database.write() as connection:
        claimed = sendings.claim(connection, now, LEASE)
    if claimed is None:
        return False
    try:
        with database.write() as connection:
            mail = _checked(post, connection, claimed, now)
        if mail:
            _send(post, claimed, mail, now)
    except Unrecorded:
        raise
    except Unavailable:  # before the mail was handed over
        _record(database, lambda connection: sendings.retry(connection, claimed, now))
    except Exception as error:  # one invitation that cannot be sent must not stand in the way of all others
        log.exception("invitation %s: not sent", claimed.invitation.id)
        with database.write() as connection:
            if post.channel.repeatable or not sendings.uncertain(connection, claimed, now, repr(error)):
                _failed(connection, claimed, DeliveryError(repr(error), permanent=False), now)
    return True


def recover(post: Post, now: datetime, alone: bool) -> int:
    """Settle what dead workers left behind and return how many; `alone` says that no other worker can be alive."""
    with post.engine.database.write() as connection:
        left = sendings.stranded(connection, now, all_of_them=alone)
        for one in left:
            if one.state == "claimed" or post.channel.repeatable:
                sendings.retry(connection, one, now)
            else:
                sendings.uncertain(connection, one, now, "the worker died while the mail server had the mail")
    return len(left)


def _checked(post: Post, connection: Connection, claimed: Sending, now: datetime) -> Mail | None:
    """Return the mail of a claimed sending, or settle it otherwise."""
    invited = claimed.invitation
    survey = post.engine.library.version(invited.digest)
    person = customers.person(connection, invited.customer) if invited.customer else None
    if survey is None or person is None:
        sendings.fail(connection, claimed, "the survey or the customer is gone")
        return None
    values = events.when_and_what(connection, invited.event)[1] if invited.event else {}
    person = customers.as_told(person, values)
    contact = contact_of(post.engine, connection, person, now)
    if reason := _still_barred(post.engine, connection, invited, person, contact, now):
        sendings.withdraw(connection, [invited.key], reason)
        return None
    if (later := awake(now, contact.zone, post.engine.config.sending.quiet_hours)) > now:
        sendings.retry(connection, claimed, later)
        return None
    mail = _mail(post, invited, survey, person, values)
    invitations.address(connection, invited, post.engine.hasher.hash(mail.to))
    return mail


def _still_barred(
    engine: Engine,
    connection: Connection,
    invited: Invitation,
    person: customers.Person,
    contact: Contact,
    now: datetime,
) -> str | None:
    """Return what has come between since the invitation was planned."""
    survey, sending = engine.library.version(invited.digest), engine.config.sending
    invite = survey.invite if survey else None
    if survey is None or invite is None or invited.due_at is None or engine.library.is_closed(survey):
        return "closed"
    if sending.late and now - invited.due_at > sending.late:
        return "late"
    if barred := barrier(contact, invited.test, invite, sending):
        return barred
    if overtaken := _overtaken(engine, connection, invited, invite):
        return overtaken
    if invited.test:
        return None
    asked = asked_of(engine, connection, person, now, sent=True)
    # What left so much late has not upset the distances to what was planned after it.
    return limit(engine.library.today(survey.id), invite, asked, now + PUNCTUAL, sending)


def _overtaken(engine: Engine, connection: Connection, invited: Invitation, invite: Invite) -> str | None:
    """Return why there is nothing to ask about any more; None where there is."""
    if invited.event is None or invited.customer is None:
        return None
    served = engine.library.survey(invited.survey)
    ids = served.ids if served else (invited.survey,)
    known = past(engine, connection, invited.customer, ids, invited.test, invite.cancel_on)
    gone = known.undone()
    mine = next((key for key, row in known.invited.items() if row.key == invited.key), None)
    if mine is None:
        return None
    return "cancelled" if mine in gone else "same_occasion" if known.repeats(known.triggers[mine], gone, True) else None


def _mail(
    post: Post, invited: Invitation, survey: Survey, person: customers.Person, values: Mapping[str, object]
) -> Mail:
    config = post.engine.config
    language = choose([person.language, invited.language], config.languages)
    speech = post.engine.catalogs.speech(language)
    link = f"{post.address}/r/{answer_token(post.engine.secret, invited.id)}"
    picture = logo(post.engine.root, config.business.logo)
    unsubscribe = f"{post.address}/u/{unsubscribe_token(post.engine.secret, invited.id)}"
    subject, text, html = invitation_message(
        survey,
        speech,
        config.business,
        placeholder_values(config, survey, values, person.name, person.timezone, speech),
        f"{link}?lang={language}",
        f"{unsubscribe}?lang={language}",
        [(other, f"{link}?lang={other}") for other in config.languages if other != language],
        f"cid:{LOGO}" if picture else None,
    )
    return Mail(
        person.email or "",
        person.name or "",
        named(config.email.from_, speech.words(config.business.name)),
        subject,
        text,
        html,
        language,
        unsubscribe,
        invited.id,
        picture,
    )


def _send(post: Post, claimed: Sending, mail: Mail, now: datetime) -> None:
    database = post.engine.database

    def handing_over() -> None:
        with database.write() as connection:
            if not sendings.hand_over(connection, claimed, now + 2 * LEASE):
                raise Lost

    try:
        reference = post.channel.send(mail, now, handing_over)
    except Lost:
        log.warning("invitation %s: the claim ran out before the mail server took the mail", claimed.invitation.id)
    except Uncertain as error:
        why = str(error)
        log.warning("invitation %s: it is uncertain whether it was sent: %s", claimed.invitation.id, why)
        _record(database, lambda connection: sendings.uncertain(connection, claimed, now, why))
    except DeliveryError as error:
        fault = error
        log.warning("invitation %s: not sent: %s", claimed.invitation.id, fault)
        _record(database, lambda connection: _refused(post, connection, claimed, mail, fault, now))
    else:
        _record(database, lambda connection: sendings.sent(connection, claimed, now, reference))


def _record(database: Database, note: Callable[[Connection], object]) -> None:
    """Note what became of an invitation, though the database is away for some seconds just then.

    Raises Unrecorded when it stays away; what was handed over is then `uncertain` as soon as the lease has run out.
    """
    for pause in PATIENCE:
        try:
            with database.write() as connection:
                note(connection)
        except Unavailable:
            time.sleep(pause)
        else:
            return
    raise Unrecorded("the database stays away")


def _refused(
    post: Post, connection: Connection, claimed: Sending, mail: Mail, error: DeliveryError, now: datetime
) -> None:
    """Note that a mail was not delivered, and what that says of its address."""
    if error.no_mailbox and not claimed.invitation.test:
        addresses.note_undeliverable(connection, post.engine.hasher.hash(mail.to), now, _ADDRESS.sub("…", str(error)))
    _failed(connection, claimed, error, now)


def _failed(connection: Connection, claimed: Sending, error: DeliveryError, now: datetime) -> None:
    if error.permanent or claimed.attempt >= len(PAUSES):
        sendings.fail(connection, claimed, str(error))
    else:
        sendings.refused_for_now(connection, claimed, now + PAUSES[claimed.attempt], str(error))
