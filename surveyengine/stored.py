"""Compares the stored data with the files, for `check` and the page on surveys; changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from .definitions.fault import Fault
from .definitions.survey import Survey
from .invitations import scarcity
from .invitations.scale import competing
from .project.files import Project
from .settings import calendar_faults
from .settings.config import Config
from .store import days, decisions, surveys
from .store.engine.database import Connection
from .store.engine.glance import glance
from .versions import answered
from .versions.shelf import Shelf, shelve
from .versions.stored import survey_of


class Comparison(NamedTuple):
    """Faults; `is_whole` unless there were too many invitations to go through them."""

    faults: tuple[Fault, ...]
    is_whole: bool = True


def warnings(project: Project, config: Config, now: datetime) -> list[Fault]:
    """Return the warnings from comparing a project's files with its stored data; [] where nothing is stored.

    Raises Unavailable and Unusable where the database cannot be read.
    """
    return [*_compared(project, config, now, None).faults]


def _compared(project: Project, config: Config, now: datetime, most: int | None) -> Comparison:
    with glance(config.database.url, project.root) as connection:
        if connection is None:
            return Comparison(())
        shelved = shelf(connection, project)
        recorded = answered.read(connection, lambda digest: _version(connection, digest), project.surveys)
        is_whole = most is None or not decisions.are_more(connection, most)
        memory = scarcity.memory(project.surveys, config.sending)
        decided = decisions.recent(connection, memory) if is_whole else []
        given = days.some(connection)
    drawn = competing(project.surveys, config.sending)  # then no touchpoint is starved by whoever comes first
    scarce = () if drawn else map(scarcity.fault, scarcity.scarcities(decided, project.surveys, config.sending))
    found = [
        *shelved.warnings(),
        *_left_behind(recorded.released(config, now), project),
        *scarce,
        *_other_days(given, config),
    ]
    return Comparison(tuple(found), is_whole)


def faults(project: Project, now: datetime, most: int | None = None) -> Comparison:
    """Return all faults of a project, those from comparing it with its stored data and the clock too, in their order.

    Where more than `most` invitations are stored, nothing is said of what limits leave too few of them for.
    Raises what `warnings` does.
    """
    found = _compared(project, project.config, now, most) if project.config else Comparison(())
    return Comparison(tuple(sorted({*project.faults, *found.faults, *_estimates(project, now)})), found.is_whole)


def _estimates(project: Project, now: datetime) -> Iterator[Fault]:
    """Yield a warning where holidays of the coming year are only estimated."""
    config, document = project.config, project.settings
    if config and document:
        yield from calendar_faults.estimates(document.at("sending"), config.calendar, config.sending.closed, now.date())


def _other_days(given: Sequence[tuple[date, datetime]], config: Config) -> Iterator[Fault]:
    """Yield a warning where answers are stored under days of another time zone."""
    moved = sum(day != at.astimezone(config.business.zone).date() for day, at in given)
    if moved:
        zone = config.business.timezone
        message = f"{moved} of {len(given)} answers looked at are stored under days of another time zone than {zone}"
        hint = "they stay there, so that a report on days around midnight counts them otherwise than new ones"
        yield Fault("config.toml", 1, 1, message, hint, "warning")


def _left_behind(before: answered.Answered, project: Project) -> Iterator[Fault]:
    for survey in project.surveys:
        yield from answered.told(before, survey, project.documents[survey.id])


def shelf(connection: Connection, project: Project) -> Shelf:
    """Return the surveys that would be served if the engine started now."""
    stored = {one.survey: survey_of(one) for one in surveys.current(connection)}
    newest = {survey.id: survey for survey in project.surveys}
    known = {**{id: survey for id, survey in stored.items() if survey}, **newest}
    return shelve(known, project.files_among(known), surveys.retired(connection) - newest.keys())


def _version(connection: Connection, digest: str) -> Survey | None:
    stored = surveys.version(connection, digest)
    return survey_of(stored) if stored else None
