"""A day by its hours, which are 23 or 25 where clocks change, and how many messages left in each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

from markupsafe import Markup

from ...i18n.speech import Speech
from ...look.canvas import Canvas

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HEIGHT, FLOOR, TOP = 150.0, 126.0, 18.0
SIZES = {"long": 846.0, "short": 322.0}
EVERY = {"long": 2, "short": 6}  # of which hours the names are written


class HourCount(NamedTuple):
    """An hour by its name, "09:00", and how many messages left in it."""

    name: str
    n: int


def hours(day: date, zone: tzinfo) -> list[datetime]:
    """Return the moments at which the hours of a day begin, and the one at which it ends."""
    begin, end = (datetime.combine(one, time(), zone).astimezone(UTC) for one in (day, day + DAY))
    return [begin + n * HOUR for n in range(round((end - begin) / HOUR) + 1)]


def named(moments: Sequence[datetime], counts: Sequence[int], zone: tzinfo, speech: Speech) -> list[HourCount]:
    """Return the hours by their local names."""
    return [HourCount(speech.time(at.astimezone(zone)), n) for at, n in zip(moments, counts, strict=False)]


def chart(counts: Sequence[HourCount], speech: Speech, words: str) -> list[Markup]:
    """Return the hours as bars, drawn for a wide and for a narrow page."""
    return [_drawn(counts, speech, kind, words) for kind in SIZES]


def _drawn(counts: Sequence[HourCount], speech: Speech, kind: str, words: str) -> Markup:
    canvas, most = Canvas(SIZES[kind], HEIGHT, speech.direction), max(1, *(one.n for one in counts))
    step = SIZES[kind] / len(counts)
    canvas.line((0, FLOOR), (SIZES[kind], FLOOR), "hair")
    for place, one in enumerate(counts):
        begin, top = place * step, FLOOR - (FLOOR - TOP) * one.n / most
        if one.n:
            canvas.bar((begin + step * 0.15, top), (begin + step * 0.85, FLOOR), "bars", 2)
        if place % EVERY[kind] == 0:
            canvas.text((begin + 1, HEIGHT - 6), one.name)
        if one.n == most:
            canvas.text((begin + step / 2, top - 5), speech.number(one.n), "ink", "middle")
    return canvas.svg(kind, words)
