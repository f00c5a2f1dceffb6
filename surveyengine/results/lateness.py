"""How many invitations of a report's period have not left in time, by touchpoint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from ..engine import Engine
from ..store import lateness
from ..store.engine.database import REPORT
from ..values.enumeration import Reason
from ..values.period import DateRange
from .report import Report


def late(engine: Engine, report: Report, now: datetime) -> Mapping[str, int]:
    """Return by touchpoint how many still wait though they are late, or were given up as late."""
    days = DateRange(report.period.from_, report.period.to)
    refused = any(one.funnel.refused.get(Reason.LATE) for one in report.touchpoints)
    with engine.database.read(REPORT) as connection:
        found = Counter(lateness.waiting(connection, days, now))
        found.update(lateness.expired(connection, days) if refused else {})
    places = {id: survey.touchpoint for survey in engine.library.surveys.values() for id in survey.ids}
    counts: Counter[str] = Counter()
    for survey, n in found.items():
        counts[places.get(survey, survey)] += n
    return counts
