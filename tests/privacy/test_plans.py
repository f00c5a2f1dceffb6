"""What concerns one customer, and who answered again, is found by indexes, however much is stored of others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert, text

from surveyengine.app import create_app
from surveyengine.engine import Engine, start
from surveyengine.invitations.explain import explain, explain_on_page
from surveyengine.people.caller import Caller
from surveyengine.privacy import erasure
from surveyengine.privacy.access import access
from surveyengine.results import regulars
from surveyengine.results.query import ReportQuery, report
from surveyengine.store import funnel_tallies, repeats, segment_tallies, tallies
from surveyengine.store.count_tables import segment_field
from surveyengine.values.enumeration import Against, Role
from tests.privacy.life import EMAIL, ID, NOW, SURVEYS, live
from tests.support import business, postgres, staff

LATER = NOW + timedelta(days=2)
BIG = ("response", "answer", "invitation", "sending", "event", "customer")
FEW = re.compile(r"SCAN \w+ USING (COVERING )?INDEX ix_(response|invitation)_(unfolded|open|drawn)")
"""Indexes of rows that are few."""
MONTH = ReportQuery(date(2026, 11, 1), date(2026, 11, 30), against=Against.NONE)


def fold(engine: Engine) -> None:
    for one in (tallies.fold, segment_tallies.advance, funnel_tallies.fold):
        with engine.database.write() as connection:
            one(connection, 500)


def page(engine: Engine) -> None:
    assert staff.client(engine, Role.OPERATOR).get(f"/staff/customers/{ID}").status_code == 200


def sampled(engine: Engine) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(regulars, "MOST", 0)
        report(engine, MONTH, LATER)


READINGS: dict[str, Callable[[Engine], object]] = {
    "the customer's page": page,
    "access": lambda engine: access(engine, ID, Caller(LATER)),
    "access by an address": lambda engine: access(engine, EMAIL, Caller(LATER)),
    "what is to be erased": lambda engine: erasure.reach(engine, ID),
    "erasing": lambda engine: erasure.erase(engine, ID, Caller(LATER), with_answers=True),
    "explain": lambda engine: explain(engine, ID, LATER),
    "explain on a page": lambda engine: explain_on_page(engine, ID, LATER, engine.catalogs.speech("he")),
    "a month's report": lambda engine: report(engine, MONTH, LATER),
    "a month's report by a sample": sampled,
    "folding": fold,
}


@pytest.fixture
def lived(tmp_path: Path) -> Iterator[Engine]:
    """On SQLite, which plans by the shape of a query alone, and not by how much is stored."""
    engine = start(business.write(tmp_path / "business"))
    business.change(engine, SURVEYS, cooldown="0 days")
    live(engine, create_app(engine).test_client(), NOW)
    fold(engine)
    with engine.database.write() as connection:
        connection.execute(insert(segment_field).values(field="new", counted=True, reached=""))
    yield engine
    engine.close()


@contextmanager
def heard(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    seen: list[tuple[str, Any]] = []

    def note(connection: object, cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
            seen.append((statement, parameters[0] if isinstance(parameters, list) else parameters))

    event.listen(engine.database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine.database.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("what", READINGS)
def test_nothing_is_read_whole(lived: Engine, what: str) -> None:
    with heard(lived) as seen:
        READINGS[what](lived)
    with lived.database.read() as connection:
        steps = [(step.detail, statement) for statement, parameters in seen
                 for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    assert len(seen) > 3
    whole = [step for step in steps if re.match(rf"SCAN ({'|'.join(BIG)}|own|new)\b", step[0])]
    assert [step for step in whole if not FEW.match(step[0])] == []


MANY = (
    "INSERT INTO customer (id, changed_at, known_at) SELECT 'c' || n, now(), now() FROM generate_series(1, 1000) n",
    """INSERT INTO response (id, survey, digest, customer, language, direction, day, context, folded)
    SELECT 'r' || substr(:letters, 1 + n % 64, 1) || substr(:letters, 1 + n / 64 % 64, 1) || n, :survey || n % 3,
        :digest, 'c' || 1 + n % 1000, 'he', 'rtl', DATE '2026-11-01' + n / 3 % 30, '{}', TRUE
    FROM generate_series(1, 10000) n""",
    """INSERT INTO answer (response, question, position, series, counted, value)
    SELECT id, 'satisfaction', 0, 'csat', TRUE, '4' FROM response""",
    "ANALYZE",
)

OWN = r"using ix_response_customer on response.*\n +Index Cond: .*customer.* AND .*survey"


def test_postgresql_reads_of_a_sample_its_index_and_of_its_customers_their_responses_alone(
    postgres_server: postgres.Postgres, tmp_path: Path
) -> None:
    with postgres_server.fresh_database() as url:
        engine = start(business.write(tmp_path / "business", database=url))
        digest = engine.library.surveys["delivery"].digest
        values = {"letters": repeats.LETTERS, "survey": "delivery", "digest": digest}
        with engine.database.engine.connect() as connection:
            for statement in MANY:
                named = {name: value for name, value in values.items() if f":{name}" in statement}
                connection.execute(text(statement), named)
        wanted = repeats.AnswersWanted({"delivery1": "delivery"}, [(digest, "satisfaction")], ["csat"])
        with engine.database.read() as connection, heard(engine) as seen:
            for other in ("seqscan", "bitmapscan", "hashjoin", "mergejoin"):    # which suit as few rows as a test has
                connection.execute(text(f"SET LOCAL enable_{other} = off"))
            found = repeats.drawn(connection, wanted, 1 / 64)
            theirs = repeats.answers(connection, wanted, repeats.again(connection, wanted, found))
            assert len(theirs) > len(found) > 20
            plans = ["\n".join(connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars())
                     for statement, parameters in seen[:3]]
        engine.close()
    drawn, again, answers = plans
    assert "Index Only Scan using ix_response_drawn" in drawn
    assert re.search(rf"Only Scan {OWN}", again)
    assert re.search(rf"Scan {OWN}", answers)
    assert "Index Scan using pk_answer" in answers
