"""Limits of a file's size, checked first, so that a file that is too large is refused at once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from .fault import Fault
from .toml.document import Document, Path

MOST_TOLD = 20  # faults of a file
MOST_KEYS = 50  # of a table
MOST_TABLES = 500  # in a table of tables, such as [events], or of weights
MOST_ENTRIES = 1_000  # of a list that is not named here
ENTRIES = {
    "question": 200, "options": 50, "rows": 20, "was": 50, "cancel_on": 50, "remind": 50, "channels": 50,
    "languages": 50,
}  # fmt: skip
TABLES = ("events", "journey", "weights", "at_most", "import", "hooks")
CONDITIONS = ("show_if", "when")
MOST_TERMS = 1_000  # tests and values of a condition, with all of its alternatives
LONGEST_KEY = 255  # characters
LONGEST = 10_000  # characters; a sentence has a shorter limit of its own


def faults(document: Document) -> list[Fault]:
    """Return the first excess in a file, at most one fault; such a file is not checked further."""
    return list(islice(_faults(document, document.data, ()), MOST_TOLD))


def _faults(document: Document, value: Any, path: Path) -> Iterator[Fault]:
    if isinstance(value, str):
        if len(value) > LONGEST:
            yield document.fault(path, f"this text is {len(value)} characters long", f"{LONGEST} are the most")
    elif isinstance(value, dict | list):
        name = str(next((step for step in reversed(path) if isinstance(step, str)), ""))
        if found := _condition(document, value, path) if name in CONDITIONS else _wide(document, value, path, name):
            yield found
        else:
            yield from _inside(document, value, path)


def _inside(document: Document, value: dict[str, Any] | list[Any], path: Path) -> Iterator[Fault]:
    for step, one in _items(value):
        if isinstance(step, str) and len(step) > LONGEST_KEY:
            message = f"the name `{step[:20]}…` is {len(step)} characters long"
            yield document.fault((*path, step), message, f"{LONGEST_KEY} are the most")
        else:
            yield from _faults(document, one, (*path, step))


def _wide(document: Document, value: dict[str, Any] | list[Any], path: Path, name: str) -> Fault | None:
    is_list = isinstance(value, list)
    most = ENTRIES.get(name, MOST_ENTRIES) if is_list else MOST_TABLES if name in TABLES else MOST_KEYS
    if len(value) <= most:
        return None
    called = f"`{name}`" if path and isinstance(path[-1], str) else f"this {'list' if is_list else 'table'}"
    message = f"{called if path else 'the file'} has {len(value)} {'entries' if is_list else 'keys'}"
    return document.fault(path, message, f"{most} are the most")


def _condition(document: Document, value: dict[str, Any] | list[Any], path: Path) -> Fault | None:
    if not (isinstance(path[-1], str) and any(True for _ in islice(_terms(value), MOST_TERMS, None))):
        return None
    hint = f"{MOST_TERMS} are the most; write fewer, or let the events say in a field of their own whom it concerns"
    return document.fault(path, f"the condition `{path[-1]}` has more than {MOST_TERMS} tests and values", hint)


def _terms(value: Any) -> Iterator[None]:
    for _, one in _items(value) if isinstance(value, dict | list) else ():
        yield None
        yield from _terms(one)


def _items(value: dict[str, Any] | list[Any]) -> Iterator[tuple[str | int, Any]]:
    return iter(value.items() if isinstance(value, dict) else enumerate(value))
