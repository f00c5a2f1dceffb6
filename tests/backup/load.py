"""Customers who answer, and events that come in, while something else is done with the database."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from surveyengine.app import create_app
from surveyengine.engine import Engine
from surveyengine.invitations.planning import take
from tests.support import business
from tests.support.rows import Rows, rows

NOW = datetime.now(UTC)
LATER = NOW + timedelta(days=2)  # when a mail is due: nothing that these tests do comes to be due meanwhile
WRITERS = 2


@dataclass
class Load:
    """What was acknowledged so far, and how much of it before and after something else was done."""

    first: Rows
    acknowledged: list[int] = field(default_factory=list)
    before: int = 0
    after: int = 0
    tables = ("response", "answer", "event", "invitation", "customer")

    def check(self, kept: Rows, there: Rows) -> None:
        """Whether what was kept is of one moment: all that was acknowledged before, and nothing by half."""
        assert self.after > self.before, "nobody wrote meanwhile"
        new = {}
        for name in self.tables:
            assert set(self.first[name]) <= set(kept[name]) <= set(there[name]), name
            new[name] = len(kept[name]) - len(self.first[name])
        assert self.before <= new["response"] <= self.after + WRITERS
        assert new["answer"] == 2 * new["response"]
        assert self.before <= new["event"] == new["invitation"] == new["customer"]
        assert new["response"] <= new["event"] <= new["response"] + WRITERS


@contextmanager
def written_to(engine: Engine) -> Iterator[Load]:
    """Have two customers at a time be told of, and answer with two answers each, as long as the block runs."""
    load, stopping = Load(rows(engine.database, *Load.tables)), threading.Event()

    def write(n: int) -> None:
        client = create_app(engine).test_client()
        while not stopping.is_set():
            take(engine, [business.delivered(f"load-{n}", LATER, f"l-{n}")], NOW)
            assert business.answer(client, "/s/delivery", satisfaction="2", reason="…").status_code == 303
            load.acknowledged.append(n)
            n += WRITERS

    writers = [threading.Thread(target=write, args=[first]) for first in range(WRITERS)]
    for writer in writers:
        writer.start()
    try:
        while len(load.acknowledged) < 2 * WRITERS:
            stopping.wait(0.01)
        load.before = len(load.acknowledged)
        yield load
        load.after = len(load.acknowledged)
    finally:
        stopping.set()
        for writer in writers:
            writer.join()
