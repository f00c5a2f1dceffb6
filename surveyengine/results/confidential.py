"""Reads the groups of confidential answers, as far as they may be shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from ..store import split
from ..store.engine.database import Connection
from ..values.anonymity import Block, Cohort
from ..values.period import DateRange
from .disclosure import Detail, may
from .ledger import CSAT, AnswerGroup, Role, Tally
from .split import CLAIMED, NOT_KNOWN, grouped
from .suppression import GroupCount, ShownGroups, months, separated
from .versions import Seen

APART_BY: Mapping[str, AnswerGroup] = {"claim": CLAIMED, "unknown": NOT_KNOWN}


@dataclass(frozen=True)
class VeiledGroups:
    """The counts of the groups that are shown, and by survey of today the groups with answers that are hidden."""

    tallies: Sequence[Tally] = ()
    hidden: Mapping[str, frozenset[AnswerGroup]] = field(default_factory=dict)


@dataclass(frozen=True)
class MonthlyBlocks:
    """The blocks in a period of those cohorts of which groups may be shown, by months."""

    seen: Seen
    months: Sequence[tuple[Cohort, tuple[Block, ...]]]

    @property
    def days(self) -> DateRange:
        """The days from the first block to the last."""
        blocks = [block for _, month in self.months for block in month]
        return DateRange(min(one.since for one in blocks), max(one.until for one in blocks))

    def survey(self, month: int) -> str:
        """What the survey of a month's answers is called today."""
        cohort = self.months[month][0]
        return next(one.survey for one in self.seen.versions.values() if one.cohort == cohort)

    def month(self, digest: str, day: date) -> int | None:
        """The number of the month in which an answer to that version counts; None where its block is not shown."""
        cohort = self.seen.versions[digest].cohort
        numbered = enumerate(self.months)
        return next((n for n, (of, month) in numbered if of == cohort and any(one.covers(day) for one in month)), None)


def groups(connection: Connection, wanted: split.Split, seen: Seen) -> VeiledGroups:
    """Return the groups of the answers that may be grouped, but not be shown at once."""
    open_ones = [cohort for cohort in seen.blocks if may(cohort.mode, Detail.GROUP)]
    shown = [(cohort, month) for cohort in open_ones for month in months(seen.blocks[cohort], wanted.days)]
    if not shown:
        return VeiledGroups()
    blocks = MonthlyBlocks(seen, shown)
    versions = [digest for digest in seen.blocked if seen.versions[digest].cohort in open_ones]
    meant = wanted._replace(days=blocks.days, without=())
    return _veiled(blocks, split.daily(connection, meant, versions), split.asked(connection, meant, versions))


def _veiled(
    blocks: MonthlyBlocks,
    daily: Sequence[tuple[date, split.SplitCell]],
    asked: Sequence[tuple[str, date, str]],
) -> VeiledGroups:
    facts = [(cell.group.value, cell.n) for _, cell in daily if cell.group.said == "fact"]
    names = grouped([*facts, *((value, 0) for _, _, value in asked)])
    counted: defaultdict[int, list[GroupCount]] = defaultdict(list)
    for day, cell in daily:
        month = blocks.month(cell.digest, day)
        if month is not None and (cell.question, CSAT) in blocks.seen.versions[cell.digest].roles:
            group = APART_BY.get(cell.group.said) or names[cell.group.value]
            counted[month].append(GroupCount(group, cell.value, cell.n))
    known: defaultdict[int | None, set[AnswerGroup]] = defaultdict(set)
    for digest, day, value in asked:
        known[blocks.month(digest, day)].add(names[value])
    return _joined((blocks.survey(month), separated(counts, known[month])) for month, counts in counted.items())


def _joined(cuts: Iterable[tuple[str, ShownGroups]]) -> VeiledGroups:
    """Return the groups of all months."""
    tallies: list[Tally] = []
    gone: defaultdict[str, frozenset[AnswerGroup]] = defaultdict(frozenset)
    for survey, one in cuts:
        tallies += [Tally(survey, Role(CSAT), shown.value, shown.n, shown.group) for shown in one.shown]
        gone[survey] |= frozenset(one.hidden)
    return VeiledGroups(tallies, gone)
