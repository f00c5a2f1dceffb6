"""Sends what is due: claim, check again, send, record; one invitation at a time, each step a commit.

A worker that dies before the mail is handed over leaves it to be sent again; one that dies after leaves it `uncertain`,
unless the channel can repeat a mail without doubling it.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ..channels.breaker import Breaker
from ..channels.channel import Content, Message
from ..channels.refusal import Blame, DeliveryError, Uncertain
from ..channels.registry import Outlet
from ..engine import Engine
from ..i18n.language import choose
from ..look.placeholders import Reader, placeholder_values
from ..store import addresses, invitations, sendings
from ..store.engine.database import Connection, Database, Unavailable
from ..store.sendings import ClaimedSending
from ..values.enumeration import Reason, SendingState
from ..values.link_tokens import answer_token, unsubscribe_token
from .pace import Pace
from .patience import tried_again
from .planning import expires_after
from .review import Gone, Later, Right, Wrong, still_right

LEASE = timedelta(seconds=90)
PATIENCE = (0.2, 0.5, 1, 2, 4, 4, 4, 4)  # seconds: within the lease, and within what a worker has when it is stopped

_ADDRESS = re.compile(r"[^\s<>@]+@[^\s<>@]+")  # what outlives a customer's record does not hold their address

log = logging.getLogger("surveyengine")


class Unrecorded(Unavailable):
    """The database stayed away, so that nobody knows what became of an invitation until its lease has run out."""


class Withdrawn(Exception):
    """The invitation was not right any more when the mail server was about to take it."""


class Lost(Exception):
    """The claim ran out before the mail was handed over, and another worker has it."""


@dataclass(frozen=True)
class Post:
    """How messages leave this engine, by the name of the channel, and at which address its pages are."""

    engine: Engine
    outlets: Mapping[str, Outlet]
    address: str
    pace: Pace = field(default_factory=Pace)

    def is_repeatable(self, claimed: ClaimedSending) -> bool:
        """Whether sending the same message again by its channel cannot double it."""
        outlet = self.outlets.get(claimed.channel)
        return outlet is not None and outlet.transport.repeatable

    def resting(self, now: datetime) -> frozenset[str]:
        """Return the channels that are left alone for a while."""
        return frozenset(name for name, outlet in self.outlets.items() if not outlet.breaker.lets_through(now))


def deliver_one(post: Post, now: datetime) -> int | None:
    """Send the next due message, or refuse it where it is no longer right; return its key.

    None when none may leave now.
    """
    database = post.engine.database
    post.engine.library.refresh(now)
    resting = post.resting(now)
    if resting.issuperset(post.outlets):
        return None
    with database.write() as connection:
        with_late = post.pace.allows(now, post.engine.config.sending.per_minute)
        claimed = sendings.claim(connection, now, LEASE, sendings.ClaimFilter(with_late, resting))
    if claimed is None:
        return None
    try:
        with database.write() as connection:
            right = _reviewed(post, connection, claimed, now)
            message = _composed(post, connection, claimed, right) if right else None
        if message:
            post.pace.note(now, claimed.due_at)
            _send(post, claimed, message, now)
    except Unrecorded:
        raise
    except Unavailable:  # before the message was handed over
        _record(database, lambda connection: sendings.retry(connection, claimed, now))
    except Exception as error:  # one invitation that cannot be sent must not stand in the way of all others
        log.exception("invitation %s: not sent", claimed.invitation.id)
        with database.write() as connection:
            if post.is_repeatable(claimed) or not sendings.uncertain(connection, claimed, now, repr(error)):
                _failed(post, connection, claimed, DeliveryError(repr(error), permanent=False, blame=Blame.US), now)
    return claimed.key


def recover(post: Post, now: datetime, alone: bool) -> int:
    """Settle what dead workers left behind and return how many; `alone` says that no other worker can be alive."""
    with post.engine.database.write() as connection:
        left = sendings.stranded(connection, now, all_of_them=alone)
        for one in left:
            if one.state == SendingState.CLAIMED or post.is_repeatable(one):
                sendings.retry(connection, one, now)
            else:
                sendings.uncertain(connection, one, now, "the worker died while the mail server had the mail")
    return len(left)


def _reviewed(post: Post, connection: Connection, claimed: ClaimedSending, now: datetime) -> Right | None:
    """Return what the message of a claimed sending is made of; None where it is not right any more, and so settled."""
    if claimed.channel not in post.outlets:
        sendings.withdraw(connection, [claimed.invitation.key], Reason.UNREACHABLE)
        return None
    match still_right(post.engine, connection, claimed, now):
        case Right() as right:
            return right
        case Gone(why):
            sendings.fail(connection, claimed, why)
        case Wrong(reason):
            sendings.withdraw(connection, [claimed.invitation.key], reason)
        case Later(at):
            sendings.retry(connection, claimed, at)
    return None


def _leaves_for(address: str, post: Post, connection: Connection, claimed: ClaimedSending, now: datetime) -> bool:
    """Whether a claimed sending may leave for that address; where it may not, it is settled otherwise."""
    right = _reviewed(post, connection, claimed, now)
    if right and right.address != address:  # another one came to light, and is written to next
        sendings.retry(connection, claimed, now)
        return False
    return right is not None


def _composed(post: Post, connection: Connection, claimed: ClaimedSending, right: Right) -> Message:
    """Return the message of an invitation in its survey's newest version, and note that it is that one."""
    config, survey, person, invited = post.engine.config, right.survey, right.person, claimed.invitation
    speech = post.engine.catalogs.speech(choose([person.language, invited.language], config.languages))
    content = Content(
        invited.id,
        right.address,
        person.name,
        survey,
        speech,
        placeholder_values(config, survey, right.values, Reader(speech, person.name, person.timezone)),
        f"{post.address}/r/{answer_token(post.engine.secret, invited.id)}",
        f"{post.address}/u/{unsubscribe_token(post.engine.secret, invited.id)}",
        config,
        post.engine.root,
    )
    message: Message = post.outlets[claimed.channel].channel.compose(content)
    renewed = {"digest": survey.digest, "expires_after": expires_after(survey)}
    invitations.renew(connection, invited, post.engine.hasher.hash(message.to), renewed)
    return message


def _send(post: Post, claimed: ClaimedSending, message: Message, now: datetime) -> None:
    database, began, outlet = post.engine.database, time.monotonic(), post.outlets[claimed.channel]

    def handing_over() -> None:
        """Decide once more, now that the mail server waits for nothing but the end of the mail."""
        moment = now + timedelta(seconds=time.monotonic() - began)
        post.engine.library.refresh(moment)
        with database.write() as connection:
            leaves = _leaves_for(message.to, post, connection, claimed, moment)
            handed_over = leaves and sendings.hand_over(connection, claimed, now + 2 * LEASE)
        if not leaves:
            raise Withdrawn
        if not handed_over:
            raise Lost

    try:
        reference = outlet.transport.send(message, now, handing_over)
    except Withdrawn:
        log.info("invitation %s: not sent, because it was not right any more", claimed.invitation.id)
    except Lost:
        log.warning("invitation %s: the claim ran out before the mail server took the mail", claimed.invitation.id)
    except Uncertain as error:
        why = str(error)
        log.warning("invitation %s: it is uncertain whether it was sent: %s", claimed.invitation.id, why)
        outlet.breaker.failed(now, why)
        _record(database, lambda connection: sendings.uncertain(connection, claimed, now, why))
    except DeliveryError as error:
        fault = _judged(outlet.breaker, error, message.key, now)
        log.warning("invitation %s: not sent: %s", claimed.invitation.id, fault)
        _record(database, lambda connection: _refused(post, connection, claimed, message, fault, now))
    else:
        outlet.breaker.took()
        _record(database, lambda connection: sendings.sent(connection, claimed, now, reference))


def _judged(breaker: Breaker, error: DeliveryError, mail: str, now: datetime) -> DeliveryError:
    """Return the error as ours where mail after mail is refused for good, and tell the breaker."""
    is_final = error.permanent and not error.no_mailbox and error.blame is Blame.MAIL
    if is_final and breaker.refused():
        error = DeliveryError(str(error), permanent=False, blame=Blame.US)
    if error.blame is Blame.MAIL:
        breaker.answered()
    else:
        breaker.failed(now, str(error), mail if error.blame is Blame.US else "")
    return error


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
    post: Post, connection: Connection, claimed: ClaimedSending, message: Message, error: DeliveryError, now: datetime
) -> None:
    """Note that a message was not delivered, and what that says of its address."""
    if error.no_mailbox and not claimed.invitation.test:
        addresses.note_undeliverable(
            connection, post.engine.hasher.hash(message.to), now, _ADDRESS.sub("…", str(error))
        )
    _failed(post, connection, claimed, error, now)


def _failed(post: Post, connection: Connection, claimed: ClaimedSending, error: DeliveryError, now: datetime) -> None:
    """Give a message up, or put it back; only a fault of its own spends one of its tries."""
    late = post.engine.config.sending.late
    at = tried_again(error, claimed.attempt, claimed.invitation.due_at or claimed.due_at, late, now)
    if error.blame is Blame.MAIL:
        if at:
            sendings.refused_for_now(connection, claimed, at, str(error))
        else:
            sendings.fail(connection, claimed, str(error))
    elif sendings.retry(connection, claimed, at or now, str(error)) and at is None:
        sendings.withdraw(connection, [claimed.invitation.key], Reason.LATE)
