"""Responses as people look through them: the newest first, and one by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from ..definitions.kinds.registry import Part
from ..definitions.lineage import lineage
from ..definitions.survey import Survey
from ..engine import Engine
from ..store import export_rows, messages, surveys
from ..store.engine.database import REPORT
from ..store.export_rows import AnswerRow, CoreAnswers, ResponseRow, RowFilter, RowPlace
from ..store.surveys import VersionInfo
from ..values.enumeration import ScoreBand, SurveyMode
from ..values.period import ALWAYS, DateRange
from .disclosure import disclosure
from .export.extract import Source
from .ledger import CSAT

BANDS: Mapping[ScoreBand, tuple[str, ...]] = {
    ScoreBand.SATISFIED: ("4", "5"), ScoreBand.NEITHER: ("3",), ScoreBand.DISSATISFIED: ("1", "2"),
    ScoreBand.RATED: ("1", "2", "3", "4", "5"),
}  # fmt: skip
COMMENTS = ("text",)  # the series of what customers write freely


@dataclass(frozen=True)
class ResponseQuery:
    """Which responses: of these days, a survey, a satisfaction in a band, a language, a customer; None is any.

    `step` is a satisfaction of 1 to 5 by itself.
    """

    days: DateRange = ALWAYS
    survey: str | None = None
    band: ScoreBand | None = None
    language: str | None = None
    step: int | None = None
    customer: str | None = None

    @property
    def values(self) -> tuple[str, ...]:
        """The answers to the core question of which a response must have given one; none where any will do."""
        return (str(self.step),) if self.step else BANDS[self.band] if self.band else ()


@dataclass(frozen=True)
class ResponseSummary:
    """A response in one line: `score` is the answer to the core question, 1 to 5, and `comment` the first free text.

    `customer` is None where nobody knows who answered.
    """

    id: str
    survey: str
    day: date
    score: int | None
    comment: str | None
    language: str | None
    customer: str | None


@dataclass(frozen=True)
class ResponsePage:
    """A page of a list, and the place behind it; None where nothing follows."""

    rows: tuple[ResponseSummary, ...]
    behind: RowPlace | None


@dataclass(frozen=True)
class GivenResponse:
    """A response with the version that it was given to; `survey` is None where this engine cannot read the version.

    `channel` is that of the invitation; None of an open link.
    """

    row: ResponseRow
    survey: Survey | None
    channel: str | None


def source(engine: Engine, wanted: ResponseQuery, now: datetime) -> Source:
    """Return the rows of a list: responses whose mode lets each be shown by itself."""
    days = wanted.days
    found = Source(
        engine, RowFilter(days.since, days.until, wanted.survey, wanted.customer, language=wanted.language), now
    )
    hidden = tuple(digest for digest, one in found.imprints.items() if not may_show(one.mode))
    said = core_answers(engine, found.imprints, wanted)
    found.wanted = replace(found.wanted, hidden=hidden, undated=(), answered=said)
    return found


def page(engine: Engine, found: Source, before: RowPlace | None, limit: int) -> ResponsePage:
    """Return up to `limit` responses behind a place, the newest first."""
    rows = found.newest(before, limit + 1)
    shown = tuple(_summary(engine.library.version, *each) for each in rows[:limit])
    last = rows[limit - 1][1] if len(rows) > limit else None
    return ResponsePage(shown, RowPlace(last.day, last.id) if last and last.day else None)


def given(engine: Engine, id: str) -> GivenResponse | None:
    """Return a response; None where there is none, or its mode does not let it be shown by itself."""
    with engine.database.read(REPORT) as connection:
        row = export_rows.response_of(connection, id)
        modes = {one.digest: one.mode for one in surveys.imprints(connection)} if row else {}
        channel = messages.channel_of(connection, row.invitation) if row and row.invitation else None
    if row is None or row.digest not in modes or not may_show(modes[row.digest]):
        return None
    return GivenResponse(row, engine.library.version(row.digest), channel)


def may_show(mode: SurveyMode) -> bool:
    """Whether a response may be shown by itself, which it may only with the person who gave it."""
    return all(disclosure(mode))


def whole(engine: Engine, asked: Iterable[Survey]) -> set[str]:
    """Return the surveys of which a list by core question shows each response that satisfaction counts, and no other.

    It does where each version shows answers by themselves, and asks for satisfaction by what is that question today.
    """
    with engine.database.read(REPORT) as connection:
        stored = surveys.imprints(connection)
    return {survey.id for survey in asked if _is_whole(engine, survey, stored)}


def _is_whole(engine: Engine, survey: Survey, known: Sequence[VersionInfo]) -> bool:
    names = lineage(survey)
    stored = [one for one in known if one.survey in names.surveys]
    cores = [(one.mode, version and version.core) for one in stored for version in [engine.library.version(one.digest)]]
    return all(
        core and may_show(mode) and core.series == CSAT and survey.core and names.part(core.id) == survey.core.id
        for mode, core in cores
    )


def core_answers(engine: Engine, versions: Mapping[str, VersionInfo], wanted: ResponseQuery) -> CoreAnswers | None:
    """Return what a response must have answered to the core question of its version; None where any answer will do."""
    return CoreAnswers(wanted.values, tuple(_cores(engine, versions))) if wanted.values else None


def _cores(engine: Engine, imprints: Mapping[str, VersionInfo]) -> list[tuple[str, str]]:
    versions = ((digest, engine.library.version(digest)) for digest in imprints)
    return [(digest, one.core.id) for digest, one in versions if one and one.core]


def _summary(version: Callable[[str], Survey | None], info: VersionInfo, row: ResponseRow) -> ResponseSummary:
    asked = version(row.digest)
    day = row.day or date.min  # every stored response has one
    said = core_score(row.answers, asked), first_comment(row.answers, asked)
    return ResponseSummary(row.id, info.survey, day, *said, row.language, row.customer)


def core_score(answers: tuple[AnswerRow, ...], asked: Survey | None) -> int | None:
    """Return the answer to the core question; None where there is none, it was skipped, or it does not apply."""
    core = asked.core.id if asked and asked.core else None
    return next((int(one.value) for one in answers if one.question == core and one.value.isdecimal()), None)


def first_comment(answers: tuple[AnswerRow, ...], asked: Survey | None) -> str | None:
    """Return the first free text, in the order in which the questions were asked."""
    order = {part.id: place for place, part in enumerate(parts_of(asked))}
    texts = [one for one in answers if one.series in COMMENTS and one.value.strip()]
    first = min(texts, key=lambda one: order.get(one.question, len(order)), default=None)
    return first.value if first else None


def parts_of(asked: Survey | None) -> list[Part]:
    """Return what a survey asks, in its order; nothing of a survey that is not known."""
    return [part for question in (asked.questions if asked else ()) for part in question.parts]
