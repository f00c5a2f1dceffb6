"""Reads from the store what a report is made of, and makes it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from ..definitions.lineage import lineage
from ..definitions.model import nearest
from ..definitions.survey import Survey
from ..definitions.text import told
from ..engine import Engine
from ..i18n.speech import Speech
from ..settings.config import Stage
from ..store import split, tallies
from ..store.engine.database import REPORT, Connection
from ..store.tallies import RESPONSES, Cell
from ..values.enumeration import STAGES, Against
from ..values.period import DateRange, preceding, year_before
from . import questions, versions
from .assembly import Before, StageRule, Terms, assemble
from .change import ComparedPeriod
from .export.report_csv import sheet
from .funnels import funnels
from .ledger import CSAT, AskedSurvey, Tally, ledger
from .record import plain
from .report import STAGE_NAMES, Report
from .split import CLAIMED, MOST_VALUES, NOT_KNOWN, grouped
from .terminal.table import Look, table
from .versions import CountedVersion, Seen, question_of

FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
EARLIER: Mapping[Against, Callable[[DateRange, date], DateRange | None]] = {
    Against.PREVIOUS: preceding,
    Against.YEAR: year_before,
    Against.NONE: lambda days, today: None,
}
APART_BY = {"claim": CLAIMED, "unknown": NOT_KNOWN}


class NoReport(Exception):
    """A report that cannot be made; its text says why, and what would be right."""


@dataclass(frozen=True)
class ReportQuery:
    """What a report shows: its days (both included), the field to split by, one stage, and the questions.

    `against` says which period it is compared with.
    `language` is a code, or `own` for the business's first; None is English if the business has it, else its first.
    Raises ValueError.
    """

    since: date | None = None
    until: date | None = None
    by: str | None = None
    stage: str | None = None
    questions: bool = False
    language: str | None = None
    against: Against = Against.PREVIOUS

    @property
    def days(self) -> DateRange:
        """The period; raises ValueError for reversed ends."""
        return DateRange(self.since, self.until)

    def __post_init__(self) -> None:
        _ = self.days
        if self.by is not None and not FIELD.fullmatch(self.by):
            raise ValueError("`by` must be the name of an event's field, such as channel, or language")
        if self.stage is not None and self.stage not in STAGES:
            raise ValueError(f"there is no stage {self.stage!r}; stages are {', '.join(STAGES)}")
        earlier = year_before(self.days, self.until or date.max) if self.against is Against.YEAR else None
        if earlier and earlier.until and self.since and earlier.until >= self.since:
            raise ValueError("a period of more than a year cannot be compared with the year before")


@dataclass(frozen=True)
class Screen:
    """Where a table is shown, and in which language (`own` is the business's first)."""

    columns: int = 100
    color: bool = False
    language: str | None = None


def report(engine: Engine, wanted: ReportQuery, now: datetime) -> Report:
    """Return the scores of the period, as one consistent state of the database has them.

    Raises NoReport for an unknown field or language, or a field with too many values.
    """
    speech = _speech(engine, wanted.language)
    with engine.database.read(REPORT) as connection:
        seen, counted = _counted(engine, connection, wanted.days, now)
        groups = _split(engine, connection, wanted, seen.blocked) if wanted.by else []
        came = funnels(engine, connection, wanted.days, seen)
        told = _told(engine, wanted, seen, counted)
        found = questions.distributions(engine, connection, told, speech.words) if wanted.questions else {}
        before = _before(engine, connection, wanted, now)
    asked = _asked(engine, counted, seen.versions, speech)
    answers = [*_totals(counted, seen.versions), *_groups(groups, seen.versions)]
    terms = replace(_terms(engine, wanted, speech, now), before=before)
    whole = assemble(asked, answers, came, terms)
    whole = whole.with_questions(found) if wanted.questions else whole
    return whole.only(wanted.stage) if wanted.stage else whole


def _counted(engine: Engine, connection: Connection, days: DateRange, now: datetime) -> tuple[Seen, list[Cell]]:
    """Return all versions, and the counts of a period; of answers that come out in blocks, those that are released."""
    seen = versions.seen(engine, connection, days, now)
    return seen, [*tallies.cells(connection, days, seen.blocked), *seen.released]


def _before(engine: Engine, connection: Connection, wanted: ReportQuery, now: datetime) -> Before | None:
    """Return what was counted in the period that the report is compared with; None where there is none."""
    today = now.astimezone(engine.config.business.zone).date()
    days = EARLIER[wanted.against](wanted.days, today)
    if days is None or days.since is None or days.until is None:
        return None
    seen, counted = _counted(engine, connection, days, now)
    return Before(ComparedPeriod(days.since, days.until), ledger(_totals(counted, seen.versions), []))


def _told(engine: Engine, wanted: ReportQuery, seen: Seen, counted: Sequence[Cell]) -> questions.CountedAnswers:
    blocks = {
        digest: [one for one in seen.blocks.get(version.cohort, ()) if one.is_within(wanted.days)]
        for digest, version in seen.versions.items()
        if version.is_blocked
    }
    owners = {digest: version.survey for digest, version in seen.versions.items()}
    names = {survey.id: lineage(survey) for survey in engine.library.surveys.values()}
    return questions.CountedAnswers(wanted.days, owners, blocks, counted, names)


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
    return table(found, _speech(engine, screen.language, "en"), Look(screen.columns, screen.color))


def _split(
    engine: Engine, connection: Connection, wanted: ReportQuery, without: Collection[str]
) -> list[split.SplitCell]:
    """Return the counts by the field's values; raises NoReport for an unknown field, or too many values."""
    field = wanted.by or ""
    declared = {name for event in engine.config.events.values() for name in event.fields}
    if declared and field not in {*declared, split.LANGUAGE} and not split.is_known(connection, field):
        raise NoReport(f"no event has a field {field!r}; {nearest(field, {*declared, split.LANGUAGE})}")
    meant = split.Split(field, CSAT, wanted.days, without)
    if (values := split.values(connection, meant)) > MOST_VALUES:
        raise NoReport(f"{field!r} has {values} values in this period, and a report is split by {MOST_VALUES} at most")
    return split.cells(connection, meant)


def _totals(counted: Iterable[Cell], known: Mapping[str, CountedVersion]) -> Iterator[Tally]:
    for cell in counted:
        version = known[cell.digest]
        if role := version.roles.get((cell.question, cell.series)):
            yield Tally(version.survey, role, cell.value, cell.n)


def _groups(counted: Sequence[split.SplitCell], known: Mapping[str, CountedVersion]) -> Iterator[Tally]:
    names = grouped((cell.group.value, cell.n) for cell in counted if cell.group.said == "fact")
    for cell in counted:
        version = known[cell.digest]
        if role := version.roles.get((cell.question, CSAT)):
            group = APART_BY.get(cell.group.said) or names[cell.group.value]
            yield Tally(version.survey, role, cell.value, cell.n, group)


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
