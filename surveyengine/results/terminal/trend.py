"""The trend of a score as rows, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..record import ABSENT
from ..report import MeanPoint, TrendPoint
from .layout import Line, Remarks, TableRow
from .score_rows import METRICS, NOTHING, ScoreRows

PROVISIONAL = "◦"
INDENT, DEEPER = "      ", "        "


def trend(rows: ScoreRows, points: Sequence[TrendPoint | MeanPoint]) -> Iterator[Line]:
    """A row for each point, by its first day; what began another line, or is missing in a mean, stands above it."""
    for point in points:
        day = rows.speech.date(point.from_)
        if remarks := [*_remarks(rows, point)]:
            yield Remarks(INDENT, remarks)
        label = f"{INDENT}{day} {PROVISIONAL}" if point.provisional else INDENT + day
        others = [*_others(rows, point)]
        # Where no satisfaction question is asked, the day stands above the others alone.
        yield TableRow(label, NOTHING, NOTHING) if others and point.csat.n == 0 else rows.score(label, point.csat)
        yield from others


def _others(rows: ScoreRows, point: TrendPoint | MeanPoint) -> Iterator[TableRow]:
    for kind, message in METRICS.items():
        if score := getattr(point, kind, ABSENT):
            yield rows.other(kind, DEEPER + rows.say(message), score)


def _remarks(rows: ScoreRows, point: TrendPoint | MeanPoint) -> Iterator[str]:
    if isinstance(point, TrendPoint) and point.breaks:
        yield rows.say("another question from here on, not to be compared with the one before")
    if isinstance(point, MeanPoint) and point.without:
        yield rows.say("without {names}", names=rows.called(point.without))
