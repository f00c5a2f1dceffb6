"""What becomes of one invitation's letter, and what its customer does with it."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from ..channels.refusal import DeliveryError, Uncertain
from ..invitations.decision import Limits, Plan, exceeded_limit, ineligible_because
from ..invitations.delivery import without_addresses
from ..invitations.patience import next_try
from ..settings.calendar import next_open
from ..store.sendings import FIRST, PUNCTUAL
from ..values.enumeration import InvitationState, Reason, SendingState
from ..values.link_tokens import answer_token, token_hash, unsubscribe_token
from .reaction import Deed, Reaction
from .records import InvitationRecord, Row

if TYPE_CHECKING:
    from .life import Life


def planned(decision: Plan, priority: int) -> Row:
    """Return the row of a message that is to be sent."""
    return {
        "number": FIRST,
        "channel": decision.channel,
        "priority": priority,
        "due_at": decision.ought,
        "next_at": decision.due,
        "state": SendingState.PLANNED,
        "attempt": 0,
        "fence": 0,
        "sent_at": None,
        "reference": None,
        "reason": None,
    }


class Letter:
    """The message of an invitation, from the moment when it is due."""

    def __init__(self, life: Life, asked: InvitationRecord) -> None:
        self._life, self._asked, self._world = life, asked, life.world
        self._sending: Row = asked.sending or {}

    def leave(self, now: datetime) -> None:
        """Send the message, unless it is not right any more, or nobody is to be disturbed now."""
        if not self._asked.is_planned:
            return
        self._sending["fence"] += 1
        if reason := self._wrong(now):
            self._asked.withdraw(reason)
        elif (later := self._next_open(now)) > now:
            self._again(later)
        else:
            self._send(now)

    def _wrong(self, now: datetime) -> str | None:
        """Return why the invitation is not right any more (as `review.still_right` does); None where it is."""
        survey, contact, sending = self._asked.survey, self._life.contact(now), self._world.engine.config.sending
        if contact is None or survey.invite is None:
            return None
        if sending.late and now - self._asked.row["due_at"] > sending.late:
            return Reason.LATE
        reason = ineligible_because(contact.by(self._sending["channel"]), False, survey, sending)
        limits = Limits(survey.id, survey.invite, sending)
        return reason or exceeded_limit(limits, self._life.asked(now, sent=True), now + PUNCTUAL)

    def _next_open(self, now: datetime) -> datetime:
        contact, calendar = self._life.contact(now), self._world.engine.config.calendar
        return next_open(now, contact.zone, calendar) if contact else now

    def _again(self, at: datetime) -> None:
        self._sending["next_at"] = at
        self._life.at(at, self.leave)

    def _send(self, now: datetime) -> None:
        shopper, row = self._life.shopper, self._asked.row
        row["token_hash"] = token_hash(answer_token(self._world.engine.secret, row["id"]))
        try:
            reference = self._world.postman.carry(shopper.mailbox, shopper.customer.email or "", now)
        except Uncertain as error:
            self._sending |= {"state": SendingState.UNCERTAIN, "sent_at": now, "reason": str(error)}
            self._reached(InvitationState.UNCERTAIN, now)
        except DeliveryError as error:
            self._refused(error, now)
        else:
            self._sending |= {"state": SendingState.SENT, "sent_at": now, "reference": reference}
            self._reached(InvitationState.SENT, now)

    def _refused(self, error: DeliveryError, now: datetime) -> None:
        why = str(error)
        if error.no_mailbox and self._asked.row["recipient"] and not self._life.is_undeliverable:
            self._life.is_undeliverable = True
            row = {"address_hash": self._asked.row["recipient"], "at": now, "reply": without_addresses(why)}
            self._world.records.undeliverable.append(row)
        at = next_try(error, self._sending["attempt"], now)
        self._sending["reason"] = why
        if at is None:
            self._sending["state"] = SendingState.FAILED
            self._asked.row["state"] = InvitationState.FAILED
        else:
            self._sending["attempt"] += 1
            self._again(at)

    def _reached(self, state: InvitationState, now: datetime) -> None:
        row = self._asked.row
        row |= {"state": state, "sent_at": now, "expires_at": now + timedelta(seconds=row["expires_after"])}
        reaction = self._world.crowd.reaction(self._life.shopper, self._asked.survey, self._asked.event, now)
        if reaction and reaction.at < row["expires_at"]:
            self._life.at(reaction.at, partial(self._react, reaction))

    def _react(self, reaction: Reaction, now: datetime) -> None:
        records, answering = self._world.records, self._world.answering
        match reaction.deed:
            case Deed.ANSWER:
                response = answering.answered(self._asked, reaction, self._life.shopper.language)
                records.responses += [response] if response else []
            case Deed.DRAFT if not self._asked.survey.is_anonymous:
                records.drafts.append((self._asked, answering.draft(self._asked, reaction)))
            case Deed.LEAVE:
                self._opt_out(now)

    def _opt_out(self, now: datetime) -> None:
        """Note that the customer asked by this letter's link not to be invited any more."""
        life, records, engine = self._life, self._world.records, self._world.engine
        link = token_hash(unsubscribe_token(engine.secret, self._asked.row["id"]))
        records.opt_outs.append({"address_hash": link, "at": now})
        if life.person and life.person.opted_out_at is None:
            records.opt_outs.append({"address_hash": self._asked.row["recipient"], "at": now})
            life.person = life.person._replace(opted_out_at=now)
