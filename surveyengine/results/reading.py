"""Reads from the store what a report is made of; the only module of this room that is not pure."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo

from ..definitions import question as definitions
from ..definitions.lineage import lineage
from ..definitions.model import nearest
from ..definitions.survey import Survey
from ..engine import Engine
from ..i18n.speech import Speech
from ..store import funnel, split, surveys, tallies
from ..store.database import Connection
from ..store.tallies import INVITED, RESPONSES, Cell
from . import questions
from .anonymity import Block, block_of, released
from .distribution import beside
from .ledger import CSAT, Asked, Funnel, Question, Role, Tally, roles
from .report import STAGES, Report, Rule, Terms, assemble, only
from .sheet import sheet
from .split import CLAIMED, MOST_VALUES, NOT_KNOWN, grouped
from .table import Look, table

FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
APART_BY = {"claim": CLAIMED, "unknown": NOT_KNOWN}


class Refused(Exception):
    """Why there is no such report, in a sentence that says what would be right."""


@dataclass(frozen=True)
class Wanted:
    """What a report is asked for: days (both included), a field to split by, a stage, and whether with questions.

    `language` is that of the questions' words: `own` for the business's first; without one English, if it is of the
    business, else its first. ValueError says what is wrong.
    """

    since: date | None = None
    until: date | None = None
    by: str | None = None
    stage: str | None = None
    questions: bool = False
    language: str | None = None

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

    Raises Refused where there is no such field to split by, or it has too many values, or no such language.
    """
    speech = _speech(engine, wanted.language)
    with engine.database.read() as connection:
        seen = _seen(engine, connection, wanted, now)
        counted = [*tallies.cells(connection, wanted.since, wanted.until, seen.anonymous), *seen.released]
        groups = _split(engine, connection, wanted, seen.anonymous) if wanted.by else []
        funnels = _funnels(engine, connection, wanted, seen)
        told = _told(engine, wanted, seen, counted)
        found = questions.distributions(engine, connection, told, speech.words) if wanted.questions else {}
    asked = _asked(engine, counted, seen.versions)
    answers = [*_totals(counted, seen.versions), *_groups(groups, seen.versions)]
    whole = assemble(asked, answers, funnels, _terms(engine, wanted, now))
    whole = beside(whole, found, speech.language) if wanted.questions else whole
    return only(whole, wanted.stage) if wanted.stage else whole


@dataclass(frozen=True)
class Seen:
    """All versions, and of the anonymous ones the blocks that are out and the counts of those of the period."""

    versions: Mapping[str, Version]
    blocks: Mapping[str, tuple[Block, ...]]
    released: Sequence[Cell]
    now: datetime

    @property
    def anonymous(self) -> tuple[str, ...]:
        """The digests of the anonymous versions."""
        return tuple(digest for digest, version in self.versions.items() if version.is_anonymous)


@dataclass(frozen=True)
class Version:
    """A version of a survey as the report sees it: whose it is today, and what its answers count as.

    `stored` is the survey that it was published as, whose anonymous answers come out in blocks of their own.
    """

    survey: str
    stored: str
    is_anonymous: bool
    roles: Mapping[tuple[str, str], Role]


def _versions(engine: Engine, imprints: Iterable[surveys.Imprint]) -> Mapping[str, Version]:
    """Return every version by its digest."""
    found: dict[str, Version] = {}
    for one in imprints:
        survey = engine.library.version(one.digest)
        scored = roles(_question(question) for question in survey.questions) if survey else {}
        today = engine.library.survey(one.survey)
        named = {key: _renamed(role, today) for key, role in scored.items()} if today else scored
        found[one.digest] = Version(engine.library.today(one.survey), one.survey, one.mode == "anonymous", named)
    return found


def _renamed(role: Role, today: Survey) -> Role:
    """Return the role by what an item of an index is called today."""
    return role._replace(item=lineage(today).part(role.item)) if role.item else role


def _seen(engine: Engine, connection: Connection, wanted: Wanted, now: datetime) -> Seen:
    seen = Seen(_versions(engine, surveys.imprints(connection)), {}, (), now)
    counted = tallies.daily(connection, seen.anonymous) if seen.anonymous else []
    owners = {digest: version.stored for digest, version in seen.versions.items()}
    sizes = [(owners[cell.digest], day, cell.n) for day, cell in counted if cell.question == RESPONSES]
    zone, minimum = engine.config.business.zone, engine.config.privacy.anonymous_minimum
    out = released(sizes, minimum, now.astimezone(zone))
    found = ((cell, block_of(day, out.get(owners[cell.digest], ()))) for day, cell in counted)
    cells = [cell for cell, block in found if block and block.is_within(wanted.since, wanted.until)]
    return replace(seen, blocks=out, released=cells)


def _told(engine: Engine, wanted: Wanted, seen: Seen, counted: Sequence[Cell]) -> questions.Answers:
    blocks = {
        digest: [one for one in seen.blocks.get(version.stored, ()) if one.is_within(wanted.since, wanted.until)]
        for digest, version in seen.versions.items()
        if version.is_anonymous
    }
    owners = {digest: version.survey for digest, version in seen.versions.items()}
    names = {survey.id: lineage(survey) for survey in engine.library.surveys.values()}
    return questions.Answers(wanted.since, wanted.until, owners, blocks, counted, names)


def _speech(engine: Engine, language: str | None, without: str = "") -> Speech:
    """Return how to speak a language that was asked for, or else the one `without`; raises Refused for another."""
    own = engine.config.languages
    default = without or ("en" if "en" in own else own[0])
    try:
        return engine.catalogs.speech(own[0] if language == "own" else language or default)
    except LookupError as error:
        raise Refused(f"{error}, or own") from error


def shown(engine: Engine, found: Report, style: str, screen: Screen) -> str:
    """Return a report as `table`, `json` or `csv`."""
    if style == "json":
        return json.dumps(found, ensure_ascii=False, indent=2) + "\n"
    if style == "csv":
        return sheet(found)
    config = engine.config
    speech = _speech(engine, screen.language, "en")
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


def _asked(engine: Engine, counted: Iterable[Cell], versions: Mapping[str, Version]) -> list[Asked]:
    """Return the surveys as they are today, each with the number of its responses."""
    came = Counter[str]()
    for cell in counted:
        came[versions[cell.digest].survey] += cell.n if cell.question == RESPONSES else 0
    hidden = {version.survey for version in versions.values() if version.is_anonymous}
    return [_asks(survey, came[survey.id], survey.id in hidden) for survey in engine.library.surveys.values()]


def _asks(survey: Survey, responses: int, anonymous: bool) -> Asked:
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


def _funnels(engine: Engine, connection: Connection, wanted: Wanted, seen: Seen) -> list[Funnel]:
    """Return what became of the events, by touchpoint; of anonymous answers, those that are out."""
    meant = funnel.Wanted(_touchpoints(engine), wanted.since, wanted.until, seen.anonymous, seen.now)
    if not meant.touchpoints:
        return []
    zone = engine.config.business.zone
    found = [_funnel(row, zone) for row in funnel.rows(connection, meant)]
    return [*found, *_anonymous_funnels(engine, connection, meant, seen)] if seen.anonymous else found


def _anonymous_funnels(engine: Engine, connection: Connection, meant: funnel.Wanted, seen: Seen) -> Iterator[Funnel]:
    """Yield the answers that are out, and take what was sent in their months from what is secret."""
    touchpoints = {survey: name for name, surveys in meant.touchpoints.items() for survey in surveys}
    for cell in seen.released:
        if (cell.question, cell.value) == (RESPONSES, INVITED) and seen.versions[cell.digest].stored in touchpoints:
            yield Funnel(touchpoints[seen.versions[cell.digest].stored], answered=cell.n)
    blocks: defaultdict[str, list[Block]] = defaultdict(list)
    for survey, out in seen.blocks.items():
        if survey in touchpoints:
            blocks[touchpoints[survey]] += [one for one in out if one.is_within(meant.start, meant.end)]
    for name, day, n in funnel.sent_daily(connection, meant):
        if block_of(day, blocks[name]) and _is_within(day, meant):
            yield Funnel(name, secret=-n)


def _is_within(day: date, meant: funnel.Wanted) -> bool:
    return (meant.start is None or meant.start <= day) and (meant.end is None or day <= meant.end)


def _touchpoints(engine: Engine) -> Mapping[str, list[str]]:
    """Return the ids of each touchpoint's surveys, of today and before: of those that are scored, or else of all."""
    surveys: defaultdict[str, list[Survey]] = defaultdict(list)
    for survey in engine.library.surveys.values():
        surveys[survey.touchpoint].append(survey)
    scored = {name: [one for one in those if one.head.scored] or those for name, those in surveys.items()}
    today = engine.library.today
    return {name: [id for one in those for id in one.ids if today(id) == one.id] for name, those in scored.items()}


def _funnel(row: funnel.Row, zone: tzinfo) -> Funnel:
    if row.reason:
        return Funnel(row.touchpoint, refused={row.reason: row.n})
    is_sent = row.state in funnel.SENT
    return Funnel(
        row.touchpoint,
        invited=row.n,
        sent=row.n if is_sent else 0,
        answered=row.answered,
        failed=row.n if row.state == "failed" else 0,
        uncertain=row.n if row.state == "uncertain" else 0,
        secret=row.secret if is_sent else 0,
        open_until=row.open_until.astimezone(zone).date() if row.open_until else None,
    )


def _terms(engine: Engine, wanted: Wanted, now: datetime) -> Terms:
    config = engine.config
    rules: Mapping[str, Rule] = {
        name: Rule(stage.weights, stage.target.csat if stage.target else None) for name, stage in config.journey.items()
    }
    today = now.astimezone(config.business.zone).date()
    return Terms(wanted.since, wanted.until, config.business.timezone, rules, wanted.by, today)
