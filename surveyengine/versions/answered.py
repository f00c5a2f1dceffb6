"""The answers stored so far, and what becomes of them when files change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from ..definitions.drift import Count, Drift, drifts
from ..definitions.fault import Fault
from ..definitions.survey import Survey
from ..definitions.toml.document import Document
from ..settings.config import Config
from ..store import answers, surveys, tallies
from ..store.engine.database import Connection
from ..values.anonymity import Block, Cohort, block_of, released
from ..values.enumeration import SurveyMode


@dataclass(frozen=True)
class Answered:
    """The versions that this engine understands, by digest, oldest first, and the counts of their answers.

    Of versions that are not identified, only released answers count.
    """

    versions: Mapping[str, Survey]
    counts: tuple[Count, ...]

    def drift(self, today: Survey) -> Drift:
        """Return a survey with the past versions that it continues."""
        return Drift(today, {digest: one for digest, one in self.versions.items() if one.id in today.ids})


def told(before: Answered, survey: Survey, document: Document) -> Iterator[Fault]:
    """Yield a warning for each group of stored answers that a survey, read from the document, no longer continues."""
    return drifts(before.drift(survey), document, before.counts)


@dataclass(frozen=True)
class Recorded:
    """All counts of answers, with those that are not released yet.

    `daily` are counts with their day, and have all those that are released in blocks. `whole` are the others.
    """

    versions: Mapping[str, Survey]
    whole: tuple[Count, ...]
    daily: tuple[tuple[date, Count], ...]

    def released(self, config: Config, now: datetime) -> Answered:
        """Return what is released at `now`."""
        counted = [(day, one) for day, one in self.daily if one.part == tallies.RESPONSES]
        sizes = [(self._cohort(one), day, one.n) for day, one in counted]
        out = released(sizes, config.privacy.anonymous_minimum, now.astimezone(config.business.zone))
        known = (one for day, one in self.daily if self._is_out(day, one, out))
        return Answered(self.versions, tuple(_responses((*self.whole, *known))))

    def _is_out(self, day: date, one: Count, out: Mapping[Cohort, Sequence[Block]]) -> bool:
        cohort = self._cohort(one)
        return cohort.mode is SurveyMode.IDENTIFIED or block_of(day, out.get(cohort, ())) is not None

    def _cohort(self, one: Count) -> Cohort:
        return self.versions[one.digest].cohort


def read(connection: Connection, version: Callable[[str], Survey | None], today: Collection[Survey]) -> Recorded:
    """Return the answers to all versions that these surveys continue; `version` gives a survey by its digest."""
    ids = {id for survey in today for id in survey.ids}
    imprints = [one for one in surveys.imprints(connection) if one.survey in ids]
    found = {one.digest: survey for one in imprints if (survey := version(one.digest))}
    hidden = {digest for digest, one in found.items() if one.head.mode is not SurveyMode.IDENTIFIED}
    whole = [_told(cell) for cell in tallies.cells(connection, without=hidden) if _is_value(cell)]
    daily = tallies.daily(connection, hidden) if hidden else []
    rows = [row for row in answers.count(connection, _uncounted(today, found)) if _is_uncounted(row, found)]
    cells = [*((day, _told(cell)) for day, cell in daily if _is_value(cell)), *((row.day, _count(row)) for row in rows)]
    return Recorded(found, tuple(whole), tuple(cells))


def _uncounted(today: Iterable[Survey], found: Mapping[str, Survey]) -> set[str]:
    """Return the parts that end today and whose respondents no histogram counts."""
    whole: set[str] = set()
    for survey in today:
        drift = Drift(survey, {})
        for version in (one for one in found.values() if one.id in survey.ids):
            parts = [part for question in version.questions for part in question.parts]
            whole |= {part.id for part in parts if (part.several or not part.counted) and drift.is_over(part)}
    return whole


def _is_uncounted(row: answers.AnswerCount, found: Mapping[str, Survey]) -> bool:
    """Whether no histogram counts these respondents: the same id may be another kind of question in another version."""
    part = found[row.digest].part(row.question) if row.digest in found else None
    return part is not None and (part.several or not part.counted)


def _is_value(cell: tallies.Cell) -> bool:
    """Whether a cell counts one value, or responses, rather than the respondents of a question."""
    return cell.question == tallies.RESPONSES or cell.value != tallies.ANSWERED


def _told(cell: tallies.Cell) -> Count:
    return Count(cell.digest, cell.question, cell.series, cell.value, cell.n)


def _count(row: answers.AnswerCount) -> Count:
    return Count(row.digest, row.question, row.series, "", row.n)


def _responses(counts: Iterable[Count]) -> Iterator[Count]:
    """Yield the counts, with responses summed up for each version."""
    came: Counter[str] = Counter()
    for one in counts:
        if one.part == tallies.RESPONSES:
            came[one.digest] += one.n
        else:
            yield one
    yield from (Count(digest, "", "", "", n) for digest, n in came.items())
