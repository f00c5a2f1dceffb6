from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from tests.conftest import missing
from tests.support import postgres

SESSION = """
import sys, time
from pathlib import Path
from tests.support import postgres

with postgres.running(Path(sys.argv[1])) as server, server.fresh_database() as url:
    print(url, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[subprocess.Popen[str]]]:
    """Two processes that use one server of their own."""
    monkeypatch.delenv(postgres.VARIABLE, raising=False)
    command = [sys.executable, "-c", SESSION, str(tmp_path)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    yield processes
    for process in processes:
        with process:
            process.kill()


def test_sessions_share_a_server_that_goes_when_the_last_of_them_is_killed(
    sessions: list[subprocess.Popen[str]],
) -> None:
    first, second = (make_url(said(session)) for session in sessions)
    assert first.query == second.query
    assert first.database != second.database

    home = Path(str(first.query["host"]))
    sessions[0].kill()
    time.sleep(0.3)
    assert home.exists()

    sessions[1].kill()
    assert gone(home)


def said(session: subprocess.Popen[str]) -> str:
    assert session.stdout
    return session.stdout.readline().strip() or missing("no PostgreSQL")


def gone(home: Path) -> bool:
    deadline = time.monotonic() + 10
    while home.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    return not home.exists()


def make_table(url: str) -> None:
    execute(url, "CREATE TABLE made (by_migration int)")


def execute(url: str, statement: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_a_migrated_database_is_a_copy_of_its_own(postgres_server: postgres.Postgres) -> None:
    for _ in range(2):
        with postgres_server.fresh_database(make_table) as url:
            execute(url, "INSERT INTO made VALUES (1)")
            execute(url, "ALTER TABLE made ADD CHECK (by_migration = 1)")    # fails where another test's rows are


def test_a_user_who_may_not_read_the_installed_programs_gets_copies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_run = postgres.run
    home = tmp_path / "home"

    def refusing_run(command: list[str | Path], user: str | None) -> None:
        if not Path(command[0]).is_relative_to(home):
            raise postgres.NoServer("Permission denied")
        real_run(command, user)

    monkeypatch.setattr(postgres, "run", refusing_run)
    programs = postgres.readable_programs(home, None)
    real_run([programs / "initdb", "--version"], None)
    real_run([programs / "pg_ctl", "--version"], None)
