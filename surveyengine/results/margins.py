"""Splits of the same answers by several fields: what is hidden so that no split tells of another."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from ..values.anonymity import LEAST
from . import tangle
from .crosstab import Crosstab
from .ledger import AnswerGroup
from .split import OTHER
from .tangle import Margin, Members

FACT = "fact"


class PlacedAnswer(NamedTuple):
    """An answer: the block in which it comes out, its value, and its group by every field."""

    block: int
    value: str
    groups: Mapping[str, AnswerGroup]


class MonthAnswers(NamedTuple):
    """The answers of a month; and the groups that were asked.

    `about` are the groups of each that was asked together, in the order of the fields' names, and in which block; None
    where a group is known of the answer alone.
    """

    given: list[PlacedAnswer]
    asked: dict[str, set[AnswerGroup]]
    about: set[tuple[int, tuple[AnswerGroup | None, ...]]]


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
    given = [(one.block, one.value) for one in answers.given]
    hiding = tangle.gone([*margins.values()], gone(margins.values()), answers.about, given)[wanted]
    shown = [(group, members) for group, members in margins[wanted].groups.items() if group not in hiding]
    return ShownGroups([(answers.given[at].value, group) for group, members in shown for at in members], hiding)


def _margin(answers: MonthAnswers, field: str) -> Margin:
    asked = answers.asked[field]
    found = Counter(one.groups[field] for one in answers.given)
    rest = {group for group, n in found.items() if group.kind == FACT and n < LEAST and group not in asked}
    members: defaultdict[AnswerGroup, set[int]] = defaultdict(set, {group: set() for group in asked})
    for at, one in enumerate(answers.given):
        members[OTHER if one.groups[field] in rest else one.groups[field]].add(at)
    groups = {group: frozenset(those) for group, those in sorted(members.items())}
    return Margin(field, groups, _blocks(answers, field, groups))


def _blocks(answers: MonthAnswers, field: str, groups: Mapping[AnswerGroup, Members]) -> Crosstab:
    found = {group: Counter(answers.given[at].block for at in members) for group, members in groups.items()}
    place = sorted(answers.asked).index(field)
    for block, group in {(block, groups[place]) for block, groups in answers.about}:
        for one in [group] if group else found:
            if one in found:
                found[one][block] += 0
    return found


def gone(margins: Iterable[Margin]) -> Mapping[str, frozenset[AnswerGroup]]:
    """The groups that are hidden, by field.

    Where groups of one field lie within a group of another, as cities within a country, what is left of it is a group
    too, and must not be small. Fields come in the order of their names, and give way to those before them.
    """
    found: dict[str, frozenset[AnswerGroup]] = {}
    before: list[list[Members]] = []
    for margin in sorted(margins, key=lambda one: one.field):
        found[margin.field] = _gone(margin, before)
        before.append([members for group, members in margin.groups.items() if group not in found[margin.field]])
    return found


def _gone(margin: Margin, before: Sequence[Sequence[Members]]) -> frozenset[AnswerGroup]:
    sizes, chosen = margin.sizes, margin.hidden()
    while telling := {*_telling({one: margin.groups[one] for one in sizes if one not in chosen}, before)} - margin.open:
        smallest = min(sizes[group] for group in telling)
        chosen = margin.hidden({*chosen, *(group for group in sizes if sizes[group] == smallest)})
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
