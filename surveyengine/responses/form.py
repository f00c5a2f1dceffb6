"""Builds the form of a survey with WTForms, and reads what was posted to it. WTForms renders nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from wtforms.fields.core import UnboundField
from wtforms.form import BaseForm

from ..definitions.condition import holds
from ..definitions.kinds.registry import NOT_APPLICABLE, OTHER, Question
from ..definitions.survey import Survey
from .errors import NOTHING, AnswerError
from .fields import Day, FormField, OneOf, Posted, field_of

__all__ = ["Answer", "AnswerError", "Posted", "ParsedAnswers", "given", "read"]

MOST_BUILT = 200  # forms that a thread keeps


@dataclass(frozen=True)
class Answer:
    """One stored value; a question with several chosen options has several."""

    question: str
    position: int
    series: str
    counted: bool
    value: str


@dataclass(frozen=True)
class ParsedAnswers:
    """What a posted form says: the answers to store, or what keeps them from being stored.

    `errors` stand at questions, and at the parts of one too. `values` are what conditions compare, of all that was
    asked.
    """

    answers: tuple[Answer, ...]
    errors: Mapping[str, AnswerError]
    values: Mapping[str, object]


def read(survey: Survey, posted: Posted, country: str | None = None) -> ParsedAnswers:
    """Read what was posted to a survey's form; a question whose condition does not hold was not asked.

    Phone numbers without a country's code are of `country`.
    """
    asked = _processed(survey, posted, country)
    answers: list[Answer] = []
    errors: dict[str, AnswerError] = {}
    values: dict[str, object] = {}
    for question in survey.questions:
        if question.show_if and not holds(question.show_if, values):
            continue
        for field in _fields(question, asked):
            part = field.part
            values[part.id] = field.value
            if complaint := field.complaint:
                errors.setdefault(question.id, complaint)
                errors[part.id] = complaint
            for position, value in enumerate(field.data):
                counted = part.counted and value != NOT_APPLICABLE
                answers.append(Answer(part.id, position, part.series, counted, value))
    if not answers and not errors:
        errors[next(question.id for question in survey.questions if question.asks)] = AnswerError(NOTHING)
    return ParsedAnswers(tuple(answers), errors, values)


def given(survey: Survey, posted: Posted, country: str | None = None) -> dict[str, tuple[str, ...]]:
    """Return what fills a posted form in again, by the names of its fields."""
    asked = _processed(survey, posted, country)
    found: dict[str, tuple[str, ...]] = {}
    for question in survey.questions:
        _fields(question, asked)  # so that words beside `other` choose it here too
        found |= _given(question, asked, posted)
    return found


def _fields(question: Question, asked: Mapping[str, FormField]) -> list[FormField]:
    """Return the fields of a question's parts. Words beside `other` choose it; without it they are dropped."""
    fields = [asked[part.id] for part in question.parts]
    if len(fields) != 2 or fields[0].part.id != question.id:
        return fields
    chosen, beside = fields
    if chosen.process_errors:
        return fields
    if beside.data and OTHER not in chosen.data and (chosen.part.several or not chosen.data):
        chosen.data = (*chosen.data, OTHER)
    if OTHER not in chosen.data:
        beside.data, beside.process_errors = (), []
    return fields


class Built(threading.local):
    """The forms that this thread has built, by survey version: to build one takes as long as to read it."""

    def __init__(self) -> None:
        self.forms: dict[tuple[str, str | None], BaseForm] = {}


_built = Built()


def _processed(survey: Survey, posted: Posted, country: str | None) -> Mapping[str, FormField]:
    """Return the fields by their parts' ids, with what was posted to them."""
    key = (survey.digest, country)
    if key not in _built.forms:
        if len(_built.forms) >= MOST_BUILT:
            _built.forms.clear()
        _built.forms[key] = _build(survey, country)
    form = _built.forms[key]
    form.process(posted)
    return cast(Mapping[str, FormField], form._fields)


def _build(survey: Survey, country: str | None) -> BaseForm:
    # As attributes of a Form, a field called `process` would break it.
    parts = (part for question in survey.questions for part in question.parts)
    return BaseForm({part.id: UnboundField(field_of(part), part, country) for part in parts})


def _given(question: Question, asked: Mapping[str, FormField], posted: Posted) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the values that fill the question in again: text as it was typed, choices and days as they are stored."""
    for name in question.fields:
        field = asked.get(name, asked[question.parts[0].id])
        kept = field.data if isinstance(field, OneOf | Day) else ()
        if kept and field.name != name:
            yield name, ()  # the controls of a day that was read
        else:
            yield name, kept or tuple(posted.getlist(name))
