"""The power is cut while answers come: whatever of what was not synced is there, all that was thanked for is."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from surveyengine.app import create_app
from surveyengine.engine import start
from surveyengine.invitations.planning import take
from surveyengine.store.engine.database import sqlite_module
from tests.support import business

from . import trace, variant
from .audit import Promised, Stored, audit
from .figures import Figures
from .ground import Ground

ANSWERS, IMAGES, LONG = 90, 40, 6_000
CLIENTS = 3
NAME, TOLD = "data/surveyengine.db", "/told"


def trial(ground: Ground, chance: Random, broken: str = "") -> Figures:
    """Record one engine's writes, then cut the power at any moments; each image is one trial."""
    ground.project()
    before = {f"{ground.root / NAME}{ending}": b"" for ending in ("", "-wal")}
    before[str(ground.root / NAME)] = (ground.root / NAME).read_bytes()
    traced = _traced(ground.root, broken)
    last = max(call.begin for call in traced)
    first = min(call.begin for call in traced if call.file.endswith(TOLD))
    total = Figures(seen=Counter(writes=sum(call.name == "pwrite64" for call in traced)))
    for number in range(IMAGES):
        folder = ground.root / f"image-{number}"
        folder.mkdir()
        total += _look(traced, before, chance.randint(first, last), chance, folder)
    return total


def _traced(root: Path, broken: str) -> list[trace.Call]:
    target = root / "trace"
    own = [sys.executable, "-m", "tests.campaigns.power_cuts", str(root), broken]
    done = subprocess.run([*trace.command(target), *own], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = trace.calls(target)
    target.unlink()
    return found


def _look(
    traced: list[trace.Call], before: Mapping[str, bytes], cut: int, chance: Random, folder: Path
) -> Figures:
    for file, content in trace.left(traced, before, cut, chance):
        (folder / Path(file).name).write_bytes(content)
    told = trace.acknowledged(traced, TOLD, cut)
    promised = Promised(*(tuple(name for name in told if name.startswith(kind)) for kind in ("answer-", "event-")))
    return audit(promised, _stored(folder / Path(NAME).name))


def _stored(path: Path) -> Stored:
    """Return what a new SQLite finds in an image; nothing where that is damaged."""
    module = sqlite_module()
    try:
        with closing(module.connect(path)) as connection:
            whole = connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            answers = connection.execute("SELECT value FROM answer WHERE question = 'reason'").fetchall()
            events = connection.execute("SELECT id FROM event").fetchall()
    except module.DatabaseError:
        return Stored(whole=False)
    return Stored(tuple(value.rstrip("x") for (value,) in answers), tuple(id for (id,) in events), whole=whole)


def control(ground: Ground, chance: Random) -> Figures:
    """An engine that never waits for the disk."""
    return trial(ground, chance, "unsynced")


def answer(root: Path) -> None:
    """Answer and take events in several threads, and write down each thank-you as soon as it is there."""
    engine = start(root)
    app, told = create_app(engine), os.open(f"{root}{TOLD}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def client(numbers: range) -> None:
        browser = app.test_client()
        for number in numbers:
            name = f"answer-{number}-"
            said = business.answer(browser, "/s/delivery", satisfaction="2", reason=name.ljust(LONG, "x"))
            assert said.status_code == 303
            os.write(told, f"{name}\n".encode())
            if number % CLIENTS == 0:
                now = datetime.now(UTC)
                take(engine, [replace(business.delivered(time=now, customer=f"c-{number}"), id=f"event-{number}")], now)
                os.write(told, f"event-{number}\n".encode())

    with ThreadPoolExecutor(CLIENTS) as pool:
        for done in [pool.submit(client, range(first, ANSWERS, CLIENTS)) for first in range(CLIENTS)]:
            done.result()
    os._exit(0)  # as a power cut: nothing is put away


if __name__ == "__main__":
    for name in filter(None, sys.argv[2].split(",")):
        variant.VARIANTS[name]()
    answer(Path(sys.argv[1]))
