"""Answers: how fast they are on disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.support import postgres

from . import serving
from .bench import FORM, Bench, forms, posted
from .figure import Figure, interleaved, medians, ratios

MOST = 5_000  # answers that are made for a second
DURABLE = ("fsync", "synchronous_commit", "full_page_writes", "autovacuum")  # which the tests' server does without


def sqlite(bench: Bench) -> Iterator[Figure]:
    """POST of a complete answer into SQLite, against bare Flask with one insert by sqlite3."""
    folder = bench.folder("sqlite")
    project = serving.project(folder / "project")
    with serving.bare("sqlite", str(folder / "bare.db"), folder) as bare:
        yield _compared(bench, project, bare, ("sqlite", "sqlite3 (WAL, synchronous=FULL)"))


def postgresql(bench: Bench) -> Iterator[Figure]:
    """POST of a complete answer into PostgreSQL, against bare Flask with one insert by psycopg."""
    folder = bench.folder("postgres")
    with durable_server(folder) as server, server.fresh_database() as ours, server.fresh_database() as theirs:
        project = serving.project(folder / "project", ours)
        with serving.bare("postgres", theirs.replace("+psycopg", ""), folder) as bare:
            yield _compared(bench, project, bare, ("postgres", "psycopg (PostgreSQL, fsync on)"))


def _compared(bench: Bench, project: Path, bare: serving.Server, names: tuple[str, str]) -> Figure:
    path = f"{FORM}?form=sent&lang=fa"
    count = int(MOST * bench.seconds)
    with serving.engine(project) as engine:
        pairs = interleaved(
            bench.rounds,
            lambda: bench.posts(engine.port, posted(path, forms(project, count))),
            lambda: bench.posts(bare.port, posted("/form", forms(project, count))),
        )
    rates = "{:,.0f} a second, bare {:,.0f}".format(*medians(pairs))
    what = f"POST of a complete answer, as a share of bare Flask's rate with one insert by {names[1]}"
    return Figure(names[0], what, ratios(pairs), "×", "≥ 0.5", rates)


@contextmanager
def durable_server(folder: Path) -> Iterator[postgres.Postgres]:
    """PostgreSQL that does not lie about the disk; one that was given to us is as it is."""
    with postgres.running(folder) as server:
        if postgres.VARIABLE not in os.environ:
            address = (folder / "postgres.address").read_text(encoding="utf-8").replace("+psycopg", "")
            with psycopg.connect(address, autocommit=True) as connection:
                for name in DURABLE:
                    connection.execute(f"ALTER SYSTEM SET {name} = on")
                connection.execute("SELECT pg_reload_conf()")
        yield server
