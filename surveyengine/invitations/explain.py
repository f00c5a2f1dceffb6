"""Gathers what explains why a customer was asked, or was not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from ..channels import registry
from ..definitions.model import most_alike
from ..definitions.survey import Invite
from ..engine import Engine
from ..events.vocabulary import vocabulary
from ..i18n.speech import SOURCE, Speech
from ..results.disclosure import may_tell_answered
from ..store import addresses, customers, history, optdowns, surveys
from ..store.customers import Person
from ..store.engine.database import REPORT, Connection
from ..store.history import HistoryEvent, InvitationOutcome
from ..values.enumeration import SurveyMode
from .contact import DecisionContext, contact_of, recipient_of
from .decision import Limits, ineligible_because
from .explanation import (
    Bearing,
    Clock,
    EventHistory,
    Matter,
    Matters,
    about_event,
    about_invitation,
    matters,
)
from .interaction import condition_values
from .mismatch import unmet
from .standing import Standing, about_customer, about_limits, free_from

Disclosing = Callable[[Collection[SurveyMode], SurveyMode | None], bool]
"""Decides by the modes of a survey's versions, and by that of the answer, whether it may be told of one."""


class Unknown(Exception):
    """No customer and no event has that name; `meant` is the closest one that exists, "" where none is close."""

    def __init__(self, name: str, meant: str) -> None:
        hint = f"; did you mean `{meant}`?" if meant else ""
        super().__init__(f"there is no customer and no event `{name}`{hint}")
        self.meant = meant


class Unspoken(Exception):
    """The language has no translation; the message says which languages have one."""


class _Whom(NamedTuple):
    """Whom events are about, and how the first of them stands to further invitations."""

    people: Sequence[Person | None]
    standing: Standing | None


class _Manner(NamedTuple):
    """In which language, when, and with which form of moments something is told."""

    speech: Speech
    now: datetime
    is_written: bool = False


def explain(engine: Engine, name: str, now: datetime, language: str = SOURCE) -> list[str]:
    """Return the lines that explain what happened to a customer, to all at an address, or at an event.

    An event is named by its id, or by source/id; the language `own` is the business's first. Raises Unknown for a name
    that neither a customer nor an event has, and Unspoken for a language without a translation.
    """
    return _lines(engine, name, _Manner(_speech(engine, language), now))


def explain_on_page(engine: Engine, name: str, now: datetime, speech: Speech) -> list[str]:
    """Return the same lines with moments that are written out; raises Unknown."""
    return _lines(engine, name, _Manner(speech, now, is_written=True))


def _lines(engine: Engine, name: str, manner: _Manner) -> list[str]:
    now = manner.now
    with engine.database.read(REPORT) as connection:
        clock = replace(clock_of(engine, connection, manner.speech, now), is_written=manner.is_written)
        if people := _people(engine, connection, name):
            return [*_all_told(engine, connection, people, clock)]
        events = history.events_named(connection, name)
        if not events:
            raise Unknown(name, _meant(connection, name))
        outcomes = history.outcomes_after(connection, [one.key for one in events])
        settled: dict[tuple[int, str], Matter] = {}
        for customer in {one.customer for one in events if one.customer}:
            settled |= _history(engine, connection, customer)
        whom = [customers.person(connection, one.customer) if one.customer else None for one in events]
        ahead = _standing(engine, connection, whom[0], now) if whom[0] else None
        return [*_told(engine, EventHistory(events, outcomes, settled), clock, _Whom(whom, ahead))]


def whom(engine: Engine, name: str) -> list[str]:
    """Return the ids of the customers of whom `explain` tells something under that name."""
    with engine.database.read(REPORT) as connection:
        if people := _people(engine, connection, name):
            return [person.id for person in people]
        return list(dict.fromkeys(one.customer for one in history.events_named(connection, name) if one.customer))


def clock_of(engine: Engine, connection: Connection, speech: Speech, now: datetime) -> Clock:
    """Return what puts outcomes of invitations in words, and tells no more of them than their mode allows."""
    told = tells(engine, surveys.imprints(connection))
    zone, names = engine.config.business.zone, _names(engine, speech)
    return Clock(now, zone, speech, names, told, calendar=engine.config.calendar)


def _speech(engine: Engine, language: str) -> Speech:
    try:
        return engine.catalogs.speech(engine.config.languages[0] if language == "own" else language)
    except LookupError as error:
        raise Unspoken(f"{error}, or own") from error


def tells(
    engine: Engine, known: Sequence[surveys.VersionInfo], may: Disclosing = may_tell_answered
) -> Callable[[InvitationOutcome], bool]:
    """Return what says whether it may be told of an invitation that it was, or was not, answered."""
    modes = {one.digest: one.mode for one in known}
    of: defaultdict[str, set[SurveyMode]] = defaultdict(set)
    for one in known:
        of[engine.library.today(one.survey)].add(one.mode)

    def told(one: InvitationOutcome) -> bool:
        answered_in = modes.get(one.digest, SurveyMode.ANONYMOUS) if one.answered_at else None
        return may(of[engine.library.today(one.survey)], answered_in)

    return told


def _names(engine: Engine, speech: Speech) -> dict[str, str]:
    """Return the names of surveys that have one in that language, by all their ids."""
    named = ((survey, (survey.head.name or {}).get(speech.language)) for survey in engine.library.surveys.values())
    return {id: name for survey, name in named if name for id in survey.ids}


def _history(engine: Engine, connection: Connection, customer: str) -> Matters:
    """Return what all events of a customer are about, because one may have settled the outcome of another."""
    events, outcomes = history.events_of(connection, customer), history.outcomes_of(connection, customer)
    return matters(events, outcomes, engine.library.live.values())


def _people(engine: Engine, connection: Connection, name: str) -> list[Person]:
    """Return the customer of that id, and those at that address, however it is spelled."""
    person = customers.person(connection, name)
    there = customers.at_address(connection, engine.hasher.hash(name)) if "@" in name else []
    return [*([person] if person else []), *(one for one in there if one != person)]


def _all_told(engine: Engine, connection: Connection, people: Sequence[Person], clock: Clock) -> Iterator[str]:
    if len(people) > 1:
        yield _sharing([person.id for person in people], clock)
    for person in people:
        events, outcomes = history.events_of(connection, person.id), history.outcomes_of(connection, person.id)
        if len(people) > 1:
            yield ""
        known = EventHistory(events, outcomes, matters(events, outcomes, engine.library.live.values()))
        standing = _standing(engine, connection, person, clock.now)
        yield from _told(engine, known, clock, _Whom([person], standing))


def _sharing(ids: Sequence[str], clock: Clock) -> str:
    n, listed = len(ids), clock.listed(ids)
    return clock.speech.ngettext(
        "{count} customer has this address: {ids}.",
        "{count} customers have this address: {ids}.",
        n, count=n, ids=listed,
    )  # fmt: skip


def _told(engine: Engine, past: EventHistory, clock: Clock, whom: _Whom) -> Iterator[str]:
    known = {person.id: person for person in whom.people if person}
    told = []
    for happened in past.events:
        bearing = _bearing(engine, happened, known.get(happened.customer or ""), clock.speech)
        told.append((happened.time, [*about_event(happened, past, bearing, clock)]))
    alone = [one for one in past.outcomes if one.event is None]
    told += [(one.due_at or one.planned_at, [*about_invitation(one, clock)]) for one in alone]
    if whom.standing:
        yield from about_customer(whom.standing, clock)
    for _, lines in sorted(told, key=lambda one: one[0]):
        yield from ("", *lines)
    if whom.standing:
        yield from ("", *about_limits(whom.standing, clock))


def _bearing(engine: Engine, happened: HistoryEvent, person: Person | None, speech: Speech) -> Bearing:
    """Return how today's surveys relate to an event."""
    invites, types = _invites(engine), vocabulary(engine.library).types
    values = _values(happened, person)
    return Bearing(
        {id: unmet(invite.when, values, speech) for id, invite in invites.items() if invite.on == happened.type},
        [survey for survey, invite in invites.items() if happened.type in invite.cancel_on],
        "" if happened.type in types else most_alike(happened.type, types),
    )


def _values(happened: HistoryEvent, person: Person | None) -> Mapping[str, object]:
    """Return what conditions are tested against, as far as it is known today."""
    if person is None:
        return happened.data
    told = customers.as_told(person, happened.data) if happened.test else person
    return condition_values(told, happened.data)


def _invites(engine: Engine) -> dict[str, Invite]:
    return {survey.id: survey.invite for survey in engine.library.live.values() if survey.invite}


def _standing(engine: Engine, connection: Connection, person: Person, now: datetime) -> Standing:
    """Return what stands between the customer and the next invitation to each survey."""
    contact, sending = contact_of(DecisionContext(engine, connection, now), person), engine.config.sending
    hasher, told, recipient = engine.hasher, registry.addresses(person).values(), recipient_of(engine, person)
    left = (addresses.left_at(connection, hasher, address) for address in told)
    refused = (addresses.refused(connection, hasher, address) for address in told)
    open_ones = [survey for survey in engine.library.live.values() if survey.invite and not survey.head.closed]
    return Standing(
        person.id,
        person.known_at,
        person.opted_out_at,
        next(filter(None, left), None),
        {
            survey.id: ineligible_because(contact, False, survey, sending)
            or free_from(Limits(survey.id, survey.invite, sending, contact.apart), contact.asked, now)
            for survey in sorted(open_ones, key=lambda survey: survey.id)
            if survey.invite
        },
        registry.misspelt(person),
        next(filter(None, refused), None),
        history.beside(connection, person.id, recipient) if recipient else (),
        optdowns.wishes(connection, recipient) if recipient else {},
    )


def _meant(connection: Connection, name: str) -> str:
    return most_alike(name, [*customers.alike(connection, name), *history.events_alike(connection, name)])
