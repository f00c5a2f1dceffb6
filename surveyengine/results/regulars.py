"""Reads what is known of the customers who answered more than once in a period."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import accumulate

from ..engine import Engine
from ..store import repeats
from ..store.engine.database import Connection
from ..store.tallies import RESPONSES, Cell
from .repeat import RECODED, Repeats
from .versions import CountedVersion, Seen

MOST, TOGETHER = 1_000, 2_000
"""The responses of a touchpoint, and of all that are looked at: they are read one by one.

Of a touchpoint with more, repeats would change limits that are at most 3 points away.
"""


def regulars(
    engine: Engine, connection: Connection, seen: Seen, counted: Sequence[Cell]
) -> Mapping[tuple[str, str], Repeats]:
    """Return by touchpoint and kind what repeats there are among the identified answers of the period."""
    known = {digest: place for digest, one in seen.versions.items() if (place := _touchpoint(engine, one))}
    read = _read(known, counted)
    places = {digest: place for digest, place in known.items() if place in read}
    questions = [(digest, question) for digest in places for question, _ in seen.versions[digest].roles]
    surveys = {seen.versions[digest].cohort.survey for digest in places}
    wanted = repeats.RepeatQuery(surveys, places, questions, RECODED, seen.days)
    return {(row.place, row.kind): Repeats(*row[2:]) for row in repeats.rows(connection, wanted)}


def _read(places: Mapping[str, str], counted: Sequence[Cell]) -> set[str]:
    """Return the touchpoints that are looked at: those with few responses, the fewest first."""
    sizes = Counter[str]()
    for cell in counted:
        if cell.question == RESPONSES and cell.digest in places:
            sizes[places[cell.digest]] += cell.n
    few = sorted((n, place) for place, n in sizes.items() if n <= MOST)
    together = accumulate(n for n, _ in few)
    return {place for (_, place), total in zip(few, together, strict=True) if total <= TOGETHER}


def _touchpoint(engine: Engine, version: CountedVersion) -> str:
    """Return where the answers to a version fill a score; "" where they fill none, or nobody knows whose they are."""
    survey = engine.library.surveys.get(version.survey)
    return survey.touchpoint if survey and survey.head.scored and not version.is_blocked else ""
