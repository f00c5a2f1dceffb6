"""What was asked and counted in a period, and which of the counts anonymity lets out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from .score import INDEXED, SCORES, Histogram, Score, few


class Question(NamedTuple):
    """A question of a current survey; a changed kind or scale makes another series."""

    id: str
    kind: str
    series: str
    core: bool = False
    weight: float = 0    # in the satisfaction index; 0 outside of it


@dataclass(frozen=True)
class Asked:
    """A current survey: where it stands in the journey, and what it asks."""

    survey: str
    stage: str
    touchpoint: str
    questions: tuple[Question, ...]
    scored: bool = True
    anonymous: bool = False
    target_csat: float | None = None
    responses: int = 0  # known where the survey is not scored


@dataclass(frozen=True)
class Tally:
    """One cell of a histogram: how often a value (a number or an option's id) was answered.

    A row with a `group` belongs to a second view of the same answers, split by a field; it never enters a total.
    """

    survey: str
    question: str
    kind: str
    series: str
    value: str
    n: int
    group: str | None = None


@dataclass(frozen=True)
class Funnel:
    """What became of the events that a survey could have followed; `refused` counts them by reason."""

    survey: str
    invited: int = 0
    sent: int = 0
    answered: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: Funnel) -> Funnel:
        refused = Counter(self.refused) + Counter(other.refused)
        return Funnel(self.survey, self.invited + other.invited, self.sent + other.sent,
                      self.answered + other.answered, refused)


class Answers(NamedTuple):
    """The histogram behind a score, or None where anonymity withholds it and only its size is told."""

    histogram: Histogram | None
    n: int

    def score(self, metric: Callable[[Histogram], Score]) -> Score:
        """The score by this metric; `few` when the histogram is withheld."""
        return few(self.n) if self.histogram is None else metric(self.histogram)


Groups = Mapping[str | None, Histogram]
"""The histograms of one question: of each group, and under None of all answers."""


@dataclass(frozen=True)
class Ledger:
    """What was counted: the groups by survey, question, kind and series; the funnels by survey."""

    counted: Mapping[tuple[str, str, str, str], Groups]
    funnels: Mapping[str, Funnel]
    anonymous_minimum: int

    def answers(self, surveys: Iterable[Asked], kind: str) -> dict[str | None, Answers]:
        """The answers to these surveys' questions of a kind, added up: of each group, and under None of all.

        One question of each survey counts: the core question for a csat, the first of its kind otherwise.
        """
        parts: defaultdict[str | None, list[Answers]] = defaultdict(list, {None: []})
        for survey, groups in self._asked(surveys, kind):
            shown = released(groups, self.anonymous_minimum) if survey.anonymous else groups.keys()
            for group, histogram in groups.items():
                parts[group].append(Answers(histogram if group in shown else None, histogram.n))
        return {group: _together(answers) for group, answers in parts.items()}

    def items(self, surveys: Sequence[Asked]) -> list[tuple[float, Answers]]:
        """The items of the satisfaction index, each with its weight; none where there is no index.

        The first survey that has one says which they are; to each is added what others ask under the same id.
        """
        found = next((items for survey in surveys if (items := [one for one in survey.questions if one.weight])), [])
        return [(item.weight, _together([self._item(survey, item) for survey in surveys])) for item in found]

    def _item(self, survey: Asked, item: Question) -> Answers:
        groups = self.counted.get((survey.survey, item.id, item.kind, item.series), {})
        is_out = not survey.anonymous or released(groups, self.anonymous_minimum)
        histogram = groups.get(None, Histogram())
        return Answers(histogram if is_out else None, histogram.n)

    def funnel(self, surveys: Iterable[Asked]) -> Funnel:
        """The funnels of these surveys, added up."""
        return sum((self.funnels.get(survey.survey, Funnel("")) for survey in surveys), Funnel(""))

    def _asked(self, surveys: Iterable[Asked], kind: str) -> Iterator[tuple[Asked, Groups]]:
        for survey in surveys:
            question = first(survey, kind)
            if question:
                groups = self.counted.get((survey.survey, question.id, kind, question.series), {})
                yield survey, {None: Histogram(), **groups}


def ledger(tallies: Iterable[Tally], funnels: Iterable[Funnel], anonymous_minimum: int) -> Ledger:
    """Add up tallies and funnels, which may come in any order and in parts."""
    cells: defaultdict[tuple[str, str, str, str], defaultdict[str | None, Counter[str]]]
    cells = defaultdict(lambda: defaultdict(Counter))
    for tally in tallies:
        cells[tally.survey, tally.question, tally.kind, tally.series][tally.group][tally.value] += tally.n
    counted = {
        series: {group: metric.histogram(values) for group, values in groups.items()}
        for series, groups in cells.items() if (metric := SCORES.get(series[2]) or INDEXED.get(series[3]))
    }
    whole: dict[str, Funnel] = {}
    for funnel in funnels:
        whole[funnel.survey] = whole.get(funnel.survey, Funnel(funnel.survey)) + funnel
    return Ledger(counted, whole, anonymous_minimum)


def first(survey: Asked, kind: str) -> Question | None:
    """The survey's question that is scored for this kind: its core question for a csat, else the first of the kind."""
    return next((question for question in survey.questions
                 if question.kind == kind and (question.core or kind != "csat")), None)


def released(groups: Groups, minimum: int) -> set[str | None]:
    """Which groups of an anonymous survey may be shown."""
    return tellable({group: answers.n for group, answers in groups.items()}, minimum)


def tellable(sizes: Mapping[str | None, int], minimum: int) -> set[str | None]:
    """Which groups of these sizes may be told apart, where None is the size of all: those with at least the minimum.

    What is left when the shown groups are taken from the total must be nobody, or at least the minimum too; so the
    smallest are held back until it is.
    """
    total = sizes.get(None, 0)
    if total < minimum:
        return set()
    large = [group for group, n in sizes.items() if group is not None and n >= minimum]
    shown = sorted(large, key=lambda group: (-sizes[group], group))
    rest = total - sum(sizes[group] for group in shown)
    while shown and 0 < rest < minimum:
        rest += sizes[shown.pop()]
    return {None, *shown}


def _together(parts: Collection[Answers]) -> Answers:
    """Their sum; what is withheld is not even part of a sum, from which it could be computed."""
    known = [part.histogram for part in parts if part.histogram is not None]
    if parts and not known:
        return Answers(None, sum(part.n for part in parts))
    total = sum(known, Histogram())
    return Answers(total, total.n)
