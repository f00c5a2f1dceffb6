"""Of which days rows have gone, so that only counts are left of them; they are never counted anew."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, case, select

from .count_tables import retention
from .engine.upsert import upsert
from .schema import survey_version


class Horizon(NamedTuple):
    """Up to which day rows of a survey have gone, and how many counted ones of each sort went in all."""

    until: date
    responses: int = 0
    invitations: int = 0


def read(connection: Connection) -> Mapping[str, Horizon]:
    """Return the horizon of each survey of which rows have gone, by the id that they were stored under."""
    return {row.survey: Horizon(*row[1:]) for row in connection.execute(select(retention))}


def by_version(connection: Connection) -> Mapping[str, date]:
    """Return up to which day rows have gone, by the digest of each version of those surveys."""
    both = select(survey_version.c.digest, retention.c.until).join_from(
        survey_version, retention, retention.c.survey == survey_version.c.survey
    )
    return {row.digest: row.until for row in connection.execute(both)}


def move(connection: Connection, survey: str, went: Horizon) -> None:
    """Note that rows of a survey go in this transaction; the horizon only ever moves on."""
    insert = upsert(connection, retention).values(survey=survey, **went._asdict())
    new = insert.excluded
    moved = {
        "until": case((new.until > retention.c.until, new.until), else_=retention.c.until),
        "responses": retention.c.responses + new.responses,
        "invitations": retention.c.invitations + new.invitations,
    }
    connection.execute(insert.on_conflict_do_update(index_elements=["survey"], set_=moved))
