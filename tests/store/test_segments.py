"""Counts by a field of the context: whatever is folded, changed or taken away, they equal a count of the answers."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, delete, select

from surveyengine.engine import Engine
from surveyengine.store import recount, responses, segment_tallies, split, tallies
from surveyengine.store.count_tables import segment_field
from surveyengine.store.engine.direct import Direct
from surveyengine.store.schema import answer, response
from surveyengine.store.split import Split
from surveyengine.values.period import ALWAYS, DateRange

FIRST = date(2026, 7, 20)
PERIODS = (ALWAYS, DateRange(date(2026, 8, 1), date(2026, 8, 31)), DateRange(date(2026, 7, 25), date(2026, 9, 3)))
FIELDS = ("courier", "total", "language", "order", "never")
VALUES: dict[str, tuple[Any, ...]] = {
    "courier": ("Kav", "kav", "Post", "پیک"), "total": (100, 100.0, 12.5, True, "100"), "note": ("x" * 300,),
}  # fmt: skip


def add(connection: Connection, chance: Random, digest: str, id: str) -> None:
    context = {field: chance.choice(values) for field, values in VALUES.items() if chance.random() < 0.6}
    row = {
        "id": id, "survey": "delivery", "digest": digest, "language": chance.choice(["he", "fa"]), "direction": "rtl",
        "day": FIRST + timedelta(days=chance.randrange(60)), "claimed": chance.random() < 0.2,
        "test": chance.random() < 0.1,
    }  # fmt: skip
    value = chance.choice(["1", "2", "5", "5", "na"])
    said = {"question": "satisfaction", "position": 0, "series": "csat", "counted": value != "na", "value": value}
    responses.add(Direct.within(connection), {**row, "context": {**context, "order": f"A-{id}"}}, [said])


def look(connection: Connection) -> None:
    assert recount.differences(connection) == {}
    for field in FIELDS:
        for days in PERIODS:
            rows = connection.execute(split._of_answers(Split(field, "csat", days))).all()
            raw = Counter[tuple[str, ...]]()
            for *key, n in rows:    # by days
                raw[tuple(key)] += n
            cells = split.cells(connection, Split(field, "csat", days))
            assert {(*cell.group, *cell[1:-1]): cell.n for cell in cells} == raw, (field, days)
            facts = {str(row.fact).lower() for row in rows if row.said == "fact"}
            assert split.values(connection, Split(field, "csat", days)) >= len(facts)


@pytest.mark.parametrize("most", [1_000, 20])
def test_groups_equal_a_count_of_the_answers_at_every_moment(
    engine: Engine, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segment_tallies, "MOST_VALUES", most)
    chance, digest = Random(most), engine.library.surveys["delivery"].digest
    with engine.database.write() as connection:
        for number in range(60):
            add(connection, chance, digest, f"{number}")
            if number % 12 == 5:
                tallies.fold(connection, chance.randint(1, 10))
                look(connection)
            if number % 4 == 1:
                segment_tallies.advance(connection, chance.randint(1, 9))
                look(connection)
            if number == 40:
                segment_tallies.restart(connection)    # as in another database
                look(connection)
            if number % 20 == 15:
                gone = [f"{one}" for one in chance.sample(range(number), 4)]
                tallies.take_back(connection, gone)
                for table, column in ((answer, answer.c.response), (response, response.c.id)):
                    connection.execute(delete(table).where(column.in_(gone[:2])))
                look(connection)
        recount.count(connection)
        look(connection)
        assert all(segment_tallies.is_counted(connection, field) for field in ("courier", "total", "language"))
        counted = {row.field: row.counted for row in connection.execute(select(segment_field))}
    assert counted == {"courier": True, "total": True, "language": True, "note": False, "order": most > 60}
