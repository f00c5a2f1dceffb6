"""Reads answers split by a field."""

from __future__ import annotations

from collections import Counter
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
FEW_VALUES = 10
"""With so many values a field may have one answer for each."""
LEAST_SHARED = 2
"""Answers that a value must have on average, where there are more."""
SINGLE = N_(
    "The field “{value}” has {n} values for {answers} answers in this period, so that it names single ones. "
    "Please choose another field, or a longer period."
)
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
    found = split.cells(connection, meant)
    sizes = _sizes(found)
    if names_answers(sizes):
        said = (
            f"{field!r} has {len(sizes)} values for {sum(sizes)} answers in this period, so that it names single ones"
        )
        raise NoSplit(
            f"{said}; choose another field, or a longer period", SINGLE, value=field, n=len(sizes), answers=sum(sizes)
        )
    return found


def names_answers(sizes: Collection[int]) -> bool:
    """Whether groups of these sizes are no groups: many, and most answers are alone or nearly so in theirs.

    Such a field is a number of an invoice or a telephone: to split by it would tell who answered.
    """
    return len(sizes) > FEW_VALUES and sum(sizes) < LEAST_SHARED * len(sizes)


def _sizes(found: Collection[split.SplitCell]) -> Collection[int]:
    """Return how many answers there are of each value of the field."""
    sizes: Counter[str] = Counter()
    for cell in found:
        if cell.group.said == "fact":
            sizes[cell.group.value] += cell.n
    return sizes.values()


def tallies(counted: Sequence[split.SplitCell], known: Mapping[str, CountedVersion]) -> Iterator[Tally]:
    """Yield the counts of each group; spellings of one value are one group."""
    names = grouped((cell.group.value, cell.n) for cell in counted if cell.group.said == "fact")
    for cell in counted:
        version = known[cell.digest]
        if role := version.roles.get((cell.question, CSAT)):
            group = APART_BY.get(cell.group.said) or names[cell.group.value]
            yield Tally(version.survey, role, cell.value, cell.n, group)
