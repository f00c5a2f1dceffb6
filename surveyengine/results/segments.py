"""Reads answers split by a field."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from ..definitions.model import nearest
from ..engine import Engine
from ..store import split
from ..store.engine.database import Connection
from ..values.msgid import N_
from .ledger import CSAT, Tally
from .split import CLAIMED, LANGUAGE, MOST_VALUES, NOT_KNOWN, grouped
from .versions import CountedVersion
from .wanted import NoSplit, ReportQuery

UNKNOWN = N_("No event has a field “{value}”.")
MANY = N_("The field “{value}” has {n} values in this period, and answers are compared by {most} at most.")
APART_BY = {"claim": CLAIMED, "unknown": NOT_KNOWN}


def cells(
    engine: Engine, connection: Connection, wanted: ReportQuery, without: Collection[str]
) -> list[split.SplitCell]:
    """Return the counts by the field's values; raises NoSplit for an unknown field, or too many values."""
    field = wanted.by or ""
    declared = {name for event in engine.config.events.values() for name in event.fields}
    if declared and field not in {*declared, LANGUAGE} and not split.is_known(connection, field):
        said = f"no event has a field {field!r}; {nearest(field, {*declared, LANGUAGE})}"
        raise NoSplit(said, UNKNOWN, value=field)
    meant = split.Split(field, CSAT, wanted.days, without)
    if (values := split.values(connection, meant)) > MOST_VALUES:
        said = f"{field!r} has {values} values in this period, and a report is split by {MOST_VALUES} at most"
        raise NoSplit(said, MANY, value=field, n=values, most=MOST_VALUES)
    return split.cells(connection, meant)


def tallies(counted: Sequence[split.SplitCell], known: Mapping[str, CountedVersion]) -> Iterator[Tally]:
    """Yield the counts of each group; spellings of one value are one group."""
    names = grouped((cell.group.value, cell.n) for cell in counted if cell.group.said == "fact")
    for cell in counted:
        version = known[cell.digest]
        if role := version.roles.get((cell.question, CSAT)):
            group = APART_BY.get(cell.group.said) or names[cell.group.value]
            yield Tally(version.survey, role, cell.value, cell.n, group)
