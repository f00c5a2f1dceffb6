"""A new project directory, from the example business that the engine ships."""

from __future__ import annotations

import shutil
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
IGNORED = "# Made by the engine: database, secret, outbox\n/data/\n"


class Occupied(Exception):
    """The directory already has files."""


def create(directory: Path) -> int:
    """Write config.toml, the surveys and a .gitignore; return how many surveys. Raises Occupied, and OSError."""
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise Occupied(str(directory))
    directory.mkdir(parents=True, exist_ok=True)
    source = shipped()
    # Contents only, not modes: the installed files may be read-only.
    shutil.copyfile(source / "config.toml", directory / "config.toml")
    surveys = sorted((source / "surveys").glob("*/*.toml"))
    for survey in surveys:
        copy = directory / "surveys" / survey.parent.name / survey.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(survey, copy)
    (directory / ".gitignore").write_text(IGNORED, encoding="utf-8")
    return len(surveys)


def shipped() -> Path:
    """Return the example business: inside the wheel, or around the package in a checkout."""
    inside = PACKAGE / "example"
    return inside if inside.is_dir() else PACKAGE.parent
