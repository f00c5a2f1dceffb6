"""Why a customer was asked, or was not, in sentences for people who do not read tables; pure, from rows to lines."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ..definitions.survey import Invite, Survey
from ..events.event import Event
from ..settings.config import SendingSettings
from ..store.addresses import Bounce
from ..store.history import HistoryEvent, InvitationOutcome, SharedMailbox
from .decision import ABOUT_OCCASION, REASONS, exceeded_limit
from .occasion import EventKey, cancelled_by, counter, trigger, value

BY_LOT = ("not_sampled", "not_drawn")
WAYS = {"email": "by e-mail", "link": "by a link that was made for them"}


@dataclass(frozen=True)
class Clock:
    """What time it is, and where; `names` are what the business calls its surveys."""

    now: datetime
    zone: ZoneInfo
    names: Mapping[str, str] = field(default_factory=dict)

    def survey(self, id: str) -> str:
        """Return what people call a survey: its name, or else its id."""
        return self.names.get(id, id)

    def on(self, moment: datetime) -> str:
        """Return the moment as the business would write it."""
        return f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M}"


class Bearing(NamedTuple):
    """What surveys have to do with an event.

    `asking` are those about its type, each with why it did not ask, for those that did not; `undone` ask about what
    such an event undoes; `meant` is a hint where nobody knows the type.
    """

    asking: Mapping[str, str]
    undone: Collection[str]
    meant: str = ""


class Matter(NamedTuple):
    """What an event is about for a survey, such as "ticket T-1", and which other event settled the outcome."""

    about: str | None = None  # None where the event is an occasion of its own
    settled_by: str | None = None  # None where none did, or it is not known any more


Matters = Mapping[tuple[int, str], Matter]
"""By the event's key and the survey."""
NOTHING: Matters = MappingProxyType({})


@dataclass(frozen=True)
class Standing:
    """How a customer stands to further invitations; `next` holds a moment, or a word of REASONS, for each survey."""

    id: str
    known_at: datetime | None  # None where only test events know of them
    left_at: datetime | None
    address_left_at: datetime | None
    next: Mapping[str, datetime | str]
    misspelt: bool = False  # there is an address, but none that mail can be sent to
    refused: Bounce | None = None  # what a mail server said of the address
    beside: Sequence[SharedMailbox] = ()


def matters(
    events: Sequence[HistoryEvent], outcomes: Sequence[InvitationOutcome], surveys: Iterable[Survey]
) -> Matters:
    """Return what the events of a customer are about for each survey, as today's surveys see it."""
    found: dict[tuple[int, str], Matter] = {}
    for survey in surveys:
        for test in (False, True):
            of_survey = [one for one in outcomes if one.survey in survey.ids and one.test == test]
            told = _matters(events, of_survey, survey.invite, test) if survey.invite else ()
            found |= {(event, id): matter for event, matter in told for id in survey.ids}
    return found


def _matters(
    events: Sequence[HistoryEvent], outcomes: Sequence[InvitationOutcome], invite: Invite, test: bool
) -> Iterator[tuple[int, Matter]]:
    seen = {one.key: _event(one) for one in events if test or not one.test}
    kinds = {one.event: one for one in outcomes if one.event is not None and one.event in seen}
    triggers = {key: trigger(invite, seen[key]) for key in kinds}
    standing = [triggers[key] for key in triggers if kinds[key].reason in (None, *ABOUT_OCCASION)]
    gone = cancelled_by(standing, [counter(one) for one in seen.values() if one.type in invite.cancel_on])
    for key, one in triggers.items():
        settled: EventKey | None = None
        if kinds[key].reason == "cancelled" and one.key in gone:
            settled = gone[one.key].key
        elif kinds[key].reason == "same_occasion":
            same = (key for key, other in triggers.items() if other.occasion == one.occasion and other.key not in gone)
            settled = next((triggers[key].key for key in same if kinds[key].state != "refused"), None)
        about = f"{one.about} {value(one.data, one.about)}" if one.about else None
        yield key, Matter(about, "/".join(settled) if settled else None)


def _event(one: HistoryEvent) -> Event:
    return Event(one.source, one.id, one.type, one.time, one.data, None, one.test)


def about_event(
    happened: HistoryEvent,
    outcomes: Sequence[InvitationOutcome],
    bearing: Bearing,
    clock: Clock,
    matters: Matters = NOTHING,
) -> Iterator[str]:
    """Say what happened, and what came of it."""
    mark = ", a test" if happened.test else ""
    yield f"{clock.on(happened.time)}  {happened.type} ({happened.source}/{happened.id}{mark})"
    for one in outcomes:
        matter = matters.get((happened.key, one.survey), Matter())
        about = f" ({matter.about})" if matter.about else ""
        by = f" ({matter.settled_by})" if matter.settled_by else ""
        yield f"  {clock.survey(one.survey)}{about}: {outcome(one, clock)}{by}."
    for survey in sorted({*bearing.asking} - {one.survey for one in outcomes}):
        yield f"  {clock.survey(survey)}: {bearing.asking[survey]}."
    for survey in sorted(bearing.undone):
        yield f"  {clock.survey(survey)}: not asked about what this event undoes."
    if not outcomes and not bearing.asking and not bearing.undone:
        yield f"  No survey is about such an event{f'; {bearing.meant}' if bearing.meant else '.'}"
    for name, reason in _unused(happened):
        yield f"  `{name}` {reason}; it was left out."


def _unused(happened: HistoryEvent) -> Iterator[tuple[str, str]]:
    """Yield what of an event could not be used, and why."""
    yield from ((str(one["name"]), str(one["reason"])) for one in happened.outcome.get("unused", ()))


def about_invitation(one: InvitationOutcome, clock: Clock) -> Iterator[str]:
    """Say what became of an invitation that no event led to."""
    why = "a link" if one.channel == "link" else "asked every so often"
    yield f"{clock.on(one.due_at or one.planned_at)}  without an event: {why}{', a test' if one.test else ''}"
    yield f"  {clock.survey(one.survey)}: {outcome(one, clock)}."


def outcome(one: InvitationOutcome, clock: Clock) -> str:
    """Return what became of an invitation, as a sentence without its stop."""
    if one.state == "refused":
        lot = f" (it falls on {100 * one.probability:g}% of such events)" if one.reason in BY_LOT else ""
        return f"not asked, because {REASONS.get(one.reason or '', one.reason)}{lot}"
    if one.state == "failed":
        return f"not asked, because the mail could not be sent ({one.why})"
    if one.leaving:
        return "being sent at this moment"
    if one.sent_at is None:
        return _still_to_come(one, clock)
    doubt = f"; whether the mail arrived is uncertain ({one.why})" if one.state == "uncertain" else ""
    way = WAYS.get(one.channel or "", "")
    late = one.due_at is not None and one.sent_at - one.due_at >= timedelta(minutes=1)
    due = f" (due on {clock.on(one.due_at)})" if one.due_at and late else ""
    return " ".join(filter(None, ("asked", way, f"on {clock.on(one.sent_at)}{due}{doubt}; {_answered(one, clock)}")))


def _still_to_come(one: InvitationOutcome, clock: Clock) -> str:
    at = one.next_at or one.due_at or one.planned_at
    said = f"will be asked on {clock.on(at)}" if at > clock.now else f"due since {clock.on(at)}, and about to be asked"
    if one.due_at and at > one.due_at:
        why = f", after a failure: {one.why}" if one.why else ", when the quiet hours end"
        return f"{said} (due on {clock.on(one.due_at)}{why})"
    return said


def _answered(one: InvitationOutcome, clock: Clock) -> str:
    if one.answered_at:
        anonymous = one.answered_at.time() == time()  # of an anonymous answer only the day is kept
        return f"answered on {one.answered_at:%Y-%m-%d}" if anonymous else f"answered on {clock.on(one.answered_at)}"
    if one.expires_at is None or one.expires_at > clock.now:
        return "not answered so far" + (f"; the link expires on {clock.on(one.expires_at)}" if one.expires_at else "")
    return f"not answered; the link expired on {clock.on(one.expires_at)}"


def about_customer(standing: Standing, clock: Clock) -> Iterator[str]:
    """Say since when the customer is known, and what they said to invitations."""
    known = f"is known since {clock.on(standing.known_at)}" if standing.known_at else "is known from test events only"
    yield f"Customer {standing.id} {known}. Times are those of {clock.zone.key}."
    if standing.left_at:
        yield f"They asked on {clock.on(standing.left_at)} not to be invited any more."
    elif standing.address_left_at:
        yield f"On {clock.on(standing.address_left_at)} somebody at their address asked not to be invited any more."
    if standing.misspelt:
        yield "Mail cannot be sent to their address; one like dana@example.com would be right."
    if standing.refused:
        yield (
            f"On {clock.on(standing.refused.at)} the mail server said that nobody receives at their address "
            f"({standing.refused.reply}); until it changes, they are not invited."
        )


def about_limits(standing: Standing, clock: Clock) -> Iterator[str]:
    """Say what would be allowed next, the same for several surveys in one line."""
    for one in standing.beside:
        told = f"{clock.survey(one.survey)} on {clock.on(one.at)}"
        yield f"Limits count customer {one.customer} too, who has the same address: {told}."
    groups: dict[datetime | str, list[str]] = {}
    for survey, when in standing.next.items():
        groups.setdefault(when, []).append(survey)
    for when, surveys in sorted(groups.items(), key=lambda group: str(group[0])):
        names = ", ".join(map(clock.survey, surveys))
        if isinstance(when, str):
            yield f"No invitation to {names} is possible now, because {REASONS[when]}."
        elif when <= clock.now:
            yield f"An invitation to {names} is possible at any time."
        else:
            yield f"An invitation to {names} is possible again from {clock.on(when)} on."


def free_from(
    survey: str, invite: Invite, asked: Sequence[tuple[str, datetime]], now: datetime, sending: SendingSettings
) -> datetime:
    """Return the first moment from now on at which no limit forbids an invitation.

    A limit ends as long after an invitation as one of the spans says, so that no other moments need to be tried.
    """
    windows = [window for window, _ in sending.at_most]
    spans = [sending.cooldown, invite.cooldown, invite.every or timedelta(0), *windows]
    ends = sorted({at + span for _, at in asked for span in spans if at + span > now})
    return next((at for at in (now, *ends) if exceeded_limit(survey, invite, asked, at, sending) is None), now)
