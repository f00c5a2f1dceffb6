"""What people read: a report and its pages, as quick after years as in the first weeks, and beside the bare queries."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import event

from surveyengine.engine import Engine, start
from surveyengine.results.query import report
from surveyengine.results.wanted import ReportQuery
from surveyengine.values.enumeration import Role
from tests.support import staff

from . import serving, stock
from .answers import durable_server
from .bench import SURVEY, Bench
from .figure import Figure, interleaved, medians, ratios

FEW, MANY = 10_000, 1_000_000
TIMES = 3    # each is read in a row
Read = Callable[[], object]


def scores(bench: Bench) -> Iterator[Figure]:
    """A report, split and not, and the staff pages made of it, on SQLite."""
    folder = bench.folder("scores")
    few, many = serving.project(folder / "few"), serving.project(folder / "many")
    yield from _measured(bench, (few, many), "")


def postgresql(bench: Bench) -> Iterator[Figure]:
    """The same on PostgreSQL."""
    folder = bench.folder("scores")
    with durable_server(folder) as server, server.fresh_database() as one, server.fresh_database() as other:
        few, many = serving.project(folder / "few", one), serving.project(folder / "many", other)
        yield from _measured(bench, (few, many), " on PostgreSQL")


def _measured(bench: Bench, projects: tuple[Path, Path], where: str) -> Iterator[Figure]:
    counts = bench.size(FEW), bench.size(MANY)
    for project, count in zip(projects, counts, strict=True):
        stock.fill(project, count)
    with closing(start(projects[0])) as small, closing(start(projects[1])) as large:
        for (name, few), (_, many) in zip(_reads(small), _reads(large), strict=True):
            pairs = interleaved(bench.rounds, partial(_seconds, many), partial(_seconds, few))
            long, short = (1000 * seconds for seconds in medians(pairs))
            what = f"Time of {name}{where} at {counts[1]:,} responses, against {counts[0]:,}"
            yield Figure("report", what, ratios(pairs), "×", "≤ 2", f"{long:.0f} ms, {short:.0f} ms")
            bare = interleaved(bench.rounds, partial(_seconds, many), partial(_seconds, _bare(large, many)))
            what = f"Time of {name}{where} at {counts[1]:,} responses, against its bare queries"
            yield Figure("bare", what, ratios(bare), "×", "≤ 20", f"bare {1000 * medians(bare)[1]:.1f} ms")


def _reads(engine: Engine) -> Iterator[tuple[str, Read]]:
    """Yield what is read, by its name: of the last month that is over."""
    now = datetime.now(UTC)
    until = now.date().replace(day=1) - timedelta(days=1)
    month = ReportQuery(since=until.replace(day=1), until=until)
    yield "a month's report", lambda: report(engine, month, now)
    yield "a report of years, split by a field", lambda: report(engine, ReportQuery(by="courier"), now)
    browser, days = staff.client(engine, Role.ADMIN, "he"), _query(until)
    yield "the journey map", lambda: _page(browser, f"/staff/?{days}")
    yield "a touchpoint's page", lambda: _page(browser, f"/staff/journey/purchase/{SURVEY}?{days}&by=courier")


def _query(until: date) -> str:
    return f"from={until.replace(day=1)}&to={until}"


def _page(browser: Any, address: str) -> None:
    assert browser.get(address).status_code == 200


def _seconds(read: Read) -> float:
    started = time.perf_counter()
    for _ in range(TIMES):
        read()
    return (time.perf_counter() - started) / TIMES


def _bare(engine: Engine, read: Read) -> Read:
    """Return what runs the queries of a reading again by the driver alone, and fetches the same rows."""
    with _listening(engine) as queries:
        read()

    def again() -> None:
        with engine.database.read() as connection:
            cursor = connection.connection.cursor()
            for statement, parameters in queries:
                cursor.execute(statement, parameters)
                cursor.fetchall()

    return again


@contextmanager
def _listening(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    seen: list[tuple[str, Any]] = []

    def note(connection: object, cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if statement.lstrip().startswith("SELECT"):
            seen.append((statement, parameters))

    event.listen(engine.database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine.database.engine, "before_cursor_execute", note)
