"""The distributions of questions in words and bars, for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ...definitions.kinds.registry import NOT_APPLICABLE
from ..distribution import RANKING, Distribution
from .layout import Bar, Line, Remarks, TableRow
from .speech import TableSpeech

INDENT, DEEPER = "    ", "      "
NOTHING = "–"


def charts(speech: TableSpeech, questions: Sequence[Distribution]) -> Iterator[Line]:
    """Each question in its words, how many answered it, and a bar for each option's share of them."""
    ids = Counter(question.id for question in questions)
    for question in questions:
        yield Remarks(INDENT, question.text.split(), "", " ")
        yield Remarks(DEEPER, [*_remarks(speech, question, ids[question.id] > 1)])
        yield from _options(speech, question)


def _remarks(speech: TableSpeech, question: Distribution, is_one_of_several: bool) -> Iterator[str]:
    if is_one_of_several:
        yield question.series
    if question.n is None:
        yield speech.gettext("withheld, to keep answers anonymous")
        return
    yield speech.gettext("answered {n}", n=speech.number(question.n))
    if question.series == RANKING:
        yield speech.gettext("at the first place")
    if summary := question.summary:
        low, high = speech.number(summary.min), speech.number(summary.max)
        yield speech.gettext("mean {mean}", mean=speech.number(summary.mean))
        yield speech.gettext("median {median}", median=speech.number(summary.median))
        yield speech.gettext("between {low} and {high}", low=low, high=high)


def _options(speech: TableSpeech, question: Distribution) -> Iterator[TableRow]:
    """A row for each option; of numbers and words there are none."""
    counts = question.counts or {}
    for value, text in question.options.items() if counts else ():
        label, n = DEEPER + _label(speech, value, text), speech.number(counts[value])
        # What does not apply is no part of those who answered.
        if value == NOT_APPLICABLE or not question.n:
            yield TableRow(label, n, NOTHING)
        else:
            share = 100 * counts[value] / question.n
            yield TableRow(label, n, speech.percent(share), Bar(share))


def _label(speech: TableSpeech, value: str, text: str) -> str:
    """The words of an option, of a step of a scale behind its number; its name where nothing is known of it."""
    words = " ".join(text.split())
    return f"{speech.number(int(value))} {words}".rstrip() if value.isdecimal() else words or value
