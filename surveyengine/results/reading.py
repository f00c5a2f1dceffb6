"""Reads from the store what a report is made of; the only module of this room that is not pure."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from ..definitions import question as definitions
from ..definitions.model import nearest
from ..definitions.survey import Survey
from ..engine import Engine
from ..store import invitations, split, surveys, tallies
from ..store.database import Connection
from ..store.tallies import RESPONSES, Cell
from .anonymity import block_of, released
from .ledger import CSAT, Asked, Funnel, Question, Role, Tally, roles
from .report import STAGES, Report, Rule, Terms, assemble, only
from .sheet import sheet
from .split import CLAIMED, MOST_VALUES, NOT_KNOWN, grouped
from .table import Look, table

FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
SENT = ("sent", "uncertain")
APART_BY = {"claim": CLAIMED, "unknown": NOT_KNOWN}


class Refused(Exception):
    """Why there is no such report, in a sentence that says what would be right."""


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


def report(engine: Engine, wanted: Wanted, now: datetime) -> Report:
    """Return the scores of the period, as one consistent state of the database has them.

    Raises Refused where there is no such field to split by, or it has too many values.
    """
    with engine.database.read() as connection:
        versions = _versions(engine, surveys.imprints(connection))
        anonymous = [digest for digest, version in versions.items() if version.is_anonymous]
        counted = tallies.cells(connection, wanted.since, wanted.until, anonymous)
        counted += _released(engine, tallies.daily(connection, anonymous), versions, wanted, now) if anonymous else []
        groups = _split(engine, connection, wanted, anonymous) if wanted.by else []
        rows = invitations.funnel(connection, wanted.since, wanted.until)
    came = Counter[str]()
    for cell in counted:
        came[versions[cell.digest].survey] += cell.n if cell.question == RESPONSES else 0
    hidden = {version.survey for version in versions.values() if version.is_anonymous}
    asked = [_asked(survey, came[survey.id], survey.id in hidden) for survey in engine.library.surveys.values()]
    answers = [*_totals(counted, versions), *_groups(groups, versions)]
    whole = assemble(asked, answers, _funnels(rows), _terms(engine, wanted))
    return only(whole, wanted.stage) if wanted.stage else whole


@dataclass(frozen=True)
class Version:
    """A version of a survey as the report sees it: whose it is today, and what its answers count as."""

    survey: str
    is_anonymous: bool
    roles: Mapping[tuple[str, str], Role]


def _versions(engine: Engine, imprints: Iterable[surveys.Imprint]) -> Mapping[str, Version]:
    """Return every version by its digest."""
    found: dict[str, Version] = {}
    for one in imprints:
        survey = engine.library.version(one.digest)
        scored = roles(_question(question) for question in survey.questions) if survey else {}
        found[one.digest] = Version(one.survey, one.mode == "anonymous", scored)
    return found


def _released(
    engine: Engine, counted: Sequence[tuple[date, Cell]], versions: Mapping[str, Version], wanted: Wanted, now: datetime
) -> list[Cell]:
    """Return the counts of those anonymous responses that are out and belong to the period."""
    sizes = [(versions[cell.digest].survey, day, cell.n) for day, cell in counted if cell.question == RESPONSES]
    zone, minimum = engine.config.business.zone, engine.config.privacy.anonymous_minimum
    out = released(sizes, minimum, now.astimezone(zone))
    found = ((cell, block_of(day, out.get(versions[cell.digest].survey, ()))) for day, cell in counted)
    return [cell for cell, block in found if block and block.is_within(wanted.since, wanted.until)]


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


def _split(engine: Engine, connection: Connection, wanted: Wanted, without: Collection[str]) -> list[split.Cell]:
    """Return the counts by the field's values; raises Refused where these are no groups."""
    field = wanted.by or ""
    declared = {name for event in engine.config.events.values() for name in event.fields}
    if declared and field not in {*declared, split.LANGUAGE} and not split.is_known(connection, field):
        raise Refused(f"no event has a field {field!r}; {nearest(field, {*declared, split.LANGUAGE})}")
    meant = split.Split(field, CSAT, wanted.since, wanted.until, without)
    if (values := split.values(connection, meant)) > MOST_VALUES:
        raise Refused(f"{field!r} has {values} values in this period, and a report is split by {MOST_VALUES} at most")
    return split.cells(connection, meant)


def _totals(counted: Iterable[Cell], versions: Mapping[str, Version]) -> Iterator[Tally]:
    for cell in counted:
        version = versions[cell.digest]
        if role := version.roles.get((cell.question, cell.series)):
            yield Tally(version.survey, role, cell.value, cell.n)


def _groups(counted: Sequence[split.Cell], versions: Mapping[str, Version]) -> Iterator[Tally]:
    names = grouped((cell.group.value, cell.n) for cell in counted if cell.group.said == "fact")
    for cell in counted:
        version = versions[cell.digest]
        if role := version.roles.get((cell.question, CSAT)):
            group = APART_BY.get(cell.group.said) or names[cell.group.value]
            yield Tally(version.survey, role, cell.value, cell.n, group)


def _asked(survey: Survey, responses: int, anonymous: bool) -> Asked:
    target = survey.head.target
    return Asked(
        survey.id,
        survey.stage,
        survey.touchpoint,
        tuple(_question(question) for question in survey.questions),
        survey.head.scored,
        anonymous,
        target.csat if target else None,
        responses,
    )


def _question(one: definitions.Question) -> Question:
    return Question(one.id, one.kind, one.series, one.core, _weight(one))


def _weight(question: definitions.Question) -> float:
    """Return how much a question counts in the satisfaction index; 0 for one that does not belong to it."""
    return question.weight if isinstance(question, definitions.Rating) and question.index else 0


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
    return Terms(wanted.since, wanted.until, config.business.timezone, rules, wanted.by)
