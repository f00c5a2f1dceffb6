"""Reads the groups of confidential answers, as far as they may be shown."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import NamedTuple

from ..store import split
from ..store.engine.database import Connection
from ..values.anonymity import Block, Cohort
from ..values.period import DateRange
from .disclosure import Detail, may
from .ledger import CSAT, AnswerGroup, AnswerRole, Tally
from .margins import MonthAnswers, PlacedAnswer, ShownGroups, cut
from .split import CLAIMED, LANGUAGE, NOT_KNOWN, grouped
from .suppression import months
from .versions import Seen


@dataclass(frozen=True)
class VeiledGroups:
    """The counts of the groups that are shown, and by survey of today the groups with answers that are hidden."""

    tallies: Sequence[Tally] = ()
    hidden: Mapping[str, frozenset[AnswerGroup]] = field(default_factory=dict)


class BlockPlace(NamedTuple):
    """A block, by its last day, and the number of its month."""

    month: int
    block: int


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

    def place(self, digest: str, day: date) -> BlockPlace | None:
        """Where an answer to that version counts; None where its block is not shown."""
        cohort = self.seen.versions[digest].cohort
        started = bisect_right(self._since.get(cohort, ()), day, key=lambda one: one[0]) - 1
        if started < 0:
            return None
        _, until, month = self._since[cohort][started]
        return BlockPlace(month, until.toordinal()) if day <= until else None

    @cached_property
    def _since(self) -> Mapping[Cohort, Sequence[tuple[date, date, int]]]:
        found: defaultdict[Cohort, list[tuple[date, date, int]]] = defaultdict(list)
        for number, (cohort, month) in enumerate(self.months):
            found[cohort] += [(block.since, block.until, number) for block in month]
        return {cohort: sorted(each) for cohort, each in found.items()}


def groups(connection: Connection, wanted: split.Split, seen: Seen) -> VeiledGroups:
    """Return the groups of the answers that may be grouped, but not be shown at once."""
    open_ones = [cohort for cohort in seen.blocks if may(cohort.mode, Detail.GROUP)]
    shown = [(cohort, month) for cohort in open_ones for month in months(seen.blocks[cohort], wanted.days)]
    if not shown:
        return VeiledGroups()
    blocks = MonthlyBlocks(seen, shown)
    versions = [digest for digest in seen.blocked if seen.versions[digest].cohort in open_ones]
    meant = wanted._replace(days=blocks.days, without=())
    given = [one for one in split.given(connection, meant, versions) if _is_core(seen, one)]
    return _veiled(blocks, wanted.field, given, split.asked(connection, meant, versions))


def _is_core(seen: Seen, one: split.GivenAnswer) -> bool:
    return (one.question, CSAT) in seen.versions[one.digest].roles


def _veiled(
    blocks: MonthlyBlocks, wanted: str, given: Sequence[split.GivenAnswer], asked: Sequence[split.AskedAbout]
) -> VeiledGroups:
    fields = {wanted, LANGUAGE}.union(*(one.context for one in given))
    names = {name: _names(name, given, asked) for name in fields}
    answers = [MonthAnswers([], {name: set() for name in fields}, set()) for _ in blocks.months]
    for one in given:
        if place := blocks.place(one.digest, one.day):
            groups = {name: _group(one, name, names[name]) for name in fields}
            answers[place.month].given.append(PlacedAnswer(place.block, one.value, groups))
    for about in asked:
        if place := blocks.place(about.digest, about.day):
            for name in fields:
                answers[place.month].asked[name] |= _asked(about, name, names[name])
            meant = tuple(_meant(about, name, names[name]) for name in sorted(fields))
            answers[place.month].about.add((place.block, meant))
    return _joined((blocks.survey(month), cut(each, wanted)) for month, each in enumerate(answers))


def _joined(cuts: Iterable[tuple[str, ShownGroups]]) -> VeiledGroups:
    """Return the groups of all months."""
    tallies: list[Tally] = []
    gone: defaultdict[str, frozenset[AnswerGroup]] = defaultdict(frozenset)
    for survey, one in cuts:
        tallies += [Tally(survey, AnswerRole(CSAT), value, 1, group) for value, group in one.shown]
        gone[survey] |= one.hidden
    return VeiledGroups(tallies, gone)


def _names(
    field: str, given: Sequence[split.GivenAnswer], asked: Sequence[split.AskedAbout]
) -> Mapping[str, AnswerGroup]:
    """Return the group of each value of a field, however it is spelled."""
    facts = ((value, 1) for one in given if not one.claimed and (value := one.said(field)) is not None)
    return grouped([*facts, *((value, 0) for one in asked if (value := one.said(field)) is not None)])


def _group(one: split.GivenAnswer, field: str, names: Mapping[str, AnswerGroup]) -> AnswerGroup:
    if (value := one.said(field)) is None:
        return NOT_KNOWN
    return CLAIMED if one.claimed and field != LANGUAGE else names[value]


def _asked(about: split.AskedAbout, field: str, names: Mapping[str, AnswerGroup]) -> set[AnswerGroup]:
    value = about.said(field)
    return set() if value is None else {names[value]}


def _meant(about: split.AskedAbout, field: str, names: Mapping[str, AnswerGroup]) -> AnswerGroup | None:
    """Return the group in which an answer would be; None for its language, which nobody knows before."""
    value = about.said(field)
    return None if field == LANGUAGE else NOT_KNOWN if value is None else names[value]
