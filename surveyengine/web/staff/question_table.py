"""How a question was answered: a row for each option, with its share as a bar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from markupsafe import Markup

from ...definitions.kinds.registry import NOT_APPLICABLE
from ...results.distribution import RANKING, Distribution
from . import charts
from .behind import RespondentList
from .phrases import Phrases

CSAT = "csat"
SATISFIED = ("4", "5")
NOTHING = "–"


class AnswerShare(NamedTuple):
    """An option: how often it was chosen, and its share of those who answered; `cut` where the score's options end."""

    value: str
    words: str
    drawn: Markup
    share: str
    n: str
    cut: bool
    url: str = ""


@dataclass(frozen=True)
class QuestionTable:
    """A question with its options; `facts` says what else is known of the answers."""

    text: str
    facts: Sequence[str]
    rows: Sequence[AnswerShare]


@dataclass(frozen=True)
class QuestionTables:
    """Makes the tables of questions; `before` holds their distributions in the period before, by id and series.

    `people` is the list of those who answered, where there is one.
    """

    phrases: Phrases
    before: Mapping[tuple[str, str], Distribution]
    people: RespondentList | None = None

    def table(self, question: Distribution) -> QuestionTable:
        """Return the table of a question."""
        return QuestionTable(question.text, list(self._facts(question)), list(self._rows(question)))

    def _facts(self, question: Distribution) -> Iterator[str]:
        speech = self.phrases.speech
        if question.n is None:
            yield self.phrases.capital("withheld, to keep answers anonymous")
            return
        yield self.phrases.base(question.n)
        if question.series == RANKING:
            yield speech.gettext("at the first place")
        if summary := question.summary:
            yield speech.gettext("mean {mean}", mean=speech.number(summary.mean))
            yield speech.gettext("median {median}", median=speech.number(summary.median))
            ends = {"low": speech.number(summary.min), "high": speech.number(summary.max)}
            yield speech.gettext("between {low} and {high}", **ends)

    def _rows(self, question: Distribution) -> Iterator[AnswerShare]:
        values = list(question.options)
        for value in sorted(values, reverse=True, key=_steps) if question.series == CSAT else values:
            if question.counts:
                yield self._row(question, value, question.counts[value])

    def _row(self, question: Distribution, value: str, n: int) -> AnswerShare:
        """Return the row of an option; what does not apply is no part of those who answered."""
        words, number = " ".join(question.options[value].split()), self.phrases.speech.number(n)
        label = self.phrases.speech.number(int(value)) if value.isdecimal() else ""
        if value == NOT_APPLICABLE or not question.n:
            return AnswerShare(label, words or value, Markup(""), NOTHING, number, False)
        kind = "bars" if question.series != CSAT or value in SATISFIED else "others"
        share = n / question.n
        drawn = charts.bar(self.phrases.speech, share, kind, self._earlier(question, value))
        is_cut = question.series == CSAT and value == SATISFIED[0]
        shown = self.phrases.percent(100 * share)
        url = self.people.of(question, value) if self.people and n else ""
        return AnswerShare(label, words or ("" if label else value), drawn, shown, number, is_cut, url)

    def _earlier(self, question: Distribution, value: str) -> float | None:
        """Return the share that the option had in the period before; None where that is not known."""
        earlier = self.before.get((question.id, question.series))
        return earlier.counts.get(value, 0) / earlier.n if earlier and earlier.counts and earlier.n else None


def _steps(value: str) -> int:
    """Return the place of a step of a scale; what is none comes last, also when the order is turned."""
    return int(value) if value.isdecimal() else -1
