"""JSON from outside, read more strictly than by Python, so that what is accepted means the same everywhere."""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import accumulate
from math import isfinite
from typing import Any, NoReturn

DEEPEST = 64
LONGEST_NUMBER = 100


class Undecodable(ValueError):
    """The bytes cannot be read as their type says; the reason is worded for their sender."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


_JSON_TYPE = re.compile(r"\s*(?:application|text)/(?:[^\s;]*\+)?json\s*(?:;.*)?", re.IGNORECASE | re.DOTALL)


def is_json(content_type: str) -> bool:
    """Whether a media type, with or without parameters, is one of JSON's."""
    return _JSON_TYPE.fullmatch(content_type) is not None


def decode_json(body: bytes) -> object:
    """Return the one JSON value that the bytes hold, which may begin with a UTF-8 byte order mark.

    Raises Undecodable for what RFC 8259 leaves open or Python lets pass as well: NaN, names given twice, numbers
    beyond a float or of more than 100 digits, nesting beyond 64 levels.
    """
    text = _utf8(body.removeprefix(b"\xef\xbb\xbf"))
    if _is_deep(text):
        raise Undecodable(f"is nested more than {DEEPEST} levels deep")
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        message = error.msg[:1].lower() + error.msg[1:]
        raise Undecodable(f"is not JSON: line {error.lineno}, column {error.colno}: {message}") from None


_TEXT = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)


def is_crowded(body: bytes, most: int) -> bool:
    """Whether JSON has more than `most` opening brackets and commas outside strings; decoding it would take seconds."""
    return _crowd(body) > most and _crowd(_TEXT.sub(b"", body)) > most


def _crowd(body: bytes) -> int:
    return body.count(b"[") + body.count(b"{") + body.count(b",")


def _utf8(body: bytes) -> str:
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise Undecodable(f"is not valid UTF-8: byte {error.start + 1} is 0x{body[error.start]:02x}") from None
    if not text.strip():
        raise Undecodable("is empty")
    return text


# The closing quote is optional and the loops are possessive, so that text without one is passed once, not again
# and again.
_NOT_A_BRACKET = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[^"\[\]{}]+', re.DOTALL)
_STEP = {"[": 1, "{": 1, "]": -1, "}": -1}


def _is_deep(text: str) -> bool:
    """Whether brackets are nested beyond the limit; json itself could run out of stack."""
    if text.count("[") + text.count("{") <= DEEPEST:
        return False
    brackets = _NOT_A_BRACKET.sub("", text)
    return any(map(DEEPEST.__lt__, accumulate(map(_STEP.__getitem__, brackets.replace('"', "")))))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        [(twice, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise Undecodable(f"gives {twice[:60]!r} twice in one object")
    return members


def _constant(name: str) -> NoReturn:
    raise Undecodable(f"holds {name}, which is not JSON")


def _integer(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise Undecodable(f"holds a number of more than {LONGEST_NUMBER} digits")
    return int(digits)


def _float(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise Undecodable(f"holds {digits[:60]}, which is too large a number")
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_int=_integer, parse_float=_float)
