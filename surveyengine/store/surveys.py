"""Survey versions: immutable, and which one of each survey is served."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select, update

from ..values.enumeration import DEFAULT_MODE, SurveyMode
from .engine.upsert import insert_new, upsert
from .schema import current_survey, survey_publication, survey_version


class Version(NamedTuple):
    """A version as it is stored: `content` is the survey file's data."""

    survey: str
    stage: str
    digest: str
    content: Mapping[str, Any]


class VersionInfo(NamedTuple):
    """A version without its questions."""

    digest: str
    survey: str
    stage: str
    touchpoint: str
    mode: SurveyMode
    published_at: datetime


def publish(connection: Connection, versions: Iterable[Version], now: datetime) -> None:
    """Store the versions and serve them from now on, retired or not; those of other surveys stay."""
    served_now = {one.survey: one.digest for one in current(connection)}
    for version in versions:
        insert_new(connection, survey_version, {**version._asdict(), "published_at": now})
        if served_now.get(version.survey) != version.digest:
            said = {"survey": version.survey, "at": now, "digest": version.digest}
            insert_new(connection, survey_publication, said)
        served = upsert(connection, current_survey).values(survey=version.survey, digest=version.digest)
        anew = {"digest": version.digest, "retired_at": None}
        connection.execute(served.on_conflict_do_update(index_elements=["survey"], set_=anew))


def retire(connection: Connection, ids: Collection[str], now: datetime) -> None:
    """Retire these surveys, whose files are gone."""
    statement = update(current_survey).where(current_survey.c.survey.in_(ids), current_survey.c.retired_at.is_(None))
    connection.execute(statement.values(retired_at=now))


def retired(connection: Connection) -> set[str]:
    """Return the ids of the retired surveys."""
    query = select(current_survey.c.survey).where(current_survey.c.retired_at.is_not(None))
    return set(connection.execute(query).scalars())


def current(connection: Connection) -> list[Version]:
    """Return the version of each survey that is served."""
    query = select(*survey_version.c["survey", "stage", "digest", "content"]).join(current_survey)
    return [Version(*row) for row in connection.execute(query)]


def version(connection: Connection, digest: str) -> Version | None:
    """Return the version of that digest."""
    query = select(*survey_version.c["survey", "stage", "digest", "content"]).where(survey_version.c.digest == digest)
    row = connection.execute(query).one_or_none()
    return Version(*row) if row else None


def published(connection: Connection, ids: Collection[str]) -> list[tuple[str, datetime]]:
    """Return the digest of every version of these surveys, and since when it is known, the oldest first."""
    query = select(*survey_version.c["digest", "published_at"]).where(survey_version.c.survey.in_(ids))
    return [(row[0], row[1]) for row in connection.execute(query.order_by(survey_version.c.published_at))]


def publications(connection: Connection) -> list[tuple[str, datetime]]:
    """Return the digest of a version for each time that it began to be served, the oldest first."""
    query = select(*survey_publication.c["digest", "at"]).order_by(survey_publication.c.at)
    return [(row[0], row[1]) for row in connection.execute(query)]


def imprints(connection: Connection) -> list[VersionInfo]:
    """Return all versions, the oldest first."""
    content = survey_version.c.content
    touchpoint = func.coalesce(content["touchpoint"].as_string(), survey_version.c.survey)
    mode = func.coalesce(content["mode"].as_string(), DEFAULT_MODE)
    query = select(*survey_version.c["digest", "survey", "stage"], touchpoint, mode, survey_version.c.published_at)
    order = survey_version.c["published_at", "survey", "digest"]
    return [VersionInfo(*row[:4], SurveyMode(row[4]), row[5]) for row in connection.execute(query.order_by(*order))]
