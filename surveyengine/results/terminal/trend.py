"""The trend of a score as rows, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...values.msgid import N_
from ..record import ABSENT
from ..report import MeanPoint, NewVersion, TrendPoint
from .layout import Line, Remarks, TableRow
from .score_rows import METRICS, NOTHING, ScoreRows

PROVISIONAL = "◦"
NEW_VERSION = N_("new version of the survey since {day}")
ANOTHER = N_("another question from here on, not to be compared with the one before")
WITHOUT = N_("without {names}")
INDENT, DEEPER = "      ", "        "


def trend(
    rows: ScoreRows, points: Sequence[TrendPoint | MeanPoint], renewed: Sequence[NewVersion] = ()
) -> Iterator[Line]:
    """A row for each point, by its first day; what began another line, or is missing in a mean, stands above it."""
    for point in points:
        day = rows.speech.date(point.from_)
        if remarks := [*_remarks(rows, point), *_renewed(rows, point, renewed)]:
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


def _renewed(rows: ScoreRows, point: TrendPoint | MeanPoint, renewed: Sequence[NewVersion]) -> Iterator[str]:
    for day in dict.fromkeys(one.from_ for one in renewed if point.from_ <= one.from_ <= point.to):
        yield rows.say(NEW_VERSION, day=rows.speech.date(day))


def _remarks(rows: ScoreRows, point: TrendPoint | MeanPoint) -> Iterator[str]:
    if isinstance(point, TrendPoint) and point.breaks:
        yield rows.say(ANOTHER)
    if isinstance(point, MeanPoint) and point.without:
        yield rows.say(WITHOUT, names=rows.called(point.without))
