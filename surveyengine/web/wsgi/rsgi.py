"""What the server hands over of a request, and takes of an answer (RSGI 1.6)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple, Protocol


class Headers(Protocol):
    """The headers of a request, their names in small letters; one that comes twice is there twice."""

    def items(self) -> Sequence[tuple[str, str]]: ...
    def get_all(self, key: str) -> Sequence[str]: ...
    def get(self, key: str, default: str) -> str: ...
    def __contains__(self, key: str) -> bool: ...


class Scope(Protocol):
    """What a request asks for, without its body."""

    http_version: str
    server: str
    client: str
    scheme: str
    method: str
    path: str
    query_string: str
    authority: str | None
    headers: Headers


class Exchange(Protocol):
    """The body of a request, in pieces, and the way for its answer.

    A body ends with one empty piece, and with two where it broke off. `aiter` takes it once.
    """

    def __aiter__(self) -> AsyncIterator[bytes]: ...
    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None: ...


class WholeAnswer(NamedTuple):
    """A whole answer."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
