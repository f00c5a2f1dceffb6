"""A demo whose customers answer in confidence about their deliveries: nothing that is hidden of it can be derived."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from typing import NamedTuple

import pytest
from sqlalchemy import select

from surveyengine.demo import business, filling
from surveyengine.engine import Engine, start
from surveyengine.results import query
from surveyengine.results.export.extract import RowFilter, Source
from surveyengine.store.schema import event, invitation
from surveyengine.values.clean import spelled
from surveyengine.values.period import month_end
from tests.results.test_suppression import narrowed

WINTER = filling.Wish(3000, 4, date(2026, 3, 31), months=2)
NOW = datetime(2026, 7, 1, tzinfo=UTC)
FIELDS = ("basket", "channel", "country", "courier", "region")
PRIME = 2**61 - 1


class Told(NamedTuple):
    """Which cells add up to what, and those of each hidden group; a cell is who was asked about the same in a block."""

    cells: int
    sums: list[tuple[set[int], int]]
    gone: dict[tuple[date, str, str], set[int]]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    root = tmp_path_factory.mktemp("demo") / "winter"
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(business.MODES, "purchase/delivery", "confidential")
        filling.fill(root, WINTER)
    with closing(start(root)) as engine:
        yield engine


def told(engine: Engine) -> Told:
    """Add up the rows of the export, and the reports of each month by each field."""
    days = Counter(row.day for _, row in Source(engine, RowFilter(survey="delivery"), NOW).responses() if row.day)
    cells = sorted(set(asked(engine, sorted(days))))
    sums = [({at for at, cell in enumerate(cells) if cell[0] == until}, n) for until, n in days.items()]
    gone: dict[tuple[date, str, str], set[int]] = {}
    for month in sorted({month_end(day) for day in days}):
        for place, field in enumerate(FIELDS, 1):
            wanted = query.ReportQuery(month.replace(day=1), month, field)
            found = [one for one in query.report(engine, wanted, NOW).touchpoints if one.touchpoint == "delivery"]
            for name, group in (found[0].by or {}).items():
                those = {at for at, one in enumerate(cells) if month_end(one[0]) == month and one[place] == name}
                if group.hidden and those:
                    gone[month, field, name] = those
                elif group.counts:
                    sums.append((those, sum(group.counts.values())))
    return Told(len(cells), sums, gone)


def asked(engine: Engine, days: Sequence[date]) -> Iterator[tuple[date, *tuple[str, ...]]]:
    """Yield in which block whoever was asked would answer, and about what."""
    query = select(invitation.c.day, event.c.data).join(event, event.c.key == invitation.c.event)
    with engine.database.read() as connection:
        for day, data in connection.execute(query.where(invitation.c.survey == "delivery")):
            if until := next((until for until in days if day <= until), None):
                yield until, *(spelled(data[field]) if field in data else "(not known)" for field in FIELDS)


def following(found: Told) -> list[tuple[date, str, str]]:
    """The hidden groups that are sums of what is told, each with a factor."""
    basis: list[tuple[int, list[int]]] = []
    for those, _ in found.sums:
        row = reduced([int(at in those) for at in range(found.cells)], basis)
        if any(row):
            pivot = next(at for at, n in enumerate(row) if n)
            inverse = pow(row[pivot], -1, PRIME)
            basis.append((pivot, [n * inverse % PRIME for n in row]))
    return [
        name for name, those in found.gone.items()
        if not any(reduced([int(at in those) for at in range(found.cells)], basis))
    ]  # fmt: skip


def reduced(row: list[int], basis: Iterable[tuple[int, list[int]]]) -> list[int]:
    for pivot, one in basis:
        if factor := row[pivot]:
            row = [(a - factor * b) % PRIME for a, b in zip(row, one, strict=True)]
    return row


def test_no_hidden_group_of_a_demo_follows_from_exports_and_reports(shop: Engine) -> None:
    found = told(shop)
    assert len({until for (until, *_) in found.gone}) > 1
    assert {field for _, field, _ in found.gone} > {"courier"}
    assert following(found) == []
    assert [name for name, those in found.gone.items() if narrowed(found.sums, found.cells, those)] == []
    every = found._replace(sums=[*found.sums, *((those, 0) for those in [*found.gone.values()][1:])])
    assert len(following(every)) >= len(found.gone) - 1    # the search finds what is told
