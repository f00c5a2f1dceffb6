"""The secrets of a project: the first signs, and what the former ones behind it signed is still believed."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from ..definitions.fault import Fault
from ..store.engine.disk import sync_folder
from ..values.signing import Secrets

VARIABLE = "SURVEYENGINE_SECRET"
SHORTEST = 32  # bytes of one
LOST = "bring it back from a backup; or delete it for a new one, with which no link sent so far works any more"
MORE = "use 32 characters or more, and one line for each secret"


class UnfitSecret(Exception):
    """The secrets cannot be used; `fault` says why."""

    def __init__(self, file: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.fault = Fault(file, 1, 1, message, hint)


def read(root: Path, environment: Mapping[str, str]) -> Secrets:
    """Return the secrets, from the environment or data/secret, which is created at first use.

    Raises UnfitSecret where one has fewer than SHORTEST bytes.
    """
    if (found := kept(root, environment)) is not None:
        return found
    _write_new(_path(root), secrets.token_hex(32))
    return _lines(_path(root).read_bytes(), "data/secret", LOST)


def kept(root: Path, environment: Mapping[str, str]) -> Secrets | None:
    """Return the secrets, as `read` does; None where there are none yet."""
    if given := environment.get(VARIABLE):
        return _lines(given.encode(), VARIABLE, MORE)
    path = _path(root)
    return _lines(path.read_bytes(), "data/secret", LOST) if path.exists() else None


def written(found: Secrets) -> bytes:
    """Return secrets as they stand in data/secret."""
    return b"\n".join(found) + b"\n"


def rotate(root: Path) -> None:
    """Put a new secret before those of data/secret, which must be there."""
    _replace(_path(root), f"{secrets.token_hex(32)}\n".encode() + _path(root).read_bytes())


def drop(root: Path) -> None:
    """Leave only the first secret in data/secret, which must be there."""
    _replace(_path(root), _path(root).read_bytes().strip().splitlines()[0] + b"\n")


def _path(root: Path) -> Path:
    return root / "data" / "secret"


def _lines(content: bytes, file: str, hint: str) -> Secrets:
    found = tuple(line.strip() for line in content.strip().split(b"\n"))
    if any(len(one) < SHORTEST for one in found):
        raise UnfitSecret(file, "is too short to be a secret", hint)
    return found


def _write_new(path: Path, content: str) -> None:
    """Write a file that only this user can read, whole or not at all; an existing file stays as it is."""
    draft = _draft(path, f"{content}\n".encode())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _replace(path: Path, content: bytes) -> None:
    """Replace a file by one that only this user can read, whole or not at all."""
    _draft(path, content).replace(path)
    sync_folder(path.parent)


def _draft(path: Path, content: bytes) -> Path:
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return draft
