"""What a browser posted, before anybody knows which form it is of."""

from __future__ import annotations

from dataclasses import dataclass

from werkzeug.datastructures import MultiDict


@dataclass(frozen=True)
class Body:
    """The fields of a posted form; `readable` is false where some of it could not be read."""

    fields: MultiDict[str, str]
    readable: bool
