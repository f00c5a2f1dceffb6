"""Compiled statements that all databases of a process share: nearly every test opens one of its own."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

from sqlalchemy import Connection, Engine, event


class Compiled(MutableMapping[Any, Any]):
    """SQLAlchemy's cache of compiled statements, for whichever connection speaks the same dialect to the same driver.

    SQLAlchemy keys it by the dialect's instance, of which each engine has its own; ours are all made alike.
    """

    def __init__(self) -> None:
        self._kept: dict[Any, Any] = {}

    def __getitem__(self, key: Any) -> Any:
        return self._kept[self._shared(key)]

    def __setitem__(self, key: Any, compiled: Any) -> None:
        self._kept[self._shared(key)] = compiled

    def __delitem__(self, key: Any) -> None:
        del self._kept[self._shared(key)]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)

    @staticmethod
    def _shared(key: Any) -> Any:
        dialect, *rest = key
        return (type(dialect), dialect.loaded_dbapi, *rest)


def share() -> None:
    """Have every connection of this process from now on look there first."""
    compiled = Compiled()

    @event.listens_for(Engine, "engine_connect")
    def use(connection: Connection) -> None:
        connection.execution_options(compiled_cache=compiled)
