"""Counts of answers by the values of a context field, made from the answers themselves."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, select

from ..values.clean import spelled
from ..values.period import ALWAYS, DateRange
from .days import within
from .schema import answer, event, invitation, response

Said = Literal["fact", "claim", "unknown"]
LANGUAGE = "language"


class Segment(NamedTuple):
    """Some answers with the same value of a field: a fact, what a link only claimed, or no value at all."""

    said: Said
    value: str


class SplitCell(NamedTuple):
    """How often a value was given to a question of a version, by the answers of a group."""

    group: Segment
    digest: str
    question: str
    value: str
    n: int


class GivenAnswer(NamedTuple):
    """An answer, with what is known of what it is about: facts, or what a link only claimed."""

    day: date
    digest: str
    language: str
    claimed: bool
    context: Mapping[str, str]
    question: str
    value: str

    def said(self, field: str) -> str | None:
        """The value of a field; None where it has none."""
        return self.language if field == LANGUAGE else self.context.get(field)


class AskedAbout(NamedTuple):
    """What an invitation was about."""

    digest: str
    day: date
    data: Mapping[str, Any]

    def said(self, field: str) -> str | None:
        """The value of a field, spelled as answers keep it; None where it has none, or none is known before."""
        value = None if field == LANGUAGE else self.data.get(field)
        return spelled(value) if isinstance(value, str | int | float) else None


class Split(NamedTuple):
    """Which answers are split: of a series, of these days, but for those of some versions."""

    field: str
    series: str
    days: DateRange = ALWAYS
    without: Collection[str] = ()


def cells(connection: Connection, split: Split) -> list[SplitCell]:
    """Return the histograms of each group."""
    said, value = _group(split.field)
    keys = (said.label("said"), value.label("of"), response.c.digest, answer.c.question, answer.c.value)
    query = select(*keys, func.count().label("n")).join_from(response, answer, answer.c.response == response.c.id)
    query = _within(query, split).where(answer.c.counted, answer.c.series == split.series)
    query = query.group_by("said", "of", *keys[2:])
    rows = connection.execute(query)
    return [SplitCell(Segment(row.said, row.of), row.digest, row.question, row.value, int(row.n)) for row in rows]


def values(connection: Connection, split: Split) -> int:
    """Return how many different values the field has as a fact, upper and lower case alike."""
    said, value = _group(split.field)
    query = select(func.count(func.distinct(func.lower(value)))).select_from(response).where(said == "fact")
    return int(connection.execute(_within(query, split)).scalar_one())


def is_known(connection: Connection, field: str) -> bool:
    """Whether any response has a value of the field as a fact."""
    query = select(response.c.id).where(~response.c.claimed, response.c.context[field].as_string().is_not(None))
    return connection.execute(query.limit(1)).first() is not None


def _group(field: str) -> tuple[ColumnElement[str], ColumnElement[str]]:
    if field == LANGUAGE:
        return case((response.c.language.is_(None), "unknown"), else_="fact"), func.coalesce(response.c.language, "")
    value = response.c.context[field].as_string()
    said = case((value.is_(None), "unknown"), (response.c.claimed, "claim"), else_="fact")
    return said, case((and_(value.is_not(None), ~response.c.claimed), value), else_="")


def _within(query: Select[Any], split: Split) -> Select[Any]:
    query = query.where(~response.c.test, response.c.digest.not_in(split.without))
    return query.where(*within(response.c.day, split.days))


def given(connection: Connection, split: Split, versions: Collection[str]) -> list[GivenAnswer]:
    """Return each answer of the series to these versions, with all that is known of what it is about."""
    names = ("day", "digest", "language", "claimed", "context")
    query = select(*response.c[names], *answer.c["question", "value"]).join_from(response, answer)
    query = query.where(answer.c.counted, answer.c.series == split.series, response.c.digest.in_(versions))
    return [GivenAnswer(*row) for row in connection.execute(_within(query, split))]


def asked(connection: Connection, split: Split, versions: Collection[str]) -> list[AskedAbout]:
    """Return what invitations to these versions were about, of events on these days."""
    query = select(*invitation.c["digest", "day"], event.c.data).join(event, event.c.key == invitation.c.event)
    query = query.where(invitation.c.digest.in_(versions), ~invitation.c.test, *within(invitation.c.day, split.days))
    return [AskedAbout(row[0], row[1], row[2]) for row in connection.execute(query)]
