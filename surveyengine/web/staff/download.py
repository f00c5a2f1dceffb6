"""Rows behind a page as a file: CSV, in which no text of others is a formula, or JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import NamedTuple

from flask import Response

from ...results.export import writers
from ...results.export.shape import Field, Row
from ...values.enumeration import AuditAction
from . import access

MOST = 100_000  # rows of a file that a browser waits for
TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json", "svg": "image/svg+xml"}


class RowFile(NamedTuple):
    """A file: what its rows are called, its columns and rows, and the query that they were chosen by."""

    name: str
    fields: Sequence[Field]
    rows: Iterable[Row]
    query: str = ""


def download(wanted: RowFile, style: str) -> Response:
    """Return the file as `csv` or `json`; that it was taken is noted."""
    return taken(_written(wanted, style), f"{wanted.name}.{style}", wanted.query)


def taken(content: bytes | str, name: str, query: str = "") -> Response:
    """Return a file that a browser saves under its name; that it was taken is noted, with what it was chosen by."""
    access.noted(AuditAction.EXPORTED, f"{name}{query}")
    return saved(content, name, TYPES[name.rpartition(".")[2]])


def saved(content: bytes | str, name: str, kind: str) -> Response:
    """Return a file that a browser saves under its name."""
    response = Response(content, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _written(wanted: RowFile, style: str) -> bytes:
    out = BytesIO()
    if style == "csv":
        writers.write_csv(out, wanted.fields, wanted.rows)
        return out.getvalue()
    writers.write_jsonl(out, wanted.fields, wanted.rows)
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    return json.dumps({wanted.name: rows}, ensure_ascii=False).encode()
