"""Reads for each version of a survey which survey it belongs to today, and how its answers are scored."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from ..definitions.kinds import registry as definitions
from ..definitions.lineage import lineage
from ..definitions.survey import Survey
from ..engine import Engine
from ..store import surveys, tallies
from ..store.engine.database import Connection
from ..store.tallies import Cell
from ..values.anonymity import Block, Cohort, block_of, released
from ..values.period import ALWAYS, DateRange
from .disclosure import Detail, may
from .ledger import AnswerRole, Tally, VersionQuestion, roles
from .report import Place


@dataclass(frozen=True)
class Seen:
    """All versions, with the released blocks of those that have some, and the counts of the blocks in the period.

    Each count of a block stands beside the block's last day. Where it is narrowed to a `place`, all of it is of the
    surveys that ask there today.
    """

    versions: Mapping[str, CountedVersion]
    blocks: Mapping[Cohort, tuple[Block, ...]]
    out: Sequence[tuple[date, Cell]]
    now: datetime
    days: DateRange = ALWAYS
    place: Place | None = None

    @property
    def released(self) -> list[Cell]:
        """The counts of the blocks."""
        return [cell for _, cell in self.out]

    @property
    def blocked(self) -> tuple[str, ...]:
        """The digests of the versions whose answers are released in blocks."""
        return tuple(digest for digest, version in self.versions.items() if version.is_blocked)

    @property
    def narrowed(self) -> Collection[str] | None:
        """The digests that alone are read; None where all are."""
        return self.versions.keys() if self.place else None


@dataclass(frozen=True)
class CountedVersion:
    """A version of a survey as the report sees it: its survey of today, and how its answers are scored.

    Answers that are released in blocks are so by the id that it was published under, and its mode (`cohort`). `names`
    leads from its scored questions to what they are called today.
    """

    survey: str
    cohort: Cohort
    roles: Mapping[tuple[str, str], AnswerRole]
    names: Mapping[str, str]

    @property
    def is_blocked(self) -> bool:
        """Whether its answers are released in blocks."""
        return not may(self.cohort.mode, Detail.AT_ONCE)


def _versions(engine: Engine, imprints: Iterable[surveys.VersionInfo]) -> Mapping[str, CountedVersion]:
    """Return every version by its digest."""
    found: dict[str, CountedVersion] = {}
    for one in imprints:
        survey = engine.library.version(one.digest)
        scored = roles(question_of(question) for question in survey.questions) if survey else {}
        today = engine.library.survey(one.survey)
        names = _names((question for question, _ in scored), today)
        named = {key: role._replace(item=names.get(role.item, "")) for key, role in scored.items()}
        cohort = survey.cohort if survey else Cohort(one.survey, one.mode)
        found[one.digest] = CountedVersion(engine.library.today(one.survey), cohort, named, names)
    return found


def hiding(engine: Engine, connection: Connection, what: Detail) -> set[str]:
    """Return the surveys, by today's ids and former ones, of which some version does not let this be shown."""
    known = surveys.imprints(connection)
    today = {engine.library.today(one.survey) for one in known if not may(one.mode, what)}
    return {one.survey for one in known if engine.library.today(one.survey) in today}


def _names(questions: Iterable[str], today: Survey | None) -> Mapping[str, str]:
    """Return what each question is called today, where its survey is still there."""
    parts = lineage(today).parts if today else {}
    return {question: parts.get(question, question) for question in questions}


def seen(engine: Engine, connection: Connection, days: DateRange, now: datetime) -> Seen:
    """Return all versions, with the answers of the period that are released in blocks."""
    known = Seen(_versions(engine, surveys.imprints(connection)), {}, (), now, days)
    if not known.blocked:
        return known
    owners = {digest: version.cohort for digest, version in known.versions.items()}
    sizes = [(owners[digest], day, n) for digest, day, n in tallies.sizes(connection, known.blocked)]
    zone, minimum = engine.config.business.zone, engine.config.privacy.anonymous_minimum
    out = released(sizes, minimum, now.astimezone(zone))
    return replace(known, blocks=out, out=_released(connection, replace(known, blocks=out)))


def at(engine: Engine, place: Place, known: Seen) -> Seen:
    """Return what is seen of the surveys that ask at a place today."""
    ids = {one.id for one in engine.library.surveys.values() if (one.stage, one.touchpoint) == place}
    there = {digest: one for digest, one in known.versions.items() if one.survey in ids}
    return replace(known, versions=there, out=[one for one in known.out if one[1].digest in there], place=place)


def _released(connection: Connection, known: Seen) -> list[tuple[date, Cell]]:
    """Return the counts of the blocks that are of the period, each with the last day of its block."""
    told = [block for blocks in known.blocks.values() for block in blocks if block.is_within(known.days)]
    if not told:
        return []
    spanned = DateRange(min(block.since for block in told), max(block.until for block in told))
    counted = tallies.daily(connection, known.blocked, spanned)
    found = ((cell, block_of(day, known.blocks.get(known.versions[cell.digest].cohort, ()))) for day, cell in counted)
    return [(block.until, cell) for cell, block in found if block and block.is_within(known.days)]


def counted(engine: Engine, connection: Connection, days: DateRange, now: datetime) -> tuple[Seen, list[Cell]]:
    """Return all versions, and the counts of a period: of answers that come out in blocks, those that are released."""
    known = seen(engine, connection, days, now)
    return known, cells(connection, known)


def cells(connection: Connection, known: Seen) -> list[Cell]:
    """Return the counts of what is seen."""
    return [*tallies.cells(connection, known.days, known.blocked, known.narrowed), *known.released]


def totals(cells: Iterable[Cell], known: Mapping[str, CountedVersion]) -> Iterator[Tally]:
    """Yield the counts that are scored, by what each counts as."""
    for cell in cells:
        version = known[cell.digest]
        if role := version.roles.get((cell.question, cell.series)):
            yield Tally(version.survey, role, cell.value, cell.n)


def question_of(one: definitions.Question) -> VersionQuestion:
    """Return a question as scores see it."""
    return VersionQuestion(one.id, one.kind, one.series, one.core, _weight(one))


def _weight(question: definitions.Question) -> float:
    """Return how much a question counts in the satisfaction index; 0 for one that does not belong to it."""
    return question.weight if isinstance(question, definitions.Rating) and question.index else 0
