"""Counts of answers by the values of a context field: folded counts, and the rest from the answers themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, Select, distinct, func, select, union_all

from ..definitions.kinds.registry import NOT_APPLICABLE
from ..values.clean import spelled
from ..values.period import ALWAYS, DateRange
from . import segment_tallies, tallies
from .days import within
from .schema import answer, event, invitation, response
from .segment_tallies import CSAT, FACT, LANGUAGE, UNKNOWN, grouped, is_counted, said_of
from .tallies import ANSWERED, unfolded

Said = Literal["fact", "claim", "unknown"]
_SAID: dict[str, Said] = {"fact": "fact", "claim": "claim", "unknown": "unknown"}
_COLUMNS = ("said", "fact", "digest", "question", "value")


Counts = Counter[tuple[str, str, str, str, str]]
"""How often by what is said, the fact, version, question and value."""


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
    """Return the histograms of each group; of what is not counted by the field, and has gone, nothing is known."""
    found = _of_answers(split)
    if split.series != CSAT:
        return _told(_summed(connection, [found]))
    queries = [found]
    if is_counted(connection, split.field):
        folded = segment_tallies.read(split.field, (*_COLUMNS, "n"), split.days, lambda table: [
            table.c.digest.not_in(split.without)
        ])  # fmt: skip
        queries = [*folded, found.where(response.c.id.in_(unfolded()))]
    known = Counter({key: n for key, n in _summed(connection, queries).items() if key[0] != UNKNOWN})
    return _told(known + _unknown(connection, split, known))


def values(connection: Connection, split: Split) -> int:
    """Return how many different values the field has as a fact, upper and lower case alike."""
    found: Any = _facts(split)
    if _is_counted(connection, split):
        folded = segment_tallies.read(split.field, ("fact",), split.days, lambda table: [
            table.c.said == FACT, table.c.digest.not_in(split.without),
        ])  # fmt: skip
        found = union_all(*folded, _facts(split).where(response.c.id.in_(unfolded())))
    whole = found.subquery()
    return int(connection.execute(select(func.count(distinct(func.lower(whole.c.fact))))).scalar_one())


def is_known(connection: Connection, field: str) -> bool:
    """Whether any response has a value of the field as a fact."""
    if is_counted(connection, field):
        return True
    query = select(response.c.id).where(~response.c.claimed, response.c.context[field].as_string().is_not(None))
    return connection.execute(query.limit(1)).first() is not None


def _is_counted(connection: Connection, split: Split) -> bool:
    return split.series == CSAT and is_counted(connection, split.field)


def _of_answers(split: Split) -> Select[Any]:
    query = _within(grouped(split.field, split.series), split)
    return query.with_only_columns(*(query.selected_columns[name] for name in (*_COLUMNS, "n")))


def _facts(split: Split) -> Select[Any]:
    said, fact = said_of(split.field)
    return _within(select(fact.label("fact")).where(said == FACT), split)


def _summed(connection: Connection, queries: Collection[Select[Any]]) -> Counts:
    whole = union_all(*queries).subquery()
    keys = [whole.c[name] for name in _COLUMNS]
    rows = connection.execute(select(*keys, func.sum(whole.c.n)).group_by(*keys))
    return Counter({(row[0], row[1], row[2], row[3], row[4]): int(row[5]) for row in rows})


def _unknown(connection: Connection, split: Split, known: Counts) -> Counts:
    """Return what is left of all answers when those are taken off of which something is known."""
    left = Counts()
    for cell in tallies.cells(connection, split.days, split.without):
        if cell.series == CSAT and cell.value not in (ANSWERED, NOT_APPLICABLE):
            left[(UNKNOWN, "", cell.digest, cell.question, cell.value)] += cell.n
    for (_, _, digest, question, value), n in known.items():
        left[(UNKNOWN, "", digest, question, value)] -= n
    return +left


def _told(found: Counts) -> list[SplitCell]:
    return [SplitCell(Segment(_SAID[key[0]], key[1]), *key[2:], n) for key, n in found.items()]


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
