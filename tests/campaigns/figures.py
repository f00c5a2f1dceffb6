"""What a campaign saw."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Figures:
    """The sums of some trials; `faults` says in words what else was broken, `seen` counts what was done and met."""

    trials: int = 0
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    faults: tuple[str, ...] = ()
    seen: Counter[str] = field(default_factory=Counter)

    @property
    def kept(self) -> bool:
        """Whether all that was promised was kept."""
        return not (self.lost or self.doubled or self.faults)

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            self.trials + other.trials,
            self.acknowledged + other.acknowledged,
            self.lost + other.lost,
            self.doubled + other.doubled,
            self.faults + other.faults,
            self.seen + other.seen,
        )

    def __str__(self) -> str:
        what = {"trial": self.trials, "acknowledged": self.acknowledged, "lost": self.lost, "doubled": self.doubled}
        counts = [f"{'trials' if name == 'trial' and n != 1 else name} {n}" for name, n in what.items()]
        return " · ".join(counts + [f"{name} {n}" for name, n in sorted(self.seen.items())])
