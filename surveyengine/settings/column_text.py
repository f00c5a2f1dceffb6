"""Texts with names of columns in braces, such as `{Name}-paid`; what a column holds is never looked into again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

_NAMED = re.compile(r"\{([^{}]+)\}")


def is_column_text(text: str) -> bool:
    """Whether the text has braces, and is not itself the name of a column."""
    return "{" in text or "}" in text


def columns(text: str) -> tuple[str, ...]:
    """Return the columns that a text names, in order."""
    return tuple(found[1].strip() for found in _NAMED.finditer(text))


def fault(text: str) -> str:
    """Return what is wrong with a text, to follow its name; "" where nothing is."""
    if re.search(r"[{}]", _NAMED.sub("", text)):
        return "has a brace that nothing closes or opens"
    if any(not column for column in columns(text)):
        return "has braces with no column in them"
    return "" if columns(text) else "names no column"


def filled(text: str, cell: Callable[[str], str]) -> str:
    """Return the text with what each column holds, in one pass."""
    return "".join(cell(piece) if is_column else piece for piece, is_column in _pieces(text))


@lru_cache(1_000)
def _pieces(text: str) -> tuple[tuple[str, bool], ...]:
    return tuple(_split(text))


def _split(text: str) -> Iterator[tuple[str, bool]]:
    for index, piece in enumerate(_NAMED.split(text)):  # text and names by turns
        yield (piece.strip(), True) if index % 2 else (piece, False)
