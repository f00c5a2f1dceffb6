"""The folder of the engine's own data: the database, the secret, the outbox."""

from __future__ import annotations

import logging
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

OTHERS = 0o077  # the rights of other users in a mode

log = logging.getLogger("surveyengine")


def prepare(folder: Path) -> None:
    """Create the folder, for this user alone, and check that files can be created in it; raises OSError otherwise."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass
    for path in open_to_others(folder):
        try:
            path.chmod(stat.S_IMODE(path.stat().st_mode) & ~OTHERS)
        except OSError as error:
            log.warning("%s can be read by other users: its mode cannot be changed: %s", path.name, error.strerror)


def open_to_others(folder: Path) -> Iterator[Path]:
    """Yield those of the folder and its entries that other users have any right to."""
    for path in (folder, *folder.iterdir()):
        mode = path.lstat().st_mode
        if (stat.S_ISDIR(mode) or stat.S_ISREG(mode)) and mode & OTHERS:
            yield path
