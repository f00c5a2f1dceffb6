"""Spans of time as marketers write them: "90 minutes", "12 hours", "2 weeks"."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

SECONDS = {
    "second": 1,
    "minute": 60,
    "hour": 3_600,
    "day": 86_400,
    "week": 7 * 86_400,
    "month": 30 * 86_400,
    "year": 365 * 86_400,
}
LONGEST = timedelta(days=100 * 365)
SPELLING = re.compile(r"(\d{1,9}) ?(second|minute|hour|day|week|month|year)s?", re.ASCII)


def duration(text: object) -> timedelta:
    """Return the span that "12 hours" and the like stand for; a month is 30 days, a year 365, 0 no time at all."""
    if isinstance(text, timedelta):
        return text
    if text == 0 and not isinstance(text, bool):
        return timedelta(0)
    found = SPELLING.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        raise PydanticCustomError(
            "duration", 'is not a span of time; write one such as "90 minutes", "12 hours", "2 weeks"'
        )
    span = timedelta(seconds=int(found[1]) * SECONDS[found[2]]) if int(found[1]) < 10**8 else LONGEST * 2
    if span > LONGEST:
        raise PydanticCustomError("duration", "is longer than a hundred years; write a shorter span")
    return span


Duration = Annotated[timedelta, BeforeValidator(duration)]
