"""Scores from histograms of answers: touchpoint, stage and journey. Percentages run 0-100 and are not rounded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from math import fsum
from operator import attrgetter
from typing import Literal, NamedTuple

from .interval import Interval, Rate, adjusted_wald_nps, mean_interval, price_bonett, shares, wilson
from .record import ABSENT, Absent, Flag, Record

State = Literal["ok", "indicative", "few"]
Verdict = Literal["met", "missed", "undecided", "none"]

INDICATIVE = 10
"""From this many answers on a score is shown."""
LEAST = 2
"""So many independent answers the limits of a mean need."""
OK = 30
"""From this many answers on it is shown without reserve."""


@dataclass(frozen=True)
class Histogram:
    """How often each value of a scale was answered: value -> n. Histograms of one series add up.

    `effect` is the design effect: `n` answers tell as much as so many times fewer independent ones.
    """

    counts: Mapping[int, int] = field(default_factory=dict)
    effect: float = 1.0

    def __add__(self, other: Histogram) -> Histogram:
        n, m = self.n, other.n
        if not n or not m:  # as most sums begin
            return self if n else other
        effect = (n * self.effect + m * other.effect) / (n + m)
        return Histogram(Counter(self.counts) + Counter(other.counts), effect)

    @property
    def n(self) -> int:
        """The number of answers."""
        return sum(self.counts.values())

    def of(self, values: Iterable[int]) -> int:
        """The number of answers with one of these values."""
        return sum(self.counts.get(value, 0) for value in values)


@dataclass(frozen=True, slots=True)
class Score(Record):
    """A score with its 95 % interval; null below ten answers (`few`), and all of it where anonymity withholds it.

    The interval alone is null where all answers are equal. Where customers answered more than once, limits are those of
    `n` by the `design_effect` answers.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int | None
    state: State
    withheld: Flag = ABSENT
    design_effect: float | Absent = ABSENT

    @property
    def independent(self) -> float:
        """The number of independent answers that tell as much."""
        return (self.n or 0) / (self.design_effect or 1.0)


class Weighted(NamedTuple):
    """A score as a term of a stage, a journey or an index."""

    weight: float
    score: Score


def few(n: int) -> Score:
    """What is said of a score with too few answers: how many there are."""
    return Score(None, None, None, n, "few")


def withheld() -> Score:
    """What is said of anonymous answers before they come out: nothing."""
    return Score(None, None, None, None, "few", withheld=True)


def proportion(successes: int, n: int, effect: float = 1.0) -> Score:
    """The percentage of successes, with Wilson's limits."""
    if n < INDICATIVE:
        return few(n)
    interval = wilson(successes / effect, n / effect).scaled(100)
    return _affected(_score(100 * successes / n, interval, n), effect)


def _affected(score: Score, effect: float) -> Score:
    return replace(score, design_effect=effect) if effect > 1 else score


def _share(answers: Histogram, values: Collection[int]) -> Score:
    return proportion(answers.of(values), answers.n, answers.effect)


def csat(answers: Histogram) -> Score:
    """Customer satisfaction: the percentage of 4 and 5 on a scale of 1 to 5 (top-2-box)."""
    return _share(answers, (4, 5))


def dsat(answers: Histogram) -> Score:
    """Dissatisfaction: the percentage of 1 and 2 on a scale of 1 to 5 (bottom-2-box)."""
    return _share(answers, (1, 2))


def ease(answers: Histogram) -> Score:
    """Ease, and customer effort score: the percentage of 5, 6 and 7 on a scale of 1 to 7."""
    return _share(answers, (5, 6, 7))


def expectation(answers: Histogram) -> Score:
    """Expectations met or exceeded: the percentage of 3, 4 and 5 on a scale of 1 to 5."""
    return _share(answers, (3, 4, 5))


def mean(answers: Histogram) -> Score:
    """The mean on a scale of 1 to 5; it has no limits where all answers are equal."""
    return _rated(answers, 1, 5)


def item(answers: Histogram) -> Score:
    """One rating of a satisfaction index: its mean and limits, rescaled from 1-10 to 0-100."""
    score = _rated(answers, 1, 10)
    value, low, high = (None if at is None else (at - 1) / 9 * 100 for at in (score.value, score.low, score.high))
    return replace(score, value=value, low=low, high=high)


def csi(items: Collection[Weighted]) -> Score:
    """Customer satisfaction index, 0 to 100: the weighted mean of its items (the form of the ACSI, not its weights).

    100 [w1 (x1 - 1) + w2 (x2 - 1) + w3 (x3 - 1)] / 9 (w1 + w2 + w3), where x are the means of the ratings from 1 to 10.
    Its limits are the same weighted mean of the items' own limits, and it has none where an item has none. They are
    right where everybody's three answers rise and fall as one, with 94 to 100 % of true indices covered, and too wide
    where they do not; counts do not tell how far they do. `n` is that of the item with the fewest answers.
    """
    if any(score.withheld for _, score in items):
        return withheld()
    n = min((score.n or 0 for _, score in items), default=0)
    value, low, high = (_weighed(items, attrgetter(part)) for part in ("value", "low", "high"))
    return few(n) if value is None else Score(value, low, high, n, _state(n))


def nps(answers: Histogram) -> Score:
    """Net promoter score, -100 to 100: the percentage of 9 and 10 less that of 0 to 6, on a scale of 0 to 10."""
    if answers.n < INDICATIVE:
        return few(answers.n)
    up, between, down = answers.of((9, 10)), answers.of((7, 8)), answers.of(range(7))
    interval = adjusted_wald_nps(*(part / answers.effect for part in (up, between, down)))
    return _affected(_score(100 * (up - down) / answers.n, interval, answers.n), answers.effect)


def stage(touchpoints: Iterable[Weighted]) -> Score:
    """The weighted mean of those touchpoints that have a value, with Price and Bonett's limits.

    One alone keeps its own, Wilson's. `n` is the sum of theirs and `state` the worst; a touchpoint that weighs nothing
    does not count. Without any the score is `few`, or `withheld` where one of them is.
    """
    terms = list(touchpoints)
    counted = _counted(terms)
    value = _weighed(counted, attrgetter("value"))
    if value is None:
        return withheld() if any(term.score.withheld for term in terms) else few(0)
    if len(counted) == 1:
        return counted[0].score
    interval = price_bonett(Rate(weight, (score.value or 0) / 100, score.independent) for weight, score in counted)
    state: State = "indicative" if any(score.state == "indicative" for _, score in counted) else "ok"
    return _score(value, interval.scaled(100), sum(score.n or 0 for _, score in counted), state)


def journey(stages: Iterable[Iterable[Weighted]]) -> Score:
    """The mean of the stages that have a value, equally weighted; its limits are made of all their touchpoints."""
    listed = [list(touchpoints) for touchpoints in stages]
    scored = [counted for touchpoints in listed if (counted := _counted(touchpoints))]
    parts = [
        Weighted(share, term.score)
        for counted in scored
        for share, term in zip(shares(term.weight for term in counted), counted, strict=True)
    ]
    return stage(parts or chain.from_iterable(listed))


def verdict(score: Score, target: float | None) -> Verdict:
    """Whether the target is certainly met, certainly missed, or not decided by the answers so far."""
    if target is None:
        return "none"
    if score.low is None or score.high is None:
        return "undecided"
    if score.low >= target:
        return "met"
    return "missed" if score.high < target else "undecided"


class Metric(NamedTuple):
    """How a kind of question is scored: the values of its scale, and the score of their histogram."""

    values: Collection[int]
    score: Callable[[Histogram], Score]

    def histogram(self, tally: Mapping[str, int]) -> Histogram:
        """The counts of the scale's own values; whatever else was answered ("not applicable") is left out."""
        return Histogram({value: tally[str(value)] for value in self.values if tally.get(str(value))})


SCORES: Mapping[str, Metric | None] = {
    "csat": Metric(range(1, 6), csat),
    "nps": Metric(range(11), nps),
    "ease": Metric(range(1, 8), ease),
    "ces": Metric(range(1, 8), ease),
    "expectation": Metric(range(1, 6), expectation),
    "amount": None,
    "likely": None,
    "rating": None,
    "yes_no": None,
    "yes_partly_no": None,
    "choice": None,
    "choices": None,
    "matrix": None,
    "ranking": None,
    "text": None,
    "number": None,
    "date": None,
    "email": None,
    "phone": None,
    "consent": None,
    "note": None,
}
"""Every kind of question and how it is scored; None where it is not."""


INDEXED: Mapping[str, Metric] = {"rating:1-10": Metric(range(1, 11), item)}
"""The series of which a satisfaction index can be made, and how one of its items is scored."""


def _rated(answers: Histogram, lowest: int, highest: int) -> Score:
    if answers.n < INDICATIVE:
        return few(answers.n)
    mean = sum(value * n for value, n in answers.counts.items()) / answers.n
    told = {value: n / answers.effect for value, n in answers.counts.items()}
    interval = mean_interval(told, lowest, highest) if answers.n >= LEAST * answers.effect else None
    if interval is None:
        return Score(mean, None, None, answers.n, _state(answers.n))
    return _affected(_score(mean, interval, answers.n), answers.effect)


def _score(value: float, interval: Interval, n: int, state: State | None = None) -> Score:
    return Score(value, interval.low, interval.high, n, state or _state(n))


def _state(n: int) -> State:
    return "ok" if n >= OK else "indicative"


def _counted(terms: Iterable[Weighted]) -> list[Weighted]:
    """The terms that have a weight above 0 and a value."""
    return [term for term in terms if term.weight > 0 and term.score.value is not None]


def _weighed(terms: Collection[Weighted], part: Callable[[Score], float | None]) -> float | None:
    """The weighted mean of one part of the scores; None if a score lacks it, or there are no scores."""
    parts = [known for term in terms if (known := part(term.score)) is not None]
    if not terms or len(parts) < len(terms):
        return None
    weighed = zip(shares(term.weight for term in terms), parts, strict=True)
    # Rounding alone must not carry it over the ends of a scale.
    return min(max(fsum(share * one for share, one in weighed), min(parts)), max(parts))
