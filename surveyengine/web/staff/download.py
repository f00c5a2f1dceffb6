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
TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


class RowFile(NamedTuple):
    """A file: what its rows are called, its columns and rows, and the query that they were chosen by."""

    name: str
    fields: Sequence[Field]
    rows: Iterable[Row]
    query: str = ""


def download(wanted: RowFile, style: str) -> Response:
    """Return the file as `csv` or `json`; that it was taken is noted."""
    access.noted(AuditAction.EXPORTED, f"{wanted.name}.{style}{wanted.query}")
    response = Response(_written(wanted, style), content_type=TYPES[style])
    response.headers["Content-Disposition"] = f'attachment; filename="{wanted.name}.{style}"'
    return response


def _written(wanted: RowFile, style: str) -> bytes:
    out = BytesIO()
    if style == "csv":
        writers.write_csv(out, wanted.fields, wanted.rows)
        return out.getvalue()
    writers.write_jsonl(out, wanted.fields, wanted.rows)
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    return json.dumps({wanted.name: rows}, ensure_ascii=False).encode()
