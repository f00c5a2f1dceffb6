"""A day by its hours, which are 23 or 25 where clocks change, and how many messages left in each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

from markupsafe import Markup

from ...i18n.speech import Speech
from ...look.canvas import Canvas

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ALONE = 'font-family="sans-serif" font-size="12" fill="#34484c" stroke="none"'
HEIGHT, FLOOR, TOP = 150.0, 126.0, 18.0
SIZES = {"long": 846.0, "short": 322.0}
EVERY = {"long": 2, "short": 6}  # of which hours the names are written


class HourCount(NamedTuple):
    """An hour by its local beginning, and how many messages left in it; so many of them were reminders."""

    at: datetime
    n: int
    reminders: int = 0


def hours(day: date, zone: tzinfo) -> list[datetime]:
    """Return the moments at which the hours of a day begin, and the one at which it ends."""
    begin, end = (datetime.combine(one, time(), zone).astimezone(UTC) for one in (day, day + DAY))
    return [begin + n * HOUR for n in range(round((end - begin) / HOUR) + 1)]


def chart(counts: Sequence[HourCount], speech: Speech, words: str) -> list[Markup]:
    """Return the hours as bars, drawn for a wide and for a narrow page."""
    return [_drawn(counts, speech, kind, words) for kind in SIZES]


def picture(counts: Sequence[HourCount], speech: Speech, words: str) -> str:
    """Return the hours as a picture that stands by itself."""
    drawn = _drawn(counts, speech, "long", words)
    return str(drawn).replace("<svg ", f'<svg xmlns="http://www.w3.org/2000/svg" {ALONE} ', 1)


def _drawn(counts: Sequence[HourCount], speech: Speech, kind: str, words: str) -> Markup:
    canvas, most = Canvas(SIZES[kind], HEIGHT, speech.direction), max(1, *(one.n for one in counts))
    step = SIZES[kind] / len(counts)
    canvas.line((0, FLOOR), (SIZES[kind], FLOOR), "hair")
    for place, one in enumerate(counts):
        begin, top = place * step, FLOOR - (FLOOR - TOP) * one.n / most
        if one.n:
            canvas.bar((begin + step * 0.15, top), (begin + step * 0.85, FLOOR), "bars", 2)
        if place % EVERY[kind] == 0:
            canvas.text((begin + 1, HEIGHT - 6), speech.time(one.at))
        if one.n == most:
            canvas.text((begin + step / 2, top - 5), speech.number(one.n), "ink", "middle")
    return canvas.svg(kind, words)
