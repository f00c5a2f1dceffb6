"""Months of events on a fake clock: how fast, and in how much memory."""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from surveyengine.events.chronology import Chronology
from surveyengine.events.event import Event
from surveyengine.events.files import EventFile, from_file
from surveyengine.invitations.forecast import forecast
from surveyengine.invitations.response_rate import ResponseRate
from surveyengine.invitations.simulation import Simulation
from surveyengine.project.files import Project, read

from . import serving
from .bench import Bench
from .figure import Figure, interleaved, medians

DAYS = 365
SENDING = """cooldown = "7 days"
at_most = { "90 days" = 3, "365 days" = 8 }
quiet_hours = ["20:00", "09:00"]
closed = ["shabbat", "holidays"]
"""
OFTEN, RARELY = 18.0, 2.5  # orders a year of a customer in seven, and of the others
STEPS = (    # what follows a payment: how likely, and after how many days
    ("order.paid", 1.0, 0.0), ("order.cancelled", 0.02, 0.1), ("shipment.delivered", 0.97, 3.0),
    ("ticket.solved", 0.15, 5.0), ("return.requested", 0.09, 6.0), ("return.refunded", 0.08, 11.0),
)  # fmt: skip


def simulate(bench: Bench) -> Iterator[Figure]:
    """A year of a shop by the example's surveys, with the lot and the calendar on, read from a file and decided."""
    folder = bench.folder("simulate")
    project = _project(folder)
    path, count = _file(folder / "events.jsonl", bench.size(3_000))
    runs: list[Callable[[], float]] = [lambda: count / _simulated(project, path), lambda: count / _lines(path)]
    pairs = interleaved(min(bench.rounds, 3), *runs)
    detail = "{:,.0f} a second, the bare lines {:,.0f}".format(*medians(pairs))
    rates = tuple(one for one, _ in pairs)
    yield Figure("simulate", "Events simulated in a second, read from a file", rates, "", "≥ 2000", detail)
    held = _held(project, path)
    yield Figure("customer", "Memory of a simulated customer", (held,), "KB", "≤ 4", f"a year, {count:,} events")


def _project(folder: Path) -> Project:
    root = serving.project(folder / "project")
    text = (root / "config.toml").read_text(encoding="utf-8")
    before, _, rest = text.partition("[sending]\n")
    after = rest.partition("\n\n")[2]
    (root / "config.toml").write_text(f"{before}[sending]\n{SENDING}\n{after}", encoding="utf-8")
    project = read(root, ("he", "fa", "en"), {})
    assert not project.errors, project.errors
    return project


def _file(path: Path, customers: int) -> tuple[Path, int]:
    """Write a year of so many customers, and return the file with how many events are in it."""
    luck, count, now = Random(3), 0, datetime.now(UTC)  # noqa: S311 (a year to be simulated)
    with path.open("w", encoding="utf-8") as file:
        for number in range(customers):
            at = 0.0
            while (at := at + luck.expovariate((OFTEN if number % 7 == 0 else RARELY) / DAYS)) < DAYS:
                for type, likely, later in STEPS:
                    if luck.random() < likely and at + later < DAYS:
                        when = now - timedelta(days=DAYS - at - later)
                        file.write(json.dumps(_event(type, number, f"{number}-{at:.4f}", when)) + "\n")
                        count += 1
    return path, count


def _event(type: str, number: int, order: str, when: datetime) -> dict[str, object]:
    customer = {"id": f"c-{number}", "email": f"c-{number}@example.com", "name": "Dana", "language": "fa"}
    data = {"order": order, "total": 249.9, "country": "IL", "customer": customer}
    told = {"specversion": "1.0", "type": type, "source": "shop", "id": f"{order}-{type}", "time": when.isoformat()}
    return {**told, "data": data}


def _events(path: Path) -> Iterator[Event]:
    with path.open("rb") as file:
        for place, one in from_file(EventFile(file, "jsonl"), datetime.now(UTC)):
            assert isinstance(one, Event), (place, one)
            yield one


def _ordered(path: Path) -> Iterator[Event]:
    """Yield the events in their order, as the command does."""
    with Chronology() as found:
        for one in _events(path):
            found.add(one)
        yield from found


def _simulation(project: Project) -> Simulation:
    assert project.config
    return Simulation(project.config, project.surveys)


def _simulated(project: Project, path: Path) -> float:
    """Return the seconds that it takes to read a file, decide about it, and count."""
    started, found = time.perf_counter(), _simulation(project)
    for one in _ordered(path):
        found.take(one)
    assert forecast(found, ResponseRate(0.3, False)).invitations
    return time.perf_counter() - started


def _lines(path: Path) -> float:
    """Return the seconds that it takes to read the lines as JSON."""
    started = time.perf_counter()
    with path.open("rb") as file:
        for line in file:
            json.loads(line)
    return time.perf_counter() - started


def _held(project: Project, path: Path) -> float:
    """Return the KB that a customer takes after a year, with all that finds them."""
    found, events = _simulation(project), [*_ordered(path)]
    for one in events[: len(events) // 100]:
        found.take(one)
    known = sum(1 for _ in found.customers())
    tracemalloc.start()
    for one in events[len(events) // 100 :]:
        found.take(one)
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return held / max(sum(1 for _ in found.customers()) - known, 1) / 1_000
