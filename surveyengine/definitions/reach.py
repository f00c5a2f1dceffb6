"""Limits how many answers the conditions of a page depend on, directly and through earlier conditions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .fault import Fault
from .kinds.registry import Question
from .survey import SurveyDraft

MOST = 5_000
"""Answers that the conditions of a page may depend on in all: the page holds each, once for each way to it."""

Weights = Mapping[str, int]  # by the names of the page's answers: how many answers a test of one adds


def faults(draft: SurveyDraft) -> Iterator[Fault]:
    """Yield the question of a page whose condition exceeds the limit."""
    page, total, weights = 1, 0, dict[str, int]()
    for index, question in draft.questions.items():
        if question.page is not None and question.page != page:
            page, total, weights = question.page, 0, {}
        own = weight(question, weights)
        total += own
        if total > MOST:
            how = "directly and through earlier conditions"
            message = f"the conditions of this page depend on more than {MOST} answers, {how}"
            yield draft.document.fault(("question", index, "show_if"), message, f"begin a page here: page = {page + 1}")
            return
        weights |= {part.id: len(part.offered) + own for part in question.parts}


def weight(question: Question, weights: Weights) -> int:
    """Return how many answers a question's condition depends on, those of the questions that it names included."""
    tests = question.show_if.walk() if question.show_if else ()
    return sum(1 + len(test.named) + weights.get(name, 0) for _, name, test in tests)
