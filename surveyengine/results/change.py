"""Changes of a score against an earlier period: the difference, its interval, and whether it is more than chance."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain
from math import comb, fsum, hypot, sqrt
from statistics import NormalDist
from typing import Literal, NamedTuple

from . import score
from .record import ABSENT, Absent, Record
from .score import Score, Weighted

ChangeState = Literal["changed", "small", "none", "not_compared"]
StageTerms = Mapping[str, Weighted]
"""The touchpoints of a stage by their ids, with their weights and scores."""

LEAST = 3.0
"""Points from which on a change is called one."""
RISK = 0.05
"""How often chance alone may look like a change."""
EXPECTED = 5
"""Observations that each cell of a table must be expected to have for the normal approximation."""


@dataclass(frozen=True, slots=True)
class ComparedPeriod(Record):
    """Both days are included."""

    from_: date
    to: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(Record):
    """The difference to the score `against` an earlier period, in points, with its 95 % interval.

    `changed`: by 3 points or more, and not by chance (p < 0.05); `small`: not by chance, but by less; `none`: there is
    no evidence of a change; `not_compared`: one of the periods has fewer than 30 answers. Touchpoints of which that is
    true are left out of their stage's change, and named in `without`. Where the share of all answers moved the other
    way, `pooled` is how far: `rate` of it comes from the scores, `mix` from how many answered where.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None
    state: ChangeState = "not_compared"
    against: ComparedPeriod
    without: Sequence[str] = ()
    pooled: float | Absent = ABSENT
    rate: float | Absent = ABSENT
    mix: float | Absent = ABSENT


class Pair(NamedTuple):
    """A touchpoint in both periods."""

    now: Weighted
    before: Weighted


class Difference(NamedTuple):
    """How far two scores are apart, and the 95 % interval of that."""

    value: float
    low: float
    high: float


def of_touchpoint(now: Score, before: Score, against: ComparedPeriod) -> Change:
    """The change of a percentage; a test must tell it from chance, and its interval too."""
    found = _change(now, before, against)
    is_chance = found.value is not None and p_value(now, before) >= RISK
    return replace(found, state="none") if is_chance else found


def of_stages(
    now: Mapping[str, StageTerms],
    before: Mapping[str, StageTerms],
    against: ComparedPeriod,
    names: str = "{touchpoint}",
) -> Change:
    """The change of the mean of these stages, over the touchpoints that can be compared; its interval is the test.

    `names` says how the others are called, by their `stage` and `touchpoint`.
    """
    both = [_matched(terms, before.get(stage, {})) for stage, terms in now.items()]
    found = _change(
        score.journey([pair.now for pair in pairs] for pairs in both),
        score.journey([pair.before for pair in pairs] for pairs in both),
        against,
    )
    without = [
        names.format(stage=stage, touchpoint=touchpoint)
        for stage, terms in now.items()
        for touchpoint in _unmatched(terms, before.get(stage, {}))
    ]
    return _with_mix(replace(found, without=without), list(chain.from_iterable(both)))


def difference(now: Score, before: Score) -> Difference | None:
    """The difference of independent scores, its interval made of theirs (MOVER); None where one of them has none.

    Zou and Donner (2008), Statistics in Medicine 27:1693-1702. Of two proportions with Wilson's intervals it is that of
    Newcombe (1998), Statistics in Medicine 17:873-890, method 10. It covers 95 to 96 % of true differences.
    """
    if now.value is None or now.low is None or now.high is None:
        return None
    if before.value is None or before.low is None or before.high is None:
        return None
    change = now.value - before.value
    below = hypot(now.value - now.low, before.high - before.value)
    above = hypot(now.high - now.value, before.value - before.low)
    return Difference(change, change - below, change + above)


def p_value(one: Score, other: Score) -> float:
    """The two-sided p of two equal percentages: by the pooled z test, where few are expected by Fisher's exact one."""
    n, m = round(one.independent), round(other.independent)
    hits, others = round((one.value or 0) * n / 100), round((other.value or 0) * m / 100)
    both = hits + others
    if min(n, m) * min(both, n + m - both) < EXPECTED * (n + m):
        return fisher((hits, n), (others, m))
    if both in (0, n + m):
        return 1.0
    pooled = both / (n + m)
    z = (hits / n - others / m) / sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return 2 * NormalDist().cdf(-abs(z))


def fisher(one: tuple[int, int], other: tuple[int, int]) -> float:
    """Fisher's exact two-sided p of two proportions, each (successes, n): of all tables no likelier than theirs."""
    (hits, n), both, total = one, one[0] + other[0], one[1] + other[1]
    ways = {k: comb(n, k) * comb(total - n, both - k) for k in range(max(0, both - total + n), min(n, both) + 1)}
    return sum(one for one in ways.values() if one <= ways[hits]) / sum(ways.values())


def _change(now: Score, before: Score, against: ComparedPeriod) -> Change:
    """The change of a score, told from chance by its interval."""
    found = difference(now, before) if now.state == before.state == "ok" else None
    if found is None:
        return Change(against=against)
    certain: ChangeState = "changed" if abs(found.value) >= LEAST else "small"
    state = certain if found.low > 0 or found.high < 0 else "none"
    return Change(**found._asdict(), state=state, against=against)


def _matched(now: StageTerms, before: StageTerms) -> list[Pair]:
    """The touchpoints that weigh something, and have enough answers in both periods."""
    return [
        Pair(term, before[name])
        for name, term in now.items()
        if term.weight > 0 and term.score.state == "ok" and name in before and before[name].score.state == "ok"
    ]


def _unmatched(now: StageTerms, before: StageTerms) -> list[str]:
    """The touchpoints whose score was counted in one of the periods, and cannot be compared."""
    counted = [name for name, term in now.items() if term.weight > 0 and _has_value(name, now, before)]
    return [name for name in counted if not _matched({name: now[name]}, before)]


def _has_value(name: str, *periods: StageTerms) -> bool:
    return any(name in terms and terms[name].score.value is not None for terms in periods)


def _with_mix(found: Change, pairs: Collection[Pair]) -> Change:
    """The change with what became of the share of all answers, where that moved the other way.

    Kitagawa (1955), Journal of the American Statistical Association 50:1168-1194: rates and weights are averaged.
    """
    total, earlier = (sum(pair[at].score.n or 0 for pair in pairs) for at in (0, 1))
    if found.value is None or not total or not earlier:
        return found
    moves = [_moves(pair, total, earlier) for pair in pairs]
    rate, mix = fsum(one for one, _ in moves), fsum(one for _, one in moves)
    return replace(found, pooled=rate + mix, rate=rate, mix=mix) if found.value * (rate + mix) < 0 else found


def _moves(pair: Pair, total: int, earlier: int) -> tuple[float, float]:
    """How much a touchpoint moves the share of all answers: by its score, and by its part of the answers."""
    (_, now), (_, before) = pair
    part, was = (now.n or 0) / total, (before.n or 0) / earlier
    rate, rated = now.value or 0.0, before.value or 0.0
    return (part + was) / 2 * (rate - rated), (rate + rated) / 2 * (part - was)
