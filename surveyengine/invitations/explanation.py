"""Why a customer was asked or not, in sentences: pure, from rows to lines."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import reduce
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ..channels.failure import told
from ..channels.registry import CHANNELS
from ..definitions.survey import Invite, Survey
from ..events.event import Event
from ..i18n.speech import SOURCE, Speech
from ..i18n.timezone import zone
from ..settings.calendar import NEVER_CLOSED, Calendar, because, closings
from ..store.history import HistoryEvent, InvitationOutcome
from ..store.invitations import BY_HAND
from ..values.enumeration import ABOUT_OCCASION, BY_LIMIT, BY_LOT, InvitationState, Reason
from ..values.msgid import N_
from .decision import REASONS
from .occasion import EventKey, cancelled_by, counter, trigger, value
from .reminder import ENDS

NARROW_SPACE = "\u202f"  # before "AM"
NEARLY_WHOLE = 3  # "1 in 2.5" is said with a fraction, "1 in 3.4" as 1 in 3
BY_LINK = N_("by a link that was made for them")


@dataclass(frozen=True)
class Clock:
    """The moment, time zone and language of an explanation; `names` are the business's names of surveys, by id.

    `tells` says of an invitation whether it may be told that it was, or was not, answered. With `is_written` English
    moments are written out, as on a page; on a terminal they are those of ISO 8601.
    """

    now: datetime
    zone: ZoneInfo
    speech: Speech
    names: Mapping[str, str] = field(default_factory=dict)
    tells: Callable[[InvitationOutcome], bool] = lambda one: True
    is_written: bool = False
    calendar: Calendar = NEVER_CLOSED

    def survey(self, id: str) -> str:
        """Return what people call a survey: its name, or else its id."""
        return self.names.get(id, id)

    def on(self, moment: datetime) -> str:
        """Return the moment in the business's time zone, in the calendar of the language."""
        local, is_iso = moment.astimezone(self.zone), self.speech.language == SOURCE and not self.is_written
        written = self.speech.moment(local).replace(NARROW_SPACE, " ")  # which pages would show as what it is: odd
        return f"{local:%Y-%m-%d %H:%M}" if is_iso else written

    def why(self, stored: str | None) -> str:
        """Return why a message did not leave; what others replied is quoted, but for English on a terminal."""
        is_plain = self.speech.language == SOURCE and not self.is_written
        return (stored or "") if is_plain else told(stored or "", self.speech)

    def say(self, msgid: str, **values: str) -> str:
        """Return the sentence in the language of whoever asked."""
        return self.speech.gettext(msgid, **values)

    def closed(self, one: InvitationOutcome) -> str:
        """Return in words why an invitation waits, or waited, by today's calendar; "" where nothing is closed."""
        wished = one.wished_at or one.due_at
        found = closings(wished, zone(one.timezone, self.zone), self.calendar) if wished else []
        return because(found, self.speech) if found else ""

    def listed(self, items: Iterable[str]) -> str:
        """Return the items as a list in words."""
        return reduce(lambda one, other: self.say("{one}, {other}", one=one, other=other), items)


class Bearing(NamedTuple):
    """How today's surveys relate to an event.

    `asking` are the surveys about its type, each with the reason why it would not ask. `undone` are the surveys for
    which it is a counter-event. `meant` is the closest known type where its own is unknown.
    """

    asking: Mapping[str, str]
    undone: Collection[str]
    meant: str = ""


class Matter(NamedTuple):
    """What an event is about for a survey, such as "ticket T-1", and which other event settled the outcome."""

    about: str | None = None  # None where the event is an occasion of its own
    settled_by: str | None = None  # source/id; None where no event did, or it is not stored any more


Matters = Mapping[tuple[int, str], Matter]
"""By the event's key and the survey."""


@dataclass(frozen=True)
class EventHistory:
    """Events, the invitations that they led to, and what they are about."""

    events: Sequence[HistoryEvent]
    outcomes: Sequence[InvitationOutcome] = ()
    matters: Matters = field(default_factory=dict)

    def after(self, happened: HistoryEvent) -> list[InvitationOutcome]:
        """Return what one event led to."""
        return [one for one in self.outcomes if one.event == happened.key]


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
        if kinds[key].reason == Reason.CANCELLED and one.key in gone:
            settled = gone[one.key].key
        elif kinds[key].reason == Reason.SAME_OCCASION:
            same = (key for key, other in triggers.items() if other.occasion == one.occasion and other.key not in gone)
            settled = next((triggers[key].key for key in same if kinds[key].state != InvitationState.REFUSED), None)
        about = f"{one.about} {value(one.data, one.about)}" if one.about else None
        yield key, Matter(about, "/".join(settled) if settled else None)


def _event(one: HistoryEvent) -> Event:
    return Event(one.source, one.id, one.type, one.time, one.data, None, one.test)


def about_event(happened: HistoryEvent, history: EventHistory, bearing: Bearing, clock: Clock) -> Iterator[str]:
    """Say what happened, and what came of it."""
    outcomes = history.after(happened)
    event = f"{happened.source}/{happened.id}"
    yield f"{clock.on(happened.time)}  {happened.type} ({_marked(event, happened.test, clock)})"
    for one in outcomes:
        matter = history.matters.get((happened.key, one.survey), Matter())
        about = f" ({matter.about})" if matter.about else ""
        by = f" ({matter.settled_by})" if matter.settled_by else ""
        yield f"  {clock.survey(one.survey)}{about}: {outcome(one, clock)}{by}."
    for survey in sorted({*bearing.asking} - {one.survey for one in outcomes}):
        yield f"  {clock.survey(survey)}: {bearing.asking[survey]}."
    undone = clock.say("not asked about what this event undoes")
    yield from (f"  {clock.survey(survey)}: {undone}." for survey in sorted(bearing.undone))
    if not outcomes and not bearing.asking and not bearing.undone:
        yield f"  {_unheard(bearing, clock)}"
    for name, reason in _unused(happened):
        yield "  " + clock.say("{name} {reason}; it was left out.", name=f"`{name}`", reason=reason)


def _marked(what: str, test: bool, clock: Clock) -> str:
    return clock.say("{what}, a test", what=what) if test else what


def _unheard(bearing: Bearing, clock: Clock) -> str:
    """Return the sentence about an event that no survey asks about, with the type that may be meant."""
    if not bearing.meant:
        return clock.say("No survey is about such an event.")
    return clock.say("No survey is about such an event; did you mean {type}?", type=f"`{bearing.meant}`")


def _unused(happened: HistoryEvent) -> Iterator[tuple[str, str]]:
    """Yield the name of each unused detail of an event, and the reason."""
    yield from ((str(one["name"]), str(one["reason"])) for one in happened.outcome.get("unused", ()))


def about_invitation(one: InvitationOutcome, clock: Clock) -> Iterator[str]:
    """Say what became of an invitation that no event led to."""
    why = clock.say("a link") if one.channel == BY_HAND else clock.say("asked every so often")
    told = clock.say("without an event: {why}", why=_marked(why, one.test, clock))
    yield f"{clock.on(one.due_at or one.planned_at)}  {told}"
    yield f"  {clock.survey(one.survey)}: {outcome(one, clock)}."


def outcome(one: InvitationOutcome, clock: Clock) -> str:
    """Return what became of an invitation, as a sentence without its full stop."""
    if one.state == InvitationState.REFUSED:
        return _refused(one, clock)
    if one.state == InvitationState.FAILED:
        return clock.say("not asked, because the mail could not be sent ({why})", why=clock.why(one.why))
    if one.sent_at is None and one.leaving:
        return clock.say("being sent at this moment")
    if one.sent_at is None:
        return _by_lot(_still_to_come(one, clock), one, clock)
    asked = _by_lot(_asked(one, one.sent_at, clock), one, clock)
    if clock.tells(one):  # that somebody is reminded says that they have not answered
        asked = clock.listed([asked, *_reminded(one, clock)])
    return clock.say("{asked}; {answered}", asked=asked, answered=_answered(one, clock))


def _refused(one: InvitationOutcome, clock: Clock) -> str:
    reason = clock.say(REASONS.get(one.reason or "", one.reason or ""))
    if one.reason == Reason.LOT or (one.reason in BY_LIMIT and not one.probability):
        return _unlucky(one, reason, clock)
    if one.reason not in BY_LOT:
        return clock.say("not asked, because {reason}", reason=reason)
    share = f"{100 * (one.probability or 0):g}"
    shown = clock.speech.percent(float(share), len(share.partition(".")[2]))
    return clock.say("not asked, because {reason} (it falls on {share} of such events)", reason=reason, share=shown)


def _unlucky(one: InvitationOutcome, reason: str, clock: Clock) -> str:
    """Return why the lot left nobody to be asked: with which chance it fell so, or that it could not fall otherwise."""
    if not one.probability:
        return clock.say("not asked, because {reason}, and no lot could have changed that", reason=reason)
    return clock.say("not asked, because {reason} ({chance})", reason=reason, chance=_one_in(one.probability, clock))


def _by_lot(said: str, one: InvitationOutcome, clock: Clock) -> str:
    """Return what is said of an invitation, with its chance where a lot fell on it."""
    if not one.probability or one.probability == 1:
        return said
    return clock.say("{said} (by lot, {chance})", said=said, chance=_one_in(one.probability, clock))


def _one_in(probability: float, clock: Clock) -> str:
    """Return a chance as "chance 1 in 4", rounded to a whole number where that is near enough."""
    n = 1 / probability
    shown = clock.speech.number(round(n) if n >= NEARLY_WHOLE else round(n, 1))
    return clock.say("chance 1 in {n}", n=shown)


def _asked(one: InvitationOutcome, sent_at: datetime, clock: Clock) -> str:
    """Return by which channel and when the customer was asked, whether late, and whether it is uncertain."""
    channel = CHANNELS.get(one.channel or "")
    how = channel.how if channel else BY_LINK if one.channel == BY_HAND else ""
    way, on = clock.say(how), clock.on(sent_at)
    asked = clock.say("asked {way} on {when}", way=way, when=on) if way else clock.say("asked on {when}", when=on)
    wished = one.wished_at or one.due_at
    if wished and sent_at - wished >= timedelta(minutes=1):
        waited = clock.closed(one) if one.due_at and wished < one.due_at else ""
        said = N_("{asked} (due on {when}, and waited because of {why})") if waited else N_("{asked} (due on {when})")
        asked = clock.say(said, asked=asked, when=clock.on(wished), why=waited)
    if one.state != InvitationState.UNCERTAIN:
        return asked
    return clock.say("{asked}; whether the mail arrived is uncertain ({why})", asked=asked, why=clock.why(one.why))


def _reminded(one: InvitationOutcome, clock: Clock) -> Iterator[str]:
    """Yield when the customer was reminded and will be, or why not."""
    if one.reminded_at:
        yield clock.say("reminded on {when}", when=clock.on(one.reminded_at))
    if one.remind_at:
        yield clock.say("to be reminded on {when}", when=clock.on(max(one.remind_at, clock.now)))
    elif one.unreminded:
        reason = REASONS.get(one.unreminded) or ENDS.get(one.unreminded)
        why = clock.say(reason) if reason else clock.why(one.unreminded)
        yield clock.say("not reminded, because {reason}", reason=why)


def _still_to_come(one: InvitationOutcome, clock: Clock) -> str:
    at = one.next_at or one.due_at or one.planned_at
    if at > clock.now:
        said = clock.say("will be asked on {when}", when=clock.on(at))
    else:
        said = clock.say("due since {when}, and about to be asked", when=clock.on(at))
    wished = one.wished_at or one.due_at
    if not wished or at <= wished:
        return said
    due = clock.on(wished)
    if one.why:
        return clock.say("{said} (due on {when}, after a failure: {why})", said=said, when=due, why=clock.why(one.why))
    if at > clock.now and (why := clock.closed(one)):
        return clock.say("waits until {when} because of {why} (due on {due})", when=clock.on(at), why=why, due=due)
    return clock.say("{said} (due on {when})", said=said, when=due)


def _answered(one: InvitationOutcome, clock: Clock) -> str:
    if not clock.tells(one):
        return clock.say("whether it was answered is not told")
    if one.answered_at:
        return clock.say("answered on {when}", when=clock.on(one.answered_at))
    if one.expires_at is None:
        return clock.say("not answered so far")
    if one.expires_at > clock.now:
        return clock.say("not answered so far; the link expires on {when}", when=clock.on(one.expires_at))
    return clock.say("not answered; the link expired on {when}", when=clock.on(one.expires_at))
