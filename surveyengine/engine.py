"""The running engine of a project: its files, database, translations and secret."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from .definitions.fault import Fault
from .i18n.speech import BrokenCatalog, Catalogs
from .project import folder, secret
from .project.files import Project, read
from .settings.config import Config
from .store import addresses
from .store.engine.database import Database, Unusable, is_safe, sqlite_module
from .store.engine.migration import migrate
from .timekeeper import Timekeeper
from .values.address_hash import AddressHasher
from .values.signing import Secrets
from .versions.library import Library

log = logging.getLogger("surveyengine")


class Faulty(Exception):
    """The engine cannot start with the project's files; `faults` says why."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


class Engine:
    """The running engine of a project; `hasher` is set once its key is read from the database."""

    hasher: AddressHasher

    def __init__(self, project: Project, config: Config, catalogs: Catalogs, secrets: Secrets) -> None:
        self.root = project.root
        self.catalogs = catalogs
        self.secrets = secrets
        self.database = _database(config, project.root)
        self.timekeeper = Timekeeper(self.database)
        self.library = Library(project, config, self.database)

    @property
    def config(self) -> Config:
        """The newest valid config.toml; changes to its database and e-mail take effect at the next start."""
        return self.library.config

    @property
    def secret(self) -> bytes:
        """The secret that signs; what any of `secrets` signed is believed."""
        return self.secrets[0]

    def close(self) -> None:
        """Close the database."""
        self.database.close()


def start(root: Path, environment: Mapping[str, str] = os.environ, now: datetime | None = None) -> Engine:
    """Open the project at `root`: read its files, make or migrate its database, serve its surveys, since `now`.

    Raises Faulty where config.toml cannot be used, or data/ not be written. A faulty survey file is no reason not to
    start: the last good version is served.
    """
    catalogs = words(root)
    project = read(root, catalogs.languages, environment)
    if project.config is None:
        raise Faulty(project.errors)
    _prepare(root / "data")
    engine = Engine(project, project.config, catalogs, _secrets(root, environment))
    try:
        _make_ready(engine, project, now or datetime.now(UTC))
    except BaseException:
        engine.close()
        raise
    return engine


def _make_ready(engine: Engine, project: Project, now: datetime) -> None:
    engine.database.examine()
    migrate(engine.database)
    engine.hasher = addresses.hasher(engine.database, engine.secrets, now)
    if engine.database.is_sqlite and not is_safe(sqlite_module().sqlite_version_info):
        log.warning("this SQLite can lose data when two processes write at once; install the package pysqlite3")
    engine.library.publish(project, now)


def words(root: Path) -> Catalogs:
    """Return the translations of the engine and the project; raises Faulty where a catalog cannot be read."""
    try:
        return Catalogs(root)
    except BrokenCatalog as error:
        raise _fault("translations", str(error), "mend the catalog, or take it away") from error


def _secrets(root: Path, environment: Mapping[str, str]) -> Secrets:
    try:
        return secret.read(root, environment)
    except secret.UnfitSecret as error:
        raise Faulty((error.fault,)) from error


def _prepare(data: Path) -> None:
    """Create the folder data/, and check that files can be created in it; raises Faulty otherwise."""
    try:
        folder.prepare(data)
    except OSError as error:
        hint = "the database, the secret and the outbox are kept there: make it a folder that this user may write"
        raise _fault("data", f"cannot be written: {error.strerror}", hint) from error


def _fault(file: str, message: str, hint: str = "") -> Faulty:
    return Faulty((Fault(file, 1, 1, message, hint),))


def _database(config: Config, root: Path) -> Database:
    try:
        return Database(config.database.url, root)
    except Unusable as error:
        raise _fault("config.toml", f"[database] url {error}") from error
