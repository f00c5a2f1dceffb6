"""Somebody holds the database and forgets it: within ten seconds an answer gets a 503 with everything kept."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from random import Random

from tests.store.test_outage import held
from tests.store.test_patience import locked, queued
from tests.support import business
from tests.support.running import Running, running

from .audit import Promised, audit
from .figures import Figures
from .ground import Ground

CLIENTS, LONGEST = 5, 10.0  # seconds
Hold = Callable[[Ground], AbstractContextManager[None]]

HOLDS: dict[str, Hold] = {
    "a frozen process's turn": lambda ground: queued(ground.root),
    "another program's lock": lambda ground: held(ground.root),
}
TABLES: dict[str, Hold] = {
    f"LOCK TABLE {table}": lambda ground, table=table: locked(ground.database, table)  # type: ignore[misc]
    for table in ("response", "answer", "survey_version")
}


def trial(ground: Ground, chance: Random, thanks: Sequence[int] = (303,)) -> Figures:
    """Hold the database in one way while customers answer; let go, and have them send it again."""
    ground.project()
    name, hold = chance.choice([*(HOLDS if ground.is_sqlite else TABLES).items()])
    with running(ground.root) as engine, ThreadPoolExecutor(CLIENTS) as pool:
        forms = {f"{number}": business.token(engine.get("/s/delivery")[1]) for number in range(CLIENTS)}
        with hold(ground):
            told = [*pool.map(lambda one: _send(engine, *one), forms.items())]
            health = engine.get("/healthz")[0]
        thanked = [one.name for one in told if one.status in thanks]
        again = [_send(engine, one, form) for one, form in forms.items() if one not in thanked]
        thanked += [one.name for one in again if one.status == 303]
    faults = [f"{name}: {fault}" for one in told for fault in judge(one)]
    faults += [f"{name}: {one.status} after it was let go" for one in again if one.status != 303]
    faults += [f"{name}: /healthz says {health}"] * (health != 200)
    return audit(Promised(tuple(thanked)), ground.stored()) + Figures(faults=tuple(faults), seen=Counter({name: 1}))


@dataclass(frozen=True)
class Told:
    """What a customer was told: the status, whether the answer is still on the page, and after how many seconds."""

    name: str
    status: int
    kept: bool
    took: float


def judge(told: Told) -> list[str]:
    """Return what is wrong with what a customer was told while the database was held."""
    faults = [f"an answer got {told.status}"] * (told.status not in (303, 503))
    faults += ["an answer was refused, and not kept on the page"] * (told.status == 503 and not told.kept)
    return faults + [f"an answer waited {told.took:.1f} seconds"] * (told.took > LONGEST)


def _send(engine: Running, name: str, form: str) -> Told:
    began = time.monotonic()
    status, page = engine.post("/s/delivery", f"form={form}&satisfaction=2&reason={name}".encode())
    kept = form in page and re.search(rf">\s*{name}</textarea>", page) is not None
    return Told(name, status, kept, time.monotonic() - began)


def control(ground: Ground, chance: Random) -> Figures:
    """Customers who take a refusal for a thank-you: what they were promised is not there."""
    return trial(ground, chance, (303, 503))
