"""Makes a backup, while the engine runs or not; what bears its name in the end is whole and was read again."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, NamedTuple

from .. import __version__
from ..engine import Faulty
from ..project import secret as secrets
from ..project.files import ProjectSource
from ..settings.config import Config
from ..store import invitations
from ..store.engine import postgres_dump, sqlite_copy
from ..store.engine.contents import Contents, CopyError, Tell
from ..store.engine.database import Database, understood
from ..store.engine.disk import sync_folder
from ..store.engine.migration import revisions
from ..values.link_tokens import stored_token
from . import archive
from .archive import Source
from .drafts import drafts
from .files import files
from .manifest import DATABASES, FORMAT, SECRET, Manifest

LOST = "and the links in all mails depend on it"
LINKS = 100  # that are looked at
log = logging.getLogger("surveyengine")


class BackupFile(NamedTuple):
    """The file that the backup becomes, and whether it may take the place of one that is there.

    With a `stream` it goes there, once it is whole; `path` then says beside what it is written before.
    """

    path: Path
    replaces: bool = False
    stream: IO[bytes] | None = None


def make(source: ProjectSource, target: BackupFile, now: datetime, tell: Tell) -> Manifest:
    """Write a backup of the project, and return what it says of itself.

    Raises CopyError, Faulty, Unavailable and Unusable with what stands in the way; the file is then as it was.
    """
    if target.path.exists() and not target.replaces and not target.stream:
        raise CopyError(f"{target.path} is there already; name another file, or say --overwrite")
    project = source.read()
    if (config := project.config) is None:
        raise Faulty(project.errors)
    secret = kept_secret(source.root, source.environment)
    if secret is None:
        raise CopyError(f"there is no data/secret, {LOST}; set SURVEYENGINE_SECRET as the engine has it")
    with drafts(target.path) as folder:
        database = folder / "database"
        held = _held(config, source.root, database, tell)
        if not _fits(secret, held.links):
            log.warning("the secret has signed none of the newest links, %s; is SURVEYENGINE_SECRET set?", LOST)
        sources: dict[str, Source] = {SECRET: secret, **files(source.root, config)}
        manifest = _manifest(held, sources | {DATABASES[held.kind]: database}, now)
        draft = folder / "backup"
        archive.write(draft, manifest, sources | {manifest.held: database})
        with archive.opened(draft) as written:
            written.verify()
        _publish(draft, target)
    return manifest


def kept_secret(root: Path, environment: Mapping[str, str]) -> bytes | None:
    """Return the secrets as they stand in data/secret; None where there are none. Raises Faulty."""
    try:
        found = secrets.kept(root, environment)
    except secrets.UnfitSecret as error:
        raise Faulty((error.fault,)) from error
    return secrets.written(found) if found else None


class DatabaseCopy(NamedTuple):
    """A copy of the database: of which kind, what is in it, and the newest links, as ids and hashes of tokens."""

    kind: str
    contents: Contents
    links: Sequence[tuple[str, str]]


def _held(config: Config, root: Path, path: Path, tell: Tell) -> DatabaseCopy:
    """Write what the database holds to a file."""
    database = _database(config.database.url, root)
    try:
        database.examine(mends=False)
        is_file = database.is_sqlite
        held = sqlite_copy.take(database, path, tell) if is_file else postgres_dump.take(database, path)
        if held.revision not in revisions():
            newer = f"holds the tables of a newer surveyengine (revision {held.revision})"
            raise CopyError(f"the database {newer if held.revision else 'holds nothing of surveyengine'}")
        with database.read() as connection:
            return DatabaseCopy(database.kind, held, invitations.newest_links(connection, LINKS))
    finally:
        database.close()


def _fits(secret: bytes, links: Sequence[tuple[str, str]]) -> bool:
    """Whether links were signed with one of the secrets, or there are none; those of a secret that was dropped stay."""
    known = tuple(secret.split())
    return not links or any(stored_token(known, id, stored) for id, stored in links)


def _database(url: str, root: Path) -> Database:
    """Return the database, which must be there: opening one that is not makes it."""
    parts = understood(url)
    if parts.get_backend_name() == "sqlite" and not (root / str(parts.database)).is_file():
        raise CopyError(f"there is no database at {parts.database} yet")
    return Database(url, root)


def _manifest(held: DatabaseCopy, sources: dict[str, Source], now: datetime) -> Manifest:
    return Manifest(
        surveyengine_backup=FORMAT,
        engine=__version__,
        made_at=now,
        database=held.kind,
        revision=str(held.contents.revision),
        counts=held.contents.counts,
        members={name: archive.content(source) for name, source in sources.items()},
        pg_dump=postgres_dump.version() if held.kind == "postgresql" else None,
    )


def _publish(draft: Path, target: BackupFile) -> None:
    """Give the backup its name, for good; raises CopyError where somebody else has taken it meanwhile."""
    if target.stream:
        with draft.open("rb") as file:
            _send_on(file, target.stream)
        return
    if target.replaces:
        os.replace(draft, target.path)
    else:
        try:
            os.link(draft, target.path)
        except FileExistsError as error:
            raise CopyError(f"{target.path} is there by now; name another file") from error
        except OSError:  # a file system without links
            os.rename(draft, target.path)
    sync_folder(target.path.parent)


def _send_on(file: IO[bytes], stream: IO[bytes]) -> None:
    """Write a backup to a stream; raises CopyError where it does not take all of it."""
    try:
        shutil.copyfileobj(file, stream, archive.CHUNK)
        stream.flush()
    except OSError as error:
        raise CopyError(f"standard output did not take the whole backup: {error.strerror}") from error
