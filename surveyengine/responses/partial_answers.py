"""Partial answers behind a personal link: choices are shown again, free text is kept unseen.

Somebody else may have the link by then.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from ..definitions.kinds.registry import OTHER, Question
from ..definitions.survey import Survey

Given = Mapping[str, Sequence[str]]  # the fields of a form by their names, as they were posted
Pairs = list[tuple[str, str]]


def given(survey: Survey, fields: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the fields that answer something."""
    names = {name for question in survey.questions for name in question.fields}
    found: dict[str, list[str]] = {}
    for name, value in fields:
        if name in names and value.strip():
            found.setdefault(name, []).append(value)
    return found


def pairs(fields: Given) -> Pairs:
    """Return the fields one by one."""
    return [(name, value) for name, values in fields.items() for value in values]


def chosen(survey: Survey, fields: Given) -> dict[str, list[str]]:
    """Return the fields that may be shown to whoever has the link."""
    written = {name for question in survey.questions for name in question.written}
    return {name: list(values) for name, values in fields.items() if name not in written}


def withheld(survey: Survey, fields: Given, faulty: Collection[str]) -> tuple[str, ...]:
    """Return the ids of the questions whose text is kept unseen, but for faulty ones, which nobody could mend."""
    found = (question for question in survey.questions if any(name in fields for name in question.written))
    return tuple(question.id for question in found if question.id not in faulty)


def completed(survey: Survey, posted: Given, kept: Given, withheld: Collection[str]) -> Given:
    """Return the posted fields, completed by the kept text of withheld questions that were not answered anew."""
    full = dict(posted)
    for question in survey.questions:
        if question.id in withheld and _is_left(question, posted):
            full |= {name: kept[name] for name in question.written if name in kept}
    return full


def _is_left(question: Question, posted: Given) -> bool:
    beside = f"{question.id}.{OTHER}" in question.written
    return not any(name in posted for name in question.written) and (not beside or OTHER in posted.get(question.id, ()))
