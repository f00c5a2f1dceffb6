"""What was asked and counted in a period: the histograms behind every score."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from .repeat import NOBODY, RECODED, Repeats, design_effect
from .score import INDEXED, SCORES, Histogram, Score, proportion, withheld

CSAT = "csat"


class VersionQuestion(NamedTuple):
    """A question of a version; a changed kind or scale makes another series."""

    id: str
    kind: str
    series: str
    core: bool = False
    weight: float = 0  # in the satisfaction index; 0 outside of it


class AnswerRole(NamedTuple):
    """What an answer counts as: a score by its kind, of an index one of its items."""

    kind: str
    item: str = ""


INDEX, INDEX_SERIES = "csi", "rating:1-10"


@dataclass(frozen=True)
class AskedSurvey:
    """A survey as its file stands today: where it belongs in the journey, and what it asks.

    `anonymous` is true if any of its versions was; `responses` counts the released responses of the period. `name` is
    what people call it.
    """

    survey: str
    stage: str
    touchpoint: str
    questions: tuple[VersionQuestion, ...]
    scored: bool = True
    anonymous: bool = False
    target_csat: float | None = None
    responses: int = 0
    name: str = ""


class AnswerGroup(NamedTuple):
    """The answers with one value of a field; claimed values, and answers without a value, are groups of their own."""

    name: str
    kind: str = "fact"


@dataclass(frozen=True)
class Tally:
    """One cell of a histogram: how often a value (a number or an option's id) was answered in a role.

    A row with a `group` belongs to a second view of the same answers, split by a field; it never enters a total.
    """

    survey: str
    role: AnswerRole
    value: str
    n: int
    group: AnswerGroup | None = None


@dataclass(frozen=True)
class FunnelCounts:
    """What became of the events that a touchpoint's surveys could have followed; each event counts once.

    `refused` counts them by reason. Of the `sent` ones, `uncertain` may not have arrived, and `secret` went to
    anonymous surveys whose answers are not released yet. `open_until` is the last day on which an answer can come, and
    `open` to how many; None where that is not told.
    """

    touchpoint: str
    invited: int = 0
    sent: int = 0
    answered: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    failed: int = 0
    uncertain: int = 0
    secret: int = 0
    open_until: date | None = None
    open: int | None = 0

    @property
    def rated(self) -> int:
        """The number of sent invitations that the response rate counts: all but the secret ones."""
        return self.sent - self.secret

    @property
    def rate(self) -> Score:
        """The share of answers among what was sent."""
        return proportion(min(self.answered, self.rated), self.rated)

    def __add__(self, other: FunnelCounts) -> FunnelCounts:
        days = [day for day in (self.open_until, other.open_until) if day]
        return FunnelCounts(
            self.touchpoint, self.invited + other.invited, self.sent + other.sent, self.answered + other.answered,
            Counter(self.refused) + Counter(other.refused), self.failed + other.failed,
            self.uncertain + other.uncertain, self.secret + other.secret, max(days, default=None),
            None if self.open is None or other.open is None else self.open + other.open,
        )  # fmt: skip


class Answers(NamedTuple):
    """The histogram behind a score; None if all answers are anonymous and none is released yet."""

    histogram: Histogram | None

    def score(self, metric: Callable[[Histogram], Score]) -> Score:
        """The score by this metric."""
        return withheld() if self.histogram is None else metric(self.histogram)


@dataclass(frozen=True)
class Ledger:
    """The histograms by survey and role, in total and by group, and the funnels by touchpoint.

    `repeats` tells by touchpoint and kind of the customers who answered more than once.
    """

    totals: Mapping[tuple[str, AnswerRole], Histogram]
    groups: Mapping[tuple[str, AnswerRole], Mapping[AnswerGroup, Histogram]]
    funnels: Mapping[str, FunnelCounts]
    repeats: Mapping[tuple[str, str], Repeats] = field(default_factory=dict)

    def answers(self, surveys: Collection[AskedSurvey], role: AnswerRole) -> Answers:
        """The answers to these surveys in a role, added up."""
        total = sum((self.totals.get((survey.survey, role), Histogram()) for survey in surveys), Histogram())
        is_hidden = not total.n and any(survey.anonymous for survey in surveys)
        return Answers(None if is_hidden else replace(total, effect=self._effect(total, surveys, role)))

    def _effect(self, total: Histogram, surveys: Collection[AskedSurvey], role: AnswerRole) -> float:
        """The design effect of the answers to the surveys of a touchpoint."""
        known = [self.repeats.get((name, role.kind)) for name in {survey.touchpoint for survey in surveys}]
        repeats = sum((one for one in known if one), NOBODY)
        return design_effect(total.counts, RECODED.get(role.kind, {}), repeats)

    def split(self, surveys: Collection[AskedSurvey], role: AnswerRole) -> Mapping[AnswerGroup, Histogram]:
        """The answers of each group, added up; anonymous answers are in no group."""
        found: defaultdict[AnswerGroup, Histogram] = defaultdict(Histogram)
        for survey in surveys:
            for group, histogram in self.groups.get((survey.survey, role), {}).items():
                found[group] += histogram
        whole = self.answers([*surveys], role).histogram
        return {group: replace(part, effect=whole.effect if whole else 1.0) for group, part in found.items()}

    def items(self, surveys: Sequence[AskedSurvey]) -> list[tuple[float, Answers]]:
        """The items of the satisfaction index, each with its weight; none where there is no index.

        The first survey that has one says which they are; to each is added what others ask under the same id.
        """
        found = next((items for survey in surveys if (items := [one for one in survey.questions if one.weight])), [])
        return [(item.weight, self.answers(surveys, AnswerRole(INDEX, item.id))) for item in found]


def ledger(tallies: Iterable[Tally], funnels: Iterable[FunnelCounts]) -> Ledger:
    """Add up tallies and funnels, which may come in any order and in parts."""
    totals: defaultdict[tuple[str, AnswerRole], Counter[str]] = defaultdict(Counter)
    groups: defaultdict[tuple[str, AnswerRole], defaultdict[AnswerGroup, Counter[str]]]
    groups = defaultdict(lambda: defaultdict(Counter))
    for tally in tallies:
        key = tally.survey, tally.role
        (totals[key] if tally.group is None else groups[key][tally.group])[tally.value] += tally.n
    whole: dict[str, FunnelCounts] = {}
    for funnel in funnels:
        whole[funnel.touchpoint] = whole.get(funnel.touchpoint, FunnelCounts(funnel.touchpoint)) + funnel
    return Ledger(
        {key: _histogram(key[1], counts) for key, counts in totals.items()},
        {key: {group: _histogram(key[1], counts) for group, counts in split.items()} for key, split in groups.items()},
        whole,
    )


def _histogram(role: AnswerRole, counts: Mapping[str, int]) -> Histogram:
    metric = INDEXED[INDEX_SERIES] if role.kind == INDEX else SCORES[role.kind]
    return metric.histogram(counts) if metric else Histogram()


def roles(questions: Iterable[VersionQuestion]) -> Mapping[tuple[str, str], AnswerRole]:
    """The role of each scored question of a version, by question and series.

    One question of each kind counts: the core question for a csat, the first of its kind otherwise.
    """
    found: dict[tuple[str, str], AnswerRole] = {}
    for one in questions:
        if one.weight and one.series == INDEX_SERIES:
            found[one.id, one.series] = AnswerRole(INDEX, one.id)
        elif SCORES.get(one.kind) and (one.core or one.kind != CSAT) and AnswerRole(one.kind) not in found.values():
            found[one.id, one.series] = AnswerRole(one.kind)
    return found


def asks(survey: AskedSurvey, kind: str) -> bool:
    """Whether the survey has a question that is scored by this kind."""
    return AnswerRole(kind) in _asked(survey.questions)


@lru_cache(maxsize=1024)
def _asked(questions: tuple[VersionQuestion, ...]) -> frozenset[AnswerRole]:
    return frozenset(roles(questions).values())
