"""The distribution of the answers to each question: what was offered in, how often each answer was given out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, NamedTuple

from ..definitions.kinds.registry import NOT_APPLICABLE, Matrix, Part
from ..definitions.text import Text
from ..definitions.text import told as without_facts
from .report import Report

RANKING = "ranking"
OTHER = "(other)"
"""Stands for the numbers that are too many to be told one by one."""
MOST_NUMBERS = 50

Say = Callable[[Text | str], str]
"""What says a text of a file, or an engine word, in a language."""


class SeriesKey(NamedTuple):
    """A question by its id of today, and a series: a changed kind or scale is another one."""

    question: str
    series: str


@dataclass(frozen=True)
class Wording:
    """What a question is, in one language: its text, and those of its `options`, the newest version's.

    `former` are options of older versions, which are told where they were chosen. A question that is not `live` is
    asked by no version of today.
    """

    kind: str
    text: str
    options: Mapping[str, str]
    live: bool = True
    former: Mapping[str, str] = field(default_factory=dict)

    def with_older(self, older: Wording) -> Wording:
        """The same, with what an older version, or another survey of today, offered besides."""
        beside = {value: text for value, text in older.options.items() if value not in self.options}
        if older.live:
            return replace(self, options=_ordered({**self.options, **beside}))
        return replace(self, former={**beside, **self.former})


@dataclass(frozen=True)
class Summary:
    """Where the numbers lie that were answered."""

    min: float
    median: float
    max: float
    mean: float


@dataclass(frozen=True)
class Numbers:
    """The most frequent numbers with how often each was answered, the first `MOST_NUMBERS`, and where all lie."""

    counts: Mapping[str, int]
    summary: Summary


class Given(NamedTuple):
    """How often a value was given; in a ranking, at a place, of which 0 is the first."""

    value: str
    place: int
    n: int


@dataclass(frozen=True)
class Distribution:
    """What was answered to a question in one series: `n` respondents, and how often each value was given.

    `n` leaves out those to whom the question does not apply, whom `counts` has as a value of its own. Where several
    values may be given the counts are of values, so they may add up to more; of words only `n` is told. A ranking
    counts first places, and each option's at every place. `n` is None where all answers are anonymous and none is out.
    """

    id: str
    kind: str
    text: str
    series: str
    options: Mapping[str, str]
    n: int | None
    counts: Mapping[str, int]
    places: Mapping[str, tuple[int, ...]] | None = None
    summary: Summary | None = None


def wording(part: Part, live: bool, say: Say) -> Wording:
    """What is answered under a part's name; a row of a matrix is told with its question."""
    question = part.question
    text = _told(question.text, say)
    if part.id != question.id:
        text = f"{text} – {_told(part.text, say)}"
    is_beside = not isinstance(question, Matrix) and part.id != question.id
    options = {option.value: _told(option.text, say) for option in part.offered}
    return Wording("text" if is_beside else question.kind, text, options, live)


def distribution(
    key: SeriesKey, words: Wording, answered: int, given: Iterable[Given], numbers: Numbers | None = None
) -> Distribution:
    """The distribution of a question that `answered` people answered by what was `given`."""
    found: defaultdict[str, list[Given]] = defaultdict(list)
    for one in given:
        found[one.value].append(one)
    former = {value: text for value, text in words.former.items() if value in found}
    unworded = dict.fromkeys(sorted(found.keys() - words.options.keys() - former.keys()), "")
    options = _ordered({**words.options, **former, **unworded})
    counts = {value: sum(one.n for one in found[value] if not one.place) for value in options}
    plain = Distribution(key.question, words.kind, words.text, key.series, options, answered, counts)
    if key.series == RANKING:
        return replace(plain, places=_places(found, options))
    if numbers is None:
        return plain
    rest = answered - sum(numbers.counts.values())
    counts = {**numbers.counts, **({OTHER: rest} if rest else {})}
    return replace(plain, counts=counts, summary=numbers.summary)


def withheld(key: SeriesKey, words: Wording) -> Distribution:
    """What is told of a question whose answers are anonymous before they come out: what it asks."""
    return Distribution(key.question, words.kind, words.text, key.series, words.options, None, {})


def told(one: Distribution) -> Report:
    """A distribution as users get it; `withheld` is said where it is so, and there are no counts then."""
    found = asdict(one)
    found["places"] = {option: list(places) for option, places in one.places.items()} if one.places else None
    apart = ("counts", "places", "summary") if one.n is None else ()
    shown = {name: value for name, value in found.items() if value is not None or name == "n"}
    return {name: value for name, value in shown.items() if name not in apart} | ({"withheld": True} if apart else {})


def beside(report: Report, asked: Mapping[tuple[str, str], Iterable[Distribution]]) -> Report:
    """The report with the distributions of each stage and touchpoint."""
    stages = [
        {**stage, "touchpoints": [*_with_questions(stage["stage"], stage["touchpoints"], asked)]}
        for stage in report["stages"]
    ]
    return {**report, "stages": stages}


def _with_questions(
    stage: str, touchpoints: Iterable[Report], asked: Mapping[tuple[str, str], Iterable[Distribution]]
) -> Iterator[dict[str, Any]]:
    for one in touchpoints:
        yield {**one, "questions": [told(each) for each in asked.get((stage, one["touchpoint"]), ())]}


def _places(found: Mapping[str, Iterable[Given]], options: Mapping[str, str]) -> dict[str, tuple[int, ...]]:
    """How often each option was at each place, the first one first."""
    at = {(one.value, one.place): one.n for each in found.values() for one in each}
    many = max([len(options), *(place + 1 for _, place in at)])
    return {value: tuple(at.get((value, place), 0) for place in range(many)) for value in options}


def _ordered(options: Mapping[str, str]) -> dict[str, str]:
    """The options, and behind them the one that the question does not apply."""
    return dict(sorted(options.items(), key=lambda option: option[0] == NOT_APPLICABLE))


def _told(text: Text | str, say: Say) -> str:
    """A text without an answer's own facts: a hole says its fallback, or that something stands there."""
    return without_facts(say(text), {}, "…")
