"""Reads from the store what a report is made of; the only module of this room that is not pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from ..definitions import question as definitions
from ..definitions.survey import Survey
from ..engine import Engine
from ..store import invitations, surveys, tallies
from .ledger import Asked, Funnel, Question, Tally
from .report import STAGES, Report, Rule, Terms, assemble, only
from .sheet import sheet
from .table import Look, table

FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
SENT = ("sent", "uncertain")


@dataclass(frozen=True)
class Wanted:
    """What a report is asked for: days (both included), a field to split by, a stage. ValueError says what is wrong."""

    since: date | None = None
    until: date | None = None
    by: str | None = None
    stage: str | None = None

    def __post_init__(self) -> None:
        if self.since and self.until and self.since > self.until:
            raise ValueError(f"the first day, {self.since}, is after the last, {self.until}")
        if self.by is not None and not FIELD.fullmatch(self.by):
            raise ValueError("`by` is the name of an event's field, such as channel, or language")
        if self.stage is not None and self.stage not in STAGES:
            raise ValueError(f"there is no stage {self.stage!r}; stages are {', '.join(STAGES)}")


@dataclass(frozen=True)
class Screen:
    """Where a table is shown, and in which language (`own` is the business's first)."""

    columns: int = 100
    color: bool = False
    language: str | None = None


def report(engine: Engine, wanted: Wanted) -> Report:
    """Return the scores of the period, as one consistent state of the database has them."""
    with engine.database.read() as connection:
        owners = {one.digest: one.survey for one in surveys.imprints(connection)}
        cells = tallies.cells(connection, wanted.since, wanted.until)
        if wanted.by:
            cells += tallies.cells_by(connection, wanted.since, wanted.until, wanted.by)
        rows = invitations.funnel(connection, wanted.since, wanted.until)
        unscored = [survey.id for survey in engine.library.surveys.values() if not survey.head.scored]
        came = tallies.responses(connection, unscored, wanted.since, wanted.until)
    asked = [_asked(survey, came.get(survey.id, 0)) for survey in engine.library.surveys.values()]
    whole = assemble(asked, [_tally(owners[cell.digest], cell) for cell in cells], _funnels(rows), _terms(engine, wanted))
    return only(whole, wanted.stage) if wanted.stage else whole


def shown(engine: Engine, found: Report, style: str, screen: Screen) -> str:
    """Return a report as `table`, `json` or `csv`."""
    if style == "json":
        return json.dumps(found, ensure_ascii=False, indent=2) + "\n"
    if style == "csv":
        return sheet(found)
    config = engine.config
    language = config.languages[0] if screen.language == "own" else screen.language or "en"
    speech = engine.catalogs.speech(language)
    names = {stage: one.name for stage, one in config.journey.items() if one.name}
    return table(found, speech, Look(screen.columns, screen.color, names))


def _asked(survey: Survey, responses: int) -> Asked:
    target = survey.head.target
    return Asked(
        survey.id,
        survey.stage,
        survey.touchpoint,
        tuple(Question(one.id, one.kind, one.series, one.core, _weight(one)) for one in survey.questions),
        survey.head.scored,
        survey.head.mode == "anonymous",
        target.csat if target else None,
        responses,
    )


def _weight(question: definitions.Question) -> float:
    """Return how much a question counts in the satisfaction index; 0 for one that does not belong to it."""
    return question.weight if isinstance(question, definitions.Rating) and question.index else 0


def _tally(survey: str, cell: tallies.Cell) -> Tally:
    kind = cell.series.partition(":")[0]
    return Tally(survey, cell.question, kind, cell.series, cell.value, cell.n, cell.group)


def _funnels(rows: Iterable[tuple[str, str, str | None, int, int]]) -> list[Funnel]:
    return [
        Funnel(survey, refused={reason: n})
        if reason
        else Funnel(survey, invited=n, sent=n if state in SENT else 0, answered=answered)
        for survey, state, reason, n, answered in rows
    ]


def _terms(engine: Engine, wanted: Wanted) -> Terms:
    config = engine.config
    rules: Mapping[str, Rule] = {
        name: Rule(stage.weights, stage.target.csat if stage.target else None) for name, stage in config.journey.items()
    }
    minimum = config.privacy.anonymous_minimum
    return Terms(wanted.since, wanted.until, config.business.timezone, rules, minimum, wanted.by)
