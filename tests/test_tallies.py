"""Counting what is new without reading what is old."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import event

from surveyengine.engine import start
from surveyengine.store import tallies
from tests import business


def test_neither_a_report_nor_folding_reads_the_answers_that_are_folded(tmp_path: Path) -> None:
    engine = start(business.write(tmp_path))
    seen: list[tuple[str, Any]] = []

    def look(connection: object, cursor: object, statement: str, parameters: Any, *_: object) -> None:
        seen.append((statement, parameters))

    event.listen(engine.database.engine, "before_cursor_execute", look)
    with engine.database.write() as connection:
        tallies.cells(connection, None, None)
        tallies.fold(connection, 10)
    event.remove(engine.database.engine, "before_cursor_execute", look)
    queries = [one for one in seen if one[0].startswith("SELECT")]
    with engine.database.read() as connection:
        plans = [
            step.detail
            for statement, parameters in queries
            for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    engine.close()
    assert len(queries) == 2
    assert "SCAN new USING INDEX ix_response_unfolded" in " ".join(plans)
    assert [plan for plan in plans if plan.startswith(("SCAN answer", "SCAN response"))] == []
