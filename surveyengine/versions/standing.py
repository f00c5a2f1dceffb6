"""How each served survey stands: whether it asks, since when, and what its file has to do with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ..definitions.survey import Survey
from ..store import surveys
from ..store.engine.database import REPORT, Database
from ..values.enumeration import SurveyStanding
from .library import Library


@dataclass(frozen=True)
class ServedSurvey:
    """A served survey: how it stands, since when this version is known, and since when the survey is."""

    survey: Survey
    standing: SurveyStanding
    since: datetime | None
    first: datetime | None


def served(library: Library, database: Database) -> list[ServedSurvey]:
    """Return all served surveys, by their ids."""
    ids = {id for survey in library.surveys.values() for id in survey.ids}
    with database.read(REPORT) as connection:
        published = surveys.published(connection, ids)
        owners = {one.digest: one.survey for one in surveys.imprints(connection)}
        retired = surveys.retired(connection)
    known = dict(published)
    first: dict[str, datetime] = {}
    for digest, at in published:
        first.setdefault(owners[digest], at)
    return [
        ServedSurvey(one, _standing(library, one, one.id in retired), known.get(one.digest), _first(one, first))
        for _, one in sorted(library.surveys.items())
    ]


def _first(survey: Survey, first: Mapping[str, datetime]) -> datetime | None:
    return min((first[id] for id in survey.ids if id in first), default=None)


def _standing(library: Library, survey: Survey, is_retired: bool) -> SurveyStanding:
    if survey.id in library.live:
        return SurveyStanding.CLOSED if survey.head.closed else SurveyStanding.LIVE
    return SurveyStanding.RETIRED if is_retired or survey.id in library.shelf.retired else SurveyStanding.GONE
