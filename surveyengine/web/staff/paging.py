"""Where a page of a list begins, as its address says it."""

from __future__ import annotations

from ...store.export_rows import RowPlace
from ...values.msgid import N_
from ...values.period import day
from .period import LONGEST_SHOWN, UnknownPeriod

PARAMETER = "after"
NO_PLACE = N_("“{value}” is no place in this list.")


def read(text: str | None) -> RowPlace | None:
    """Return the place behind which a page begins; None for the first page. Raises UnknownPeriod."""
    if not text:
        return None
    begin, _, id = text.partition(".")
    try:
        return RowPlace(day(begin), id)
    except ValueError as error:
        raise UnknownPeriod(NO_PLACE, value=text[:LONGEST_SHOWN]) from error


def written(place: RowPlace | None) -> dict[str, str]:
    """Return the parameter that says a place; none for the end of a list."""
    return {PARAMETER: f"{place.day.isoformat()}.{place.id}"} if place else {}
