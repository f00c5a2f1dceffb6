"""Answers in bulk, stored and counted as if they had come through forms."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import insert

from surveyengine.engine import Engine
from surveyengine.store.schema import answer, response
from surveyengine.values.link_tokens import new_id


def store(engine: Engine, survey: str, day: date, counts: Mapping[str, int], **context: Any) -> None:
    """Store so many responses to a survey's core question of each value, on a day."""
    asked = engine.library.surveys[survey]
    assert asked.core
    row = {"survey": survey, "digest": asked.digest, "language": "he", "direction": "rtl", "day": day,
           "answered_at": datetime.combine(day, time(12), UTC), "context": context, "test": False, "folded": False}
    given = {"question": asked.core.id, "position": 0, "series": asked.core.series, "counted": True}
    values = [(new_id(), value) for value, count in counts.items() for _ in range(count)]
    with engine.database.write() as connection:
        if values:
            connection.execute(insert(response), [{**row, "id": id} for id, _ in values])
            connection.execute(insert(answer), [{**given, "response": id, "value": value} for id, value in values])


def csat(satisfied: int, count: int) -> dict[str, int]:
    """How often each of five answers was given, where so many of `count` are satisfied."""
    return {"5": satisfied, "2": count - satisfied}
