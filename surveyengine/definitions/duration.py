"""Spans of time as marketers write them: "90 minutes", "12 hours", "2 weeks"."""

from __future__ import annotations

import difflib
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
        raise PydanticCustomError("duration", "must be a span of time; {hint}", {"hint": _hint(text)})
    span = timedelta(seconds=int(found[1]) * SECONDS[found[2]]) if int(found[1]) < 10**8 else LONGEST * 2
    if span > LONGEST:
        raise PydanticCustomError("duration", "is longer than a hundred years; write a shorter span")
    return span


UNITS = {
    "second": "s sec secs",
    "minute": "m min mins דקה דקות دقیقه",
    "hour": "h hr hrs שעה שעות ساعت",
    "day": "d יום ימים روز",
    "week": "w wk wks שבוע שבועות هفته",
    "month": "mo mon mons mnth חודש חודשים ماه",
    "year": "y yr yrs שנה שנים سال",
}
NUMBERS = ["no", "a", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
# A space or hyphen parts a number in letters from its unit: a long row of letters can be read in one way only.
_LOOSE = re.compile(r"(?:(\d{1,9})[ \u200c-]*|([a-z]+)[ \u200c-]+)?([^\W\d_]+)\.?(?: later| after)?")


def _hint(text: object) -> str:
    """Return a hint with the duration that was probably meant."""
    if isinstance(text, int | float) and not isinstance(text, bool):
        return f'say in which unit: "{text:g} hours", "{text:g} days"'
    if isinstance(text, str) and (whole := _whole(text)):
        return f'write "{whole}"'
    found = _LOOSE.fullmatch(text.strip().lower()) if isinstance(text, str) else None
    unit = _unit(found[3]) if found else ""
    number = _count(found[1] or found[2]) if found else ""
    meant = f"{number} {unit}{'' if number == '1' else 's'}" if unit and number else ""
    return f'write "{meant}"' if meant else 'write one such as "90 minutes", "12 hours", "2 weeks"'


def _whole(text: str) -> str:
    """Return a span with a fraction in a smaller unit: "1.5 days" is "36 hours"; "" for any other text."""
    found = re.fullmatch(r"(\d{1,5}[.,]\d{1,2}) *([a-z]+)", text.strip().lower(), re.ASCII)
    seconds = float(found[1].replace(",", ".")) * SECONDS.get(_unit(found[2]), 0) if found else 0.0
    sizes = ((unit, SECONDS[unit]) for unit in ("day", "hour", "minute"))
    unit, size = next(((unit, size) for unit, size in sizes if seconds and seconds % size == 0), ("", 1))
    return f"{seconds / size:g} {unit}s" if unit else ""


def _unit(word: str) -> str:
    """Return the unit that a word means; "" where it means none."""
    short = next((unit for unit, words in UNITS.items() if word in words.split() or word.rstrip("s") == unit), "")
    return short or next(iter(difflib.get_close_matches(word.rstrip("s"), UNITS, n=1, cutoff=0.6)), "")


def _count(word: str | None) -> str:
    """Return the number that a word means: "1" where there is none, "" for a word that is none."""
    if word is None or word in ("a", "an", "one"):
        return "1"
    return str(int(word)) if word.isdecimal() else str(NUMBERS.index(word)) if word in NUMBERS[2:] else ""


Duration = Annotated[timedelta, BeforeValidator(duration)]
