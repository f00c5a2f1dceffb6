"""What customers have asked for after a backup was made: read from what it takes the place of, and done again."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ..engine import Faulty, words
from ..project.files import ProjectSource
from ..store import restored
from ..store.engine.database import Database, Unavailable, Unusable
from ..store.engine.disk import sync_folder
from ..store.engine.glance import glance
from ..store.restored import Wishes
from .manifest import BadBackup

NAME = "asked.json"  # below data/, for as long as a restore is under way
_WISHES = TypeAdapter(list[Wishes])


def asked(urls: Sequence[str], root: Path) -> list[Wishes] | None:
    """Return what the databases at these addresses hold of it, and what a restore that was killed has noted.

    None where no database could be read.
    """
    found = [*_noted(root / "data" / NAME), *(one for url in dict.fromkeys(urls) if (one := _wishes(url, root)))]
    return found or None


def url_of(root: Path, environment: Mapping[str, str]) -> list[str]:
    """Return the address of the database that the project's own config.toml names; none where it cannot be read."""
    with suppress(Faulty):
        if config := ProjectSource(root, words(root).languages, environment).read().config:
            return [config.database.url]
    return []


@contextmanager
def noted(root: Path, wishes: list[Wishes] | None) -> Iterator[None]:
    """Have wishes on disk while the block runs: where it is killed, the next restore still knows them."""
    path, partly = root / "data" / NAME, root / "data" / f"{NAME}.part"
    is_new = not path.exists()
    if wishes:
        with os.fdopen(os.open(partly, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as file:
            file.write(_WISHES.dump_json(wishes))
            file.flush()
            os.fsync(file.fileno())
        os.replace(partly, path)
        sync_folder(path.parent)
    try:
        yield
    except BaseException:
        if is_new:
            path.unlink(missing_ok=True)
        raise
    path.unlink(missing_ok=True)


def keep(database: Database, wishes: list[Wishes]) -> None:
    """Store wishes in the database that was brought back."""
    with database.write() as connection:
        for one in wishes:
            restored.keep(connection, one)


def _noted(path: Path) -> list[Wishes]:
    try:
        return _WISHES.validate_json(path.read_bytes())
    except FileNotFoundError:
        return []
    except ValidationError as error:
        raise BadBackup(f"cannot be brought back while {path} is damaged; delete it") from error


def _wishes(url: str, root: Path) -> Wishes | None:
    try:
        with glance(url, root) as connection:
            return restored.wishes(connection) if connection else None
    except (Unavailable, Unusable):
        return None
