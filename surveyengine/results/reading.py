"""Reads from the store what a report is made of; the only module of this room that is not pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from ..definitions.survey import Survey
from ..engine import Engine
from ..store import invitations, tallies
from .ledger import Asked, Funnel, Question, Tally
from .report import Report, Rule, Terms, assemble

SENT = ("sent", "uncertain")


def report(engine: Engine, since: date | None = None, until: date | None = None, by: str | None = None) -> Report:
    """Return the scores of the days from `since` to `until`, both included, as one consistent state of the database has them."""
    surveys = engine.library.surveys
    with engine.database.read() as connection:
        cells = tallies.cells(connection, since, until)
        if by:
            cells += tallies.cells_by(connection, since, until, by)
        rows = invitations.funnel(connection, since, until)
    asked = [_asked(survey) for survey in surveys.values()]
    tallied = [_tally(cell) for cell in cells]
    return assemble(asked, tallied, _funnels(rows), _terms(engine, since, until, by))


def _asked(survey: Survey) -> Asked:
    target = survey.head.target
    return Asked(
        survey.id,
        survey.stage,
        survey.touchpoint,
        tuple(Question(one.id, one.kind, one.series, one.core) for one in survey.questions),
        survey.head.scored,
        survey.head.mode == "anonymous",
        target.csat if target else None,
    )


def _tally(cell: tallies.Cell) -> Tally:
    kind = cell.series.partition(":")[0]
    return Tally(cell.survey, cell.question, kind, cell.series, cell.value, cell.n, cell.group)


def _funnels(rows: Iterable[tuple[str, str, str | None, int, int]]) -> list[Funnel]:
    return [
        Funnel(survey, refused={reason: n})
        if reason
        else Funnel(survey, invited=n, sent=n if state in SENT else 0, answered=answered)
        for survey, state, reason, n, answered in rows
    ]


def _terms(engine: Engine, since: date | None, until: date | None, by: str | None) -> Terms:
    config = engine.config
    rules: Mapping[str, Rule] = {
        name: Rule(stage.weights, stage.target.csat if stage.target else None) for name, stage in config.journey.items()
    }
    return Terms(since, until, config.business.timezone, rules, config.privacy.anonymous_minimum, by)
