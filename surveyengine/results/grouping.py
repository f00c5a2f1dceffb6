"""What the groups of a split are compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from . import score
from .difference import Against, ComparedScores, differences
from .report import Group
from .score import Histogram
from .split import CLAIMED

Groups = Mapping[str, Group]
"""The groups of a touchpoint by their names."""


def against_rest(groups: Groups) -> Groups:
    """The groups, each with its difference to all others together; what links only claim is in none of them."""
    answers = {name: _histogram(group) for name, group in groups.items() if name != CLAIMED.name}
    others = {name: sum((each for other, each in answers.items() if other != name), Histogram()) for name in answers}
    return _compared(groups, others, "rest")


def against_before(groups: Groups, before: Groups) -> Groups:
    """The groups, each with its difference to its own answers in an earlier period."""
    return _compared(groups, {name: _histogram(group) for name, group in before.items()}, "before")


def _compared(groups: Groups, others: Mapping[str, Histogram], against: Against) -> Groups:
    pairs = {
        name: ComparedScores(group.csat, score.csat(others.get(name, Histogram()))) for name, group in groups.items()
    }
    found = differences(pairs, against)
    return {name: replace(group, difference=found[name]) for name, group in groups.items()}


def _histogram(group: Group) -> Histogram:
    counts = {int(value): n for value, n in (group.counts or {}).items()}
    return Histogram(counts, group.csat.design_effect or 1.0)
