"""The folder of what the engine keeps: who may read it, whether it can be written, what was left there, its space."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from ..project.folder import open_to_others
from .deployment import Deployment
from .finding import Finding, error, note, warning

MEGABYTE = 1 << 20
FULL, TIGHT = 100 * MEGABYTE, 1024 * MEGABYTE  # bytes that are free
LEFT = {  # a part of a name: what such a file is
    ".part-": "a backup that was cut off",
    ".of-another": "the log of another database, which was put aside",
    ".rescued": "what was stored until the database's file was exchanged",
}
NETWORKS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "fuse.sshfs", "fuse.s3fs"}
LOCAL = "keep data/ on a disk of this machine, or use PostgreSQL"
Locks = Callable[[IO[bytes], IO[bytes]], bool]


def findings(deployment: Deployment) -> Iterator[Finding]:
    """Yield what is wrong with data/ and what lies in it."""
    data = deployment.data
    if os.path.lexists(data) and not data.is_dir():
        yield error("not-writable", "data is there and is no folder", "move it away, or mount what belongs there")
        return
    if not data.is_dir():
        yield note("data-new", "there is no folder data/ yet", "the engine makes it at its first start")
        return
    yield from rights(data)
    yield from writable(data)
    yield from left(deployment.root)
    yield from space(shutil.disk_usage(data).free)
    yield from network(data.resolve(), deployment.mounts.read_text() if deployment.mounts.exists() else "")


def rights(data: Path) -> Iterator[Finding]:
    """Yield what other users of this machine may read."""
    for path in sorted(open_to_others(data)):
        name = f"data/{path.relative_to(data).as_posix()}" if path != data else "data/"
        mode = stat.S_IMODE(path.stat().st_mode)
        told = error if path.name == "secret" else warning
        words = f"other users of this machine have rights to {name} (mode {mode:04o})"
        yield told("rights", words, f"chmod go-rwx {name}; the engine does so when it starts, where it may")


def writable(data: Path, locks: Locks | None = None) -> Iterator[Finding]:
    """Yield why nothing can be written to data/, or that its file system does not lock."""
    try:
        with tempfile.NamedTemporaryFile(dir=data) as one, Path(one.name).open("rb+") as other:
            if not (locks or do_lock)(one, other):
                words = "the file system of data/ does not lock files: two processes would write at once"
                yield error("no-locks", words, LOCAL)
    except OSError as why:
        yield error("not-writable", f"data/ cannot be written: {why.strerror}", "let the engine's user write there")


def do_lock(one: IO[bytes], other: IO[bytes]) -> bool:
    """Whether a lock on a file keeps another one out."""
    try:
        fcntl.flock(one, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    try:
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def left(root: Path) -> Iterator[Finding]:
    """Yield the files that something left behind."""
    for path in sorted((*root.iterdir(), *(root / "data").iterdir())):
        for part, what in LEFT.items():
            if part in path.name:
                name = path.relative_to(root).as_posix()
                yield warning("left-behind", f"{name} is {what}", "delete it, where nothing uses it any more")


def space(free: int) -> Iterator[Finding]:
    """Yield that so many free bytes are few."""
    if free < FULL:
        yield error(
            "disk-full", f"{free // MEGABYTE} MB are free for data/", "make room: answers are refused without it"
        )
    elif free < TIGHT:
        yield warning("disk-tight", f"{free // MEGABYTE} MB are free for data/", "make room before it is full")


def network(data: Path, mounts: str) -> Iterator[Finding]:
    """Yield that data/ lies on a file system of a network, by the lines of /proc/mounts."""
    places = [line.split()[1:3] for line in mounts.splitlines() if len(line.split()) > 2]  # noqa: PLR2004  # its columns
    holding = [(place, kind) for place, kind in places if data.is_relative_to(place.replace("\\040", " "))]
    place, kind = max(holding, key=lambda one: len(one[0]), default=("", ""))
    if kind in NETWORKS:
        words = f"data/ lies on {place}, a file system of a network ({kind}), where SQLite can be damaged"
        yield error("network-disk", words, LOCAL)


def size(path: Path) -> int:
    """Return the bytes of a file; 0 where there is none."""
    try:
        return os.stat(path).st_size
    except OSError:
        return 0
