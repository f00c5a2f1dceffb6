"""The report as a flat CSV: one row a score or count, for spreadsheets and scripts."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...definitions.fault import visible
from ..distribution import Distribution
from ..record import ABSENT, Record
from ..report import MeanPoint, Report, Touchpoint, TrendPoint
from ..score import Score

ENCODING = "utf-8-sig"  # of every CSV file: by its byte order mark spreadsheets know that it is UTF-8
SCORE = ("value", "low", "high", "n", "state", "withheld")
AIM = ("target", "verdict")
QUESTION = ("question", "series", "option", "text")  # columns where the report tells of questions
PERIOD = ("from", "to", "timezone")
COLUMNS = ("stage", "touchpoint", "metric", *SCORE, *AIM, "group", *PERIOD, "name")
# No figures of a place: columns, and what has rows of its own.
APART = frozenset({*AIM, "stage", "touchpoint", "name", "by"})
NAMES = {"counts": "count_{}", "funnel": "{}", "refused": "refused_{}"}  # of the figures under these names

Row = dict[str, object]

# What spreadsheets run as a formula, also after spaces, invisible characters and in full width, and what ends a cell
# for some of them. Apostrophes before it get one more, so that taking one away restores every text.
_FORMULA = re.compile(r"'*(?:[\s\0\u200b-\u200f\u2060\ufeff]*[=+\-@＝＋－＠]|[\t\r\n\0])")


def sheet(report: Report) -> str:
    """The report as CSV (RFC 4180): a row without a stage is of the journey, one without a touchpoint of its stage.

    A score has its limits beside its `value`; counts and the funnel are rows with a `value` alone. What the report
    comes to say of a place besides, as a score, a figure or figures by name, has its rows without a change here.
    """
    out = io.StringIO()
    asked = any(one.questions is not ABSENT for one in report.touchpoints)
    writer = csv.DictWriter(out, (*COLUMNS, *(QUESTION if asked else ())), restval="")
    writer.writeheader()
    period = dict(report.period.said())
    writer.writerows({**period, **row} for row in _rows(report))
    return out.getvalue()


def _rows(report: Report) -> Iterator[Row]:
    yield from _figures(report.journey, {})
    yield from _trend(report.journey.trend or (), {})
    for stage in report.stages:
        place: Row = {"stage": stage.stage, "name": _shown(stage.name)}
        yield from _figures(stage, place)
        yield from _trend(stage.trend or (), place)
        for touchpoint in stage.touchpoints:
            named = {"touchpoint": touchpoint.touchpoint, "name": _shown(touchpoint.name)}
            yield from _touchpoint(touchpoint, {**place, **named})


def _touchpoint(touchpoint: Touchpoint, place: Row) -> Iterator[Row]:
    yield from _figures(touchpoint, place)
    yield from _trend(touchpoint.trend or (), place)
    for version in touchpoint.new_versions or ():
        yield {**place, "from": version.from_, "to": "", "metric": "new_version", "value": _shown(version.survey)}
    for group, figures in (touchpoint.by or {}).items():
        yield from _figures(figures, {**place, "group": _shown(group)})
    for question in touchpoint.questions or ():
        yield from _question(question, place)


def _trend(points: Sequence[TrendPoint | MeanPoint], place: Row) -> Iterator[Row]:
    """A row for each figure of each point, with the point's days in place of the period's."""
    for point in points:
        figures = dict(point.said())
        days = {end: figures.pop(end) for end in ("from", "to")}
        for kind in figures.pop("breaks", ()):
            yield {**place, **days, "metric": "trend_breaks", "value": kind}
        yield from _figures(figures, {**place, **days}, "trend_{}")


def _question(question: Distribution, place: Row) -> Iterator[Row]:
    """A row for how many answered, for how often each answer was given and at which place, and for each figure."""
    place = {**place, "question": question.id, "series": question.series}
    withheld, text = _shown(question.withheld or None), _shown(question.text)
    yield {**place, "metric": "answered", "value": question.n, "withheld": withheld, "text": text}
    for value, n in (question.counts or {}).items():
        option: Row = {**place, "option": value, "text": _shown(question.options.get(value, ""))}
        yield {**option, "metric": "count", "value": n}
        for number, times in enumerate((question.places or {}).get(value, ()), start=1):
            yield {**option, "metric": f"place_{number}", "value": times}
    yield from _figures(question.summary or {}, place)


def _figures(given: Record | Mapping[str, Any], place: Row, name: str = "{}") -> Iterator[Row]:
    """A row for each score and each figure, however deep; the target stands beside the csat that it is for."""
    figures = dict(given.said()) if isinstance(given, Record) else given
    for key, value in figures.items():
        metric = name.format(key)
        if isinstance(value, list | tuple) or name == "{}" and key in APART:
            continue
        if isinstance(value, Score):
            said = dict(value.said())
            aim = {column: figures.get(column) for column in AIM} if metric == "csat" else {}
            yield {**place, "metric": metric, **{column: _shown(said.get(column)) for column in SCORE}, **aim}
        elif isinstance(value, Record | Mapping):
            yield from _figures(value, place, name.format(NAMES.get(key, f"{key}_{{}}")))
        else:
            yield {**place, "metric": metric, "value": _shown(value)}


def _shown(value: object) -> object:
    """A flag as JSON spells it, a text without what a terminal obeys or a spreadsheet runs, a number as it is."""
    if isinstance(value, bool):
        return str(value).lower()
    return guarded(visible(value)) if isinstance(value, str) else value


def is_formula(text: str) -> bool:
    """Whether a spreadsheet may run this text instead of showing it."""
    return _FORMULA.match(text) is not None


def guarded(text: str) -> str:
    """The text as it is safe in a cell or header of a CSV file: behind an apostrophe where it may be run."""
    return f"'{text}" if is_formula(text) else text
