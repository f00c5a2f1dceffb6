"""Invitations that leave: as quick with a million scheduled as with ten thousand, and beside bare updates."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import psycopg
from sqlalchemy import text

from surveyengine.channels.email import EMAIL
from surveyengine.channels.registry import Outlet
from surveyengine.engine import Engine, start
from surveyengine.invitations.delivery import Post, deliver_one
from surveyengine.store.engine.database import MIGRATION

from . import serving
from .answers import durable_server
from .bench import SURVEY, Bench
from .figure import Figure, interleaved, medians, ratios
from .stock import ALL

FEW, MANY = 10_000, 1_000_000
AT_ONCE = 100  # that leave in a round
COMMITS = 4  # of an invitation that leaves: it is claimed, reviewed, handed over, and noted as sent
TABLE = "CREATE TABLE bare (key INTEGER PRIMARY KEY, state TEXT NOT NULL)"
ROWS = f"INSERT INTO bare {ALL.replace(':count', str(AT_ONCE))} SELECT n, '' FROM number"  # noqa: S608  # our own constants
UPDATE = "UPDATE bare SET state = {} WHERE key = {}"
EVENTS = """
    INSERT INTO event (key, source, id, type, time, customer, data, test, received_at, outcome)
    {numbers} SELECT n + 1, 'shop', 'o' || n, 'shipment.delivered', :now, 'c' || n, '{{}}', FALSE, :now, '{{}}'
    FROM number
"""
CUSTOMERS = """
    INSERT INTO customer (id, email, language, changed_at, known_at)
    {numbers} SELECT 'c' || n, 'c' || n || '@example.com', 'he', :now, :now FROM number
"""
INVITATIONS = """
    INSERT INTO invitation (key, id, token_hash, survey, digest, event, customer, test, recipient, state, channel,
        language, probability, day, planned_at, due_at, expires_after, folded)
    {numbers} SELECT n + 1, 'i' || n, 't' || n, :survey, :digest, n + 1, 'c' || n, FALSE, 'r' || n, 'planned', 'email',
        'he', 1, :day, :now, {due}, 1209600, FALSE FROM number
"""
SENDINGS = """
    INSERT INTO sending (invitation, number, channel, priority, due_at, next_at, state)
    SELECT key, 1, 'email', 0, due_at, due_at, 'planned' FROM invitation
"""
# The first are due now, all others once every minute from tomorrow on.
DUE = {
    "sqlite": "CASE WHEN n < :due THEN :now"
    " ELSE strftime('%Y-%m-%d %H:%M:%f000', :now, '+1 day', '+' || n || ' minutes') END",
    "postgresql": "CASE WHEN n < :due THEN CAST(:now AS TIMESTAMPTZ)"
    " ELSE CAST(:now AS TIMESTAMPTZ) + INTERVAL '1 day' + n * INTERVAL '1 minute' END",
}


class Taking:
    """A mail server that takes everything at once."""

    repeatable: ClassVar[bool] = False

    def send(self, message: Any, now: datetime, handing_over: Callable[[], None]) -> str:
        """Take a message."""
        handing_over()
        return "taken"


def sqlite(bench: Bench) -> Iterator[Figure]:
    """Invitations that leave, on SQLite."""
    folder = bench.folder("claims")
    few, many = serving.project(folder / "few"), serving.project(folder / "many")
    with closing(sqlite3.connect(folder / "bare.db")) as bare:
        for command in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", TABLE, ROWS):
            bare.execute(command)
        bare.commit()
        yield from _measured(bench, (few, many), "", partial(_updated, bare, UPDATE.format("?", "?")))


def postgresql(bench: Bench) -> Iterator[Figure]:
    """The same on PostgreSQL."""
    folder = bench.folder("claims")
    with ExitStack() as stack:
        server = stack.enter_context(durable_server(folder))
        urls = [stack.enter_context(server.fresh_database()) for _ in range(3)]
        few, many = serving.project(folder / "few", urls[0]), serving.project(folder / "many", urls[1])
        bare = stack.enter_context(psycopg.connect(urls[2].replace("+psycopg", "")))
        bare.execute(TABLE)
        bare.execute(ROWS)
        bare.commit()
        update = partial(_updated, bare, UPDATE.format("%s", "%s"))
        yield from _measured(bench, (few, many), " on PostgreSQL", update)


def _measured(bench: Bench, projects: tuple[Path, Path], where: str, bare: Callable[[], float]) -> Iterator[Figure]:
    counts = bench.size(FEW), bench.size(MANY)
    with closing(start(projects[0])) as small, closing(start(projects[1])) as large:
        for engine, count in ((small, counts[0]), (large, counts[1])):
            _schedule(engine, count, due=min(count, 20 * AT_ONCE))
        leave = [partial(_left, _post(engine), bench.size(AT_ONCE)) for engine in (small, large)]
        rounds = interleaved(bench.rounds, *leave, bare)
        few, many, updates = medians(rounds)
        what = f"Invitations that leave{where} with {counts[1]:,} scheduled"
        rates = f"{many:,.0f} a second, with {counts[0]:,} {few:,.0f}"
        grown = ratios([each[1::-1] for each in rounds])
        yield Figure("claims", f"{what}, against {counts[0]:,}", grown, "×", "≥ 0.8", rates)
        what += f", as a share of rows updated as durably {COMMITS} times each"
        yield Figure("updates", what, ratios([each[1:] for each in rounds]), "×", "", f"bare {updates:,.0f} a second")


def _schedule(engine: Engine, count: int, due: int) -> None:
    """Plan so many invitations of as many customers, of which some are due now."""
    now, survey = datetime.now(UTC) - timedelta(minutes=1), engine.library.surveys[SURVEY]
    with engine.database.write(MIGRATION) as connection:
        kind = connection.dialect.name
        values = {"count": count, "due": due, "survey": survey.id, "digest": survey.digest, "day": f"{now:%Y-%m-%d}"}
        values["now"] = now.isoformat(" ", "microseconds")[:-6] if kind == "sqlite" else now
        for statement in (CUSTOMERS, EVENTS, INVITATIONS, SENDINGS):
            connection.execute(text(statement.format(numbers=ALL, due=DUE[kind])), values)
        if kind == "postgresql":
            connection.execute(text("ANALYZE"))


def _post(engine: Engine) -> Post:
    return Post(engine, {EMAIL.name: Outlet(EMAIL, Taking())}, "https://shop.example")


def _left(post: Post, number: int) -> float:
    """Return how many invitations leave in a second."""
    now, started = datetime.now(UTC), time.perf_counter()
    for _ in range(number):
        assert deliver_one(post, now) is not None
    return number / (time.perf_counter() - started)


def _updated(connection: Any, update: str) -> float:
    """Return how many rows can be changed as often in a second, each time durably."""
    started = time.perf_counter()
    for key in range(AT_ONCE):
        for step in range(COMMITS):
            connection.execute(update, [str(step), key])
            connection.commit()
    return AT_ONCE / (time.perf_counter() - started)
