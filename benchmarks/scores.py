"""The report: as quick after years as in the first weeks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

from surveyengine.engine import Engine, start
from surveyengine.results.query import ReportQuery, report

from . import serving, stock
from .bench import Bench
from .figure import Figure, interleaved, medians, ratios


def scores(bench: Bench) -> Iterator[Figure]:
    """The report of all there is, with ten thousand and with a million responses."""
    folder, few, many = bench.folder("scores"), bench.size(10_000), bench.size(1_000_000)
    projects = serving.project(folder / "few"), serving.project(folder / "many")
    for project, count in zip(projects, (few, many), strict=True):
        stock.fill(project, count)
    with closing(start(projects[0])) as small, closing(start(projects[1])) as large:
        pairs = interleaved(3 * bench.rounds, lambda: _seconds(large), lambda: _seconds(small))
    long, short = (1000 * seconds for seconds in medians(pairs))
    what = f"Time of a report at {many:,} responses, against {few:,}"
    yield Figure("report", what, ratios(pairs), "×", "≤ 1.25", f"{long:.1f} ms, at {few:,} {short:.1f} ms")


def _seconds(engine: Engine) -> float:
    started = time.perf_counter()
    for _ in range(10):
        report(engine, ReportQuery(), datetime.now(UTC))
    return (time.perf_counter() - started) / 10
