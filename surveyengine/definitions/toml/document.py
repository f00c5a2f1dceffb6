"""A TOML file as data, with the place of every key and item."""

from __future__ import annotations

import codecs
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..fault import Fault, Level
from .errors import TomlError, explain
from .positions import Lines, Path, Token, steps, tokens

__all__ = ["DEEPEST", "LARGEST", "Document", "Node", "Path", "Unreadable", "parse"]

LARGEST = 2**19  # bytes
DEEPEST = 32  # brackets in brackets, parts of a dotted name, and keys on the way to a value

_BAD_BYTE = re.compile("[\udc80-\udcff]")
_ESCAPE = re.compile(r"\\(x00|u0000|U00000000|.)", re.DOTALL)
_LONGEST_NUMBER = 400  # digits; int() refuses 4300, and a shorter one is measured below
_SAVE_AS = "save it as UTF-8, which every editor offers beside the file's name"


_PASTE = "copy its words into a file that a text editor saved"
_OTHERS = {b"PK\x03\x04": "a Word or Excel file, or a ZIP archive", b"%PDF": "a PDF", b"{\\rtf": "an RTF document",
           b"\xd0\xcf\x11\xe0": "an older Word or Excel file"}  # fmt: skip


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

    def at(self, *path: str | int) -> Node:
        """The value at the path."""
        return Node(self, path)

    def fault(self, path: Path, message: str, hint: str = "", level: Level = "error") -> Fault:
        """A fault at the position of the path."""
        return Fault(self.file, *self.position(path), message, hint, level)


@dataclass(frozen=True)
class Node:
    """A value in a document, by its path."""

    document: Document
    path: Path

    @property
    def value(self) -> Any:
        """The value; raises LookupError where the document has none at the path."""
        value: Any = self.document.data
        for step in self.path:
            value = value[step]
        return value

    @property
    def key(self) -> str:
        """The last step of the path, which names the value."""
        return str(self.path[-1])

    def below(self, *steps: str | int) -> Node:
        """Return the value that these further steps lead to."""
        return Node(self.document, (*self.path, *steps))

    def fault(self, message: str, hint: str = "", level: Level = "error") -> Fault:
        """Return a fault at the position of the value."""
        return self.document.fault(self.path, message, hint, level)


class Unreadable(Exception):
    """The file cannot be read as TOML; ``fault`` says where and why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


def parse(raw: bytes, file: str) -> Document:
    """Read a file's bytes as TOML in UTF-8; raises Unreadable, and nothing else, when they are not."""
    # A bad byte becomes a lone surrogate, so that its line and column are found like any other's.
    text = raw[:LARGEST].removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogateescape")
    read = _foreign(raw, text) or _read(text)
    if isinstance(read, TomlError):
        raise Unreadable(Fault(file, *Lines(text).place(read.start), read.message, read.hint))
    data, starts = read
    place = Lines(text).place
    return Document(file, data, {path: place(start) for path, start in starts.items()})


def _foreign(raw: bytes, text: str) -> TomlError | None:
    if len(raw) > LARGEST:
        return TomlError(0, "the file is larger than 512 KiB", "is it the right file?")
    if other := next((name for begin, name in _OTHERS.items() if raw.startswith(begin)), ""):
        return TomlError(0, f"this is {other}, and the engine reads plain text in TOML", _PASTE)
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or 3 * raw[:64].count(0) > len(raw[:64]):
        return TomlError(0, "the file is in UTF-16", _SAVE_AS)
    bad = _BAD_BYTE.search(text)
    return TomlError(bad.start(), "the file is not in UTF-8", _SAVE_AS) if bad else None


def _read(text: str) -> tuple[dict[str, Any], dict[Path, int]] | TomlError:
    """Return the data and the offset of each path, or why they cannot be read."""
    found = tokens(text)
    refused = _too_deep(found) or _nul(found)
    if refused:
        return refused
    try:
        data = tomllib.loads(text)
        starts = _starts(found)
    except tomllib.TOMLDecodeError as error:
        return explain(error, text, found)
    except RecursionError:  # the depth is bounded, but the caller's stack may be deep already
        return TomlError(0, f"nested more than {DEEPEST} deep")
    return _outsized(data, starts) or (data, starts)


def _too_deep(found: list[Token]) -> TomlError | None:
    """Return what tomllib would refuse without a position, or take seconds over: it is quadratic in dotted names."""
    depth = parts = 0
    for start, text in found:
        first = text[0]
        depth += (first in "[{") - (first in "]}")
        parts = parts + 1 if first == "." else 0 if first in "=,\n[{" else parts
        if depth > DEEPEST or parts >= DEEPEST:
            return TomlError(start, f"nested more than {DEEPEST} deep")
        if len(text) > _LONGEST_NUMBER and first in "+-0123456789":
            return TomlError(start, "this number is too long")
    return None


def _nul(found: list[Token]) -> TomlError | None:
    for start, text in found:
        for escape in _ESCAPE.finditer(text) if text[0] == '"' and "\\" in text else ():
            if "0" in escape[1]:
                return TomlError(start + escape.start(), "the character NUL cannot be stored", "delete it")
    return None


def _starts(found: list[Token]) -> dict[Path, int]:
    """Return the offset of each path; that of a table is its header, or else the first name that leads through it."""
    starts: dict[Path, int] = {}
    for path, start, defines in steps(found):
        if defines or path not in starts:
            starts[path] = start
    return starts


def _outsized(data: dict[str, Any], starts: Mapping[Path, int]) -> TomlError | None:
    deep = next((path for path in starts if len(path) > DEEPEST), None)
    if deep:
        return TomlError(starts[deep], f"nested more than {DEEPEST} deep")
    big = next(_big_integers(data), None)
    return TomlError(starts[big], "this number does not fit into 64 bits", "put a code in quotes") if big else None


def _big_integers(value: Any, path: Path = ()) -> Iterator[Path]:
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _big_integers(item, (*path, key))
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        yield path
