"""What a business has stored after three years, made by SQL: events, invitations, responses, and all of it counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, func, insert, literal, select, text, update

from surveyengine.definitions.kinds.registry import Question
from surveyengine.definitions.survey import Survey
from surveyengine.engine import start
from surveyengine.store import funnel_tallies, recount, segment_tallies, tallies
from surveyengine.store.count_tables import funnel_tally, segment_field, segment_tally, segment_value, tally
from surveyengine.store.engine.database import MIGRATION
from surveyengine.store.schema import invitation, response

Values = dict[str, Any]

DAYS, SURVEYS, CUSTOMERS = 3 * 365, 11, 20    # of so many responses one customer
LANGUAGES = ("he", "he", "he", "fa", "fa", "en")
FIELDS = ("courier", "language")    # by which answers are counted; an order's number is none
COURIER = "trim(substr('kav   post  dror  pickup', 1 + 6 * (n / 13 % 4), 6))"
FACTS = f"""'{{"courier": "' || {COURIER} || '", "order": "A-' || n || '"}}'"""
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"
RANDOM = f"'r' || substr('{LETTERS}', 1 + n * 37 % 64, 1) || substr('{LETTERS}', 1 + n * 11 / 64 % 64, 1) || n"
NUMBERS = "WITH RECURSIVE number(n) AS (SELECT {0} UNION ALL SELECT n + {1} FROM number WHERE n + {1} < :count)"
ALL = NUMBERS.format(0, 1)
# Of eight invitations three are answered, two are not, one cannot be delivered and two are refused; those of the last
# two weeks can still be answered.
STATES = "trim(substr('sent   sent   sent   sent   sent   failed refusedrefused', 1 + 7 * (n % 8), 7))"


class Spelling(NamedTuple):
    """How a database spells days, moments and JSON."""

    day: str
    later: str
    month: str
    json: str


SPELLINGS = {
    "sqlite": Spelling(
        "date('now', '-' || ({}) || ' days')", "datetime({}, '+14 days')", "date(day, 'start of month')", "{}",
    ),
    "postgresql": Spelling(
        "CURRENT_DATE - CAST({} AS INTEGER)", "CAST({} AS TIMESTAMPTZ) + INTERVAL '14 days'",
        "CAST(date_trunc('month', day) AS DATE)", "CAST({} AS JSON)",
    ),
}  # fmt: skip


def fill(project: Path, count: int) -> None:
    """Store so many responses to the surveys, two invitations for each, and their events; all of it is counted."""
    with closing(start(project)) as engine:
        surveys = sorted(engine.library.surveys.values(), key=lambda one: one.id != "delivery")[:SURVEYS]
        with engine.database.write(MIGRATION) as connection:
            for statement, values in _statements(connection, surveys, count):
                connection.execute(text(statement), values)
            _looked_at(connection, "ANALYZE")
            _count(connection)
            _looked_at(connection, "ANALYZE")
            assert recount.differences(connection) == {}
        with engine.database.engine.connect() as connection:
            _looked_at(connection, "SET statement_timeout = 0", "VACUUM")


def _looked_at(connection: Connection, *statements: str) -> None:
    """Have PostgreSQL find out what autovacuum tells it within minutes where a business stores all that in years."""
    if connection.dialect.name == "postgresql":
        for statement in statements:
            connection.exec_driver_sql(statement)


def _statements(connection: Connection, surveys: Sequence[Survey], count: int) -> Iterator[tuple[str, Values]]:
    says = SPELLINGS[connection.dialect.name]
    invited, facts = 2 * count, says.json.format(FACTS)
    yield f"""
        INSERT INTO customer (id, email, language, changed_at, known_at)
        {ALL} SELECT 'c' || n, 'c' || n || '@example.com', 'he', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP FROM number
    """, {"count": max(count // CUSTOMERS, 1)}  # noqa: S608  # our own constants
    day = says.day.format(f"n / {SURVEYS} % {DAYS}")
    yield f"""
        INSERT INTO event (key, source, id, type, time, customer, data, test, received_at, outcome)
        {ALL} SELECT n + 1, 'shop', 'e' || n, 'shipment.delivered', {day}, 'c' || (n % :customers), {facts},
            FALSE, {day}, '{{}}' FROM number
    """, {"count": invited, "customers": max(count // CUSTOMERS, 1)}  # noqa: S608  # our own constants
    for at, survey in enumerate(surveys):
        theirs = NUMBERS.format(at, SURVEYS)
        about = {"count": invited, "survey": survey.id, "digest": survey.digest}
        yield f"""
            INSERT INTO invitation (key, id, token_hash, survey, digest, event, customer, test, state, reason, channel,
                language, probability, day, planned_at, due_at, expires_after, sent_at, expires_at, answered_at, folded)
            {theirs} SELECT n + 1, 'i' || n, 't' || n, :survey, :digest, n + 1, 'c' || (n % :customers), FALSE,
                {STATES}, CASE WHEN n % 8 > 5 THEN 'cooldown' END, 'email', 'he', 1, {day}, {day}, {day}, 1209600,
                CASE WHEN n % 8 < 5 THEN {day} END, CASE WHEN n % 8 < 5 THEN {says.later.format(day)} END,
                CASE WHEN n % 8 < 3 THEN {day} END, FALSE FROM number
        """, {**about, "customers": max(count // CUSTOMERS, 1)}  # noqa: S608  # our own constants
        yield f"""
            INSERT INTO response (id, survey, digest, customer, language, direction, day, answered_at, context, claimed,
                invited, test, folded)
            {theirs} SELECT {RANDOM}, :survey, :digest, 'c' || (n % :customers), {_one_of("n / 7", LANGUAGES)}, 'rtl',
                {day}, {day}, {facts}, FALSE, n % 8 < 3, FALSE, TRUE FROM number
        """, {**about, "count": count, "customers": max(count // CUSTOMERS, 1)}  # noqa: S608  # our own constants
        for place, question in enumerate(survey.questions):
            values = [one.value for one in question.offered][:20] or ["The parcel came a day late."]
            yield f"""
                INSERT INTO answer (response, question, position, series, counted, value)
                {theirs} SELECT {RANDOM}, :question, 0, :series, :counted, {_one_of(f"n / {5 + place}", values)}
                FROM number
            """, {"count": count, **_about(question)}  # noqa: S608  # our own constants


def _about(question: Question) -> Values:
    return {"question": question.id, "series": question.series, "counted": bool(question.offered)}


def _one_of(number: str, values: Sequence[str]) -> str:
    """Return the SQL that takes the values in turn."""
    width = max(map(len, values))
    row = "".join(value.ljust(width) for value in values)
    return f"trim(substr('{row}', 1 + {width} * ({number} % {len(values)}), {width}))"


def _count(connection: Connection) -> None:
    """Count everything, as the worker would have, in a few statements instead of a million."""
    _fold(connection, tally, (*tallies.KEYS, "n"), tallies.counted(response.c.folded))
    for field in FIELDS:
        _count_by(connection, field)
    connection.execute(insert(segment_field).values(field="order", counted=False))
    current = [funnel_tallies.CURRENT[name] for name in funnel_tallies.KEYS]
    query = select(*current, func.count(), func.max(invitation.c.expires_at))
    columns = (*funnel_tallies.KEYS, "n", "until")
    _fold(connection, funnel_tally, columns, query.where(funnel_tallies.IS_REAL).group_by(*current))
    same = [funnel_tally.c[name] == funnel_tallies.CURRENT[name] for name in funnel_tallies.KEYS]
    cell = select(funnel_tally.c.key).where(*same).scalar_subquery()
    connection.execute(update(invitation).values(counted_in=cell, folded=True))
    month = text(SPELLINGS[connection.dialect.name].month)
    for days, months, keys in (tallies.TALLY, funnel_tallies.FUNNEL, segment_tallies.SEGMENTS):
        others = [days.c[name] for name in keys if name != "day"]
        query = select(month, *others, func.sum(days.c.n)).group_by(month, *others)
        _fold(connection, months, ("day", *(one.name for one in others), "n"), query)


def _count_by(connection: Connection, field: str) -> None:
    found = segment_tallies.grouped(field).where(response.c.folded).subquery()
    query = select(literal(field), *found.c).where(found.c.said != segment_tallies.UNKNOWN)
    _fold(connection, segment_tally, (*segment_tallies.SEGMENTS.keys, "n"), query)
    connection.execute(insert(segment_field).values(field=field, counted=True))
    facts = select(*segment_tally.c["field", "fact"]).distinct()
    _fold(connection, segment_value, ("field", "fact"), facts.where(segment_tally.c.field == field))


def _fold(connection: Connection, table: Table, columns: Sequence[str], query: Any) -> None:
    connection.execute(insert(table).from_select(list(columns), query))
