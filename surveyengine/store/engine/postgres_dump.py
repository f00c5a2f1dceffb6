"""Dumps of a PostgreSQL database, by its own programs `pg_dump` and `pg_restore`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, inspect

from .address import secrets
from .contents import Contents, CopyError, contents, let_idle
from .database import Database
from .limit import MIGRATION
from .migration import REVISION

DUMP, RESTORE = "pg_dump", "pg_restore"
SERVICE = "surveyengine"
VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
COPY = re.compile(rb'COPY (?:[^ ]+\.)?"?(\w+)"? ')  # how the rows of a table begin in a script
END = b"\\.\n"
CLEAN = ("--no-owner", "--no-privileges")


def take(database: Database, path: Path) -> Contents:
    """Write the database as it is now to a new file, and hold what the file holds against it.

    Raises CopyError where `pg_dump` is not there, is older than the server, or fails.
    """
    with database.read(MIGRATION) as connection:
        _expect(DUMP, _server(connection), "the server's version")
        let_idle(connection)
        held = contents(connection)
        snapshot = connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
        tables = [f"--table={name}" for name in (*held.counts, REVISION.name)]
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        to = ["--format=custom", f"--snapshot={snapshot}", "--strict-names", f"--file={path}"]
        _run(database.url, [DUMP, *CLEAN, *tables, *to])
    if (found := look(path)) != held.counts:
        raise CopyError(f"the dump of the database lacks rows: {_told(found, held)}")
    return held


def look(path: Path) -> dict[str, int]:
    """Return how many rows of each of our tables a dump holds; raises CopyError where it is damaged."""
    command = [_program(RESTORE), "--data-only", "--file=-", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # noqa: S603  # our own
        counts = _counted(process.stdout or ())
        said = process.stderr.read().decode(errors="replace") if process.stderr else ""
    if process.returncode:
        raise CopyError(f"the dump of the database is damaged: {_line(said)}")
    counts.pop(REVISION.name, None)
    return counts


def put(database: Database, path: Path) -> None:
    """Fill an empty database from a dump: all of it, or nothing. Raises CopyError."""
    with database.read() as connection:
        if there := inspect(connection).get_table_names():
            raise CopyError(f"the database that [database] url names is not empty: it has a table `{min(there)}`")
    address = f"--dbname={_address(database.url)}"
    _run(database.url, [RESTORE, *CLEAN, "--single-transaction", "--exit-on-error", address, str(path)])


def expect_restore(dumped_by: int) -> None:
    """Raise CopyError where `pg_restore` is not there, or older than what has written a dump."""
    _expect(RESTORE, dumped_by, "that of the pg_dump which made it")


def version(program: str = DUMP) -> int:
    """Return the major version of a program of PostgreSQL's; raises CopyError where it is not there."""
    said = subprocess.run([_program(program), "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    found = VERSION.search(said)
    if found is None:
        raise CopyError(f"`{program} --version` does not say a version of PostgreSQL: {_line(said)}")
    return int(found[1])


def _expect(program: str, least: int, whose: str) -> None:
    if (has := version(program)) < least:
        hint = f"install PostgreSQL's client programs of version {least} or newer, and put them first on PATH"
        raise CopyError(f"{program} is of version {has}, older than {whose}, {least}; {hint}")


def _program(name: str) -> str:
    """Return where a program is; raises CopyError where it is not on PATH."""
    path = shutil.which(name)
    if path is None:
        raise CopyError(
            f"{name} is not on PATH; install PostgreSQL's client programs, of the server's version or newer"
        )
    return path


def _server(connection: Connection) -> int:
    """Return the major version of the server."""
    return int(connection.exec_driver_sql("SHOW server_version_num").scalar_one()) // 10_000


def _run(url: URL, command: list[str]) -> None:
    """Run a program against a database; raises CopyError with what it says where it fails."""
    name = command[0]
    within = [f"--dbname={_address(url)}"] if name == DUMP else []
    with _environment(url) as environment:
        run = [_program(name), *command[1:], *within]
        done = subprocess.run(run, env=environment, capture_output=True, check=False)  # noqa: S603  # our own
    if done.returncode:
        raise CopyError(f"{name} failed: {_line(done.stderr.decode(errors='replace'))}")


@contextmanager
def _environment(url: URL) -> Iterator[dict[str, str]]:
    """What tells a program the secrets of an address, because everybody on this machine can see its arguments."""
    hidden, environment = secrets(url), {**os.environ, "LC_ALL": "C"}
    if password := hidden.pop("password", None):
        environment["PGPASSWORD"] = password
    if not hidden:
        yield environment
        return
    with tempfile.NamedTemporaryFile("w", prefix="surveyengine-", encoding="utf-8") as file:  # of this user alone
        file.write("".join([f"[{SERVICE}]\n", *(f"{name}={said}\n" for name, said in hidden.items())]))
        file.flush()
        yield {**environment, "PGSERVICEFILE": file.name, "PGSERVICE": SERVICE}


def _address(url: URL) -> str:
    """Return the address as PostgreSQL's own programs read it, without its secrets."""
    query = {name: said for name, said in url.query.items() if name not in secrets(url)}
    plain = URL.create("postgresql", url.username, None, url.host, url.port, url.database, query)
    return plain.render_as_string(hide_password=False)


def _counted(lines: Iterable[bytes]) -> dict[str, int]:
    """Return how many rows of each table a script of pg_restore's has."""
    counts: dict[str, int] = {}
    name: str | None = None
    for line in lines:
        if name is None:
            if found := COPY.match(line):
                name = found[1].decode()
                counts[name] = 0
        elif line == END:
            name = None
        else:
            counts[name] += 1
    return counts


def _told(found: dict[str, int], held: Contents) -> str:
    wrong = [f"{name} {found.get(name, 0)} of {n}" for name, n in held.counts.items() if found.get(name, 0) != n]
    return ", ".join(wrong)


def _line(said: str) -> str:
    """Return the first error that a program told, in one line."""
    lines = [line for line in said.splitlines() if "error" in line.lower()] or said.splitlines() or ["it says nothing"]
    return " ".join(lines[0].split())
