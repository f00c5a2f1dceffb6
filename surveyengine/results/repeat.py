"""Customers who answered more than once: how much less their answers tell than those of as many customers would."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum

RECODED: Mapping[str, Mapping[int, int]] = {
    "csat": {4: 1, 5: 1},
    "nps": {**dict.fromkeys(range(7), -1), 9: 1, 10: 1},
    "ease": {5: 1, 6: 1, 7: 1},
    "ces": {5: 1, 6: 1, 7: 1},
    "expectation": {3: 1, 4: 1, 5: 1},
}
"""What each answer adds to a score of that kind, whose mean over all answers the score is; others add nothing."""


@dataclass(frozen=True)
class Repeats:
    """Sums over the customers with several answers: of their number, answers, what these add, and that squared.

    Over the same customers: `own` sums the squares of what each customer's answers add together, `mixed` its products
    with the number of their answers, and `sizes` the squares of that number.
    """

    customers: float = 0
    answers: float = 0
    added: float = 0
    squares: float = 0
    own: float = 0
    mixed: float = 0
    sizes: float = 0

    def __add__(self, other: Repeats) -> Repeats:
        return Repeats(*(mine + theirs for mine, theirs in zip(self.parts, other.parts, strict=True)))

    @property
    def parts(self) -> tuple[float, ...]:
        """All sums in their order."""
        return tuple(vars(self).values())


NOBODY = Repeats()


def together(parts: Iterable[Repeats]) -> Repeats:
    """The sums over all of them."""
    return Repeats(*map(fsum, zip(*(one.parts for one in parts), strict=True)))


def of_customer(given: Sequence[int], weight: float = 1.0) -> Repeats:
    """The sums over so many customers who are like this one, by what each of their answers adds."""
    n, added = len(given), sum(given)
    sums = (1, n, added, sum(one * one for one in given), added * added, added * n, n * n)
    return Repeats(*(weight * one for one in sums)) if n > 1 else NOBODY


def design_effect(counts: Mapping[int, int], recoded: Mapping[int, int], repeats: Repeats) -> float:
    """By how much the variance of a mean is larger because some customers gave several of the answers; 1 at least.

    `counts` are those of all answers (value -> n). It is the variance of a ratio over customers as clusters (Cochran
    1977, Sampling Techniques, 2.11) by that of as many independent answers; where no two answers differ, that of wholly
    dependent ones (Kish 1965, Survey Sampling, 5.4).
    """
    n = sum(counts.values())
    clusters = n - repeats.answers + repeats.customers
    if not n or repeats.customers <= 0:
        return 1.0
    mean = fsum(recoded.get(value, 0) * count for value, count in counts.items()) / n
    alone = fsum(count * (recoded.get(value, 0) - mean) ** 2 for value, count in counts.items())
    if alone == 0 or clusters <= 1:
        return min(max(1.0, (n - repeats.answers + repeats.sizes) / n), float(n))
    theirs = repeats.own - 2 * mean * repeats.mixed + mean**2 * repeats.sizes
    without = repeats.squares - 2 * mean * repeats.added + mean**2 * repeats.answers
    return min(max(1.0, (alone + theirs - without) / alone * clusters / (clusters - 1)), float(n))
