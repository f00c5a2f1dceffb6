"""Reads what was counted in each day, week or month of a period."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from ..engine import Engine
from ..i18n.calendar import is_gregorian
from ..i18n.cut import SHORTEST, Cut
from ..store import tallies
from ..store.engine.database import Connection
from ..store.tallies import Cell
from ..values.enumeration import TrendUnit
from ..values.period import DateRange, Days
from .funnels import open_days
from .ledger import AnswerRole, Tally, ledger
from .trend import Piece
from .versions import CountedVersion, Seen
from .wanted import NoReport, ReportQuery

FEW = 60
"""Pieces of which the database sums the counts: it looks for the piece of each one by one."""
Key = tuple[str, AnswerRole]
"""A survey and what an answer to it counts as."""


@dataclass
class Sums:
    """The counts of some days: by survey, role and value, and by survey, role and question."""

    values: Counter[tuple[Key, str]] = field(default_factory=Counter)
    questions: defaultdict[Key, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, cell: Cell, version: CountedVersion) -> None:
        """Add a count, if it is scored."""
        if role := version.roles.get((cell.question, cell.series)):
            key = version.survey, role
            self.values[key, cell.value] += cell.n
            self.questions[key][version.names[cell.question]] += cell.n

    def tallies(self) -> Iterable[Tally]:
        """Yield each count."""
        return (Tally(survey, role, value, n) for ((survey, role), value), n in self.values.items())


def pieces(engine: Engine, connection: Connection, wanted: ReportQuery, seen: Seen) -> list[Piece]:
    """Return the pieces of a period up to today, those in which nothing was counted too.

    A period with an open beginning begins with the first count. Raises NoReport for too many pieces.
    """
    if wanted.every is None:
        return []
    cut = Cut(wanted.every, engine.config.business.first_weekday, wanted.language or "en")
    counted = [*tallies.dated(connection, _meant(wanted, cut, seen)), *seen.out]
    opened = open_days(engine, connection, wanted.days, seen)
    days = {*(day for day, _ in counted), *(day for _, day in opened)}
    today = seen.now.astimezone(engine.config.business.zone).date()
    spans = _cut(cut, wanted.days, days, today)
    return _pieces(spans, _sums(spans, counted, seen.versions), _open(spans, opened), today)


def _meant(wanted: ReportQuery, cut: Cut, seen: Seen) -> tallies.DatedCells:
    """Return which counts are read: of scored questions, by days, or summed within each of few long pieces."""
    questions = {question for version in seen.versions.values() for question in version.names}
    meant = tallies.DatedCells(questions, wanted.days, seen.blocked, of=seen.narrowed)
    if cut.every is TrendUnit.MONTH and is_gregorian(cut.language):
        return meant._replace(monthly=True)
    since, until = wanted.days.since, wanted.days.until
    if cut.every is TrendUnit.DAY or since is None or until is None or (until - since).days > FEW * SHORTEST[cut.every]:
        return meant
    return meant._replace(starts=[piece.since for piece in cut.pieces(since, until)])


def _cut(cut: Cut, days: DateRange, counted: Collection[date], today: date) -> list[Days]:
    since = days.since or min(counted, default=today)
    last = max([today, *counted])
    until = min(days.until, last) if days.until else last
    try:
        return cut.pieces(since, until)
    except ValueError as error:
        raise NoReport(str(error)) from error


def _place(spans: Sequence[Days], day: date) -> int:
    return bisect_right(spans, day, key=lambda span: span.since) - 1


def _sums(
    spans: Sequence[Days], counted: Iterable[tuple[date, Cell]], known: Mapping[str, CountedVersion]
) -> list[Sums]:
    found = [Sums() for _ in spans]
    places: dict[date, int] = {}
    for day, cell in counted:
        if day not in places:
            places[day] = _place(spans, day)
        found[places[day]].add(cell, known[cell.digest])
    return found


def _open(spans: Sequence[Days], opened: Iterable[tuple[str, date]]) -> list[set[str]]:
    """Return the touchpoints of each piece to which more answers can come."""
    found: list[set[str]] = [set() for _ in spans]
    for touchpoint, day in opened:
        found[_place(spans, day)].add(touchpoint)
    return found


def _pieces(spans: Sequence[Days], sums: Sequence[Sums], opened: Sequence[set[str]], today: date) -> list[Piece]:
    return [
        Piece(
            span,
            ledger(one.tallies(), []),
            {key: max(asked, key=lambda question: asked[question]) for key, asked in one.questions.items()},
            touchpoints,
            span.until >= today,
        )
        for span, one, touchpoints in zip(spans, sums, opened, strict=True)
    ]
