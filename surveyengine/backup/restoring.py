"""Brings a project back from a backup: everything is checked before the first name of the project is touched."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import IO

from ..engine import Faulty, start, words
from ..people.caller import Caller
from ..privacy.erasure import replay
from ..project import secret as secrets
from ..project.files import ProjectSource
from ..project.presence import at_rest, servers, workers
from ..settings.config import Config
from ..store import restored
from ..store.engine import postgres_dump, sqlite_copy
from ..store.engine.address import understood
from ..store.engine.contents import Contents, CopyError, contents
from ..store.engine.database import Database
from ..store.engine.disk import sync_folder
from ..store.engine.migration import migrate, revisions
from ..store.engine.postgres_aside import aside
from . import archive, asked
from .archive import Archive
from .files import FOLDERS
from .making import kept_secret
from .manifest import PROJECT, SECRET, BadBackup, Manifest

BESIDE = ("", "-wal", "-shm", "-journal", ".queue", ".rescued")  # the endings of an SQLite database's files
DRAFTS = "restoring-"  # how the names of folders begin in which a backup is unpacked
Move = Callable[[Path, Path], None]


@dataclass(frozen=True)
class Wanted:
    """Where to a backup is brought back, with the environment that the engine will have there.

    `aside`: what is there is put aside first. `only_data`: config.toml and the surveys stay those that are there.
    """

    root: Path
    environment: Mapping[str, str]
    aside: bool = False
    only_data: bool = False

    @property
    def data(self) -> Path:
        """The folder of the engine's own data."""
        return self.root / "data"


@dataclass(frozen=True)
class Restored:
    """What was brought back; how many messages may have left since; where lies what was there.

    `schema` holds the tables that were there, of PostgreSQL. `erased` are the customers who were erased after the
    backup, and are again; None where that could not be read.
    """

    manifest: Manifest
    uncertain: int
    aside: Path | None
    schema: str | None = None
    erased: int | None = None


def restore(file: Path | IO[bytes], wanted: Wanted, now: datetime) -> Restored:
    """Bring a project back from a backup.

    Raises CopyError, Faulty, Unavailable and Unusable with what stands in the way; all is then as it was.
    """
    with archive.opened(file) as source:
        _expect_known(source.manifest)
        _expect_secret(source.manifest, wanted)
        with _own_folder(wanted), at_rest(wanted.root) as is_alone:
            if not is_alone:
                raise CopyError("the engine runs; stop it first")
            _sweep(wanted.data)
            there = list(_there(source.manifest, wanted))
            if there and not wanted.aside:
                raise CopyError(
                    f"{_listed(there, wanted.root)} there already; restore into an empty folder, or say --aside"
                )
            try:
                with tempfile.TemporaryDirectory(prefix=DRAFTS, dir=wanted.data) as folder:
                    return _restore(Staged(source, wanted, Path(folder)), there, now)
            except OSError as error:
                raise CopyError(f"{wanted.root} cannot be written: {error.strerror}") from error


@dataclass(frozen=True)
class Staged:
    """A backup's content, in a folder of the project's own where nobody looks for it yet."""

    source: Archive
    wanted: Wanted
    folder: Path

    @property
    def project(self) -> Path:
        """The folder with the project's files."""
        return self.folder / "project"

    @property
    def database(self) -> Path:
        """The copy, or dump, of the database."""
        return self.folder / self.source.manifest.held

    def unpack(self) -> Config:
        """Write everything there, check it, and return the config that the engine will have."""
        names = [name for name in self.source.manifest.members if not (self.wanted.only_data and _is_of_project(name))]
        for name in names:
            self.source.extract(name, self.folder / name)
        root = self.wanted.root if self.wanted.only_data else self.project
        project = ProjectSource(root, words(root).languages, self.wanted.environment).read()
        if project.config is None:
            raise Faulty(project.errors)
        return project.config


def _restore(staged: Staged, there: list[Path], now: datetime) -> Restored:
    manifest, wanted = staged.source.manifest, staged.wanted
    url = staged.unpack().database.url
    database = Database(f"sqlite:///{staged.database}" if manifest.database == "sqlite" else url, wanted.root)
    target = _target(url, manifest, wanted.root)
    if target and not wanted.aside and (found := [*_files_of(target)]):
        raise CopyError(f"{_listed(found, wanted.root)} there already; restore it elsewhere, or say --aside")
    wishes = asked.asked([url, *asked.url_of(wanted.root, wanted.environment)], wanted.root)
    name = _name(wanted, now)
    with asked.noted(wanted.root, wishes), _tables(database, target, wanted, name) as schema:
        try:
            uncertain = _fill(database, staged, now)
            asked.keep(database, wishes or [])
        finally:
            database.close()
        moved = [*there, *(path for path in _files_of(target) if path.parent != wanted.data)] if target else there
        with _moving() as move:
            for path in filter(os.path.lexists, moved):  # SQLite's log is gone once the database was read
                move(path, wanted.data / name / ("data" if path.parent == wanted.data else "") / path.name)
            _place(move, staged, target)
            erased = _erased_again(wanted, now) if wishes else None
    return Restored(manifest, uncertain, wanted.data / name if moved else None, schema, erased)


def _tables(database: Database, target: Path | None, wanted: Wanted, name: str) -> AbstractContextManager[str | None]:
    """Have PostgreSQL's tables aside, where that is wanted, in a schema of that name."""
    return nullcontext() if target or not wanted.aside else aside(database, name)


def _erased_again(wanted: Wanted, now: datetime) -> int:
    """Erase who was erased after the backup, and return how many."""
    with closing(start(wanted.root, wanted.environment)) as engine:
        return replay(engine, Caller(now))


def _fill(database: Database, staged: Staged, now: datetime) -> int:
    """Have a database hold what the backup holds, in today's tables; return how many messages may have left since."""
    manifest = staged.source.manifest
    held = Contents(manifest.revision, dict(manifest.counts))
    if database.is_sqlite:
        found = sqlite_copy.look(staged.database)
    else:
        postgres_dump.expect_restore(manifest.pg_dump or 0)
        found = Contents(manifest.revision, postgres_dump.look(staged.database))
        _expect_same(found, held)
        postgres_dump.put(database, staged.database)
        with database.read() as connection:
            found = contents(connection)
    _expect_same(found, held)
    migrate(database)
    with database.write() as connection:
        return restored.may_have_left(connection, now)


def _expect_same(found: Contents, held: Contents) -> None:
    if found != held:
        raise CopyError("the database in it does not hold what it held when the backup was made")


def _expect_known(manifest: Manifest) -> None:
    if manifest.revision not in revisions():
        newer = f"was made by a newer surveyengine ({manifest.engine}, revision {manifest.revision})"
        raise BadBackup(f"{newer}; upgrade surveyengine to restore it")


def _expect_secret(manifest: Manifest, wanted: Wanted) -> None:
    """Raise CopyError where the engine would have another secret than the links were made with."""
    if wanted.environment.get(secrets.VARIABLE) is None:
        return
    given = kept_secret(wanted.root, wanted.environment)
    if given and archive.content(given) != manifest.members[SECRET]:
        hint = "unset it, or give it the value that the backup holds: tar -xOf FILE secret"
        raise CopyError(f"{secrets.VARIABLE} is another secret than the backup's, whose links would not work; {hint}")


@contextmanager
def _own_folder(wanted: Wanted) -> Iterator[None]:
    """Make the folder data/, and take it away again where nothing came into it."""
    is_new = not wanted.data.exists()
    wanted.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        if is_new and not [path for path in wanted.data.iterdir() if path not in _locks(wanted.root)]:
            shutil.rmtree(wanted.data)
        raise


def _locks(root: Path) -> tuple[Path, ...]:
    return workers(root), servers(root)


def _there(manifest: Manifest, wanted: Wanted) -> Iterator[Path]:
    """Yield what is in the way."""
    own = (*_locks(wanted.root), wanted.data / asked.NAME)
    yield from (path for path in sorted(wanted.data.iterdir()) if path not in own and not _is_old(path))
    if not wanted.only_data:
        named = {wanted.root / name for name in ("config.toml", *FOLDERS)}
        named |= {
            wanted.root / _path(name) for name in manifest.members if _is_of_project(name) and not _in_folder(name)
        }
        yield from (path for path in sorted(named) if path.exists() or path.is_symlink())


def _is_old(path: Path) -> bool:
    """Whether it was put aside by an earlier restore."""
    return path.name.startswith("before-")


def _is_of_project(name: str) -> bool:
    return name.startswith(PROJECT)


def _path(name: str) -> str:
    return name.removeprefix(PROJECT)


def _in_folder(name: str) -> bool:
    return _path(name).startswith(tuple(f"{folder}/" for folder in FOLDERS))


def _target(url: str, manifest: Manifest, root: Path) -> Path | None:
    """Return where an SQLite database comes to lie; None for PostgreSQL. Raises BadBackup for one of the other kind."""
    parts = understood(url)
    if parts.get_backend_name() != manifest.database:
        hint = "restore it into one of its own kind, and use `surveyengine copy` then"
        raise BadBackup(f"holds a {manifest.database} database, and [database] url names another kind; {hint}")
    return root / str(parts.database) if manifest.database == "sqlite" else None


def _files_of(database: Path) -> Iterator[Path]:
    """Yield what is there of an SQLite database."""
    near = (database.with_name(database.name + ending) for ending in BESIDE)
    yield from (path for path in near if path.exists())


def _name(wanted: Wanted, now: datetime) -> str:
    """Return the name, below data/ or of a schema, that what is in the way gets."""
    name = f"before-{now:%Y%m%d-%H%M%S}"
    names = (name if number == 1 else f"{name}-{number}" for number in count(1))
    return next(name for name in names if not (wanted.data / name).exists())


def _sweep(data: Path) -> None:
    """Delete what a restore has unpacked that was killed; nobody works in it, because nothing of the project runs."""
    for path in data.glob(f"{DRAFTS}*"):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)


def _place(move: Move, staged: Staged, target: Path | None) -> None:
    """Give everything its name; config.toml last, without which the engine does not start."""
    root = staged.wanted.root
    move(staged.folder / SECRET, staged.wanted.data / "secret")
    if target:
        move(staged.database, target)
    if not staged.wanted.only_data:
        names = [name for name in FOLDERS if (staged.project / name).is_dir()]
        names += [
            _path(name) for name in staged.source.manifest.members if _is_of_project(name) and not _in_folder(name)
        ]
        for name in sorted(names, key=lambda name: name == "config.toml"):
            move(staged.project / name, root / name)


@contextmanager
def _moving() -> Iterator[Move]:
    """What moves a file or a folder, and puts its name on disk; where the block fails, all of them move back."""
    done: list[tuple[Path, Path]] = []

    def move(path: Path, into: Path) -> None:
        done.append((path, into))
        into.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, into)
        sync_folder(into.parent)

    try:
        yield move
    except BaseException:
        for path, into in reversed(done):
            if not path.exists():  # else it did not get there, or not whole
                shutil.move(into, path)
            elif into.is_file():
                into.unlink()
            with suppress(OSError):  # something else is in the folder
                os.removedirs(into.parent)
        raise


def _listed(paths: list[Path], root: Path) -> str:
    named = [os.path.relpath(path, root) for path in paths]
    return f"{', '.join(named)} {'is' if len(named) == 1 else 'are'}"
