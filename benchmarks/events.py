"""Events from a file, with all that comes of them."""

from __future__ import annotations

import gc
import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from surveyengine.engine import start
from surveyengine.events.files import EventFile
from surveyengine.invitations.import_file import BATCH, placed, take_all
from surveyengine.invitations.totals import Totals

from . import serving
from .bench import Bench
from .figure import Figure, interleaved, medians, ratios

COLUMNS = ("source", "id", "type", "time", "data")
TABLE = f"CREATE TABLE event ({', '.join(COLUMNS)}, UNIQUE (source, id))"
SHOP = {
    'cooldown    = "0 days"': 'cooldown = "7 days"',
    '# quiet_hours =': "quiet_hours =",
    "# closed ": "closed ",
}
INSERT = "INSERT INTO event VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"


def events(bench: Bench) -> Iterator[Figure]:
    """Events from a file, each of which plans an invitation, against reading and inserting the same lines."""
    folder, count = bench.folder("events"), bench.size(10_000)
    rounds = iter(range(1_000))
    pairs = interleaved(
        min(bench.rounds, 5),
        lambda: count / _taken(_file(folder, next(rounds), count)),
        lambda: count / _inserted(_file(folder, next(rounds), count)),
    )
    what = "Events from a file, each with an invitation planned, as a share of reading and inserting them in batches"
    yield Figure(
        "events", what, ratios(pairs), "×", "≥ 0.04", "{:,.0f} a second, bare inserts {:,.0f}".format(*medians(pairs))
    )


def _file(folder: Path, number: int, count: int) -> Path:
    """Write a file of deliveries to as many customers, in a folder of its own."""
    (folder / f"{number}").mkdir()
    path, now = folder / f"{number}" / "events.jsonl", datetime.now(UTC).isoformat()
    with path.open("w", encoding="utf-8") as file:
        for n in range(count):
            customer = {"id": f"c-{n}", "email": f"c-{n}@example.com", "name": "Dana", "language": "fa"}
            data = {"order": f"A-{n}", "total": 249.9, "country": "IL", "customer": customer}
            event = {"specversion": "1.0", "type": "shipment.delivered", "source": "shop", "id": f"o-{n}", "time": now}
            file.write(json.dumps(event | {"data": data}) + "\n")
    return path


def _project(root: Path) -> Path:
    """Make a project that asks as a real shop does: by lot, within limits, and not at any time."""
    config = serving.project(root) / "config.toml"
    text = config.read_text(encoding="utf-8")
    for before, after in SHOP.items():
        assert before in text, before
        text = text.replace(before, after)
    config.write_text(text, encoding="utf-8")
    return root


def _taken(path: Path) -> float:
    """Return the seconds that the engine needs for the file."""
    with closing(start(_project(path.parent / "project"))) as engine, path.open("rb") as file:
        gc.freeze()  # as the command does
        totals, started = Totals(), time.perf_counter()
        found = placed(engine, EventFile(file, "jsonl"), engine.timekeeper.told, totals)
        for place, reason in take_all(engine, found, engine.timekeeper.told, totals):
            raise AssertionError(f"line {place}: {reason}")
        return time.perf_counter() - started


def _inserted(path: Path) -> float:
    """Return the seconds that it takes to read the lines and to insert them, as many in a transaction."""
    with closing(sqlite3.connect(path.with_suffix(".db"))) as connection, path.open("rb") as file:
        for command in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", TABLE):
            connection.execute(command)
        started = time.perf_counter()
        while batch := [json.loads(line) for line in islice(file, BATCH)]:
            rows = [[*(event[name] for name in COLUMNS[:-1]), json.dumps(event["data"])] for event in batch]
            with connection:
                connection.executemany(INSERT, rows)
        return time.perf_counter() - started
