"""Reads a posted form strictly: what is not UTF-8 is told, never dropped silently, and the rest is kept."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

from flask import Request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge

from ...responses.posted import Body

URLENCODED = "application/x-www-form-urlencoded"
LIMIT = 1_000_000  # bytes
MOST_FIELDS = 1_000
UNHEARD = "surveyengine.unheard"  # where the environ of a request without its body has the notice that answers it


def whole(request: Request, limit: int) -> bytes:
    """Return the body of a request; raises RequestEntityTooLarge where it has more bytes than the limit.

    Of a body whose length was not said (a chunked one) werkzeug gives the first bytes, and says nothing of the rest.
    """
    request.max_content_length = limit
    raw = request.get_data()
    if len(raw) >= limit and request.content_length is None:
        raise RequestEntityTooLarge
    return raw


def plain(environ: dict[str, Any]) -> Body | None:
    """Return the fields of a form as browsers send it; None for another one, which is then still to be read."""
    length = environ.get("CONTENT_LENGTH", "")
    if environ.get("CONTENT_TYPE") != URLENCODED or not length.isdecimal() or int(length) > LIMIT:
        return None
    raw = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = BytesIO(raw)
    return _urlencoded(raw, expected=True) if len(raw) == int(length) else None


def read(request: Request) -> Body:
    """Return the fields that were posted; raises RequestEntityTooLarge above the limit."""
    raw, kind = whole(request, LIMIT), request.mimetype
    if kind != "multipart/form-data":
        return _urlencoded(raw, kind == URLENCODED)
    request.max_form_memory_size, request.max_form_parts = LIMIT, MOST_FIELDS
    return _checked(request.form.items(multi=True), not request.files and _is_utf8(raw))


def _is_utf8(raw: bytes) -> bool:
    """Whether nothing was replaced: werkzeug puts U+FFFD for what it cannot decode, and says nothing."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _urlencoded(raw: bytes, expected: bool) -> Body:
    fields: list[tuple[str, str]] = []
    pieces = [piece for piece in raw.replace(b"+", b" ").split(b"&", MOST_FIELDS) if piece]
    readable = expected and len(pieces) <= MOST_FIELDS
    for piece in pieces[:MOST_FIELDS]:
        name, _, value = piece.partition(b"=")
        if b"%" in piece:
            name, value = unquote_to_bytes(name), unquote_to_bytes(value)
        try:
            fields.append((name.decode(), value.decode()))
        except UnicodeDecodeError:
            readable = False
    return _checked(fields, readable)


def _checked(fields: Iterable[tuple[str, str]], readable: bool) -> Body:
    """Leave out fields with NUL, which no database stores."""
    given = list(fields)
    storable = [(name, value) for name, value in given if "\0" not in name and "\0" not in value]
    return Body(MultiDict(storable), readable and bool(given) and len(storable) == len(given))
