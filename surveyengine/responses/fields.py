"""The fields of a form: each reads what was posted for one part of a survey."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Protocol, cast

from wtforms import Field

from ..definitions.kinds.registry import Number, Part, When, Writing
from ..i18n import calendar
from ..i18n.calendar import Parts
from ..values.clean import Unclean, digits, integer, number, text, unmarked
from ..values.email_address import is_address
from ..values.phone import NoNumber, e164
from .errors import (
    ANSWER,
    CHOOSE,
    INCOMPLETE,
    NO_ADDRESS,
    NO_COUNTRY,
    NO_DATE,
    NO_NUMBER,
    NO_PHONE,
    NOT_OFFERED,
    RANK,
    TICK,
    TOO_EARLY,
    TOO_LARGE,
    TOO_LATE,
    TOO_LONG,
    TOO_SMALL,
    TWICE,
    TWO_PLACES,
    UNREADABLE,
    YEAR,
    AnswerError,
)

LONGEST_LINE = 500  # characters beside `other`
DATE = re.compile(r"(\d{1,4})([-/])(\d{1,2})\2(\d{1,2})", re.ASCII)


class Posted(Protocol):
    """The posted fields, as WTForms reads them."""

    def getlist(self, key: str, /) -> list[str]: ...
    def __contains__(self, key: str, /) -> bool: ...
    def __iter__(self) -> Iterator[str]: ...
    def __len__(self) -> int: ...


class FormField(Field):
    """A field of one part; `data` holds its values as they are stored, `value` is what conditions compare.

    `country` is that of phone numbers without a country's code.
    """

    part: Part
    several = False
    missing = CHOOSE

    def __init__(self, part: Part, country: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.part, self.country = part, country
        self.data: tuple[str, ...] = ()

    def process_data(self, value: Any) -> None:
        self.data = ()

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        filled = [value for value in valuelist if value.strip()]
        if len(valuelist) > 1 and not self.several:
            raise ValueError(AnswerError(TWICE))
        self.data = self.kept([clean for value in filled if (clean := self.cleaned(value))])

    def kept(self, values: Sequence[str]) -> tuple[str, ...]:
        """Return the cleaned values as they are stored; raises ValueError with a Complaint."""
        return tuple(dict.fromkeys(values))

    def cleaned(self, value: str) -> str:
        """Return the value as it is stored, "" for none; raises ValueError with a Complaint."""
        return value.strip()

    @property
    def complaint(self) -> AnswerError | None:
        """What is wrong with the answer, or with there being none."""
        if self.process_errors:
            complaint: AnswerError = self.process_errors[0]  # type: ignore[assignment]  # WTForms keeps what was raised
            return complaint
        return AnswerError(self.missing) if self.part.required and not self.data else None

    @property
    def value(self) -> object:
        """What conditions compare; None where there is no answer."""
        return self.data[0] if self.data else None


class OneOf(FormField):
    """One of the offered answers."""

    def __init__(self, part: Part, country: str | None = None, **kwargs: Any) -> None:
        super().__init__(part, country, **kwargs)
        self._offered = {option.value for option in part.offered}

    def cleaned(self, value: str) -> str:
        if (plain := value.strip()) in self._offered:
            return plain
        try:
            plain = str(integer(plain))  # digits of any script
        except Unclean as error:
            raise ValueError(AnswerError(NOT_OFFERED)) from error
        if plain not in self._offered:
            raise ValueError(AnswerError(NOT_OFFERED))
        return plain

    @property
    def value(self) -> object:
        if not self.data:
            return None
        return int(self.data[0]) if self.data[0].isdecimal() else self.data[0]


class Ticked(OneOf):
    """A box that is ticked, or not."""

    missing = TICK


class SomeOf(OneOf):
    """Any number of the offered answers."""

    several = True

    @property
    def value(self) -> object:
        return self.data or None


class Ranked(SomeOf):
    """The offered answers in the customer's order."""

    missing = RANK

    def kept(self, values: Sequence[str]) -> tuple[str, ...]:
        if len(set(values)) < len(values):
            raise ValueError(AnswerError(TWO_PLACES))
        return tuple(values)

    @property
    def complaint(self) -> AnswerError | None:
        if self.part.required and not self.process_errors and len(self.data) < len(self.part.offered):
            return AnswerError(RANK)
        return super().complaint


class Words(FormField):
    """A free text."""

    missing = ANSWER

    def cleaned(self, value: str) -> str:
        return _text(value, cast(Writing, self.part.question).limit, lines=True)


class Beside(FormField):
    """The words beside `other`."""

    def cleaned(self, value: str) -> str:
        return _text(value, LONGEST_LINE, lines=False)


def _text(value: str, limit: int, lines: bool) -> str:
    try:
        return text(value, limit=limit, lines=lines)
    except Unclean as error:
        too_long = error.reason.startswith("is longer")
        raise ValueError(AnswerError(TOO_LONG, {"limit": limit}) if too_long else AnswerError(UNREADABLE)) from error


class Figure(FormField):
    """A number."""

    missing = ANSWER

    def cleaned(self, value: str) -> str:
        question = cast(Number, self.part.question)
        try:
            figure = number(value)
        except Unclean as error:
            raise ValueError(AnswerError(NO_NUMBER)) from error
        if question.min is not None and figure < Decimal(repr(question.min)):
            raise ValueError(AnswerError(TOO_SMALL, {"limit": question.min}))
        if question.max is not None and figure > Decimal(repr(question.max)):
            raise ValueError(AnswerError(TOO_LARGE, {"limit": question.max}))
        exact = format(figure, "f")  # Decimal.normalize() would round what has more than 28 digits
        return exact.rstrip("0").rstrip(".") if "." in exact else exact

    @property
    def value(self) -> object:
        return Decimal(self.data[0]) if self.data else None


class Mailbox(FormField):
    """An e-mail address."""

    missing = ANSWER

    def cleaned(self, value: str) -> str:
        address = "".join(unmarked(_text(value, LONGEST_LINE, lines=False)).split())
        if address and not is_address(address):
            raise ValueError(AnswerError(NO_ADDRESS))
        return address


class Telephone(FormField):
    """A telephone number."""

    missing = ANSWER

    def cleaned(self, value: str) -> str:
        plain = digits(unmarked(_text(value, LONGEST_LINE, lines=False))).strip()
        try:
            return e164(plain, self.country) if plain else ""
        except NoNumber as error:
            raise ValueError(AnswerError(NO_PHONE if error.at_home else NO_COUNTRY)) from error


class Day(FormField):
    """A day: in one field as ISO or Solar Hijri year-month-day, or in three."""

    missing = ANSWER

    def process(self, formdata: Any, *arguments: Any, **named: Any) -> None:
        self.controls = [formdata.getlist(name) for name in self.part.question.fields[1:]]
        super().process(formdata, *arguments, **named)

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        day, month, year = ([value.strip() for value in values] for values in self.controls)
        if not any(map(any, (day, month, year))):
            return super().process_formdata(valuelist)
        if any(value.strip() for value in valuelist) or max(map(len, (day, month, year))) > 1:
            raise ValueError(AnswerError(TWICE))
        if not all(map(any, (day, month, year))):
            raise ValueError(AnswerError(INCOMPLETE))
        self.data = (self._kept(year[0], month[0], day[0]),)
        return None

    def cleaned(self, value: str) -> str:
        found = DATE.fullmatch(digits(value).strip())
        if not found:
            raise ValueError(AnswerError(NO_DATE))
        return self._kept(found[1], found[3], found[4])

    def _kept(self, *written: str) -> str:
        """Return the day of a year, a month and a day, as it is stored."""
        try:
            said = Parts(*map(integer, written))
            day = calendar.day(said)
        except Unclean as error:
            raise ValueError(AnswerError(NO_DATE)) from error
        except ValueError as error:
            within = calendar.FIRST_SOLAR <= said.year <= calendar.LAST
            raise ValueError(AnswerError(NO_DATE if within else YEAR)) from error
        return self._bounded(day).isoformat()

    def _bounded(self, day: date) -> date:
        question = cast(When, self.part.question)
        if question.min is not None and day < question.min:
            raise ValueError(AnswerError(TOO_EARLY, {"limit": question.min}))
        if question.max is not None and day > question.max:
            raise ValueError(AnswerError(TOO_LATE, {"limit": question.max}))
        return day


FIELDS: dict[str, type[FormField] | None] = {
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
    "matrix": OneOf,
    "ranking": Ranked,
    "text": Words,
    "number": Figure,
    "date": Day,
    "email": Mailbox,
    "phone": Telephone,
    "consent": Ticked,
    "note": None,
}


def field_of(part: Part) -> type[FormField]:
    """Return the field that reads a part."""
    build = FIELDS[part.question.kind]
    return Beside if part.question.offered and not part.offered else build or FormField
