"""The report as a flat CSV: one row a score, for spreadsheets and scripts."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from ..definitions.fault import visible
from .report import Report
from .score import SCORES

COLUMNS = ("stage", "touchpoint", "metric", "value", "low", "high", "n", "state", "target", "verdict", "group")
METRICS = ("csat", "pooled", "dsat", "mean", *(kind for kind in SCORES if kind != "csat"), "csi", "response_rate")

Row = dict[str, object]

# What spreadsheets run as a formula, also after spaces, invisible characters and in full width, and what ends a cell
# for some of them. Apostrophes before it get one more, so that taking one away restores every text.
_FORMULA = re.compile(r"'*(?:[\s\0\u200b-\u200f\u2060\ufeff]*[=+\-@＝＋－＠]|[\t\r\n\0])")


def sheet(report: Report) -> str:
    """The report as CSV (RFC 4180): a row without a stage is of the journey, one without a touchpoint of its stage."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="")
    writer.writeheader()
    writer.writerows(_rows(report))
    return out.getvalue()


def _rows(report: Report) -> Iterator[Row]:
    yield from _scores(report["journey"], {})
    for stage in report["stages"]:
        place: Row = {"stage": stage["stage"]}
        yield from _scores(stage, place)
        for touchpoint in stage["touchpoints"]:
            yield from _touchpoint(touchpoint, {**place, "touchpoint": touchpoint["touchpoint"]})


def _touchpoint(touchpoint: Report, place: Row) -> Iterator[Row]:
    yield from _scores(touchpoint, place)
    for group, scores in touchpoint.get("by", {}).items():
        yield from _scores(scores, {**place, "group": guarded(visible(group))})


def _scores(scores: Report, place: Row) -> Iterator[Row]:
    """A row for each score; the target stands beside the csat that it is for."""
    for metric in METRICS:
        if metric in scores:
            aim = {key: scores.get(key) for key in ("target", "verdict")} if metric == "csat" else {}
            yield {**place, "metric": metric, **scores[metric], **aim}


def is_formula(text: str) -> bool:
    """Whether a spreadsheet may run this text instead of showing it."""
    return _FORMULA.match(text) is not None


def guarded(text: str) -> str:
    """The text as it is safe in a cell or header of a CSV file: behind an apostrophe where it may be run."""
    return f"'{text}" if is_formula(text) else text
