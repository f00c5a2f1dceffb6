"""Stored answers in bulk: as many as a business has after years, made by SQL."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, text

from surveyengine.engine import start
from surveyengine.store import tallies

from .bench import SURVEY

DAYS, BATCH = 90, 5000
# Every response has the four answers of a complete form; the days and the values go round.
NUMBERS = "WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n + 1 < :count)"
RESPONSES = f"""
    INSERT INTO response (id, survey, digest, language, direction, day, answered_at, context, test, folded)
    {NUMBERS} SELECT printf('b%015d', n), '{SURVEY}', :digest, 'fa', 'rtl', date('now', '-' || (n % {DAYS}) || ' days'),
        datetime('now'), '{{}}', 0, 0 FROM number
"""  # noqa: S608  # our own constants
VALUES = {
    "satisfaction": "1 + n / 7 % 5",
    "timing": "substr('late   on_timeearly  ', 1 + 7 * (n / 3 % 3), 7)",
    "condition": "substr('yes   partlyno    ', 1 + 6 * (n / 11 % 3), 6)",
    "reason": "'The parcel came a day late.'",
}
ANSWERS = f"""
    INSERT INTO answer (response, question, position, series, counted, value)
    {NUMBERS} SELECT printf('b%015d', n), :question, 0, :series, :counted, trim({{value}}) FROM number
"""  # noqa: S608  # our own constants


def fill(project: Path, count: int) -> None:
    """Store so many responses to the survey, all of them folded into the counts."""
    with closing(start(project)) as engine:
        survey = engine.library.surveys[SURVEY]
        with engine.database.write() as connection:
            connection.execute(text(RESPONSES), {"count": count, "digest": survey.digest})
            for question in survey.questions:
                about = {"question": question.id, "series": question.series, "counted": bool(question.offered)}
                connection.execute(text(ANSWERS.format(value=VALUES[question.id])), {"count": count, **about})
            while tallies.fold(connection, BATCH):
                pass
            _tidy(connection)


def _tidy(connection: Connection) -> None:
    """Check that what was made is what the engine would have made."""
    cells = tallies.cells(connection)
    stored = connection.execute(text("SELECT count(*) FROM response")).scalar_one()
    given = (cell.n for cell in cells if cell.question == "satisfaction" and cell.value != tallies.ANSWERED)
    assert sum(given) == stored
