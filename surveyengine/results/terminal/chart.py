"""The distributions of questions in words and bars, for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ...definitions.kinds.registry import NOT_APPLICABLE
from ..distribution import RANKING
from ..report import Report
from .layout import Bar, Line, Remarks, TableRow

if TYPE_CHECKING:
    from .table import TableSpeech

INDENT, DEEPER = "    ", "      "
NOTHING = "–"


def charts(speech: TableSpeech, questions: Sequence[Report]) -> Iterator[Line]:
    """Each question in its words, how many answered it, and a bar for each option's share of them."""
    ids = Counter(question["id"] for question in questions)
    for question in questions:
        yield Remarks(INDENT, question["text"].split(), "", " ")
        yield Remarks(DEEPER, [*_remarks(speech, question, ids[question["id"]] > 1)])
        yield from _options(speech, question)


def _remarks(speech: TableSpeech, question: Report, is_one_of_several: bool) -> Iterator[str]:
    if is_one_of_several:
        yield question["series"]
    if question["n"] is None:
        yield speech.gettext("withheld, to keep answers anonymous")
        return
    yield speech.gettext("answered {n}", n=speech.number(question["n"]))
    if question["series"] == RANKING:
        yield speech.gettext("at the first place")
    if summary := question.get("summary"):
        figures = {name: speech.number(value) for name, value in summary.items()}
        yield speech.gettext("mean {mean}", mean=figures["mean"])
        yield speech.gettext("median {median}", median=figures["median"])
        yield speech.gettext("between {low} and {high}", low=figures["min"], high=figures["max"])


def _options(speech: TableSpeech, question: Report) -> Iterator[TableRow]:
    """A row for each option; of numbers and words there are none."""
    for value, text in question["options"].items() if question["n"] is not None else ():
        count = question["counts"][value]
        label, n = DEEPER + _label(speech, value, text), speech.number(count)
        # What does not apply is no part of those who answered.
        if value == NOT_APPLICABLE or not question["n"]:
            yield TableRow(label, n, NOTHING)
        else:
            share = 100 * count / question["n"]
            yield TableRow(label, n, speech.percent(share), Bar(share))


def _label(speech: TableSpeech, value: str, text: str) -> str:
    """The words of an option, of a step of a scale behind its number; its name where nothing is known of it."""
    words = " ".join(text.split())
    return f"{speech.number(int(value))} {words}".rstrip() if value.isdecimal() else words or value
