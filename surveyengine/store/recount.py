"""Compares the folded counts with the rows that they count, and has them made anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    delete,
    exists,
    func,
    insert,
    not_,
    or_,
    select,
    update,
)

from . import funnel_tallies, horizons, segment_tallies, tallies
from .count_tables import funnel_tally, segment_field, segment_tally, segment_value, tally
from .engine import lock
from .funnel_tallies import CURRENT, FUNNEL, counted_in, touched
from .rollup import Rollup
from .schema import invitation, response, survey_version
from .segment_tallies import SEGMENTS
from .tallies import RESPONSES, TALLY, counted

BATCH = 5_000  # rows
Cells = Counter[tuple[Any, ...]]
IsGone = Callable[[tuple[Any, ...]], bool]
"""Whether rows of a cell may have gone."""


def differences(connection: Connection) -> Mapping[str, int]:
    """Return how many counts of each table are not what the rows add up to; empty where all are right.

    Of days whose rows have gone no count may be lower than what is still there, and as many have to be missing from
    the rows, over all these days, as are known to have gone.
    """
    answers, funnel = _stored(connection, TALLY.days, TALLY), _stored(connection, FUNNEL.days, FUNNEL)
    gone = _OldDays(connection)
    wrong = {
        "tally": _apart(answers, _cells(connection, counted(response.c.folded)), gone.of(TALLY)),
        "tally_month": _apart(_stored(connection, TALLY.months, TALLY), _by_month(answers, TALLY)),
        "funnel_tally": _apart(funnel, _cells(connection, counted_in()), gone.of(FUNNEL)),
        "funnel_month": _apart(_stored(connection, FUNNEL.months, FUNNEL), _by_month(funnel, FUNNEL)),
        "invitation": _misplaced(connection),
        "retention": _unaccounted(connection),
        **_segments(connection, gone),
    }
    return {name: n for name, n in wrong.items() if n}


class _OldDays:
    """Tells which cells and rows are of days whose rows have gone.

    Invitations go by their survey: to which version one counts may be another survey's, that continued it.
    """

    def __init__(self, connection: Connection) -> None:
        by_survey = {survey: one.until for survey, one in horizons.read(connection).items()}
        self._until = {"survey": by_survey, "digest": horizons.by_version(connection)}

    def of(self, rollup: Rollup) -> IsGone:
        """Return which cells are of such days."""
        name = _named(rollup.days)
        whose, day, until = rollup.keys.index(name), rollup.keys.index("day"), self._until[name]
        return lambda cell: cell[whose] in until and cell[day] <= until[cell[whose]]

    def others(self, table: Table) -> list[ColumnElement[bool]]:
        """Return the condition that a row is of a day of which all rows are there."""
        name = _named(table)
        gone = [and_(table.c[name] == whose, table.c.day <= day) for whose, day in self._until[name].items()]
        return [not_(or_(*gone))] if gone else []


def _named(table: Table) -> str:
    return "survey" if "survey" in table.c else "digest"


def _unaccounted(connection: Connection) -> int:
    """Return for how many surveys other numbers of rows are missing than are known to have gone."""
    both = tally.join(survey_version, survey_version.c.digest == tally.c.digest)
    came = _by_survey(
        connection,
        select(survey_version.c.survey, func.sum(tally.c.n)).select_from(both).where(tally.c.question == RESPONSES),
    )
    there = _by_survey(connection, select(response.c.survey, func.count()).where(response.c.folded, ~response.c.test))
    invited = _by_survey(connection, select(funnel_tally.c.survey, func.sum(funnel_tally.c.n)))
    left = _by_survey(connection, select(invitation.c.survey, func.count()).where(invitation.c.counted_in.is_not(None)))
    return sum(
        (came[survey] - there[survey], invited[survey] - left[survey]) != (one.responses, one.invitations)
        for survey, one in horizons.read(connection).items()
    )


def _by_survey(connection: Connection, query: Select[Any]) -> Counter[str]:
    rows = connection.execute(query.group_by(query.selected_columns[0]))
    return Counter({row[0]: int(row[1]) for row in rows})


def count(connection: Connection) -> None:
    """Fold all that is not folded yet, in this transaction."""
    for fold in (tallies.fold, segment_tallies.advance, funnel_tallies.fold):
        while fold(connection, BATCH) == BATCH:
            pass


def forget(connection: Connection) -> None:
    """Take the folded counts away: every row counts as new until it is folded again.

    Those of days whose rows have gone stay, and the rows that came later for one of these days stay counted in them.
    """
    lock.hold(connection, lock.RETENTION)  # or rows could go meanwhile, and their counts with them
    old = _OldDays(connection)
    placed = invitation.c.counted_in.is_not(None)
    connection.execute(update(invitation).where(placed, *old.others(invitation)).values(counted_in=None))
    connection.execute(update(response).where(response.c.folded, *old.others(response)).values(folded=False))
    for rollup in (TALLY, FUNNEL, SEGMENTS):
        connection.execute(delete(rollup.days).where(*old.others(rollup.days)))
        connection.execute(delete(rollup.months))
        _add_up(connection, rollup)
    of_field = segment_tally.c.field == segment_field.c.field
    connection.execute(delete(segment_field).where(~exists().where(of_field)))
    said = exists().where(segment_tally.c.field == segment_value.c.field, segment_tally.c.fact == segment_value.c.fact)
    connection.execute(delete(segment_value).where(~said))


def _add_up(connection: Connection, rollup: Rollup) -> None:
    """Make the counts of months anew, of those of the days that are left."""
    for cell, n in _by_month(_stored(connection, rollup.days, rollup), rollup).items():
        ends = {"until": None} if "until" in rollup.months.c else {}
        values = dict(zip(rollup.keys, cell, strict=True))
        connection.execute(insert(rollup.months).values(**values, **ends, n=n))


def _segments(connection: Connection, gone: _OldDays) -> Mapping[str, int]:
    stored, again = _stored(connection, SEGMENTS.days, SEGMENTS), Cells()
    for field, query in segment_tallies.counted(connection).items():
        for row in connection.execute(query):
            if row.said != segment_tallies.UNKNOWN:
                again[(field, *(getattr(row, name) for name in SEGMENTS.keys[1:]))] = int(row.n)
    months = _stored(connection, SEGMENTS.months, SEGMENTS)
    return {
        "segment_tally": _apart(stored, again, gone.of(SEGMENTS)),
        "segment_month": _apart(months, _by_month(stored, SEGMENTS)),
    }


def _cells(connection: Connection, query: Any) -> Cells:
    return Counter({tuple(row[:-1]): int(row[-1]) for row in connection.execute(query)})


def _stored(connection: Connection, table: Table, rollup: Rollup) -> Cells:
    return _cells(connection, select(*(table.c[name] for name in rollup.keys), table.c.n))


def _by_month(days: Cells, rollup: Rollup) -> Cells:
    at, months = rollup.keys.index("day"), Cells()
    for cell, n in days.items():
        months[(*cell[:at], cell[at].replace(day=1), *cell[at + 1 :])] += n
    return months


def _apart(stored: Cells, again: Cells, is_gone: IsGone = lambda cell: False) -> int:
    return sum(
        stored[cell] < again[cell] if is_gone(cell) else stored[cell] != again[cell]
        for cell in stored.keys() | again.keys()
    )


def _misplaced(connection: Connection) -> int:
    """Return how many invitations that no change has touched are counted where they do not stand."""
    moved = [FUNNEL.days.c[name] != CURRENT[name] for name in FUNNEL.keys]
    query = select(func.count()).join_from(invitation, funnel_tally, funnel_tally.c.key == invitation.c.counted_in)
    return int(connection.execute(query.where(invitation.c.key.not_in(touched()), or_(*moved))).scalar_one())
