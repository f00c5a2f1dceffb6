"""The data of an event: of a bounded size, with every text in it cleaned."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from math import isfinite
from typing import Any

from ..values import clean
from ..values.clean import Unclean
from ..values.label import LONGEST as LONGEST_LABEL
from ..values.strict_json import Undecodable, decode_json, is_crowded, is_json
from .fields import Faults, about, is_integer, shown

LARGEST = 64 * 1024  # bytes as JSON
DEEPEST = 20
ORDER = "order"  # the field that names an occasion where no other does
_LEFT_OUT: Any = object()
_spelled = json.JSONEncoder(ensure_ascii=False).encode
_WORD = re.compile(r"[^\W_]+")


def data(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return a raw event's data as it came; raises Unclean unless it is a JSON object of a bounded size and depth."""
    given = raw.get("data") if raw.get("data_base64") is None else _from_base64(raw)
    if given is None:
        return {}
    if not is_json(str(raw.get("datacontenttype") or "application/json")):
        raise Unclean("is not JSON by its `datacontenttype`; only application/json is understood")
    if not isinstance(given, dict):
        raise Unclean("must be a JSON object")
    _check_size(given)
    return given


def _from_base64(raw: Mapping[str, Any]) -> object:
    if raw.get("data") is not None:
        raise Unclean("and `data_base64` are both given")
    try:
        decoded = base64.b64decode(raw["data_base64"], validate=True)
        if is_crowded(decoded, 2 * LARGEST):  # each value has at most one bracket and one comma
            raise Undecodable("is larger than 64 KB")
        return decode_json(decoded)
    except Undecodable as error:
        raise Unclean(f"(given as `data_base64`) {error.reason}") from None
    except (ValueError, TypeError):
        raise Unclean("(given as `data_base64`) is not base64") from None


def _check_size(given: Mapping[str, Any]) -> None:
    """Raise Unclean as soon as the data are too large or too deep, so that refusing them costs little."""
    left: list[tuple[Any, int]] = [(given, 0)]
    weight = 0
    while left:
        value, depth = left.pop()
        weight += len(value) if isinstance(value, str | list | dict) else 1
        if weight > LARGEST:
            raise Unclean("is larger than 64 KB")
        if depth > DEEPEST:
            raise Unclean(f"is nested more than {DEEPEST} levels deep")
        if isinstance(value, list | dict):
            left += [(item, depth + 1) for item in (value.values() if isinstance(value, dict) else value)]


def facts(given: Mapping[str, Any], type: str, faults: Faults) -> dict[str, Any]:
    """Return a cleaned copy of the data, without the customer; `type` is the event's.

    An unusable value is left out; in a field that says what the event is about, it is a fault of the event.
    """
    named = {name: given[name] for name in sorted(subjects(type) & given.keys())}
    bad = {name for name, value in named.items() if not faults.read(f"data.{name}", _subject, value, False)}
    rest = {key: value for key, value in given.items() if key != "customer" and key not in bad}
    copy: dict[str, Any] = _copy(rest, "data", faults)
    for name, value in named.items():
        faults.recognised(name, value, copy.get(name))
    if len(_spelled(copy).encode()) > LARGEST:
        faults.note("data", "is larger than 64 KB")
    return copy


def subjects(type: str) -> set[str]:
    """Return the fields that say what an event of that type is about."""
    return {ORDER, *first_word(type)} - {"customer"}


@lru_cache(maxsize=1000)
def first_word(type: str) -> tuple[str, ...]:
    """Return the first word of an event's type, alone in a tuple; an empty one where it has no word."""
    return tuple(_WORD.findall(type)[:1])


def _subject(value: object) -> bool:
    """Return True for a value that can identify an occasion; raises Unclean for any other."""
    if not isinstance(about(value), list | dict):
        _scalar(value)
    return True


def _copy(value: object, name: str, faults: Faults) -> Any:
    if isinstance(value, list):
        items = (_copy(item, f"{name}[{index}]", faults) for index, item in enumerate(value))
        return [item for item in items if item is not _LEFT_OUT]
    if not isinstance(value, dict):
        return faults.spare(name, _scalar, value, _LEFT_OUT)
    copy: dict[str, Any] = {}
    for key, item in value.items():
        path = f"{name}.{_key_shown(key)}"
        kept, content = faults.spare(path, _key, key, None), _copy(item, path, faults)
        if kept in copy:
            faults.note(name, "gives two names that read the same")
        elif kept is not None and content is not _LEFT_OUT:
            copy[kept] = content
    return copy


def _key_shown(key: object) -> str:
    return key if isinstance(key, str) and key.isprintable() and len(key) <= 60 else shown(key)


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise Unclean("must have a text for its name")
    return clean.text(key, LONGEST_LABEL)


def _scalar(value: object) -> object:
    if isinstance(value, str):
        return clean.text(value, lines=True)
    if value is None or isinstance(value, bool) or is_integer(value) or isinstance(value, float) and isfinite(value):
        return value
    raise Unclean("must be text, true, false, null or a finite number of at most 38 digits")
