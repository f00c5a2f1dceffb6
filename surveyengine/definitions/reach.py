"""What the conditions of a page hang on: each on answers, and through them on the conditions of earlier questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .fault import Fault
from .kinds.registry import Question
from .survey import SurveyDraft

MOST = 5_000
"""Answers that the conditions of a page may hang on: the page holds each of them, wherever a condition comes to it."""

Weights = Mapping[str, int]  # by the names of the page's answers: how many one comes to through a test of it


def faults(draft: SurveyDraft) -> Iterator[Fault]:
    """Yield the question of a page with which its conditions become too many."""
    page, total, weights = 1, 0, dict[str, int]()
    for index, question in draft.questions.items():
        if question.page is not None and question.page != page:
            page, total, weights = question.page, 0, {}
        own = weight(question, weights)
        total += own
        if total > MOST:
            message = f"the conditions of this page hang on more than {MOST} answers, with those of what they name"
            yield draft.document.fault(("question", index, "show_if"), message, f"begin a page here: page = {page + 1}")
            return
        weights |= {part.id: len(part.offered) + own for part in question.parts}


def weight(question: Question, weights: Weights) -> int:
    """Return on how many answers the condition of a question hangs, with the conditions of those that it names."""
    tests = question.show_if.walk() if question.show_if else ()
    return sum(1 + len(test.named) + weights.get(name, 0) for _, name, test in tests)
