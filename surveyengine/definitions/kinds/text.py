"""Questions that are answered in writing."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from ...values import period
from .base import Question

Bound = TypeVar("Bound", float, date)


def _day(raw: Any) -> Any:
    """Return the day that a file names as a date or as a text; stored versions hold texts."""
    try:
        day = period.day(raw) if isinstance(raw, str) else raw
    except ValueError:
        day = None
    if type(day) is not date or not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise PydanticCustomError("day", "must be a day, such as 2026-11-22")
    return day


Day = Annotated[date, BeforeValidator(_day)]
FIRST_YEAR, LAST_YEAR = 1600, 2999
CONTROLS = ("day", "month", "year")


class Writing(Question):
    """A free text."""

    kind: Literal["text"]
    limit: Annotated[int, Field(ge=1, le=10_000)] = 10_000


class Number(Question):
    """A number, in digits of any script."""

    measured = True
    kind: Literal["number"]
    min: float | None = None
    max: float | None = None

    @field_validator("max")
    @classmethod
    def _bounds(cls, largest: float | None, info: ValidationInfo) -> float | None:
        return _ordered(info.data.get("min"), largest)


class When(Question):
    """A day, in the customer's calendar."""

    kind: Literal["date"]
    min: Day | None = None
    max: Day | None = None

    @cached_property
    def fields(self) -> tuple[str, ...]:
        return (self.id, *(f"{self.id}.{control}" for control in CONTROLS))

    @field_validator("max")
    @classmethod
    def _bounds(cls, latest: date | None, info: ValidationInfo) -> date | None:
        return _ordered(info.data.get("min"), latest)


class Email(Question):
    """An e-mail address."""

    kind: Literal["email"]


class Phone(Question):
    """A telephone number."""

    kind: Literal["phone"]


def _ordered(smallest: Bound | None, largest: Bound | None) -> Bound | None:
    if smallest is not None and largest is not None and smallest > largest:
        raise PydanticCustomError("bounds", "is below `min`; make it at least as large")
    return largest
