"""How response rates have changed against the period that a report is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ..engine import Engine
from ..store.engine.database import REPORT
from ..values.period import DateRange
from .change import Change, of_touchpoint
from .funnels import funnels
from .ledger import ledger
from .report import Report
from .versions import seen


def changes(engine: Engine, report: Report, now: datetime) -> Mapping[str, Change]:
    """Return by touchpoint how its rate has changed, where no invitation of either period can still be answered."""
    if not (compared := report.journey.change):
        return {}
    days = DateRange(compared.against.from_, compared.against.to)
    with engine.database.read(REPORT) as connection:
        earlier = ledger([], funnels(engine, connection, days, seen(engine, connection, days, now))).funnels
    over = [one for one in report.touchpoints if one.provisional_until is None and one.touchpoint in earlier]
    pairs = {one.touchpoint: (one.response_rate, earlier[one.touchpoint]) for one in over}
    return {
        name: of_touchpoint(rate, came.rate, compared.against)
        for name, (rate, came) in pairs.items()
        if came.open_until is None
    }
