"""The folder in which a backup is written before it is whole; that of a backup which was killed is taken away."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..store.engine.contents import CopyError

OWN = ".surveyengine-backup"  # the file by which a folder is known as ours, locked while somebody works in it
HELD = frozenset([OWN, "database", "database-journal", "database-wal", "database-shm", "backup"])


@contextmanager
def drafts(target: Path) -> Iterator[Path]:
    """A folder beside the backup for what is not whole yet; raises CopyError where the disk refuses."""
    try:
        sweep(target.parent)
        with tempfile.TemporaryDirectory(prefix=f"{target.name}.part-", dir=target.parent) as folder:
            lock = os.open(Path(folder, f"{OWN}-new"), os.O_CREAT | os.O_RDWR, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
                os.rename(Path(folder, f"{OWN}-new"), Path(folder, OWN))  # locked as soon as it has this name
                yield Path(folder)
            finally:
                os.close(lock)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        hint = "; the backup needs twice the size of the database there" if full else ""
        raise CopyError(f"{target} cannot be written: {error.strerror}{hint}") from error


def sweep(folder: Path) -> None:
    """Delete what killed backups have left in a folder: what is surely ours, and nobody works in."""
    for path in folder.glob("*.part-*"):
        with suppress(OSError):  # it is not ours, or somebody else takes it away
            if not path.is_symlink() and {one.name for one in path.iterdir()} <= HELD:
                _delete(path)


def _delete(path: Path) -> None:
    lock = os.open(path / OWN, os.O_RDWR | os.O_NOFOLLOW)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(path)
    finally:
        os.close(lock)
