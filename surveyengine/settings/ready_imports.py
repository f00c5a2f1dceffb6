"""Imports that come with the engine, for systems that many have; each is a file to look at, and to paste and change."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from ..definitions.toml.document import parse
from .imports import ImportSettings

FOLDER = Path(__file__).parent / "ready"


@cache
def names() -> tuple[str, ...]:
    """Return the names of the imports that come with the engine."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


@cache
def text(name: str) -> str:
    """Return the file of a ready import, as it can be pasted into config.toml."""
    return (FOLDER / f"{name}.toml").read_text(encoding="utf-8")


def named(name: str, own: Mapping[str, ImportSettings]) -> ImportSettings | None:
    """Return the import of that name: the project's `own`, or else a ready one; None where there is none."""
    if name in own or name not in names():
        return own.get(name)
    return ImportSettings.model_validate(parse(text(name).encode(), name).data["import"][name])
