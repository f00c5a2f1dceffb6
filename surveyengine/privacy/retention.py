"""Lets go what is kept long enough: first the links to persons, later the answers themselves; their counts stay.

It goes in small steps, each a transaction that decides anew, with the newest files and clock. One step is taken at a
time, on all nodes; whoever is killed in one has done nothing, and another goes on. What somebody holds is left alone.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple, Protocol

from ..definitions.survey import Survey
from ..engine import Engine
from ..results.record import Record
from ..settings.config import Config
from ..store import customers, erasing, expiring, funnel_tallies, horizons, surveys, tallies, uncounted
from ..store.engine import lock
from ..store.engine.database import Connection
from ..store.erasing import HeldResponse
from ..store.expiring import DatedInvitation, HeldFacts
from ..store.horizons import Horizon
from ..values.anonymity import LEAST, released
from ..values.enumeration import SurveyMode
from ..values.link_tokens import new_id
from . import outbox, unlinking
from .keeping import Cutoffs, answers_until, cutoff, cutoffs, is_past, kept_facts
from .plan import ErasurePlan, ErasureWish, emptied, plan

BATCH = 100  # invitations, or responses, in one step
ROWS = 500  # that only have to be deleted

log = logging.getLogger("surveyengine")


@dataclass(frozen=True, slots=True)
class LetGo(Record):
    """How much went: links to persons from invitations and responses, and whole rows of the other sorts."""

    invitations_unlinked: int = 0
    responses_unlinked: int = 0
    responses: int = 0
    invitations: int = 0
    events: int = 0
    customers: int = 0
    files: int = 0  # mails in a folder

    def __add__(self, other: LetGo) -> LetGo:
        return LetGo(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    def __bool__(self) -> bool:
        return any(getattr(self, one.name) for one in fields(self))

    def __str__(self) -> str:
        return ", ".join(f"{name.replace('_', ' ')} {n}" for name, n in self.said() if n)


class Served(Protocol):
    """The surveys as they are served, and every version of them."""

    def survey(self, id: str) -> Survey | None:
        """Return the survey that is served under an id today."""

    def version(self, digest: str) -> Survey | None:
        """Return the version of that digest."""

    def is_closed(self, version: Survey) -> bool:
        """Whether the version's survey takes no more answers."""


@dataclass(frozen=True)
class KeepingRules:
    """What has had its time on a day: `by_survey`, by the id that rows are stored under, and for the whole business."""

    config: Config
    library: Served
    now: datetime
    by_survey: Mapping[str, Cutoffs]
    contacts: date | None

    @property
    def unlinked_until(self) -> Mapping[str, date]:
        """The last day of which links to persons go, by survey."""
        return {survey: one.contacts for survey, one in self.by_survey.items() if one.contacts}

    @property
    def answers_until(self) -> Mapping[str, date]:
        """The last day of which answers go, by survey."""
        return {survey: one.answers for survey, one in self.by_survey.items() if one.answers}

    @property
    def heard_before(self) -> datetime | None:
        """The end of the last day of which the business's contacts go."""
        zone = self.config.business.zone
        if self.contacts is None:
            return None
        return datetime.combine(self.contacts + timedelta(days=1), time(), zone).astimezone(UTC)

    def touchpoint(self, survey: str) -> str:
        """Where the report counts a survey today."""
        today = self.library.survey(survey)
        return today.touchpoint if today else survey

    def has_gone(self, one: DatedInvitation) -> bool:
        """Whether nobody waits for anything of an invitation any more, and all that came of it is long ago."""
        until = self.unlinked_until.get(one.survey)
        zone = self.config.business.zone
        return until is not None and one.held.state != "planned" and is_past(one.moments, until, zone)


class LookStep(NamedTuple):
    """What a step did, and where the next one goes on; None where nothing is left."""

    gone: LetGo
    after: Any


Phase = Callable[[Engine, KeepingRules, Connection, Any], LookStep]


def rules(config: Config, library: Served, connection: Connection, now: datetime) -> KeepingRules:
    """Return what has had its time now, by the newest files, and of a survey without a file by its last version."""
    privacy, today = config.privacy, now.astimezone(config.business.zone).date()
    names = sorted({one.survey for one in surveys.imprints(connection)})
    by_survey = {name: cutoffs(library.survey(name), privacy, today) for name in names}
    return KeepingRules(config, library, now, by_survey, cutoff(privacy.keep_contacts, today))


def links(engine: Engine, rules: KeepingRules, connection: Connection, after: Any) -> LookStep:
    """Take the customers out of invitations, and of what came of them; those of an event and touchpoint together."""
    found = expiring.invitations(connection, rules.unlinked_until, after, BATCH)
    if not found:
        return LookStep(LetGo(), None)
    gone = LetGo()
    if groups := [one for one in _groups(rules, connection, found) if all(map(rules.has_gone, one))]:
        gone = _unlinked(engine, rules, connection, groups)
    return LookStep(gone, found[-1].place)


def _groups(
    rules: KeepingRules, connection: Connection, found: Sequence[DatedInvitation]
) -> Iterator[Sequence[DatedInvitation]]:
    """Yield the invitations of each event to each touchpoint, of which a report counts one, where all are at hand."""
    events = {one.event for one in found if one.event is not None}
    groups: defaultdict[tuple[int, str], list[DatedInvitation]] = defaultdict(list)
    for one in expiring.beside(connection, events):
        groups[one.event or 0, rules.touchpoint(one.survey)].append(one)
    all_of: defaultdict[tuple[int, str], int] = defaultdict(int)
    for (event, survey), n in expiring.numbers(connection, events).items():
        all_of[event, rules.touchpoint(survey)] += n
    sought = {(one.event, rules.touchpoint(one.survey)) for one in found if one.event is not None}
    yield from ([one] for one in found if one.event is None)
    yield from (group for key, group in groups.items() if key in sought and len(group) == all_of[key])


def _unlinked(
    engine: Engine, rules: KeepingRules, connection: Connection, groups: Sequence[Sequence[DatedInvitation]]
) -> LetGo:
    all_of = [one for group in groups for one in group]
    counted = [one for one in all_of if one.real]
    answered = expiring.answered(connection, [one.held.key for one in all_of])
    planned = plan([one.held for one in counted], _as_held(answered), ErasureWish(False, (), rules.now), new_id)
    uncounted = [one.held.key for one in all_of if not one.real]
    unlinking.unlink(
        connection,
        ErasurePlan([*planned.gone_invitations, *uncounted], planned.gone_responses, planned.unlinked_invitations,
                    planned.unlinked_responses),
        erasing.blank_contacts, _contexts(connection, answered),
    )  # fmt: skip
    _move_events(rules, connection, [[one for one in group if one.real] for group in groups])
    names = [unlinking.renamed(engine, one.customer, [one.held.id]) for one in all_of if one.customer]
    unlinking.rename(connection, {ending: instead for each in names for ending, instead in each.items()})
    files = outbox.forget(engine, [one.held.id for one in all_of])
    return LetGo(invitations_unlinked=len(all_of), responses_unlinked=len(answered), files=files)


def _as_held(answered: Sequence[HeldFacts]) -> list[HeldResponse]:
    return [HeldResponse(one.id, one.test) for one in answered]


def _contexts(connection: Connection, answered: Sequence[HeldFacts]) -> Mapping[str, Mapping[str, str]]:
    """Return the facts that stay of each response."""
    names = {name for one in answered for name in one.context}
    shared = expiring.shared_facts(connection, names, LEAST)
    whose = {id: _said_of(connection, id) for id in {one.customer for one in answered if one.customer}}
    return {one.id: kept_facts(one.context, one.claimed, shared, whose.get(one.customer or "", ())) for one in answered}


def _said_of(connection: Connection, id: str) -> Collection[str]:
    """Return what names a customer."""
    person = customers.person(connection, id)
    known = (person.id, person.email, person.phone, person.name, person.account) if person else (id,)
    return [one for one in known if one]


def _move_events(rules: KeepingRules, connection: Connection, groups: Sequence[Sequence[DatedInvitation]]) -> None:
    """Let the invitations that stay be for an event of which nothing but the day is known."""
    whose = [(group[0].event, [one.held.key for one in group]) for group in groups if group and group[0].event]
    known = {one.key: one for one in expiring.events(connection, [event for event, _ in whose if event])}
    copies = [(known[event], emptied(known[event], new_id, rules.now), keys) for event, keys in whose if event]
    expiring.move_to_copies(connection, copies)


def moments(engine: Engine, rules: KeepingRules, connection: Connection, after: Any) -> LookStep:
    """Take the moments, and the facts that identify, off responses to which no invitation led."""
    return _loosened(connection, expiring.dated(connection, rules.unlinked_until, True, BATCH), rules.now)


def last_links(engine: Engine, rules: KeepingRules, connection: Connection, after: Any) -> LookStep:
    """The same of all responses that are about to go, whose rarer facts must leave the counts before."""
    return _loosened(connection, expiring.dated(connection, rules.answers_until, False, BATCH), rules.now)


def _loosened(connection: Connection, found: Sequence[HeldFacts], now: datetime) -> LookStep:
    planned = plan([], _as_held(found), ErasureWish(False, (), now), new_id)
    unlinking.unlink(connection, planned, erasing.blank_contacts, _contexts(connection, found))
    return LookStep(LetGo(responses_unlinked=len(found)), True if found else None)


def fold(engine: Engine, rules: KeepingRules, connection: Connection, after: Any) -> LookStep:
    """Count the invitations that the steps before have changed, without which none may be deleted."""
    return LookStep(LetGo(), True if funnel_tallies.fold(connection, ROWS) == ROWS else None)


def answers(engine: Engine, rules: KeepingRules, connection: Connection, after: Any) -> LookStep:
    """Delete the answers to one survey, and let their counts be all that is told of these days."""
    until = rules.answers_until
    if (survey := min((one for one in until if after is None or one >= after), default=None)) is None:
        return LookStep(LetGo(), None)
    last = versions(rules, connection, survey, until[survey])
    found = expiring.responses(connection, survey, last, ROWS) if last else []
    erasing.drop_responses(connection, [one.id for one in found])
    if counted := [one.day for one in found if not one.test]:
        horizons.move(connection, survey, Horizon(max(counted), responses=len(counted)))
    following = survey if len(found) == ROWS else min((one for one in until if one > survey), default=None)
    return LookStep(LetGo(responses=len(found)), following)


def versions(rules: KeepingRules, connection: Connection, survey: str, until: date) -> Mapping[str, date]:
    """Return the last day of which answers go, by the digests of a survey's versions."""
    modes = {one.digest: one.mode for one in surveys.imprints(connection) if one.survey == survey}
    blocked = [digest for digest, mode in modes.items() if mode is not SurveyMode.IDENTIFIED]
    cohorts = {digest: version.cohort for digest in blocked if (version := rules.library.version(digest))}
    sizes = [(cohorts[digest], day, n) for digest, day, n in tallies.sizes(connection, [*cohorts])]
    zone, minimum = rules.config.business.zone, rules.config.privacy.anonymous_minimum
    out = released(sizes, minimum, rules.now.astimezone(zone))
    blocks = {digest: out.get(cohort, ()) for digest, cohort in cohorts.items()}
    over = {digest for digest in modes if _is_over(rules.library, digest)}
    last = {
        digest: answers_until(mode, blocks.get(digest, ()), until, digest in over) for digest, mode in modes.items()
    }
    return {digest: day for digest, day in last.items() if day}


def _is_over(library: Served, digest: str) -> bool:
    """Whether no answers will come any more with which those to a version come out."""
    if (version := library.version(digest)) is None:
        return True
    served = library.survey(version.id)
    return served is None or served.cohort != version.cohort or library.is_closed(version)


def invitations(engine: Engine, rules: KeepingRules, connection: Connection, after: Any) -> LookStep:
    """Delete invitations to one survey that lead to nobody any more, with their events; the funnel counts them."""
    until = rules.answers_until
    if (survey := min((one for one in until if after is None or one >= after), default=None)) is None:
        return LookStep(LetGo(), None)
    found = expiring.nobodys(connection, survey, until[survey], ROWS)
    erasing.drop_invitations(connection, [one.key for one in found])
    events = expiring.drop_events(connection, [one.event for one in found if one.event is not None])
    if found:
        horizons.move(connection, survey, Horizon(max(one.day for one in found), invitations=len(found)))
    following = survey if len(found) == ROWS else min((one for one in until if one > survey), default=None)
    return LookStep(LetGo(invitations=len(found), events=events), following)


def events(engine: Engine, rules: KeepingRules, connection: Connection, after: Any) -> LookStep:
    """Delete events that led to no invitation, or of which none is left."""
    if rules.heard_before is None:
        return LookStep(LetGo(), None)
    found = expiring.idle_events(connection, rules.heard_before, after or 0, ROWS)
    return LookStep(LetGo(events=expiring.drop_events(connection, found)), found[-1] if found else None)


def people(engine: Engine, rules: KeepingRules, connection: Connection, after: Any) -> LookStep:
    """Forget customers to whom nothing leads any more and of whom nothing was heard; their opt-outs stay by a hash."""
    if rules.heard_before is None:
        return LookStep(LetGo(), None)
    found = expiring.strangers(connection, rules.heard_before, after or "", BATCH)
    for person in found:
        unlinking.forget_record(engine, connection, person)
    names = [unlinking.renamed_person(engine, person.id) for person in found]
    unlinking.rename(connection, {ending: instead for each in names for ending, instead in each.items()})
    return LookStep(LetGo(customers=len(found)), found[-1].id if found else None)


PHASES: Sequence[Phase] = (links, moments, last_links, fold, answers, invitations, events, people)


class Retention:
    """Looks what has had its time, and remembers what it has looked for already, until a day turns or files change."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._done: object = None
        self._is_scrubbed = True

    def look(self, stopped: Callable[[], bool] = lambda: False) -> LetGo:
        """Let go what has had its time; nothing goes while the clock is doubted. The log tells how much went."""
        due, gone, is_whole = self._due(), LetGo(), True
        if due is None or due == self._done and self._is_scrubbed:
            return gone
        for phase in PHASES if due != self._done else ():
            for step in self._steps(phase, stopped):
                gone, is_whole = gone + (step.gone if step else LetGo()), is_whole and step is not None
        if gone:
            log.info("kept long enough, and gone: %s", gone)
        if gone or not self._is_scrubbed:
            self._is_scrubbed = self._engine.database.scrub() or not self._engine.database.is_sqlite
        self._done = due if is_whole else None
        return gone

    def _due(self) -> object:
        """Return what tells one day's look from another's; None while the clock is doubted."""
        if (now := self._engine.timekeeper.moment()) is None:
            return None
        self._engine.library.refresh(now)
        with self._engine.database.read() as connection:
            found = rules(self._engine.config, self._engine.library, connection, now)
        return found.by_survey, found.contacts

    def _steps(self, phase: Phase, stopped: Callable[[], bool]) -> Iterator[LookStep | None]:
        """Yield the steps of a phase until nothing is left; None, at last, where it could not be taken to its end."""
        engine, after = self._engine, None
        while True:
            if stopped() or (now := engine.timekeeper.moment()) is None:
                yield None
                return
            engine.library.refresh(now)
            with engine.database.write() as connection:
                lock.hold(connection, lock.RETENTION)
                if uncounted.count_some(connection, ROWS):  # or facts seem rare that only wait for being counted
                    continue
                step = phase(engine, rules(engine.config, engine.library, connection, now), connection, after)
            yield step
            if (after := step.after) is None:
                return
