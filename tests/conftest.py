from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, Page, sync_playwright

from surveyengine.engine import Engine, start
from surveyengine.store.engine.database import Database
from surveyengine.store.engine.migration import migrate
from tests.support import business, compiled, postgres

# The machines that test have two busy cores: how long one example takes says nothing.
settings.register_profile("surveyengine", deadline=None)
settings.load_profile("surveyengine")

# Where temporary files are kept in memory. A new database of PostgreSQL is 300 files and two checkpoints: 30 ms there,
# 200 on a disk; and every commit on SQLite waits for the disk.
MEMORY, ROOM = Path("/dev/shm"), 2 << 30    # bytes that must be free  # noqa: S108

# They wait more than they compute: for programs to start, for leases to end, for browsers.
LONG = ("tests/test_campaigns.py", "tests/store/test_outage.py", "tests/test_production.py", "tests/browsers/")

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_OPTIONS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
    # As Playwright has it, and each page in the frame and the process of the one before, which spares a quarter.
    "--disable-features=AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,MediaRouter,"
    "OptimizationHints,PaintHolding,ThirdPartyStoragePartitioning,Translate,ProactivelySwapBrowsingInstance,RenderDocument",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",    # no page talks to anybody else
]


def pytest_configure() -> None:
    """Share what SQLAlchemy compiles; keep files in memory, those of started programs too, unless TMPDIR says where."""
    if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)
    compiled.share()


def pytest_xdist_setupnodes() -> None:
    """Let workers, and the programs that they start, share what Python has compiled, which it does for seconds."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_xdist_auto_num_workers() -> int:
    """Two more workers than there are processors, which would else be idle while tests wait."""
    return (os.cpu_count() or 1) + 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long: at the end of a run no worker is then alone with it."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


def missing(what: str) -> NoReturn:
    """Skip where a developer lacks `what`; fail in CI, where a skipped test is a hole that nobody sees."""
    if os.environ.get("CI"):
        pytest.fail(what, pytrace=False)
    pytest.skip(what)


@pytest.fixture(autouse=True)
def _only_this_machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test talks to another machine. What tried is told it is unreachable, and the test fails even so."""
    strangers: list[str] = []

    def guarded(original: Any, host_of: Any) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            if not is_here(host := host_of(*arguments)):
                strangers.append(f"{host[0]}")
                raise OSError(f"tests may not reach {host[0]}")
            return original(*arguments, **named)

        return call

    for method in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, method, guarded(getattr(socket.socket, method), lambda _, address: address))
    monkeypatch.setattr(socket, "getaddrinfo", guarded(socket.getaddrinfo, lambda host, *_: (host,)))
    yield
    if strangers:
        pytest.fail(f"tried to reach {', '.join(strangers)}", pytrace=False)


def is_here(address: Any) -> bool:
    """Whether a socket address is on this machine; a path (a Unix socket) always is."""
    if not isinstance(address, tuple) or address[0] in (None, "", "localhost", b"localhost"):
        return True
    host = address[0].decode() if isinstance(address[0], bytes) else address[0]
    try:
        return ip_address(host).is_loopback or ip_address(host).is_unspecified
    except ValueError:
        return False


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.Postgres]:
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    try:
        with postgres.running(shared) as server:
            yield server
    except postgres.NoServer as error:
        missing(str(error))


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The SQLAlchemy URL of a fresh, empty database; each test runs once on either."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/surveyengine.db"
        return
    server: postgres.Postgres = request.getfixturevalue("postgres_server")
    with server.fresh_database() as url:
        yield url


class Opened:
    """A business that was opened once before: to open a copy of it there is less to do."""

    def __init__(self, root: Path) -> None:
        self.root = root
        start(business.write(root)).close()

    def on(self, url: str) -> None:
        """Open it on another database, which is empty."""
        start(business.write(self.root, database=url)).close()

    def copy(self, root: Path, **urls: str) -> Path:
        """Return a copy of its files, without what tells the database's file from a copy of it."""
        shutil.copytree(self.root / "data", root / "data", ignore=shutil.ignore_patterns("*.queue"))
        return business.write(root, surveys=None, **urls)


@pytest.fixture(scope="session")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    return Opened(tmp_path_factory.mktemp("opened") / "project")


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, opened: Opened) -> Iterator[Engine]:
    """The tests' small business at work; each test runs once on either database."""
    with ExitStack() as stack:
        url = "sqlite:///data/surveyengine.db"
        if request.param == "postgres":
            server: postgres.Postgres = request.getfixturevalue("postgres_server")
            url = stack.enter_context(server.fresh_database(opened.on))
        started = start(opened.copy(tmp_path / "project", database=url))
        stack.callback(started.close)
        yield started


def migrated(url: str) -> None:
    """Make our tables in a database."""
    database = Database(url, Path())
    migrate(database)
    database.close()


# By module, not by session: while Playwright runs, asyncio cannot be used in its thread.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        missing(f"no browser: none of {', '.join(CHROMIUM)} is on PATH")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=CHROMIUM_OPTIONS)
        yield chromium
        chromium.close()


# To open a page costs a browser more than most of what is tried in it.
@pytest.fixture(scope="module")
def module_page(browser: Browser) -> Iterator[Page]:
    with browser.new_context() as context:
        context.set_default_timeout(10_000)
        yield context.new_page()


@pytest.fixture
def page(module_page: Page) -> Page:
    """An empty page, of usual size and looks; nothing on ours keeps anything in a browser."""
    module_page.goto("about:blank")
    module_page.set_viewport_size({"width": 1280, "height": 720})
    module_page.emulate_media(color_scheme="null")
    return module_page
