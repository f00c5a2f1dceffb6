"""The distribution of the answers to each question: what was offered in, how often each answer was given out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from ..definitions.kinds.registry import NOT_APPLICABLE, Matrix, Part
from ..definitions.text import Text
from ..definitions.text import told as without_facts
from .record import ABSENT, Absent, Flag, Record

RANKING = "ranking"
OTHER = "(other)"
"""Stands for the numbers that are not among the `MOST_NUMBERS` most frequent."""
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

    `former` holds options of older versions, which are shown if they were chosen. `live` is false if no version of
    today asks the question.
    """

    kind: str
    text: str
    options: Mapping[str, str]
    live: bool = True
    former: Mapping[str, str] = field(default_factory=dict)

    def with_older(self, older: Wording) -> Wording:
        """The wording with the additional options of an older version, or of another survey of today."""
        beside = {value: text for value, text in older.options.items() if value not in self.options}
        if older.live:
            return replace(self, options=_ordered({**self.options, **beside}))
        return replace(self, former={**beside, **self.former})


@dataclass(frozen=True, slots=True)
class Summary(Record):
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
class AnswerCounts:
    """What came in to a question: how many people answered, how often each value was given, and their numbers."""

    answered: int
    given: Sequence[Given]
    numbers: Numbers | None = None


@dataclass(frozen=True, slots=True)
class Distribution(Record):
    """How often each answer was given to a question; `n` are those who answered, but for what does not apply (`na`).

    A changed kind or scale is another series, with an entry of its own. Of words only `n` is told; of numbers the most
    frequent ones, and `(other)`. A ranking counts first places, and at `places` each option's at every place.
    """

    id: str
    kind: str
    text: str
    series: str
    options: Mapping[str, str]
    n: int | None
    counts: Mapping[str, int] | Absent = ABSENT
    places: Mapping[str, Sequence[int]] | Absent = ABSENT
    summary: Summary | Absent = ABSENT
    withheld: Flag = ABSENT


def wording(part: Part, live: bool, say: Say) -> Wording:
    """The wording of a part of a question; the text of a matrix row begins with that of the matrix."""
    question = part.question
    text = _told(question.text, say)
    if part.id != question.id:
        text = f"{text} – {_told(part.text, say)}"
    is_beside = not isinstance(question, Matrix) and part.id != question.id
    options = {option.value: _told(option.text, say) for option in part.offered}
    return Wording("text" if is_beside else question.kind, text, options, live)


def distribution(key: SeriesKey, words: Wording, counted: AnswerCounts) -> Distribution:
    """The distribution of the answers to a question."""
    found: defaultdict[str, list[Given]] = defaultdict(list)
    for one in counted.given:
        found[one.value].append(one)
    former = {value: text for value, text in words.former.items() if value in found}
    unworded = dict.fromkeys(sorted(found.keys() - words.options.keys() - former.keys()), "")
    options = _ordered({**words.options, **former, **unworded})
    counts = {value: sum(one.n for one in found[value] if not one.place) for value in options}
    plain = Distribution(key.question, words.kind, words.text, key.series, options, counted.answered, counts)
    if key.series == RANKING:
        return replace(plain, places=_places(found, options) or ABSENT)
    if (numbers := counted.numbers) is None:
        return plain
    rest = counted.answered - sum(numbers.counts.values())
    counts = {**numbers.counts, **({OTHER: rest} if rest else {})}
    return replace(plain, counts=counts, summary=numbers.summary)


def withheld(key: SeriesKey, words: Wording) -> Distribution:
    """The distribution of a question whose anonymous answers are not released yet: its wording alone."""
    return Distribution(key.question, words.kind, words.text, key.series, words.options, None, withheld=True)


def _places(found: Mapping[str, Iterable[Given]], options: Mapping[str, str]) -> dict[str, tuple[int, ...]]:
    """How often each option was at each place, the first one first."""
    at = {(one.value, one.place): one.n for each in found.values() for one in each}
    many = max([len(options), *(place + 1 for _, place in at)])
    return {value: tuple(at.get((value, place), 0) for place in range(many)) for value in options}


def _ordered(options: Mapping[str, str]) -> dict[str, str]:
    """The options, and behind them the one that the question does not apply."""
    return dict(sorted(options.items(), key=lambda option: option[0] == NOT_APPLICABLE))


def _told(text: Text | str, say: Say) -> str:
    """The text without a response's facts: a placeholder shows its fallback, or else an ellipsis."""
    return without_facts(say(text), {}, "…")
