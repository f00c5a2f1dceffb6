"""The folder of what the engine keeps: the database, the secret, the outbox."""

from __future__ import annotations

import logging
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

OTHERS = 0o077  # what a mode lets anybody else do

log = logging.getLogger("surveyengine")


def prepare(folder: Path) -> None:
    """Make the folder, for this user alone, and see that files can be made in it; raises OSError where they cannot."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass
    for path in _open_to_others(folder):
        try:
            path.chmod(stat.S_IMODE(path.stat().st_mode) & ~OTHERS)
        except OSError as error:
            log.warning("%s can be read by other users: its mode cannot be changed: %s", path.name, error.strerror)


def _open_to_others(folder: Path) -> Iterator[Path]:
    """Yield the folder and what lies in it, as far as other users may do anything there."""
    for path in (folder, *folder.iterdir()):
        mode = path.lstat().st_mode
        if (stat.S_ISDIR(mode) or stat.S_ISREG(mode)) and mode & OTHERS:
            yield path
