"""Counting what is new without reading what is old."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from sqlalchemy import event
from werkzeug.datastructures import MultiDict

from surveyengine.engine import Engine, start
from surveyengine.responses import form
from surveyengine.responses.storing import CompleteForm, keep
from surveyengine.responses.ticket import FormToken
from surveyengine.results import query
from surveyengine.results.record import plain
from surveyengine.store import tallies
from tests.support import business


def test_neither_a_report_nor_folding_reads_the_answers_that_are_folded(tmp_path: Path) -> None:
    engine = start(business.write(tmp_path))
    seen: list[tuple[str, Any]] = []

    def look(connection: object, cursor: object, statement: str, parameters: Any, *_: object) -> None:
        seen.append((statement, parameters))

    event.listen(engine.database.engine, "before_cursor_execute", look)
    with engine.database.write() as connection:
        tallies.cells(connection)
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


def test_a_form_that_is_not_scored_counts_what_came_in(database_url: str, tmp_path: Path) -> None:
    words = '{ en = "What?", he = "מה?", fa = "چه؟" }'
    surveys = {
        "purchase/delivery": business.DELIVERY,
        "relationship/feedback": f"""
            title = {words}
            scored = false
            [[question]]
            id = "message"
            kind = "text"
            text = {words}
        """,
    }
    engine = start(business.write(tmp_path, surveys, business.CONFIG, database=database_url))
    now = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    asked = engine.library.surveys["feedback"]
    for submission in ("first", "second"):
        read = form.read(asked, MultiDict({"message": "Hello"}))
        keep(engine, CompleteForm(FormToken(submission, "feedback", asked.digest), asked, read, "en"), now)
    stages = {stage["stage"]: stage for stage in plain(query.report(engine, query.ReportQuery(), now))["stages"]}
    [one] = stages["relationship"]["touchpoints"]
    before = plain(query.report(engine, query.ReportQuery(until=date(2026, 11, 19)), now))["stages"]
    engine.close()
    assert (one["responses"], one["csat"]["n"]) == (2, 0)
    assert [each["responses"] for stage in before for each in stage["touchpoints"] if "responses" in each] == [0]


def test_each_day_counts_its_own_responses_whether_they_are_folded_or_not(engine: Engine) -> None:
    asked, days = engine.library.surveys["delivery"], [date(2026, 11, 18), date(2026, 11, 20), date(2026, 11, 18)]
    for number, day in enumerate(days):
        read = form.read(asked, MultiDict({"satisfaction": f"{number + 3}"}))
        ticket = FormToken(f"{number}", "delivery", asked.digest)
        keep(engine, CompleteForm(ticket, asked, read, "en"), datetime.combine(day, time(12), UTC))
    for folded in (0, 2, 1):
        with engine.database.write() as connection:
            assert tallies.fold(connection, folded) == folded
            daily = tallies.daily(connection, [asked.digest])
        found = {(day, cell.question, cell.value): cell.n for day, cell in daily}
        assert {(day, value): n for (day, question, value), n in found.items() if question == tallies.RESPONSES} == {
            (days[0], tallies.OPEN): 2, (days[1], tallies.OPEN): 1,
        }  # fmt: skip
        assert {(day, value): n for (day, question, value), n in found.items() if question == "satisfaction"} == {
            (days[0], "3"): 1, (days[0], "5"): 1, (days[0], tallies.ANSWERED): 2,
            (days[1], "4"): 1, (days[1], tallies.ANSWERED): 1,
        }  # fmt: skip
