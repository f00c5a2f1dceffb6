"""Reads what the distributions of questions are made of: what was asked, in which words, and what was answered."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ..definitions.kinds.registry import Part
from ..definitions.lineage import Lineage
from ..definitions.survey import Survey
from ..engine import Engine
from ..store import figures
from ..store.engine.database import Connection
from ..store.figures import AnswerSpan
from ..store.tallies import ANSWERED, RESPONSES, Cell
from ..values.anonymity import Block
from ..values.period import DateRange
from .distribution import (
    MOST_NUMBERS,
    AnswerCounts,
    Distribution,
    Given,
    Numbers,
    Say,
    SeriesKey,
    Summary,
    Wording,
    distribution,
    withheld,
    wording,
)
from .report import Place


@dataclass(frozen=True)
class CountedAnswers:
    """The counted answers of a period.

    `surveys` gives the survey of each version, the oldest version first; `blocks` the released blocks of each anonymous
    version that belong to the period; `names` the former names of each survey's questions and values. Where a
    place is given, only what is asked `at` it is told.
    """

    days: DateRange
    surveys: Mapping[str, str]
    blocks: Mapping[str, Sequence[Block]]
    cells: Sequence[Cell]
    names: Mapping[str, Lineage]
    at: Place | None = None


@dataclass(frozen=True)
class AskedQuestion:
    """A question in one series at a touchpoint: its words, its name in each version, whether any is anonymous."""

    key: SeriesKey
    words: Wording
    names: Mapping[str, str]
    secret: bool


def distributions(
    engine: Engine, connection: Connection, answers: CountedAnswers, say: Say
) -> Mapping[Place, Sequence[Distribution]]:
    """Return the distributions at each touchpoint: of all questions of today, and of former ones that were answered."""
    places: dict[str, Place]
    places = {survey.id: (survey.stage, survey.touchpoint) for survey in engine.library.surveys.values()}
    places = {id: place for id, place in places.items() if answers.at in (None, place)}
    given = _given(engine, answers, places)
    found: defaultdict[Place, list[Distribution]] = defaultdict(list)
    for (place, key), asked in _asked(engine, answers, places, say).items():
        cells = given.get((place, key), Counter())
        if asked.words.live or cells:
            found[place].append(_distribution(connection, answers, asked, cells))
    return found


def _distribution(
    connection: Connection,
    answers: CountedAnswers,
    asked: AskedQuestion,
    cells: Mapping[tuple[str, int], int],
) -> Distribution:
    if not cells and asked.secret:
        return withheld(asked.key, asked.words)
    answered = cells.get((ANSWERED, 0), 0)
    given = [Given(value, place, n) for (value, place), n in cells.items() if value != ANSWERED]
    numbers = _numbers(connection, answers, asked) if asked.key.series == figures.SERIES and answered else None
    return distribution(asked.key, asked.words, AnswerCounts(answered, given, numbers))


def _today(names: Lineage, question: str, value: str = "") -> tuple[str, str]:
    """Return what a question, and a value of it, of one of the survey's versions are called today."""
    return (part := names.part(question)), names.value(part, value)


def _given(
    engine: Engine, answers: CountedAnswers, places: Mapping[str, Place]
) -> Mapping[tuple[Place, SeriesKey], Counter[tuple[str, int]]]:
    """Return how often each value was given, at each place of a ranking, to each question."""
    found: defaultdict[tuple[Place, SeriesKey], Counter[tuple[str, int]]] = defaultdict(Counter)
    for cell in answers.cells:
        survey = engine.library.surveys.get(answers.surveys[cell.digest])
        if survey and survey.id in places and cell.question != RESPONSES:
            question, value = _today(answers.names[survey.id], cell.question, cell.value)
            found[places[survey.id], SeriesKey(question, cell.series)][value, cell.place] += cell.n
    return found


def _asked(
    engine: Engine, answers: CountedAnswers, places: Mapping[str, Place], say: Say
) -> Mapping[tuple[Place, SeriesKey], AskedQuestion]:
    """Return every question that is, or was, asked at a touchpoint: those of today first, then the newest."""
    words: dict[tuple[Place, SeriesKey], Wording] = {}
    names: defaultdict[tuple[Place, SeriesKey], dict[str, str]] = defaultdict(dict)
    for today, version in _versions(engine, answers, places):
        for part in (part for question in version.questions for part in question.parts):
            key = places[today.id], SeriesKey(_today(answers.names[today.id], part.id)[0], part.series)
            found = _worded(answers.names[today.id], part, version is today, say)
            words[key] = words[key].with_older(found) if key in words else found
            names[key][version.digest] = part.id
    return {
        key: AskedQuestion(key[1], one, names[key], any(digest in answers.blocks for digest in names[key]))
        for key, one in words.items()
    }


def _worded(names: Lineage, part: Part, live: bool, say: Say) -> Wording:
    """Return the words of a part of a version of a survey, its options by their values of today."""
    found = wording(part, live, say)
    return replace(found, options={_today(names, part.id, one)[1]: text for one, text in found.options.items()})


def _versions(engine: Engine, answers: CountedAnswers, places: Container[str]) -> Iterator[tuple[Survey, Survey]]:
    """Yield each survey at the places with its versions: those of today first, then the others from the newest on."""
    surveys = {id: survey for id, survey in engine.library.surveys.items() if id in places}
    yield from ((survey, survey) for survey in surveys.values())
    for digest, name in reversed(list(answers.surveys.items())):
        today = surveys.get(name)
        if today and digest != today.digest and (version := engine.library.version(digest)):
            yield today, version


def _numbers(connection: Connection, answers: CountedAnswers, asked: AskedQuestion) -> Numbers | None:
    """Return the numbers that were answered, counted in the database."""
    found = figures.figures(connection, [*_spans(answers, asked.names)], MOST_NUMBERS)
    if found is None:
        return None
    counts = dict(sorted(found.counts, key=lambda one: float(one[0])))
    return Numbers(counts, Summary(found.lowest, found.median, found.highest, found.mean))


def _spans(answers: CountedAnswers, names: Mapping[str, str]) -> Iterator[AnswerSpan]:
    """Yield the spans of the answers that may be shown; `names` gives the question's id in each version."""
    for digest, question in names.items():
        for block in answers.blocks.get(digest, ()):
            yield AnswerSpan(question, [digest], DateRange(block.since, block.until))
    open_ones: defaultdict[str, list[str]] = defaultdict(list)
    for digest, question in names.items():
        if digest not in answers.blocks:
            open_ones[question].append(digest)
    for question, digests in open_ones.items():
        yield AnswerSpan(question, digests, answers.days)
