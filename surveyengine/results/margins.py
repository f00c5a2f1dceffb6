"""Splits of the same answers by several fields: what is hidden so that no split tells of another."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from ..values.anonymity import LEAST
from . import tangle
from .ledger import AnswerGroup
from .split import OTHER
from .suppression import hidden
from .tangle import Margin, Members

FACT = "fact"


class MonthAnswers(NamedTuple):
    """The answers of a month: each with its value and its group by every field; and the groups that were asked.

    `about` are the groups of each that was asked together, in the order of the fields' names; None where a group is
    known of the answer alone.
    """

    given: list[tuple[str, Mapping[str, AnswerGroup]]]
    asked: dict[str, set[AnswerGroup]]
    about: set[tuple[AnswerGroup | None, ...]]


class ShownGroups(NamedTuple):
    """The groups by a field: each answer of those that are shown, with its value, and which are hidden."""

    shown: Sequence[tuple[str, AnswerGroup]]
    hidden: frozenset[AnswerGroup]


def cut(answers: MonthAnswers, wanted: str) -> ShownGroups:
    """Hide what must be hidden of the groups by a field, whichever other fields groups are asked for by.

    Of the groups that were asked nothing is told by naming them, and none of them is told to have answered nothing.
    Small groups of facts besides them are put into one, or their names would tell who answered.
    """
    margins = {field: _margin(answers, field) for field in answers.asked}
    hiding = tangle.gone([*margins.values()], gone(margins.values()), answers.about)[wanted]
    shown = [(group, members) for group, members in margins[wanted].groups.items() if group not in hiding]
    return ShownGroups([(answers.given[at][0], group) for group, members in shown for at in members], hiding)


def _margin(answers: MonthAnswers, field: str) -> Margin:
    asked = answers.asked[field]
    found = Counter(groups[field] for _, groups in answers.given)
    rest = {group for group, n in found.items() if group.kind == FACT and n < LEAST and group not in asked}
    members: defaultdict[AnswerGroup, set[int]] = defaultdict(set, {group: set() for group in asked})
    for at, (_, groups) in enumerate(answers.given):
        members[OTHER if groups[field] in rest else groups[field]].add(at)
    return Margin(field, {group: frozenset(those) for group, those in members.items()})


def gone(margins: Iterable[Margin]) -> Mapping[str, frozenset[AnswerGroup]]:
    """The groups that are hidden, by field.

    Where groups of one field lie within a group of another, as cities within a country, what is left of it is a group
    too, and must not be small. Fields come in the order of their names, and give way to those before them.
    """
    found: dict[str, frozenset[AnswerGroup]] = {}
    before: list[list[Members]] = []
    for margin in sorted(margins, key=lambda one: one.field):
        found[margin.field] = _gone(margin.groups, before)
        before.append([members for group, members in margin.groups.items() if group not in found[margin.field]])
    return found


def _gone(groups: Mapping[AnswerGroup, Members], before: Sequence[Sequence[Members]]) -> frozenset[AnswerGroup]:
    sizes = {group: len(members) for group, members in groups.items()}
    chosen = hidden(sizes)
    while telling := _telling({group: groups[group] for group in groups.keys() - chosen}, before):
        smallest = min(sizes[group] for group in telling)
        chosen = hidden(sizes, {*chosen, *(group for group in sizes if sizes[group] == smallest)})
    return chosen


def _telling(shown: Mapping[AnswerGroup, Members], before: Sequence[Sequence[Members]]) -> Collection[AnswerGroup]:
    """Groups that tell, with those of another field, of fewer answers than may be shown."""
    for other in (members for field in before for members in field):
        inside = {group for group, members in shown.items() if members <= other}
        if _leave_few(other, [shown[group] for group in inside]):
            return inside
    for group, members in sorted(shown.items(), key=lambda one: len(one[1])):
        if any(_leave_few(members, [one for one in field if one <= members]) for field in before):
            return [group]
    return ()


def _leave_few(members: Members, inside: Sequence[Members]) -> bool:
    return bool(inside) and 0 < len(members.difference(*inside)) < LEAST
