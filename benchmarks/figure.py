"""A figure that was measured, and the goal it is held against."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Figure:
    """One row of the table: the median of the repetitions, and the smallest and the largest of them.

    `unit` is "×" for a ratio; `goal` is a bound such as "≥ 0.7", "" where there is none.
    """

    name: str
    what: str
    values: tuple[float, ...]
    unit: str = "×"
    goal: str = ""
    detail: str = ""

    @property
    def value(self) -> float:
        """The median."""
        return median(self.values)

    @property
    def is_reached(self) -> bool | None:
        """Whether the goal is reached; None without one."""
        if not self.goal:
            return None
        sign, bound = self.goal.split()
        return self.value >= float(bound) if sign == "≥" else self.value <= float(bound)


Run = Callable[[], float]


def interleaved(rounds: int, *runs: Run) -> list[tuple[float, ...]]:
    """Return what each run measured in each round, after one to warm up.

    Every second round goes backwards, so that drift hits all alike. A single round is a look at the machinery: cold.
    """
    measured: list[tuple[float, ...]] = []
    for run in runs if rounds > 1 else ():
        run()
    for number in range(rounds):
        step = -1 if number % 2 else 1
        measured.append(tuple([run() for run in runs[::step]][::step]))
    return measured


def ratios(pairs: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    """Return the first of each pair as a share of the second."""
    return tuple(one / other for one, other in pairs)


def medians(pairs: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    """Return the median of each run."""
    return tuple(median(column) for column in zip(*pairs, strict=True))
