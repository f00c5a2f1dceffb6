"""Builds the form of a survey and reads what was posted to it; the only door to WTForms, which never renders."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol, cast

from wtforms import Field
from wtforms.fields.core import UnboundField
from wtforms.form import BaseForm

from ..definitions.condition import holds
from ..definitions.question import NOT_APPLICABLE, Number, Question, Writing
from ..definitions.survey import Survey
from .clean import Unclean, integer, number, text

MOST_BUILT = 200  # forms that a thread keeps

CHOOSE = "Please choose an answer to continue."
ANSWER = "Please answer this question to continue."
NOT_OFFERED = "Something was chosen that is not offered."
TWICE = "This question was answered twice."
NO_NUMBER = "Please write a number in digits, such as 12 or 3.5."
TOO_LONG = "Please write at most {limit} characters."
TOO_SMALL = "Please write a number that is at least {limit}."
TOO_LARGE = "Please write a number that is at most {limit}."
UNREADABLE = "This text holds characters that cannot be stored."
NOTHING = "Please answer at least one question."


@dataclass(frozen=True)
class Complaint:
    """What is wrong with an answer: an engine msgid and the values in it."""

    msgid: str
    values: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """One stored value; a question with several chosen options has several."""

    question: str
    position: int
    series: str
    counted: bool
    value: str


@dataclass(frozen=True)
class Submission:
    """What a posted form says: the answers to store, or what keeps them from being stored; `given` refills the form."""

    answers: tuple[Answer, ...]
    given: Mapping[str, tuple[str, ...]]
    errors: Mapping[str, Complaint]


class Posted(Protocol):
    """The posted fields, as WTForms reads them."""

    def getlist(self, key: str, /) -> list[str]: ...
    def __contains__(self, key: str, /) -> bool: ...
    def __iter__(self) -> Iterator[str]: ...
    def __len__(self) -> int: ...


class Asked(Field):
    """A field of one question; `data` is its values as stored, `value` what conditions compare."""

    question: Question

    def __init__(self, question: Question, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.question = question
        self.data: tuple[str, ...] = ()

    def process_data(self, value: Any) -> None:
        self.data = ()

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        filled = [value for value in valuelist if value.strip()]
        if len(valuelist) > 1 and not self.several:
            raise ValueError(Complaint(TWICE))
        self.data = tuple(dict.fromkeys(filter(None, map(self.cleaned, filled))))

    several = False
    missing = CHOOSE

    def cleaned(self, value: str) -> str:
        """Return the value as it is stored, "" for none; raises ValueError with a Complaint."""
        return value.strip()

    @property
    def value(self) -> object:
        """What conditions compare; None where there is no answer."""
        return self.data[0] if self.data else None


class OneOf(Asked):
    """One of the offered answers."""

    def cleaned(self, value: str) -> str:
        offered = {option.value for option in self.question.offered}
        if (plain := value.strip()) in offered:
            return plain
        try:
            plain = str(integer(plain))  # digits of any script
        except Unclean as error:
            raise ValueError(Complaint(NOT_OFFERED)) from error
        if plain not in offered:
            raise ValueError(Complaint(NOT_OFFERED))
        return plain

    @property
    def value(self) -> object:
        if not self.data:
            return None
        return int(self.data[0]) if self.data[0].isdecimal() else self.data[0]


class SomeOf(OneOf):
    """Any number of the offered answers."""

    several = True

    @property
    def value(self) -> object:
        return self.data or None


class Words(Asked):
    """A free text."""

    missing = ANSWER

    def cleaned(self, value: str) -> str:
        limit = cast(Writing, self.question).limit
        try:
            return text(value, limit=limit, lines=True)
        except Unclean as error:
            too_long = error.reason.startswith("is longer")
            raise ValueError(Complaint(TOO_LONG, {"limit": limit}) if too_long else Complaint(UNREADABLE)) from error


class Figure(Asked):
    """A number."""

    missing = ANSWER

    def cleaned(self, value: str) -> str:
        question = cast(Number, self.question)
        try:
            figure = number(value)
        except Unclean as error:
            raise ValueError(Complaint(NO_NUMBER)) from error
        if question.min is not None and figure < Decimal(repr(question.min)):
            raise ValueError(Complaint(TOO_SMALL, {"limit": question.min}))
        if question.max is not None and figure > Decimal(repr(question.max)):
            raise ValueError(Complaint(TOO_LARGE, {"limit": question.max}))
        exact = format(figure, "f")  # Decimal.normalize() would round what has more than 28 digits
        return exact.rstrip("0").rstrip(".") if "." in exact else exact

    @property
    def value(self) -> object:
        return Decimal(self.data[0]) if self.data else None


FIELDS: dict[str, type[Asked] | None] = {
    "csat": OneOf,
    "nps": OneOf,
    "ease": OneOf,
    "ces": OneOf,
    "expectation": OneOf,
    "amount": OneOf,
    "likely": OneOf,
    "rating": OneOf,
    "yes_no": OneOf,
    "yes_partly_no": OneOf,
    "choice": OneOf,
    "choices": SomeOf,
    "text": Words,
    "number": Figure,
    "consent": OneOf,
    "note": None,
}


def read(survey: Survey, posted: Posted) -> Submission:
    """Read what was posted to a survey's form; a question whose condition does not hold was not asked."""
    form = _form(survey)
    form.process(posted)
    answers: list[Answer] = []
    errors: dict[str, Complaint] = {}
    values: dict[str, object] = {}
    for question in survey.questions:
        asked = form._fields.get(question.id)
        if not isinstance(asked, Asked) or not holds(question.show_if, values):
            continue
        values[question.id] = asked.value
        if complaint := _complaint(asked):
            errors[question.id] = complaint
        answers += _answers(question, asked.data)
    if not answers and not errors:
        errors[next(question.id for question in survey.questions if question.asks)] = Complaint(NOTHING)
    given = {question.id: _given(question, form, posted) for question in survey.questions}
    return Submission(tuple(answers), given, errors)


class Built(threading.local):
    """The forms that this thread has built, by survey version: to build one takes as long as to read it."""

    def __init__(self) -> None:
        self.forms: dict[str, BaseForm] = {}


_built = Built()


def _form(survey: Survey) -> BaseForm:
    if survey.digest not in _built.forms:
        if len(_built.forms) >= MOST_BUILT:
            _built.forms.clear()
        _built.forms[survey.digest] = _build(survey)
    return _built.forms[survey.digest]


def _build(survey: Survey) -> BaseForm:
    """Return the fields by their questions' ids; as attributes of a Form, one called `process` would break it."""
    kinds = ((question, FIELDS[question.kind]) for question in survey.questions)
    return BaseForm({question.id: UnboundField(build, question) for question, build in kinds if build})


def _given(question: Question, form: BaseForm, posted: Posted) -> tuple[str, ...]:
    """Return what fills the question in again: as it was written, and the chosen answers by their own values."""
    asked = form._fields.get(question.id)
    chosen: tuple[str, ...] = asked.data if isinstance(asked, OneOf) else ()
    return chosen or tuple(posted.getlist(question.id))


def _complaint(asked: Asked) -> Complaint | None:
    if asked.process_errors:
        complaint: Complaint = asked.process_errors[0]  # type: ignore[assignment]  # WTForms keeps what was raised
        return complaint
    return Complaint(asked.missing) if asked.question.required and not asked.data else None


def _answers(question: Question, data: Iterable[str]) -> list[Answer]:
    counted = bool(question.offered)
    return [
        Answer(question.id, position, question.series, counted and value != NOT_APPLICABLE, value)
        for position, value in enumerate(data)
    ]
