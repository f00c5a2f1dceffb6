"""The outcomes of many events, in numbers and in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .decision import REASONS

MOST_TOLD = 10  # names of what was left out


@dataclass
class LeftOut:
    """A detail that is not kept as it came: the place of the first such event, the reason, and how many there are."""

    place: int
    reason: str
    events: int = 0

    @property
    def often(self) -> str:
        """How many more events have it; "" where none has."""
        return f" (and so in {self.events - 1} more events)" if self.events > 1 else ""


@dataclass
class Totals:
    """How many events were accepted, duplicates, or refused, and what the accepted ones led to.

    `planned` and `not_asked` (by reason) count invitations, as an event may lead to several. `no_survey` counts
    accepted events that no survey asks about. `left_out` are unusable details by name, `respelled` identifiers that
    are kept in another spelling, and `hints` sentences about what else was not understood.
    """

    accepted: int = 0
    duplicate: int = 0
    refused: int = 0
    planned: int = 0
    not_asked: Counter[str] = field(default_factory=Counter)
    no_survey: int = 0
    left_out: dict[str, LeftOut] = field(default_factory=dict)
    respelled: dict[str, LeftOut] = field(default_factory=dict)
    hints: list[str] = field(default_factory=list)

    def add(self, outcome: Mapping[str, Any], place: int = 0) -> None:
        """Count the outcome of an event at that place of its file."""
        what = outcome["outcome"]
        setattr(self, what, getattr(self, what) + 1)
        for one in outcome.get("respelled", ()):
            self.respelled.setdefault(one["name"], LeftOut(place, one["reason"])).events += 1
        if what != "accepted":
            return
        self.planned += len(outcome["planned"])
        self.not_asked.update(one["reason"] for one in outcome["refused"])
        self.no_survey += not outcome["planned"] and not outcome["refused"]
        for one in outcome.get("unused", ()):
            self.left_out.setdefault(one["name"], LeftOut(place, one["reason"])).events += 1

    def line(self) -> str:
        """Return the counts in one line, without those that are 0."""
        told = [f"accepted {self.accepted}"]
        told += [f"{what} {count}" for what in ("duplicate", "refused") if (count := getattr(self, what))]
        if self.accepted:
            told.append(f"planned {self.planned}")
        if self.not_asked:
            reasons = ", ".join(f"{reason} {count}" for reason, count in self._reasons())
            told.append(f"not asked {self.not_asked.total()}: {reasons}")
        if self.no_survey:
            told.append(f"no survey asks about {self.no_survey}")
        return " · ".join(told)

    def _reasons(self) -> list[tuple[str, int]]:
        """Return the reasons, the most frequent first."""
        order = [*REASONS]
        return sorted(self.not_asked.items(), key=lambda one: (-one[1], order.index(one[0])))

    def remarks(self) -> Iterator[tuple[int, str]]:
        """Yield each respelled or left-out detail once, with its first place and how often it occurred."""
        for name, one in self.respelled.items():
            yield one.place, f"`{name}` {one.reason}{one.often}"
        for name, one in [*self.left_out.items()][:MOST_TOLD]:
            yield one.place, f"`{name}` {one.reason}; it was left out{one.often}"
        if (more := len(self.left_out) - MOST_TOLD) > 0:
            yield 0, f"{more} more names of details that cannot be used were left out"

    def summary(self) -> dict[str, Any]:
        """Return the counts as the API tells them."""
        counts = {name: getattr(self, name) for name in ("accepted", "duplicate", "refused", "planned", "no_survey")}
        return {**counts, "not_asked": dict(self._reasons())}
