"""Months of events on a fake clock, decided by the engine's own rules, and nothing of it stored: pure.

Each event arrives when it happened. With the lot, a customer lives all lives at once, one for each ticket: so what is
to be expected is known without drawing, and is the same every time. Beside it, whoever comes first asks, within the
same limits.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from ..channels import registry
from ..definitions.survey import Survey
from ..events.data import ORDER, first_word
from ..events.event import Customer, Event
from ..i18n.timezone import zone
from ..settings.config import Config
from ..values.email_address import normal
from ..values.enumeration import ABOUT_OCCASION, BEFORE_LOT, BY_LOT, Reason
from . import diary as diaries
from .decision import Contact, Limits, Occasion, Plan, Refusal, Rules, exceeded_limit, plan, shares
from .diary import Diary, Entry
from .interaction import condition_values
from .listening import Listening
from .lottery import ALL, TICKETS, Drawn
from .occasion import Trigger, cancelled_by, counter, drawn_from, trigger
from .scale import DaySums, SurveyScale, competing, renewed

REACH, MONTH = timedelta(days=365), timedelta(days=30)
MOST_TOGETHER = 100  # customers at one address that are looked at, the newest; one with more is nobody's


@dataclass
class WeekCounts:
    """What became of a survey's occasions in a week: how many there were, and were left by `sample` and `draw`.

    `tickets` is the sum of those that they had, and `first` counts what first come asks about.
    """

    occasions: int = 0
    sampled: int = 0
    tickets: int = 0
    first: int = 0


@dataclass
class SurveyCounts:
    """What became of a survey's occasions: by weeks, by how many tickets they had, and what never reached the lot."""

    weeks: dict[date, WeekCounts] = field(default_factory=dict)
    by_tickets: Tally[int] = field(default_factory=Tally)
    refused: Tally[str] = field(default_factory=Tally)

    def week(self, begin: date) -> WeekCounts:
        """Return the counts of the week that begins on a day."""
        return self.weeks.setdefault(begin, WeekCounts())


@dataclass(frozen=True)
class Scene:
    """An event and what is remembered of its customer; as first come finds them, and as the lot does.

    `asked` and `book` are those of these contacts, to which each decision about the event adds.
    """

    event: Event
    diary: Diary
    first: Contact
    lot: Contact
    asked: list[tuple[str, datetime]]
    book: list[Drawn]


class Verdicts(NamedTuple):
    """What the lot decides about an occasion, and whether first come asks."""

    lot: Plan | Refusal
    is_first: bool


class Simulation:
    """What the rules of a project do about events that are taken in the order in which they happened.

    `counts` are those of each survey that listens to events and is open; `scales` is how they stand in the lot, {}
    where no two compete. What is sent to `test_only` addresses alone is simulated as if it were sent to all.
    """

    def __init__(self, config: Config, surveys: Iterable[Survey]) -> None:
        self.config, self._zone, self._first_weekday = config, config.business.zone, config.business.first_weekday
        self._channels = registry.used(config)
        inviting = [one for one in surveys if one.invite and not one.head.closed]
        self.surveys = {one.id: one for one in inviting if one.invite and one.invite.on}
        self.recurring = [one.id for one in inviting if one.id not in self.surveys]
        self._ids = [*self.surveys]
        self._places = {id: place for place, id in enumerate(self._ids)}
        self._listening = Listening(self.surveys.values())
        sending = config.sending.model_copy(update={"test_only": ()})
        self.wanted = competing(self.surveys.values(), sending)
        self.scales = dict.fromkeys(self.wanted, SurveyScale())
        self._first = Rules(sending, config.calendar, shares(self.surveys.values()))
        self._lot = replace(self._first, scales={name: one.chance for name, one in self.scales.items()})
        cooldowns = [one.invite.cooldown for one in self.surveys.values() if one.invite]
        self._reach = max([REACH, sending.cooldown, *cooldowns, *(span for span, _ in sending.at_most)]) + MONTH
        types = [one.invite.on or "" for one in self.surveys.values() if one.invite]
        abouts = [one.invite.about for one in self.surveys.values() if one.invite and one.invite.about]
        self._names = {ORDER, *abouts, *(word for type in types for word in first_word(type))}
        self.counts = {id: SurveyCounts() for id in self._ids}
        self.events = self.unrecognised = 0
        self.since: datetime | None = None
        self.until: datetime | None = None
        self._day: date | None = None
        self._diaries: dict[str, bytes] = {}
        self._mailboxes: dict[int, tuple[str, ...]] = {}

    def take(self, event: Event) -> None:
        """Decide about the next event; one of a test is left out, as it counts nowhere."""
        if event.test:
            return
        if self._listening.unrecognised(event):
            self.unrecognised += 1
            return
        self.events, self.since, self.until = self.events + 1, self.since or event.time, event.time
        self._begin(event.time.astimezone(self._zone).date())
        asking, undone = (by.get(event.type, ()) for by in (self._listening.by_type, self._listening.by_counter))
        if event.customer is None:
            for survey in asking:
                self._pass(survey, event)
            return
        diary = self._opened(event.customer, event.time)
        for survey in undone:
            self._undo(survey, diary, event)
        if undone:
            diary.counters.append(counter(event)._replace(data=self._compared(event)))
        if asking:
            scene = self._scene(event, diary)
            for survey in asking:
                self._decide(survey, scene)
        self._diaries[diary.customer.id] = diaries.packed(diary)

    def customers(self) -> Iterable[tuple[str, float, int]]:
        """Yield each customer's id, how many invitations they can expect by the lot, and how many by first come."""
        for id, kept in self._diaries.items():
            one = diaries.unpacked(kept)
            yield id, one.expected, one.first

    def week(self, at: datetime) -> date:
        """Return the day on which the week of a moment begins, at the business."""
        day = at.astimezone(self._zone).date()
        return day - timedelta(days=(day.weekday() - self._first_weekday) % 7)

    def _begin(self, day: date) -> None:
        """Renew the lot in each night that has passed."""
        if self._day and day > self._day and self.scales:
            self.scales = renewed(self.scales, self.wanted, (day - self._day).days)
            self._lot = replace(self._lot, scales={name: one.chance for name, one in self.scales.items()})
        self._day = max(day, self._day or day)

    def _opened(self, told: Customer, now: datetime) -> Diary:
        """Return what is remembered of a customer, with what an event tells of them now."""
        told = told if told.id else replace(told, id=normal(diaries.address_of(told)))
        if (kept := self._diaries.get(told.id)) is None:
            diary, before = Diary(told), None
        else:
            diary = diaries.unpacked(kept)
            before = diary.mailbox
            diary.learn(told)
            diary.forget(now - self._reach)
        if diary.mailbox != before:
            self._move(told.id, before, diary.mailbox)
        return diary

    def _move(self, id: str, before: str | None, mailbox: str) -> None:
        """Note who receives where."""
        if before is not None:
            self._mailboxes[hash(before)] = tuple(one for one in self._mailboxes.get(hash(before), ()) if one != id)
        self._mailboxes[hash(mailbox)] = (*self._mailboxes.get(hash(mailbox), ())[1 - MOST_TOGETHER :], id)

    def _scene(self, event: Event, diary: Diary) -> Scene:
        """Return how an event finds its customer, and those who receive at the same address."""
        others = (id for id in self._mailboxes[hash(diary.mailbox)] if id != diary.customer.id and id in self._diaries)
        entries = [*diary.entries, *(one for id in others for one in diaries.unpacked(self._diaries[id]).entries)]
        person, here = diary.customer, zone(diary.customer.timezone, self._zone)
        addresses = registry.addresses(person)
        reached = {name: addresses[name] for name in registry.reaching(self._channels, person)}
        asked, book = diaries.remembered(entries, self._ids)
        first = Contact(reached, person.language, here, False, asked)
        return Scene(event, diary, first, first._replace(asked=(), book=book), asked, book)

    def _pass(self, survey: Survey, event: Event) -> None:
        """Count an event that names nobody."""
        decision = plan(survey, Occasion(event, None, event.data, False, event.time), self._first)
        if isinstance(decision, Refusal):
            self.counts[survey.id].refused[decision.reason] += 1

    def _decide(self, survey: Survey, scene: Scene) -> None:
        """Decide about an event for a survey in both worlds, count it, and remember what bears on later ones."""
        if survey.invite is None:
            return
        mine = trigger(survey.invite, scene.event)
        occasion = self._occasion(survey, scene, mine)
        competes = survey.id in self.wanted
        decided = self._drawn(survey, scene, occasion) if competes else self._asked(survey, occasion)
        if decided:
            self._count(survey.id, scene.event, decided)
            self._note(survey, scene, mine, decided)

    def _asked(self, survey: Survey, occasion: Occasion) -> Verdicts | None:
        """Return what is decided where nothing is drawn, which is the same in both worlds."""
        decision = plan(survey, occasion, self._first)
        return Verdicts(decision, isinstance(decision, Plan)) if decision else None

    def _drawn(self, survey: Survey, scene: Scene, occasion: Occasion) -> Verdicts | None:
        """Return what is decided where surveys compete; first come asks about what draws, as far as limits allow.

        In the lot, a repeat finds its tickets taken, in the lives in which the first one was asked about.
        """
        lot = plan(survey, occasion._replace(contact=scene.lot, repeated=False), self._lot)
        if lot is None or lot.drawn is None or lot.due is None or occasion.repeated or survey.invite is None:
            return Verdicts(lot, False) if lot else None
        limits = Limits(survey.id, survey.invite, self._first.sending)
        return Verdicts(lot, exceeded_limit(limits, scene.asked, lot.due) is None)

    def _occasion(self, survey: Survey, scene: Scene, mine: Trigger) -> Occasion:
        """Return the event in its circumstances, as first come finds them."""
        event, diary, undoing = scene.event, scene.diary, self._listening.undoing(survey)
        counters = [one for one in diary.counters if one.type in undoing]
        place = self._places[survey.id]
        theirs = [one for one in diary.entries if one.survey == place]
        gone = cancelled_by([*diaries.triggers(theirs, mine.undone_by), mine], counters) if counters else {}
        same = (one for one in theirs if one.is_first and one.occasion == mine.occasion and one.key not in gone)
        repeated = mine.occasion is not None and any(same)
        lot = drawn_from(diary.customer.id, mine, counters)
        values = condition_values(diary.customer, event.data)
        return Occasion(event, scene.first, values, mine.key in gone, event.time, repeated, lot)

    def _count(self, survey: str, event: Event, decided: Verdicts) -> None:
        counts, lot = self.counts[survey], decided.lot
        if isinstance(lot, Refusal) and lot.reason in BEFORE_LOT:
            counts.refused[lot.reason] += 1
            return
        week = counts.week(self.week(event.time))
        week.occasions += 1
        if isinstance(lot, Refusal) and lot.reason in BY_LOT:
            return
        tickets = _tickets(lot)
        week.sampled, week.tickets = week.sampled + 1, week.tickets + tickets
        week.first += decided.is_first
        counts.by_tickets[tickets] += 1
        if lot.drawn:
            sums = DaySums(1, lot.drawn.wished, lot.drawn.chance)
            self.scales[survey] = self.scales[survey].with_day(sums)

    def _note(self, survey: Survey, scene: Scene, mine: Trigger, decided: Verdicts) -> None:
        """Remember an occasion that was asked about in either world, drew, or was undone or repeated."""
        (lot, is_first), due = decided, decided.lot.due
        if due is None and not (isinstance(lot, Refusal) and lot.reason in ABOUT_OCCASION):
            return
        tickets = lot.drawn.tickets if lot.drawn else ALL if isinstance(lot, Plan) else None
        at = diaries.micros(scene.event.time)
        entry = Entry(self._places[survey.id], diaries.micros(due) if due else at, tickets,
                      lot.drawn.scale if lot.drawn else None, is_first, mine.occasion, at)  # fmt: skip
        if self._listening.undoing(survey):
            entry = entry._replace(key=mine.key, about=mine.about, data=self._compared(scene.event))
        scene.diary.entries.append(entry)
        scene.diary.expected += (tickets or 0).bit_count() / TICKETS
        scene.diary.first += is_first
        asked, book = diaries.remembered([entry], self._ids)
        scene.asked.extend(asked)
        scene.book.extend(book)

    def _undo(self, survey: Survey, diary: Diary, event: Event) -> None:
        """Undo what an event is a counter-event to, as far as its invitation has not left, in both worlds."""
        if survey.invite is None:
            return
        place, undoing = self._places[survey.id], self._listening.undoing(survey)
        theirs = [one for one in diary.entries if one.survey == place]
        asked = diaries.triggers(theirs, survey.invite.cancel_on)
        counters = [one for one in diary.counters if one.type in undoing]
        before, gone = cancelled_by(asked, counters), cancelled_by(asked, [*counters, counter(event)])
        now, undone = diaries.micros(event.time), gone.keys() - before.keys()
        for n, one in enumerate(diary.entries):
            if one.survey == place and one.key in undone and one.due >= now and one.tickets is not None:
                diary.entries[n] = diaries.withdrawn(one)
                self._discount(survey.id, diary, one)

    def _discount(self, survey: str, diary: Diary, one: Entry) -> None:
        """Count an occasion no more, because it was undone."""
        counts, tickets = self.counts[survey], (one.tickets or 0).bit_count()
        week = counts.week(self.week(diaries.moment(one.at)))
        week.occasions, week.sampled = week.occasions - 1, week.sampled - 1
        week.tickets, week.first = week.tickets - tickets, week.first - one.is_first
        counts.by_tickets[tickets] -= 1
        counts.refused[Reason.CANCELLED] += 1
        diary.expected -= tickets / TICKETS
        diary.first -= one.is_first

    def _compared(self, event: Event) -> dict[str, object]:
        """Return what of an event's data tells which occasion it is about."""
        told = {name: event.data.get(name) for name in self._names}
        return {name: one for name, one in told.items() if isinstance(one, str | int | float)}


def _tickets(decision: Plan | Refusal) -> int:
    """Return how many of all lives an occasion is asked about in; where nothing is drawn, in all of them or none."""
    if decision.drawn:
        return decision.drawn.allotted
    return TICKETS if isinstance(decision, Plan) else 0
