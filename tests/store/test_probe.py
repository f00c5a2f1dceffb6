"""Whether the database takes commits: one of them a second speaks for all who ask."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import event

from surveyengine.app import create_app
from surveyengine.engine import Engine, start
from surveyengine.store.engine.health import FRESH, Probe
from tests.support import business


@pytest.fixture
def commits(engine: Engine) -> list[str]:
    """The changes that are made to the database meanwhile."""
    seen: list[str] = []
    event.listen(engine.database.engine, "before_cursor_execute", lambda *said: seen.append(said[2]))
    return seen


def probed(seen: list[str]) -> int:
    return sum("UPDATE" in one for one in seen)


def test_one_commit_a_second_speaks_for_all(engine: Engine, commits: list[str]) -> None:
    moment = [100.0]
    probe = Probe(engine.database, lambda: moment[0])
    assert all(probe.is_good() for _ in range(50))
    assert probed(commits) == 1
    moment[0] += FRESH
    assert probe.is_good()
    assert probed(commits) == 2


def test_those_who_ask_at_once_wait_for_nothing(engine: Engine, commits: list[str]) -> None:
    client = create_app(engine).test_client
    with ThreadPoolExecutor(8) as pool:
        first = client().get("/readyz").status_code
        came = list(pool.map(lambda _: client().get("/readyz").status_code, range(40)))
    assert {first, *came} == {200}
    assert probed(commits) <= 3


def test_while_a_commit_hangs_nobody_is_told_that_all_is_well(tmp_path: Path) -> None:
    engine, other = (start(business.write(tmp_path)) for _ in range(2))
    moment = [100.0]
    probe = Probe(engine.database, lambda: moment[0])
    assert probe.is_good()
    moment[0] += FRESH
    with other.database.write():
        asking = threading.Thread(target=probe.is_good)
        asking.start()
        while not probe._asking.locked():  # noqa: SLF001
            pass
        moment[0] += FRESH
        assert not probe.is_good()
    asking.join()
    assert probe.is_good()
    engine.close()
    other.close()


def test_what_fails_is_asked_anew(tmp_path: Path) -> None:
    engine = start(business.write(tmp_path))
    probe = Probe(engine.database, lambda: 100.0)
    engine.database.lost = "gone"
    assert not probe.is_good()
    engine.database.lost = None
    assert probe.is_good()
    engine.close()
