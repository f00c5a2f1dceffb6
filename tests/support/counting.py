"""Folded counts, forgotten."""

from __future__ import annotations

from sqlalchemy import Connection

from surveyengine.store import recount
from surveyengine.store.count_tables import (
    funnel_month,
    funnel_tally,
    retention,
    segment_field,
    segment_month,
    segment_tally,
    segment_value,
    tally,
    tally_month,
)

COUNTS = (
    *(tally, tally_month, funnel_tally, funnel_month, retention),
    *(segment_field, segment_value, segment_tally, segment_month),
)


def unfold(connection: Connection) -> None:
    """Forget the folded counts, so that all answers are counted anew; nobody may fold any meanwhile."""
    recount.forget(connection)
