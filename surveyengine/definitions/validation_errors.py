"""pydantic's errors about a table, in an author's words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from . import synonym
from .fault import Fault
from .model import Model, innermost, is_model, model_at, nearest
from .text import UNSPOKEN, example, is_text
from .toml.document import Node, Path

NUMBER = "write a number, such as 3.5"
WANTED = {  # of a value of the wrong type: what would be right
    "bool_type": "write true or false, without quotes",
    "string_type": 'write a text in quotes: "…"',
    "int_type": "write a whole number, such as 3",
    "float_type": NUMBER,
    "finite_number": "",
    "dict_type": "write a table: { … }",
    "mapping_type": "write a table: { … }",
    "model_type": "write a table: { … }",
    "model_attributes_type": "write a table: { … }",
    "tuple_type": "write a list: [ … ]",
}
TABLES = frozenset(["dict_type", "mapping_type", "model_type", "model_attributes_type"])
LIMITS = {  # of a value beyond a limit: what is wrong, what would be right
    "string_too_short": ("is empty", "write at least one character"),
    "string_too_long": ("is too long", "{max_length} characters are the most"),
    "too_long": ("has too many entries", "{max_length} are the most"),
    "greater_than_equal": ("is too small", "{ge:g} is the least"),
    "less_than_equal": ("is too large", "{le:g} is the most"),
}


def faults(error: ValidationError, node: Node, model: type[Model], languages: Sequence[str] = ()) -> list[Fault]:
    """Return pydantic's errors about the table at the node as faults.

    Hints for texts show the `languages` that they need.
    """
    told = (one for one in error.errors(include_url=False) if not _follows(one))
    return list(dict.fromkeys(_fault(one, node, model, languages) for one in told))


def _follows(error: Any) -> bool:
    """Whether the error only follows from others: pydantic also calls a list of invalid items too short."""
    return error["type"] == "too_short" and bool(len(error["input"]) >= error["ctx"]["min_length"])


def _fault(error: Any, node: Node, model: type[Model], languages: Sequence[str]) -> Fault:
    loc = error["loc"]
    place = node.below(*_trodden(loc, node.value))
    path = place.path
    name = str(loc[-1]) if loc else ""
    if error["type"] in ("extra_forbidden", "missing"):
        table = model_at(model, loc[:-1]) or model
        unknown = error["type"] == "extra_forbidden"
        said = (f"unknown key `{name}`", table.astray(name)) if unknown else _missing(table, name, path, languages)
        return place.fault(*said)
    message, hint = _no_text(error["input"], languages) if error["type"] == UNSPOKEN else _said(error)
    inner = model_at(model, (step for step in loc if isinstance(step, str)))
    if inner and error["type"] in TABLES:
        hint = inner.instead(error["input"], languages) or hint
    elif inner and error["type"] == "tuple_type" and inner is not model:
        hint = f"write a list of tables: [ {inner.shown(languages)}, … ]"
    return place.fault(f"`{_shown(path)}` {message}" if path else message, hint)


def _missing(table: type[Model], name: str, path: Path, languages: Sequence[str]) -> tuple[str, str]:
    field = table.known_keys()[name]
    if is_model(field.annotation):
        return f"the table [{name}] is missing", f"add it, with {_needed(field.annotation)}"
    return f"`{name}` is missing", f"add `{name} = {_example(field, languages)}`{_where(path)}"


def _needed(model: Any) -> str:
    needed = (f"`{key}`" for key, field in model.known_keys().items() if field.is_required())
    return ", ".join(needed)


def _where(path: Path) -> str:
    return "" if path else " before the first table"


def _example(field: FieldInfo, languages: Sequence[str]) -> str:
    if is_text(field):
        return example(languages)
    if is_model(inner := innermost(field.annotation)):
        return f"[ {inner.shown(languages)}, … ]"
    return '"…"' if field.annotation is str else "…" if field.annotation in (int, float) else "[ … ]"


def _no_text(given: object, languages: Sequence[str]) -> tuple[str, str]:
    """Return what is wrong with a value in place of a text by languages, and what would be right."""
    if isinstance(given, str):
        return "does not say in which language it is", f"write {example(languages, given)}"
    return _given(given, ""), f"write a text: {example(languages)}"


def _said(error: Any) -> tuple[str, str]:
    """Return what is wrong with a value, and what would be right."""
    kind, given, context = error["type"], error["input"], error.get("ctx", {})
    if kind in WANTED:
        message = _given(given, kind)
        return message, "" if message.startswith("must") else _rewritten(given, kind) or WANTED[kind]
    if kind in LIMITS:
        message, hint = LIMITS[kind]
        return message, hint.format(**context)
    if kind == "too_short":
        return "has too few entries" if given else "is empty", f"give {context['min_length']} or more"
    if kind in ("literal_error", "enum"):
        known = re.findall(r"'([^']*)'", context["expected"])
        return unlisted(given, known)
    message, _, hint = error["msg"].partition("; ")
    return message, hint


def unlisted(given: object, known: Sequence[str]) -> tuple[str, str]:
    """Return what is wrong with a value outside the `known` words, and what would be right."""
    if not isinstance(given, str):
        return _given(given, ""), f'write a text in quotes: "{known[0]}"'
    called = re.findall(r'"(\w+)"', synonym.kind(given, known))
    ours = next((one for one in called if one in known), "")
    return f"cannot be `{given}`", f"write `{ours}`" if ours else nearest(given, known)


def _rewritten(given: object, wanted: str) -> str:
    """Return a hint with the value in the wanted type; "" where none can be guessed."""
    if wanted == "bool_type" and str(given).strip().lower() in _SWITCHES:
        return f"write {_SWITCHES[str(given).strip().lower()]}, without quotes"
    if wanted in ("int_type", "float_type") and isinstance(given, str):
        number = re.sub(r"[\s%]", "", given).replace(",", ".")
        is_right = re.fullmatch(r"[+-]?\d{1,15}" + r"(\.\d{1,15})?" * (wanted == "float_type"), number, re.ASCII)
        return f"write {number.removeprefix('+')}, without quotes" if is_right else ""
    if wanted == "tuple_type" and isinstance(given, str | int | float) and not isinstance(given, bool):
        return f"write a list: [{json.dumps(given, ensure_ascii=False)}]"
    if wanted == "string_type" and isinstance(given, int | float | date) and not isinstance(given, bool):
        return f'write it in quotes: "{given}"'
    return ""


_SWITCHES = {
    **dict.fromkeys(("1", "true", "yes", "on", "y", "כן", "بله"), "true"),
    **dict.fromkeys(("0", "false", "no", "off", "n", "לא", "خیر", "نه"), "false"),
}


def _given(value: object, wanted: str) -> str:
    """Return what kind of value it is, or what it must be, in an author's words."""
    if wanted == "int_type" and isinstance(value, float):
        return "must be a whole number, such as 3"
    if wanted == "finite_number":
        return "must be a finite number, such as 3.5"
    names = {bool: "true or false", str: "a text", int: "a number", float: "a number", list: "a list", dict: "a table"}
    return f"is {names.get(type(value), 'a date or a time')}"


def _shown(path: Path) -> str:
    return str(next((step for step in reversed(path) if isinstance(step, str)), "this"))


def _trodden(loc: Path, data: Any) -> Iterator[str | int]:
    """Yield the steps of a pydantic location that the file has; others are names of our models."""
    for step in loc:
        is_key = isinstance(data, Mapping) and step in data
        is_item = isinstance(data, list) and isinstance(step, int) and step < len(data)
        if is_key or is_item:
            yield step
            data = data[step]
