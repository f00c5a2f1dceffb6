"""Survey versions: immutable, and which one of each survey is served."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from .schema import current_survey, survey_version
from .upsert import insert_new, upsert


class Version(NamedTuple):
    """A version as it is stored: `content` is the survey file's data."""

    survey: str
    stage: str
    digest: str
    content: Mapping[str, Any]


class Imprint(NamedTuple):
    """What is told of a version beside its questions."""

    digest: str
    survey: str
    stage: str
    touchpoint: str
    mode: str | None


def publish(connection: Connection, versions: Iterable[Version], now: datetime) -> None:
    """Store the versions and serve them from now on; those of other surveys stay."""
    for version in versions:
        insert_new(connection, survey_version, {**version._asdict(), "published_at": now})
        served = upsert(connection, current_survey).values(survey=version.survey, digest=version.digest)
        connection.execute(served.on_conflict_do_update(index_elements=["survey"], set_={"digest": version.digest}))


def current(connection: Connection) -> list[Version]:
    """Return the version of each survey that is served."""
    query = select(*survey_version.c["survey", "stage", "digest", "content"]).join(current_survey)
    return [Version(*row) for row in connection.execute(query)]


def version(connection: Connection, digest: str) -> Version | None:
    """Return the version of that digest."""
    query = select(*survey_version.c["survey", "stage", "digest", "content"]).where(survey_version.c.digest == digest)
    row = connection.execute(query).one_or_none()
    return Version(*row) if row else None


def imprints(connection: Connection) -> list[Imprint]:
    """Return every version that ever was, the oldest first."""
    content = survey_version.c.content
    touchpoint = func.coalesce(content["touchpoint"].as_string(), survey_version.c.survey)
    query = select(*survey_version.c["digest", "survey", "stage"], touchpoint, content["mode"].as_string())
    order = survey_version.c["published_at", "survey", "digest"]
    return [Imprint(*row[:5]) for row in connection.execute(query.order_by(*order))]
