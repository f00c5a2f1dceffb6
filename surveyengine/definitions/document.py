"""A TOML file as data, with the place of every key and item."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from surveyengine.definitions.fault import Fault, Level

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """A parsed file; ``positions`` gives the 1-based (line, column) of every key and array item."""

    file: str
    data: dict[str, Any]
    positions: Mapping[Path, tuple[int, int]]

    def position(self, path: Path) -> tuple[int, int]:
        """Where the key or item stands, or else its nearest known ancestor; (1, 1) for the whole file."""
        while path and path not in self.positions:
            path = path[:-1]
        return self.positions.get(path, (1, 1))

    def fault(self, path: Path, message: str, hint: str = "", level: Level = "error") -> Fault:
        """A fault at the position of the path."""
        return Fault(self.file, *self.position(path), message, hint, level)


class Unreadable(Exception):
    """The file cannot be read as TOML; ``fault`` says where and why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


def parse(raw: bytes, file: str) -> Document:
    """Read a file's bytes as TOML; raises Unreadable, and nothing else, when they are not."""
    try:
        data = tomllib.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Unreadable(Fault(file, 1, 1, str(error))) from error
    return Document(file, data, {})
