"""What pydantic says about a table that does not fit its model, in words that help the author."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from .document import Document, Path
from .fault import Fault
from .model import Model, is_model, model_at, nearest
from .text import is_text

TABLE, LIST = "write a table: { … }", "write a list: [ … ]"
WANTED = {  # of a value of the wrong type: what would be right
    "bool_type": "write true or false, without quotes",
    "string_type": 'write a text in quotes: "…"',
    "int_type": "write a whole number, such as 3",
    "float_type": "write a number, such as 0.5",
    "finite_number": "write a number that ends",
    "dict_type": TABLE,
    "mapping_type": TABLE,
    "model_type": TABLE,
    "model_attributes_type": TABLE,
    "tuple_type": LIST,
}
LIMITS = {  # of a value beyond a limit: what is wrong, what would be right
    "string_too_short": ("is empty", "write at least one character"),
    "string_too_long": ("is too long", "{max_length} characters are the most"),
    "too_long": ("has too many entries", "{max_length} are the most"),
    "greater_than_equal": ("is too small", "{ge:g} is the least"),
    "less_than_equal": ("is too large", "{le:g} is the most"),
}


def faults(error: ValidationError, document: Document, model: type[Model], at: Path = ()) -> list[Fault]:
    """Return what pydantic found wrong with the table at the path `at`, each with its place and in plain words."""
    told = (one for one in error.errors(include_url=False) if not _follows(one))
    return list(dict.fromkeys(_fault(one, document, model, at) for one in told))


def _follows(error: Any) -> bool:
    """Whether the error only follows from others: pydantic calls a list too short whose items are faulty."""
    return error["type"] == "too_short" and bool(len(error["input"]) >= error["ctx"]["min_length"])


def _fault(error: Any, document: Document, model: type[Model], at: Path) -> Fault:
    loc = error["loc"]
    path = (*at, *_trodden(loc, _value(document.data, at)))
    name = str(loc[-1]) if loc else ""
    if error["type"] in ("extra_forbidden", "missing"):
        table = model_at(model, loc[:-1]) or model
        unknown = error["type"] == "extra_forbidden"
        said = (f"unknown key `{name}`", table.astray(name)) if unknown else _missing(table, name, path)
        return document.fault(path, *said)
    message, hint = _said(error)
    return document.fault(path, f"`{_shown(path)}` {message}" if path else message, hint)


def _missing(table: type[Model], name: str, path: Path) -> tuple[str, str]:
    field = table.known_keys()[name]
    if is_model(field.annotation):
        return f"the table [{name}] is missing", f"add it, with {_needed(field.annotation)}"
    return f"`{name}` is missing", f"add `{name} = {_example(field.annotation, is_text(field))}`{_where(path)}"


def _needed(model: Any) -> str:
    needed = (f"`{key}`" for key, field in model.known_keys().items() if field.is_required())
    return ", ".join(needed)


def _where(path: Path) -> str:
    return "" if path else " before the first table"


def _example(annotation: Any, text: bool) -> str:
    if text:
        return '{ en = "…" }'
    return '"…"' if annotation is str else "…" if annotation in (int, float) else "[ … ]"


def _said(error: Any) -> tuple[str, str]:
    """Return what is wrong with a value, and what would be right."""
    kind, given, context = error["type"], error["input"], error.get("ctx", {})
    if kind in WANTED:
        return _given(given, kind), WANTED[kind]
    if kind in LIMITS:
        message, hint = LIMITS[kind]
        return message, hint.format(**context)
    if kind == "too_short":
        return "has too few entries" if given else "is empty", f"give {context['min_length']} or more"
    if kind == "literal_error":
        known = re.findall(r"'([^']*)'", context["expected"])
        return _unlisted(given, known)
    message, _, hint = error["msg"].partition("; ")
    return message, hint


def _unlisted(given: object, known: list[str]) -> tuple[str, str]:
    if not isinstance(given, str):
        return _given(given, ""), WANTED["string_type"]
    return f"cannot be `{given}`", nearest(given, known)


def _given(value: object, wanted: str) -> str:
    """Return what a value is, as its author would call it."""
    if wanted == "int_type" and isinstance(value, float):
        return "is not a whole number"
    if wanted == "finite_number":
        return "is no number to reckon with"
    names = {bool: "true or false", str: "a text", int: "a number", float: "a number", list: "a list", dict: "a table"}
    return f"is {names.get(type(value), 'a date or a time')}"


def _shown(path: Path) -> str:
    return str(next((step for step in reversed(path) if isinstance(step, str)), "this"))


def _value(data: Any, path: Path) -> Any:
    for step in path:
        data = data[step]
    return data


def _trodden(loc: Path, data: Any) -> Iterator[str | int]:
    """Yield the steps of a pydantic location that the file really has, without the names that only our models know."""
    for step in loc:
        is_key = isinstance(data, Mapping) and step in data
        is_item = isinstance(data, list) and isinstance(step, int) and step < len(data)
        if is_key or is_item:
            yield step
            data = data[step]
