"""Texts without a language: a business of one language need not name it."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import replace
from typing import Any

from .toml.document import Document, Path


def spelled_out(document: Document, places: Iterable[tuple[Path, Any]], language: str) -> Document:
    """Return the document with each plain text at these places under the only language of the business.

    So a file has the same content, and the same digest, as one that names the language.
    """
    plain = [(path, value) for path, value in places if isinstance(value, str)]
    if not plain:
        return document
    data = deepcopy(document.data)
    for path, value in plain:
        parent: Any = data
        for step in path[:-1]:
            parent = parent[step]
        parent[path[-1]] = {language: value}
    return replace(document, data=data)
