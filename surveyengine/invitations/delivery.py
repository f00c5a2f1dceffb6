"""Sends what is due, one invitation at a time: claim, check again, send, record.

If a worker dies before the message is handed over, the message is sent again. If it dies after that, the message is
`uncertain`, unless the channel can repeat it without doubling it.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo

from ..channels import failure
from ..channels.breaker import Breaker
from ..channels.channel import Content, Message, Reminder
from ..channels.refusal import Blame, DeliveryError, Uncertain
from ..channels.registry import Outlet
from ..engine import Engine
from ..i18n.language import choose
from ..i18n.timezone import zone
from ..look.placeholders import Reader, placeholder_values
from ..store import addresses, invitations, sendings
from ..store.engine.database import Connection, Database, Unavailable
from ..store.sendings import ClaimedSending
from ..values.enumeration import Reason, SendingState
from ..values.link_tokens import answer_token, stored_token, token_hash, unsubscribe_token
from . import reminder
from .contact import DecisionContext
from .pace import Pace
from .patience import held_up_until, next_try
from .review import Gone, Later, Right, Wrong, still_right
from .storing import expires_after

LEASE = timedelta(seconds=90)
PATIENCE = (0.2, 0.5, 1, 2, 4, 4, 4, 4)  # seconds: within the lease, and within what a worker has when it is stopped

_ADDRESS = re.compile(r"[^\s<>@]+@[^\s<>@]+")  # what outlives a customer's record does not hold their address

log = logging.getLogger("surveyengine")


class Unrecorded(Unavailable):
    """The database stayed unavailable, so what became of an invitation is unknown until its lease has run out."""


class Withdrawn(Exception):
    """The invitation stopped being right before the message was handed over."""


class Lost(Exception):
    """The claim ran out before the message was handed over, and another worker has it."""


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


@dataclass(frozen=True)
class DeliveryAttempt:
    """One try at sending a claimed message, and the moment of it."""

    post: Post
    claimed: ClaimedSending
    now: datetime


def deliver_one(post: Post, now: datetime) -> int | None:
    """Send the next due message, and return its key; None when no message may leave now.

    1. Claim the message that is due next, by a channel that is not left alone.
    2. Decide again whether it is right, and compose it; one that is not right is settled here.
    3. Hand it to the channel, which asks once more before the point of no return.
    4. Record what became of it.

    Each step is a commit. A message that cannot be sent goes back, or is given up, so that it holds up no other.
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
    attempt = DeliveryAttempt(post, claimed, now)
    try:
        with database.write() as connection:
            right = _reviewed(attempt, connection)
            message = _composed(attempt, connection, right) if right else None
        if message:
            post.pace.note(now, claimed.due_at)
            _send(attempt, message)
    except Unrecorded:
        raise
    except Unavailable:  # before the message was handed over
        _record(database, lambda connection: sendings.retry(connection, claimed, now))
    except Exception as error:  # one that cannot be sent must not stand in the way of all others
        log.exception("invitation %s: not sent", claimed.invitation.id)
        why = failure.worded(failure.OWN_FAULT, repr(error))
        with database.write() as connection:
            context = DecisionContext(post.engine, connection, now)
            if post.is_repeatable(claimed) or not _uncertain(context, claimed, why):
                _failed(attempt, connection, DeliveryError(why, permanent=False, blame=Blame.US))
    return claimed.key


def recover(post: Post, now: datetime, alone: bool) -> int:
    """Settle the messages that dead workers left, and return how many; `alone`: no other worker can be alive."""
    with post.engine.database.write() as connection:
        left = sendings.stranded(connection, now, all_of_them=alone)
        for one in left:
            if one.state == SendingState.CLAIMED or post.is_repeatable(one):
                sendings.retry(connection, one, now)
            else:
                _uncertain(DecisionContext(post.engine, connection, now), one, failure.WORKER_DIED)
    return len(left)


def _reviewed(attempt: DeliveryAttempt, connection: Connection) -> Right | None:
    """Return what the message is made of; None where the invitation is not right any more, after settling it."""
    post, claimed = attempt.post, attempt.claimed
    if claimed.channel not in post.outlets:
        sendings.withdraw(connection, [claimed.invitation.key], Reason.UNREACHABLE)
        return None
    match still_right(DecisionContext(post.engine, connection, attempt.now), claimed):
        case Right() as right:
            return right
        case Gone(why):
            sendings.fail(connection, claimed, why)
        case Wrong(reason):
            sendings.withdraw(connection, [claimed.invitation.key], reason)
        case Later(at):
            sendings.retry(connection, claimed, at)
    return None


def _leaves_for(address: str, attempt: DeliveryAttempt, connection: Connection) -> bool:
    """Whether the message may leave for that address; where it may not, settle it otherwise."""
    right = _reviewed(attempt, connection)
    if right and right.address != address:  # the customer has another one now, which is written to next
        sendings.retry(connection, attempt.claimed, attempt.now)
        return False
    return right is not None


def _composed(attempt: DeliveryAttempt, connection: Connection, right: Right) -> Message:
    """Return the message in its survey's newest version, and note that version."""
    post, claimed = attempt.post, attempt.claimed
    config, survey, person, invited = post.engine.config, right.survey, right.person, claimed.invitation
    speech = post.engine.catalogs.speech(choose([person.language, invited.language], config.languages))
    secrets = post.engine.secrets  # the one that made the token may be kept no more: then the link is a new one
    token = stored_token(secrets, invited.id, invited.token_hash) or answer_token(post.engine.secret, invited.id)
    content = Content(
        reminder.message_key(invited.id, claimed.number),
        right.address,
        person.name,
        survey,
        speech,
        placeholder_values(config, survey, right.values, Reader(speech, person.name, person.timezone)),
        f"{post.address}/r/{token}",
        f"{post.address}/u/{unsubscribe_token(post.engine.secret, invited.id)}",
        config,
        post.engine.root,
        _reminding(claimed, zone(person.timezone, config.business.zone)),
    )
    message: Message = post.outlets[claimed.channel].channel.compose(content)
    renewed = {"digest": survey.digest, "expires_after": expires_after(survey), "token_hash": token_hash(token)}
    invitations.renew(connection, invited, post.engine.hasher.hash(message.to), renewed)
    return message


def _reminding(claimed: ClaimedSending, there: tzinfo) -> Reminder | None:
    """Return what a reminder says of its invitation; None for a first message."""
    invited = claimed.invitation
    if not claimed.is_reminder or invited.expires_at is None:
        return None
    return Reminder(invited.id, invited.expires_at.astimezone(there).date())


def _send(attempt: DeliveryAttempt, message: Message) -> None:
    post, claimed, now = attempt.post, attempt.claimed, attempt.now
    database, began, outlet = post.engine.database, time.monotonic(), post.outlets[claimed.channel]

    def handing_over() -> None:
        """Decide once more, right before the message is handed over; raises Withdrawn or Lost."""
        moment = now + timedelta(seconds=time.monotonic() - began)
        post.engine.library.refresh(moment)
        with database.write() as connection:
            leaves = _leaves_for(message.to, replace(attempt, now=moment), connection)
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
        _record(database, lambda connection: _uncertain(DecisionContext(post.engine, connection, now), claimed, why))
    except DeliveryError as error:
        fault = _judged(outlet.breaker, error, message.key, now)
        log.warning("invitation %s: not sent: %s", claimed.invitation.id, fault)
        _record(database, lambda connection: _refused(attempt, connection, message.to, fault))
    else:
        outlet.breaker.took()
        _record(database, lambda connection: _sent(attempt, connection, reference))


def _sent(attempt: DeliveryAttempt, connection: Connection, reference: str) -> None:
    """Note that a message left, and plan the reminder that follows it."""
    if sendings.sent(connection, attempt.claimed, attempt.now, reference):
        reminder.plan_next(DecisionContext(attempt.post.engine, connection, attempt.now), attempt.claimed)


def _uncertain(context: DecisionContext, claimed: ClaimedSending, why: str) -> bool:
    """Note that a message may have left, and plan the reminder that follows it; False where the claim was lost."""
    if not sendings.uncertain(context.connection, claimed, context.now, why):
        return False
    reminder.plan_next(context, claimed)
    return True


def _judged(breaker: Breaker, error: DeliveryError, mail: str, now: datetime) -> DeliveryError:
    """Return the error, blamed on us where too many mails in a row are refused for good; tell the breaker."""
    is_final = error.permanent and not error.no_mailbox and error.blame is Blame.MAIL
    if is_final and breaker.refused():
        error = DeliveryError(str(error), permanent=False, blame=Blame.US)
    if error.blame is Blame.MAIL:
        breaker.answered()
    else:
        breaker.failed(now, str(error), mail if error.blame is Blame.US else "")
    return error


def _record(database: Database, note: Callable[[Connection], object]) -> None:
    """Note what became of an invitation, also while the database is unavailable for some seconds.

    Raises Unrecorded when it stays unavailable; what was handed over is `uncertain` once the lease has run out.
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


def _refused(attempt: DeliveryAttempt, connection: Connection, address: str, error: DeliveryError) -> None:
    """Note that a message was not delivered, and what that says of its address."""
    if error.no_mailbox and not attempt.claimed.invitation.test:
        hashed = attempt.post.engine.hasher.hash(address)
        addresses.note_undeliverable(connection, hashed, attempt.now, without_addresses(str(error)))
    _failed(attempt, connection, error)


def without_addresses(reply: str) -> str:
    """Return a server's reply without the addresses in it."""
    return _ADDRESS.sub("…", reply)


def _failed(attempt: DeliveryAttempt, connection: Connection, error: DeliveryError) -> None:
    """Give a message up, or put it back; only a fault of its own spends one of its tries."""
    claimed, now, late = attempt.claimed, attempt.now, attempt.post.engine.config.sending.late
    if error.blame is Blame.MAIL:
        if at := next_try(error, claimed.attempt, now):
            sendings.refused_for_now(connection, claimed, at, str(error))
        else:
            sendings.fail(connection, claimed, str(error))
        return
    at = held_up_until(error, claimed.promised_at, late, now)
    if sendings.retry(connection, claimed, at or now, str(error)) and at is None:
        sendings.withdraw(connection, [claimed.invitation.key], Reason.LATE)
