"""A backup as a file: a tar archive that any tar program opens, with its manifest first."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import IO

from . import manifest as manifests
from .manifest import BadBackup, Manifest, Member

CHUNK = 1 << 20
LARGEST = 16 << 20  # bytes of a manifest
Source = bytes | Path
"""What becomes a member: its content, or the file that has it."""


class Archive:
    """A backup that is open for reading, whose list of members is right; their contents are not looked at yet."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        first = tar.next()
        if first is None or first.name != manifests.NAME or not _is_plain(first) or first.size > LARGEST:
            raise BadBackup("is no backup of surveyengine")
        self.manifest = manifests.read(_opened(tar, first).read())
        self._tar = tar
        self._members = {one.name: one for one in tar.getmembers()[1:]}
        self._check(len(tar.getmembers()) - 1)

    def extract(self, name: str, path: Path) -> None:
        """Write a member to a new file, on disk; raises BadBackup where it is not what it was when it was made."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            for chunk in self._checked(name):
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())

    def verify(self) -> None:
        """Raise BadBackup where a member is not what it was when the backup was made."""
        for name in self.manifest.members:
            for _ in self._checked(name):
                pass

    def _check(self, number: int) -> None:
        """Raise BadBackup where the members are others than the manifest says, or something else than files."""
        said = self.manifest.members
        if lacking := [name for name in said if name not in self._members]:
            raise BadBackup(f"is not whole: {lacking[0]} is not in it")
        if stray := [name for name in self._members if name not in said]:
            raise BadBackup(f"is no backup as it was made: its manifest does not know {stray[0]!r}")
        if number != len(said) or not all(map(_is_plain, self._members.values())):
            raise BadBackup("is no backup as it was made: something in it is no plain file, or is there twice")

    def _checked(self, name: str) -> Iterator[bytes]:
        hashed, size = hashlib.sha256(), 0
        try:
            with _opened(self._tar, self._members[name]) as file:
                while chunk := file.read(CHUNK):
                    hashed.update(chunk)
                    size += len(chunk)
                    yield chunk
        except tarfile.ReadError as error:
            raise BadBackup("is truncated") from error
        if Member(size, hashed.hexdigest()) != self.manifest.members[name]:
            raise BadBackup(f"is damaged: {name} is not what it was when the backup was made")


@contextmanager
def opened(source: Path | IO[bytes]) -> Iterator[Archive]:
    """The backup in a file; raises BadBackup where it is none, or not whole, and OSError where it cannot be read."""
    with source.open("rb") if isinstance(source, Path) else nullcontext(source) as file:
        try:
            tar = tarfile.open(fileobj=file, mode="r:", errorlevel=2)  # noqa: SIM115  # closed below
        except (tarfile.ReadError, RecursionError) as error:  # the second: headers that only announce others
            raise BadBackup("is no backup of surveyengine") from error
        with closing(tar):
            try:
                archive = Archive(tar)
            except (tarfile.ReadError, ValueError) as error:  # the second: a size that no file has
                raise BadBackup("is truncated") from error
            except RecursionError as error:
                raise BadBackup("is no backup as it was made: it has headers that only announce others") from error
            yield archive


def write(path: Path, manifest: Manifest, sources: Mapping[str, Source]) -> None:
    """Write a backup to a new file that only this user may read, on disk when this returns."""
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for name, source in {manifests.NAME: manifest.written(), **sources}.items():
                _add(tar, name, source, manifest)
        file.flush()
        os.fsync(file.fileno())


def content(source: Source) -> Member:
    """Return size and hash of what becomes a member."""
    hashed, size = hashlib.sha256(), 0
    with _reading(source) as file:
        while chunk := file.read(CHUNK):
            hashed.update(chunk)
            size += len(chunk)
    return Member(size, hashed.hexdigest())


def _add(tar: tarfile.TarFile, name: str, source: Source, manifest: Manifest) -> None:
    member = tarfile.TarInfo(name)
    member.size = source.stat().st_size if isinstance(source, Path) else len(source)
    member.mode, member.mtime = 0o600, int(manifest.made_at.timestamp())
    with _reading(source) as file:
        tar.addfile(member, file)


def _reading(source: Source) -> IO[bytes]:
    return source.open("rb") if isinstance(source, Path) else io.BytesIO(source)


def _opened(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    file = tar.extractfile(member)
    if file is None:
        raise BadBackup(f"is no backup as it was made: {member.name!r} is no plain file")
    return file


def _is_plain(member: tarfile.TarInfo) -> bool:
    """Whether a member is a file, and nothing that leads elsewhere."""
    return member.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and not member.issparse()
