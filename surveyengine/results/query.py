"""Reads from the store what a report is made of, and makes it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import NamedTuple

from ..definitions.lineage import lineage
from ..definitions.survey import Survey
from ..definitions.text import told
from ..engine import Engine
from ..i18n.speech import Speech
from ..settings.config import Stage
from ..store import surveys as stored
from ..store.engine.database import REPORT, Connection
from ..store.split import Split
from ..store.tallies import RESPONSES, Cell
from . import confidential, course, earlier, questions, segments, trend, versions
from .assembly import StageRule, Terms, assemble, called
from .distribution import Distribution
from .export.report_csv import sheet
from .funnels import funnels
from .inclusion import weighed
from .kept import counted_until
from .ledger import CSAT, AskedSurvey
from .place import touchpoints
from .record import plain
from .regulars import regulars
from .renewal import renewed
from .report import STAGE_NAMES, NewVersion, Place, Report, TrendPoint
from .terminal.table import Look, table
from .trend import Course, Piece, with_trend
from .versions import CountedVersion, Seen, question_of
from .wanted import NoReport, NoSplit, ReportQuery

__all__ = (
    "NoReport", "NoSplit", "ReportQuery", "Screen", "report", "shown", "touchpoint_course", "touchpoint_questions",
)  # fmt: skip


@dataclass(frozen=True)
class Screen:
    """Where a table is shown, and in which language (`own` is the business's first)."""

    columns: int = 100
    color: bool = False
    language: str | None = None


class TouchpointTrend(NamedTuple):
    """How the scores of a touchpoint went, and which versions of its surveys were new meanwhile."""

    points: Sequence[TrendPoint]
    renewed: Sequence[NewVersion]


def report(engine: Engine, wanted: ReportQuery, now: datetime) -> Report:
    """Return the scores of the period, as one consistent state of the database has them.

    Raises NoReport for an unknown field or language, or a field with too many values.
    """
    speech = _speech(engine, wanted.language)
    with engine.database.read(REPORT) as connection:
        seen, counted = versions.counted(engine, connection, wanted.days, now)
        groups = segments.cells(engine, connection, wanted, seen.blocked) if wanted.by else []
        veiled = confidential.groups(connection, Split(wanted.by, CSAT, wanted.days), seen) if wanted.by else None
        came = funnels(engine, connection, wanted.days, seen)
        told = _told(engine, wanted, seen, counted)
        found = questions.distributions(engine, connection, told, speech.words) if wanted.questions else {}
        again = regulars(engine, connection, seen, counted)
        is_weighted = engine.config.results.weighted and wanted.weighted
        even = weighed(engine, connection, seen) if is_weighted else None
        before = earlier.before(engine, connection, wanted, now)
        pieces = course.pieces(engine, connection, replace(wanted, language=speech.language), seen)
        new = _renewed(connection, seen, pieces, engine.config.business.zone)
        kept = counted_until(engine, connection, wanted.days)
    asked = _asked(engine, counted, seen.versions, speech)
    answers = [*versions.totals(counted, seen.versions), *segments.tallies(groups, seen.versions)]
    terms = replace(_terms(engine, wanted, speech, now), before=before, counted_until=kept, weighed=even)
    if veiled:
        answers, terms = [*answers, *veiled.tallies], replace(terms, hidden=veiled.hidden)
    whole = assemble(asked, answers, came, replace(terms, repeats=again))
    whole = whole.only(wanted.stage) if wanted.stage else whole
    whole = with_trend(whole, Course(pieces, asked, terms, new)) if wanted.every else whole
    return whole.with_questions(found) if wanted.questions else whole


def touchpoint_course(engine: Engine, place: Place, wanted: ReportQuery, now: datetime) -> TouchpointTrend:
    """Return how the scores of a touchpoint went, as the report tells it, read without the other touchpoints.

    Only days after today, which others may have answers of, are not among its points. Raises NoReport as the report.
    """
    speech = _speech(engine, wanted.language)
    with engine.database.read(REPORT) as connection:
        seen = versions.at(engine, place, versions.seen(engine, connection, wanted.days, now))
        pieces = course.pieces(engine, connection, replace(wanted, language=speech.language), seen)
        new = _renewed(connection, seen, pieces, engine.config.business.zone)
    asked = [one for one in _asked(engine, (), seen.versions, speech) if (one.stage, one.touchpoint) == place]
    return TouchpointTrend(trend.points(pieces, asked), new)


def touchpoint_questions(engine: Engine, place: Place, wanted: ReportQuery, now: datetime) -> Sequence[Distribution]:
    """Return how the questions of a touchpoint were answered, as the report tells it, read without the others."""
    speech = _speech(engine, wanted.language)
    with engine.database.read(REPORT) as connection:
        seen = versions.at(engine, place, versions.seen(engine, connection, wanted.days, now))
        told = _told(engine, replace(wanted, at=place), seen, versions.cells(connection, seen))
        return questions.distributions(engine, connection, told, speech.words).get(place, ())


def _renewed(connection: Connection, seen: Seen, pieces: Sequence[Piece], zone: tzinfo) -> list[NewVersion]:
    published = stored.publications(connection) if pieces else []
    began = [(seen.versions[digest], at) for digest, at in published if digest in seen.versions]
    return renewed(began, pieces, zone)


def _told(engine: Engine, wanted: ReportQuery, seen: Seen, counted: Sequence[Cell]) -> questions.CountedAnswers:
    blocks = {
        digest: [one for one in seen.blocks.get(version.cohort, ()) if one.is_within(wanted.days)]
        for digest, version in seen.versions.items()
        if version.is_blocked
    }
    owners = {digest: version.survey for digest, version in seen.versions.items()}
    names = {survey.id: lineage(survey) for survey in engine.library.surveys.values()}
    return questions.CountedAnswers(wanted.days, owners, blocks, counted, names, wanted.at)


def _speech(engine: Engine, language: str | None, without: str = "") -> Speech:
    """Return the speech of a language, or of `without` if none is asked for; raises NoReport for an unknown one."""
    own = engine.config.languages
    default = without or ("en" if "en" in own else own[0])
    try:
        return engine.catalogs.speech(own[0] if language == "own" else language or default)
    except LookupError as error:
        raise NoReport(f"{error}, or own") from error


def shown(engine: Engine, found: Report, style: str, screen: Screen) -> str:
    """Return a report as `table`, `json` or `csv`."""
    if style == "json":
        return json.dumps(plain(found), ensure_ascii=False, indent=2) + "\n"
    if style == "csv":
        return sheet(found)
    speech = _speech(engine, screen.language, "en")
    return table(found, speech, Look(screen.columns, screen.color), _names(engine, speech))


def _names(engine: Engine, speech: Speech) -> Mapping[str, str]:
    """Return what every touchpoint of today is called, with its stage before it; a report may list one stage alone."""
    asked = _asked(engine, (), {}, speech)
    places = [(stage, touchpoints(asked, stage)) for stage in STAGE_NAMES]
    return {f"{stage}/{one}": called(one, surveys) for stage, found in places for one, surveys in found.items()}


def _asked(
    engine: Engine, counted: Iterable[Cell], known: Mapping[str, CountedVersion], speech: Speech
) -> list[AskedSurvey]:
    """Return the surveys as they are today, each with the number of its responses."""
    came = Counter[str]()
    for cell in counted:
        came[known[cell.digest].survey] += cell.n if cell.question == RESPONSES else 0
    hidden = {version.survey for version in known.values() if version.is_blocked}
    business = {"business": speech.words(engine.config.business.name)}
    names = {id: told(speech.words(one.name), business) for id, one in engine.library.surveys.items()}
    return [_asks(survey, names[id], came[id], id in hidden) for id, survey in engine.library.surveys.items()]


def _asks(survey: Survey, name: str, responses: int, anonymous: bool) -> AskedSurvey:
    target = survey.head.target
    return AskedSurvey(
        survey.id,
        survey.stage,
        survey.touchpoint,
        tuple(question_of(question) for question in survey.questions),
        survey.head.scored,
        anonymous,
        target.csat if target else None,
        responses,
        name,
    )


def _terms(engine: Engine, wanted: ReportQuery, speech: Speech, now: datetime) -> Terms:
    config = engine.config
    rules = {name: _rule(config.journey.get(name, Stage()), word, speech) for name, word in STAGE_NAMES.items()}
    today = now.astimezone(config.business.zone).date()
    return Terms(wanted.since, wanted.until, config.business.timezone, rules, wanted.by, today, speech.language)


def _rule(stage: Stage, word: str, speech: Speech) -> StageRule:
    return StageRule(stage.weights, stage.target.csat if stage.target else None, speech.words(stage.name or word))
