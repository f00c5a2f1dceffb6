"""Who is asked, and when: pure decisions from values. Every no has a reason."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

from ..definitions.condition import holds
from ..definitions.survey import Invite, Survey
from ..events.event import Customer, Event
from ..settings.calendar import Calendar, next_open
from ..settings.config import SendingSettings
from ..values.email_address import normal
from ..values.enumeration import LESS_OFTEN, Reason
from ..values.msgid import N_
from .lottery import Allotment, Candidacy, Drawn, Spacing, allot, includes

REASONS: Mapping[str, str] = {
    Reason.CLOSED: N_("the survey is closed"),
    Reason.NO_LONGER_ASKED: N_("the survey's file no longer asks about such events"),
    Reason.LATE: N_("the event arrived too late, or the invitation would have left too late"),
    Reason.NO_OPEN_TIME: N_("nothing is sent at that time, and when it is again, it is too late to ask"),
    Reason.CANCELLED: N_("a later event undid what the survey asks about"),
    Reason.SAME_OCCASION: N_("the survey asks about the same occasion already"),
    Reason.NO_CUSTOMER: N_("the event names no customer"),
    Reason.OPTED_OUT: N_("the customer asked not to be invited"),
    Reason.DECLINED: N_("the customer asked not to be invited to this survey any more"),
    Reason.ERASED: N_("the customer was erased"),
    Reason.UNREACHABLE: N_("the customer has no address in the survey's channels"),
    Reason.TEST: N_("it is a test event, whose customer is not among the test_only addresses"),
    Reason.TEST_ONLY: N_("only the test_only addresses are sent to"),
    Reason.NOT_SAMPLED: N_("the lot fell on not asking this time"),
    Reason.NOT_DRAWN: N_("the lot fell on another survey of the draw"),
    Reason.COOLDOWN: N_("the customer was invited to some survey too recently"),
    Reason.SURVEY_COOLDOWN: N_("the customer was invited to this survey too recently"),
    Reason.AT_MOST: N_("the customer was invited as often as the limits allow"),
    Reason.RARELY: N_("the customer asked to be invited less often"),
    Reason.LOT: N_("the lot, by which every touchpoint gets its share, fell on not asking this time"),
}


SELDOM = timedelta(days=90)
"""The distance between invitations to somebody who asked to be invited less often."""


class Contact(NamedTuple):
    """How the customer can be reached, and what bears on whether they may be asked."""

    reached: Mapping[str, str]  # address by channel; only those that something can be sent to
    language: str | None
    zone: tzinfo
    opted_out: bool
    asked: Sequence[tuple[str, datetime]]  # survey and moment of each invitation, sent or planned
    less: frozenset[str] = frozenset()  # the touchpoints that they do not want to be asked about; or LESS_OFTEN
    book: Sequence[Drawn] = ()  # what was drawn for them
    ticket: int = 0  # what they draw with

    @property
    def apart(self) -> timedelta:
        """How far apart they want invitations to be."""
        return SELDOM if LESS_OFTEN in self.less else timedelta(0)

    def by(self, channel: str) -> Contact:
        """Return the contact as if only this channel reached the customer."""
        return self._replace(reached={name: at for name, at in self.reached.items() if name == channel})


TURN = ""
"""The type of the event that stands for a turn in a recurring survey; real events always have another type."""


class Occasion(NamedTuple):
    """An event in its circumstances; `contact` is None where it names no customer."""

    event: Event
    contact: Contact | None
    values: Mapping[str, object]  # what conditions are about
    cancelled: bool
    now: datetime
    repeated: bool = False  # whether the survey already asks, or asked, about the same occasion
    lot: tuple[str, ...] = ()  # what the lot is drawn from; empty to draw it from the event's source and id


class Plan(NamedTuple):
    """An invitation to be sent when it is due."""

    due: datetime
    channel: str
    probability: float
    wished: datetime | None = None  # when it would have left, where nothing is sent at that time
    drawn: Allotment | None = None  # None where nothing else competes

    @property
    def ought(self) -> datetime:
        """When it ought to leave, by which its turn is decided."""
        return self.wished or self.due


class Refusal(NamedTuple):
    """Why nobody is invited, as a word of REASONS; and with which probability the lot would have invited.

    `drawn` is what the occasion drew, `due` when its invitation would have left; both None where it drew nothing.
    """

    reason: str
    probability: float = 1.0
    drawn: Allotment | None = None
    due: datetime | None = None


class Limits(NamedTuple):
    """How often customers may be asked, as it holds for one survey: by its own settings and the business's."""

    survey: str
    invite: Invite
    sending: SendingSettings
    apart: timedelta = timedelta(0)  # what the customer asked for; holds for exempt surveys too


@dataclass(frozen=True)
class Rules:
    """The rules that hold for every survey: the business's limits and calendar, shares of draws, and who competes."""

    sending: SendingSettings
    calendar: Calendar
    shares: Mapping[str, tuple[float, float]] = field(default_factory=dict)  # survey -> its part of the lot from 0 to 1
    scales: Mapping[str, float] = field(default_factory=dict)  # survey that competes with others -> see lottery.py


class Turn(NamedTuple):
    """When an invitation would leave, also but for closed times, and with which chances surveys begin that compete."""

    due: datetime
    wished: datetime | None
    scales: Mapping[str, float]


def plan(survey: Survey, occasion: Occasion, rules: Rules) -> Plan | Refusal | None:
    """Return the invitation that an event leads to, or why there is none; None where the survey does not concern it.

    1. Does the survey ask about such an event, is it open, and did the event come in time?
    2. Is the event undone, and does it name a customer whom the survey may write to?
    3. Is it an occasion of its own, and does the lot fall on it?
    4. When does the invitation leave, and do the limits allow that moment? If its time is past, it is due now; if
       nothing is sent then, it waits, unless that would be too long.
    5. Is it this survey's turn, where surveys compete for what a customer can bear?
    """
    invite = survey.invite
    if invite is None or (invite.on or TURN) != occasion.event.type or not holds(invite.when, occasion.values):
        return None
    if survey.head.closed:
        return Refusal(Reason.CLOSED)
    if rules.sending.late and occasion.now - occasion.event.time > rules.sending.late:
        return Refusal(Reason.LATE)
    if occasion.cancelled:
        return Refusal(Reason.CANCELLED)
    if occasion.contact is None:
        return Refusal(Reason.NO_CUSTOMER)
    if barred := ineligible_because(occasion.contact, occasion.event.test, survey, rules.sending):
        return Refusal(barred)
    if occasion.repeated:
        return Refusal(Reason.SAME_OCCASION)
    low, high = rules.shares.get(survey.id, (0.0, invite.sample))
    if not low <= lot_of(invite.draw or survey.id, occasion.event, occasion.lot) < high:
        return Refusal(Reason.NOT_DRAWN if invite.draw else Reason.NOT_SAMPLED, invite.sample)
    wished = max(occasion.event.time + invite.after, occasion.now)
    due = next_open(wished, occasion.contact.zone, rules.calendar)
    if due - wished > longest_wait(invite, rules.sending):
        return Refusal(Reason.NO_OPEN_TIME, invite.sample)
    limits = Limits(survey.id, invite, rules.sending, occasion.contact.apart)
    turn = Turn(due, wished if wished < due else None, rules.scales)
    return _by_turn(limits, occasion, occasion.contact, turn)


def _by_turn(limits: Limits, occasion: Occasion, contact: Contact, turn: Turn) -> Plan | Refusal:
    """Return what limits and tickets decide about an occasion whose invitation is due; tests are under neither."""
    invite, due, is_test = limits.invite, turn.due, occasion.event.test
    drawn = None if is_test else _drawn(limits, occasion, contact, turn)
    probability = invite.sample * (drawn.chance if drawn else 1)
    when = due if drawn else None
    if not is_test and (limited := exceeded_limit(limits, contact.asked, due)):
        return Refusal(limited, probability, drawn, when)
    if drawn and not includes(drawn.tickets, contact.ticket):
        return Refusal(Reason.LOT, probability, drawn, when)
    return Plan(due, reaching(contact, invite)[0], probability, turn.wished, drawn)


def _drawn(limits: Limits, occasion: Occasion, contact: Contact, turn: Turn) -> Allotment | None:
    """Return the tickets of an occasion; None where its survey does not compete."""
    scale = turn.scales.get(limits.survey)
    if scale is None:
        return None
    begin = lot_of(f"{limits.survey}\0turn", occasion.event)
    about = occasion.lot[1] if occasion.lot else None
    cooldown = max(limits.sending.cooldown, limits.apart)
    spacing = Spacing(cooldown, limits.invite.cooldown, limits.sending.at_most)
    return allot(Candidacy(limits.survey, turn.due, scale, begin, about), contact.book, spacing)


def longest_wait(invite: Invite, sending: SendingSettings) -> timedelta:
    """Return for how long an invitation may wait for an open time: until it is late, or would have expired."""
    return min(invite.expires, sending.late or invite.expires)


def ineligible_because(contact: Contact, test: bool, survey: Survey, sending: SendingSettings) -> str | None:
    """Return why a survey must not write to this customer, as a word of REASONS; None where it may."""
    if contact.opted_out:
        return Reason.OPTED_OUT
    if contact.less and contact.less & {survey.touchpoint, *survey.ids}:
        return Reason.DECLINED
    channels = reaching(contact, survey.invite) if survey.invite else []
    if not channels:
        return Reason.UNREACHABLE
    if not (test or sending.test_only):
        return None
    if normal(contact.reached[channels[0]]) in {normal(one) for one in sending.test_only}:
        return None
    return Reason.TEST if test else Reason.TEST_ONLY


def reaching(contact: Contact, invite: Invite) -> list[str]:
    """Return those of the survey's channels that reach the customer, in the survey's order."""
    return [channel for channel in invite.channels if channel in contact.reached]


def exceeded_limit(limits: Limits, asked: Sequence[tuple[str, datetime]], due: datetime) -> str | None:
    """Return the limit that forbids an invitation at `due`, as a word of REASONS; None where none does.

    Invitations before and after `due` count, because what is planned later was promised earlier.
    """
    if not asked:
        return None
    invite, sending = limits.invite, limits.sending
    if any(abs(due - at) < limits.apart for _, at in asked):
        return Reason.RARELY
    if invite.exempt:
        return None
    # A recurring survey can wait, so it keeps its own distance to all other surveys.
    distance = max(sending.cooldown, invite.cooldown if invite.every else timedelta(0))
    if any(abs(due - at) < distance for _, at in asked):
        return Reason.COOLDOWN
    own = max(invite.cooldown, invite.every or timedelta(0))
    if any(abs(due - at) < own for survey, at in asked if survey == limits.survey):
        return Reason.SURVEY_COOLDOWN
    for window, most in sending.at_most:
        ends = [due, *(at for _, at in asked if due < at < due + window)]
        if any(sum(end - window < at <= end for _, at in asked) >= most for end in ends):
            return Reason.AT_MOST
    return None


def lot_of(lot: str, event: Event, occasion: Sequence[str] = ()) -> float:
    """Return the number that an occasion draws, in [0, 1): evenly distributed, and always the same for an occasion.

    Without an `occasion`, it is drawn from the event's source and id.
    """
    drawn = hashlib.sha256("\0".join((lot, *(occasion or (event.source, event.id)))).encode()).digest()
    return int.from_bytes(drawn[:6], "big") / 2**48


def turn(survey: Survey, customer: Customer, known_at: datetime, now: datetime) -> Event:
    """Return the event that stands for a customer's turn in a recurring survey.

    Its id numbers the spans since the customer was first known, so that one lot is drawn in each span.
    """
    every = survey.invite.every if survey.invite else None
    span = (now - known_at) // every if every else 0
    return Event("", f"{survey.id}\0{customer.id}\0{span}", TURN, now, {}, customer, False)


def shares(surveys: Collection[Survey]) -> dict[str, tuple[float, float]]:
    """Return each drawn survey's interval of the lot; those of one draw do not overlap, so that at most one asks."""
    ends: dict[str, float] = {}
    parts: dict[str, tuple[float, float]] = {}
    for survey in sorted(surveys, key=lambda survey: survey.id):
        if survey.invite and survey.invite.draw:
            start = ends.get(survey.invite.draw, 0.0)
            parts[survey.id] = (start, start + survey.invite.sample)
            ends[survey.invite.draw] = start + survey.invite.sample
    return parts
