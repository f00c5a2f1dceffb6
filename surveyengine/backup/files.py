"""The files of a project that belong to a backup."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ..settings.config import Config
from .manifest import PROJECT, is_file_of_project

FOLDERS = ("surveys", "translations")


def files(root: Path, config: Config) -> dict[str, bytes]:
    """Return the project's own files by the names that they have in a backup: what its pages and mails are made of.

    What is hidden, or is no file, is left out. Raises OSError where one cannot be read.
    """
    paths = [root / "config.toml", *(path for folder in FOLDERS for path in _below(root / folder))]
    if config.business.logo:
        paths.append(root / config.business.logo)
    named = {PROJECT + path.relative_to(root).as_posix(): path for path in paths if path.is_relative_to(root)}
    return {
        name: path.read_bytes() for name, path in sorted(named.items()) if is_file_of_project(name) and path.is_file()
    }


def _below(folder: Path) -> Iterator[Path]:
    for at, folders, names in os.walk(folder, followlinks=True):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(at, name) for name in names)
