"""The transport of `file:`, which writes mails into a folder."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote

from ..store.engine.disk import sync_folder
from .composing import composed, writing
from .mime import Mail, as_bytes

_FILE_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class FolderTransport:
    """Writes `<key>.eml` into a folder; a mail that is sent again replaces its file."""

    repeatable: ClassVar[bool] = True
    folder: Path

    def forget(self, keys: Collection[str]) -> int:
        """Delete the mails of these keys, and what a process that was killed left of them; return how many there were.

        Raises OSError where the folder cannot be changed.
        """
        if not self.folder.is_dir():
            return 0
        theirs = [path for path in (self.folder / f"{_file_name(key)}.eml" for key in keys) if path.exists()]
        named = [key.encode("utf-8", "replace") for key in keys]
        torn = [path for path in self.folder.glob(".*.tmp") if any(name in path.read_bytes() for name in named)]
        for path in (*theirs, *torn):
            path.unlink(missing_ok=True)
        sync_folder(self.folder)
        return len(theirs)

    def send(self, mail: Mail, now: datetime, handing_over: Callable[[], None]) -> str:
        body = as_bytes(composed(mail, now))
        target = self.folder / f"{_file_name(mail.key)}.eml"
        with _written(self.folder, body) as temporary:
            handing_over()
            with writing(self.folder):
                temporary.replace(target)
                sync_folder(self.folder)
        return str(target)


def _file_name(key: str) -> str:
    return key if _FILE_NAME.fullmatch(key) else sha256(key.encode("utf-8", "replace")).hexdigest()


@contextlib.contextmanager
def _written(folder: Path, body: bytes) -> Iterator[Path]:
    """Yield a temporary file in `folder` with `body` on disk; it is removed at the end unless it was renamed."""
    with writing(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        number, name = tempfile.mkstemp(dir=folder, prefix=".", suffix=".tmp")
    try:
        with writing(folder), os.fdopen(number, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def open_folder(url: str, root: Path) -> FolderTransport:
    """Return the transport to the folder of the URL, relative to `root`; raises ValueError for a URL without one."""
    rest = url.partition(":")[2]
    path = unquote(rest.removeprefix("//") if rest.startswith("///") else rest)
    if not path or path.startswith("//") or not path.isprintable():
        raise ValueError("the e-mail url needs a folder, as in file:data/outbox")
    return FolderTransport(root / path)
