"""Of which days only counts are left, because the answers have been kept for their time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from ..engine import Engine
from ..store import horizons
from ..store.engine.database import Connection
from ..values.period import DateRange


def counted_until(engine: Engine, connection: Connection, days: DateRange) -> Mapping[str, date]:
    """Return by survey of today up to which day rows have gone, where a period reaches back to that day."""
    found: dict[str, date] = {}
    for survey, one in horizons.read(connection).items():
        if days.since is None or days.since <= one.until:
            today = engine.library.today(survey)
            found[today] = max(one.until, found.get(today, one.until))
    return found
