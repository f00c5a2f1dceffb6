"""Answers split by a field: which values are one group, how many groups are shown, and in which order."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from .ledger import AnswerGroup
from .score import Histogram

LANGUAGE = "language"
"""The field that is no event's, and that every answer has."""
MOST_VALUES = 1_000
"""A field with more values than this in a period identifies something, and splits nothing."""
MOST_GROUPS = 50
NOT_KNOWN = AnswerGroup("(not known)", "unknown")
CLAIMED = AnswerGroup("(claimed)", "claim")
OTHER = AnswerGroup("(other)", "other")
APART = (NOT_KNOWN, CLAIMED, OTHER)
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")


def grouped(values: Iterable[tuple[str, int]]) -> Mapping[str, AnswerGroup]:
    """The group of each value; spellings of one value share the group that is named as most write it.

    "web" and "Web" are one value, and so are the numbers 100 and 100.0; "007" is no number. A value that is kept no
    more, because few shared it, is "", and among the others.
    """
    spellings: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for value, n in values:
        spellings[_same(value)][value] += n
    taken = {group.name for group in APART}
    names = {key: max(written, key=lambda one: (written[one], -len(one), one)) for key, written in spellings.items()}
    groups = {key: AnswerGroup(f'"{name}"' if name in taken else name) for key, name in names.items()}
    found = {value: groups[key] for key, written in spellings.items() for value in written}
    return {value: group if value else OTHER for value, group in found.items()}


def limited(groups: Mapping[AnswerGroup, Histogram]) -> list[tuple[AnswerGroup, Histogram]]:
    """The largest groups, and behind them the others as one, what is not known, and what is only claimed."""
    facts = sorted((group for group in groups if group not in APART), key=lambda one: (-groups[one].n, one.name))
    rest = sum((groups[group] for group in facts[MOST_GROUPS:]), groups.get(OTHER, Histogram()))
    apart = {OTHER: rest, **{group: groups[group] for group in (NOT_KNOWN, CLAIMED) if group in groups}}
    shown = [(group, groups[group]) for group in facts[:MOST_GROUPS]]
    return shown + [(group, answers) for group, answers in apart.items() if answers.n]


def _same(value: str) -> str:
    """What equal values have in common."""
    plain = unicodedata.normalize("NFC", value).casefold().strip()
    return str(Decimal(plain).normalize()) if _NUMBER.fullmatch(plain) and len(plain) <= 30 else plain
