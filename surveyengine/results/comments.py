"""What customers wrote about a touchpoint, the newest first, as far as the mode lets each be read.

That of identified customers is shown with whose it is. That of confidential ones comes out in their blocks, within each
in an order of chance, and only where the page has enough of a survey; that of anonymous ones is not shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

from ..definitions.kinds.registry import Part
from ..definitions.survey import Survey
from ..engine import Engine
from ..store import export_rows
from ..store.engine.database import REPORT
from ..store.export_rows import ResponseRow, RowFilter, RowPlace
from ..store.surveys import VersionInfo
from ..values.anonymity import Block, block_of
from ..values.enumeration import SurveyMode
from .disclosure import Detail, may
from .export.extract import Source
from .responses import COMMENTS, ResponseQuery, core_answers, core_score, may_show, parts_of


class WrittenText(NamedTuple):
    """A free text, and the part of a question that it answers; None where it is not known any more."""

    question: str
    part: Part | None
    words: str


@dataclass(frozen=True)
class Comment:
    """What somebody wrote in one response; `score` is their satisfaction, 1 to 5.

    `is_named` says that the response may be shown by itself. Else `day` is the last one of its block, and who wrote it
    and in which language is not told.
    """

    id: str
    survey: str
    day: date
    score: int | None
    texts: tuple[WrittenText, ...]
    is_named: bool
    language: str | None
    customer: str | None

    @property
    def place(self) -> RowPlace:
        """Its place in the list."""
        return RowPlace(self.day, self.id)


class CommentPage(NamedTuple):
    """A page of comments, and the place behind it; None where nothing follows."""

    rows: tuple[Comment, ...]
    behind: RowPlace | None


class TouchpointComments:
    """The comments at a place, a stage and a touchpoint in it, as of a moment.

    `surveys` are the ids of those that ask there, or did; it is empty where there is no such place.
    """

    def __init__(self, engine: Engine, place: tuple[str, str], wanted: ResponseQuery, now: datetime) -> None:
        days = wanted.days
        self._engine, self._source = engine, Source(engine, RowFilter(days.since, days.until), now)
        here = {one.digest: one for one in self._source.imprints.values() if (one.stage, one.touchpoint) == place}
        self.surveys = sorted({one.survey for one in here.values()})
        self.modes = {one.mode for one in here.values()}
        writing = {digest: one.mode for digest, one in here.items() if self._can_be_written_in(digest)}
        self._named = {digest for digest, mode in writing.items() if may_show(mode)}
        self._veiled = {digest for digest, mode in writing.items() if may(mode, Detail.COMMENT)} - self._named
        ids = sorted({id for one in self.surveys for id in self._ids(one)})
        self._source.wanted = replace(
            self._source.wanted,
            survey=ids[0] if ids else None,
            older=tuple(ids[1:]),
            undated=(),
            language=wanted.language,
            answered=core_answers(engine, self._source.imprints, wanted),
            series=COMMENTS,
        )

    def page(self, before: RowPlace | None, limit: int) -> CommentPage:
        """Return up to `limit` comments behind a place, the newest first."""
        found = [*self._of_named(before, limit + 1), *self._of_veiled(before, limit + 1)]
        rows = sorted(found, key=lambda one: one.place, reverse=True)
        last = rows[limit - 1] if len(rows) > limit else None
        return CommentPage(tuple(rows[:limit]), last.place if last else None)

    def all(self, step: int = 1_000) -> Iterator[Comment]:
        """Yield all comments, the newest first, reading so many at a time."""
        found = self.page(None, step)
        yield from found.rows
        while found.behind:
            found = self.page(found.behind, step)
            yield from found.rows

    def _of_named(self, before: RowPlace | None, limit: int) -> Iterator[Comment]:
        if not self._named:
            return iter(())
        source = self._source.narrowed(self._only(self._named))
        return self._comments([row for _, row in source.newest(before, limit)])

    def _of_veiled(self, before: RowPlace | None, limit: int) -> Iterator[Comment]:
        """Yield those of the newest blocks behind the place that hold so many, if there are enough of their survey."""
        blocks = {digest: self._source.blocks(digest) for digest in self._veiled}
        all_ = [block for each in blocks.values() for block in each]
        if not all_ or self._source.wanted.names_some:
            return
        wanted = _within(all_, self._only(self._veiled))
        with self._engine.database.read(REPORT) as connection:
            found = _VeiledSizes(self._source.imprints, blocks, export_rows.daily(connection, wanted))
            untils = found.newest(before, limit)
            chosen = [block for block in all_ if block.until in untils]
            rows = export_rows.responses(connection, _within(chosen, wanted), "", found.total) if chosen else []
        for one in self._comments(rows):
            if one.survey in found.shown and one.day in untils and (before is None or one.place < before):
                yield one

    def _comments(self, rows: Sequence[ResponseRow]) -> Iterator[Comment]:
        versions = {row.id: self._engine.library.version(row.digest) for row in rows}
        scores = {row.id: core_score(row.answers, versions[row.id]) for row in rows}
        named = {row.id for row in rows if row.digest in self._named}
        for info, row in self._source.shown(rows):
            asked = self._asked(info, versions[row.id] if row.id in named else None)
            if row.day and (texts := tuple(_texts(row, asked))):
                said = (scores[row.id], texts, row.id in named, row.language, row.customer)
                yield Comment(row.id, info.survey, row.day, *said)

    def _asked(self, info: VersionInfo, version: Survey | None) -> Mapping[str, Part]:
        """Return the parts of today's questions, and those of the version, by what they are called today."""
        names = self._source.names.get(info.survey)
        past = {names.part(part.id) if names else part.id: part for part in parts_of(version)}
        return past | {part.id: part for part in parts_of(self._engine.library.survey(info.survey))}

    def _only(self, digests: Iterable[str]) -> RowFilter:
        """Return what is wanted, of these versions alone."""
        return replace(self._source.wanted, hidden=tuple(self._source.imprints.keys() - {*digests}))

    def _can_be_written_in(self, digest: str) -> bool:
        """Whether a version asks for a free text; one that this engine cannot read may have."""
        version = self._engine.library.version(digest)
        return version is None or any(part.series in COMMENTS for part in parts_of(version))

    def _ids(self, survey: str) -> tuple[str, ...]:
        today = self._engine.library.survey(survey)
        return today.ids if today else (survey,)


class _VeiledSizes:
    """How many confidential comments each released block has; `shown` are the surveys with enough of them."""

    def __init__(
        self,
        versions: Mapping[str, VersionInfo],
        blocks: Mapping[str, Sequence[Block]],
        daily: Iterable[tuple[str, date, int]],
    ) -> None:
        sizes: Counter[tuple[str, date]] = Counter()
        self.total = 0
        for digest, day, n in daily:
            self.total += n
            if block := block_of(day, blocks[digest]):
                sizes[versions[digest].survey, block.until] += n
        of_survey: Counter[str] = Counter()
        for (survey, _), n in sizes.items():
            of_survey[survey] += n
        self.shown = {name for name, n in of_survey.items() if may(SurveyMode.CONFIDENTIAL, Detail.COMMENT, n)}
        self._of_block: Counter[date] = Counter()
        for (survey, until), n in sizes.items():
            self._of_block[until] += n if survey in self.shown else 0

    def newest(self, before: RowPlace | None, limit: int) -> set[date]:
        """Return the last days of the newest blocks that have `limit` comments behind a place, or of all behind it."""
        chosen: set[date] = set()
        n = 0
        for until in sorted(+self._of_block, reverse=True):
            if n < limit and (before is None or until <= before.day):
                chosen.add(until)
                n += self._of_block[until] if before is None or until < before.day else 0
        return chosen


def _within(blocks: Sequence[Block], wanted: RowFilter) -> RowFilter:
    """Return what is wanted, from the first day of these blocks to the last."""
    return replace(wanted, since=min(one.since for one in blocks), until=max(one.until for one in blocks))


def _texts(row: ResponseRow, asked: Mapping[str, Part]) -> Iterator[WrittenText]:
    """Yield the free texts of a response, in the order of the questions."""
    order = {id: at for at, id in enumerate(asked)}
    written = [one for one in row.answers if one.series in COMMENTS and one.value.strip()]
    for one in sorted(written, key=lambda one: order.get(one.question, len(order))):
        yield WrittenText(one.question, asked.get(one.question), one.value)
