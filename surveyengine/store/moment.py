"""Moments, as both databases keep them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import DateTime, Dialect, TypeDecorator


def _as_text(value: datetime | None) -> str | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    # In UTC first, because the two moments of an hour that is repeated are equal.
    return _spelled(value if value.tzinfo is UTC else value.astimezone(UTC))


@lru_cache(maxsize=1000)  # the moment at which something is stored stands in many rows
def _spelled(moment: datetime) -> str:
    return moment.isoformat(" ", "microseconds")[:-6]  # without the zone


class Moment(TypeDecorator[datetime]):
    """A moment in UTC; SQLite, which has no such type, keeps it as text that sorts."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any] | None:
        """Return what spells a moment; SQLite's is the spelling of SQLAlchemy, made at once."""
        return _as_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value.astimezone(UTC) if dialect.name != "sqlite" else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return moment
