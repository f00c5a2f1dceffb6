"""Says on a page that of older answers only the counts are left, so that lists have fewer of them than a report."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from ...i18n.speech import Speech
from ...results.kept import counted_until
from ...results.report import COUNTED
from ...store.engine.database import REPORT
from ...values.period import DateRange
from ..services import services


def told(days: DateRange, surveys: Collection[str] | None, speech: Speech) -> str:
    """Return the sentence for a list of answers of these days to some surveys, or to all; "" where all are there."""
    engine = services().engine
    with engine.database.read(REPORT) as connection:
        found = counted_until(engine, connection, days)
    known = {engine.library.today(one) for one in surveys} if surveys is not None else {*found}
    return said(max((day for survey, day in found.items() if survey in known), default=None), speech)


def said(until: date | None, speech: Speech) -> str:
    """Return the sentence; "" without a day."""
    return speech.gettext(COUNTED, day=speech.date(until)) if until else ""
