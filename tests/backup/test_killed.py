"""kill -9 at moments of chance: a backup, restore, copy or erasure has happened then, or not, and can begin again.

`EVERY=1 pytest tests/backup/test_killed.py -s` tries many moments, and says what it has seen.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import Result

from surveyengine.backup import archive, asked
from surveyengine.engine import Engine, start
from surveyengine.invitations.planning import take
from surveyengine.people.caller import Caller
from surveyengine.privacy.erasure import erase
from surveyengine.store.engine.database import Database
from tests.backup.load import LATER, NOW
from tests.support import business
from tests.support.postgres import Postgres
from tests.support.rows import Rows, rows
from tests.support.running import command

MOMENTS = 40 if os.environ.get("EVERY") == "1" else 2
SAME = ("response", "answer", "customer", "opt_out", "survey_version")  # what an erasure that is repeated leaves alone
TOLD = ("surveyengine: the engine runs elsewhere",)  # PostgreSQL takes a moment to notice that somebody was killed


class Killer:
    """Runs commands, and kills them after a time of chance, as long as an undisturbed one takes at most."""

    def __init__(self, name: str) -> None:
        self.name, self.chance, self.seen, self.most = name, Random(14), Counter[str](), 0.0

    def run(self, root: Path, *arguments: str) -> None:
        """Run a command in a process of its own; the first to its end."""
        began, child = time.monotonic(), os.fork()
        if child == 0:
            try:
                os.setsid()
                os._exit(command(root, *arguments).exit_code)
            finally:
                os._exit(99)
        if self.most:
            time.sleep(self.chance.uniform(0, self.most))
            with suppress(ProcessLookupError):  # before it has a group of its own
                os.killpg(child, signal.SIGKILL)
            os.kill(child, signal.SIGKILL)
        status = os.waitpid(child, 0)[1]
        assert os.WIFSIGNALED(status) or self.most or not status, "undisturbed it fails"
        self.most = self.most or time.monotonic() - began
        self.seen["killed" if os.WIFSIGNALED(status) else "ended"] += 1

    def report(self) -> None:
        """Say what was seen, and that it was something."""
        print(f"{self.name}: {dict(self.seen)}, of {self.most * 1000:.0f} ms")
        assert self.seen["killed"] > 0


@pytest.fixture
def root(shop: Engine) -> Path:
    """The project of the small business, which nobody has open."""
    shop.close()
    return shop.root


def again(root: Path, *arguments: str) -> Result:
    """Run a command to its end, once PostgreSQL has noticed that the one before was killed."""
    done = command(root, *arguments)
    end = time.monotonic() + 10
    while done.exit_code and done.stderr.startswith(TOLD) and time.monotonic() < end:
        time.sleep(0.05)
        done = command(root, *arguments)
    return done


def stored(root: Path) -> Rows:
    with closing(start(root)) as engine:
        return rows(engine.database)


def without_audit(found: Rows) -> Rows:
    return {name: held for name, held in found.items() if name != "audit"}


def test_a_backup_that_was_killed_leaves_a_whole_file_or_none(root: Path, tmp_path: Path) -> None:
    before, file, killer = stored(root), tmp_path / "kept.tar", Killer("backup")
    killer.run(root, "backup", str(file))
    for n in range(MOMENTS):
        path = file if n % 2 else tmp_path / f"kept-{n}.tar"
        killer.run(root, "backup", "--overwrite", str(path))
        if path.exists():
            with archive.opened(path) as kept:
                kept.verify()
        assert stored(root) == before
    assert again(root, "backup", "--overwrite", str(file)).exit_code == 0
    assert list(tmp_path.glob("*.part-*")) == []
    killer.report()


def test_a_restore_that_was_killed_can_begin_again_and_forgets_no_erasure(shop: Engine, tmp_path: Path) -> None:
    root, file, killer = shop.root, tmp_path / "kept.tar", Killer("restore")
    assert command(root, "backup", str(file)).exit_code == 0
    erase(shop, "c-1", Caller(NOW))
    shop.close()
    killer.run(root, "restore", "--aside", str(file))
    right = without_audit(stored(root))
    assert not any("c-1" in row for row in right["customer"])
    for _ in range(MOMENTS):
        killer.run(root, "restore", "--aside", str(file))
        done = again(root, "restore", "--aside", str(file))
        assert done.exit_code == 0, done.output
        found = without_audit(stored(root))
        assert {name: held for name, held in found.items() if name in SAME} == {name: right[name] for name in SAME}
        assert {name: len(held) for name, held in found.items()} == {name: len(held) for name, held in right.items()}
        assert not [path for path in (root / "data").iterdir() if path.name.startswith(("restoring-", asked.NAME))]
    killer.report()


@pytest.fixture(params=["sqlite", "postgres"])
def targets(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Makes addresses of empty databases."""
    if request.param == "sqlite":
        yield lambda n: f"sqlite:///data/copied-{n}.db"
        return
    server: Postgres = request.getfixturevalue("postgres_server")
    opened = []

    def fresh(n: int) -> str:
        opened.append(server.fresh_database())
        return opened[-1].__enter__()

    yield fresh
    for one in opened:
        one.__exit__(None, None, None)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_copy_that_was_killed_has_happened_or_not(root: Path, targets: Any) -> None:
    before, killer = stored(root), Killer("copy")
    killer.run(root, "copy", targets(0))
    for n in range(1, MOMENTS + 1):
        killer.run(root, "copy", to := targets(n))
        done = again(root, "copy", to)
        killer.seen["had happened"] += done.exit_code
        assert done.exit_code == 0 or "is not empty" in done.stderr
        with closing(Database(to, root)) as copied:
            assert rows(copied) == before
    killer.report()


def test_an_erasure_that_was_killed_has_happened_or_not(shop: Engine) -> None:
    names = [f"k-{n:04}" for n in range(MOMENTS + 1)]
    take(shop, [business.delivered(name, LATER, name) for name in names], NOW)
    root, killer = shop.root, Killer("erase")
    shop.close()
    for name in names:
        before = without_audit(stored(root))
        assert is_told_of(name, before)
        killer.run(root, "erase", name, "--yes")
        if is_told_of(name, now := without_audit(stored(root))):
            assert now == before
            assert again(root, "erase", name, "--yes").exit_code == 0
        else:
            killer.seen["had happened"] += 1
        assert not is_told_of(name, stored(root))
    killer.report()


def is_told_of(name: str, found: Rows) -> bool:
    """Whether any row holds the customer, as an id or in an address."""
    return any(f"'{name}'" in row or f"{name}@" in row for held in found.values() for row in held)
