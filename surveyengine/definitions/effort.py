"""The effort of answering a survey: how many questions, how many minutes, and which need an answer."""

from __future__ import annotations

from enum import Enum

from .kinds.registry import Question
from .survey import Survey

SECONDS = {"text": 20, "choices": 12, "matrix": 6, "ranking": 30, "note": 4}  # of a question, or row
SECONDS_EACH = 8
HALF_A_MINUTE = 45  # the longest time, in seconds, that is told as half a minute


class Needed(Enum):
    """Which questions a survey needs an answer to."""

    ALL = "all"
    NONE = "none"
    FIRST = "first"  # and no other
    SOME = "some"


def for_everybody(survey: Survey) -> tuple[Question, ...]:
    """Return the questions without a condition; all questions where every one has a condition."""
    return tuple(one for one in survey.questions if one.show_if is None) or survey.questions


def count(survey: Survey) -> int:
    """Return how many questions everybody is asked."""
    return sum(question.asks for question in for_everybody(survey))


def minutes(survey: Survey) -> int:
    """Return how many minutes the survey takes, rounded; 0 for about half a minute."""
    seconds = sum(map(_seconds, for_everybody(survey)))
    return max(round(seconds / 60), 1) if seconds > HALF_A_MINUTE else 0


def required(survey: Survey) -> int:
    """Return the number of required questions, conditional ones included."""
    return sum(question.required for question in survey.questions if question.asks)


def needed(survey: Survey) -> Needed:
    """Return which questions need an answer."""
    found = [question.required for question in survey.questions if question.asks]
    if not any(found):
        return Needed.NONE
    if all(found):
        return Needed.ALL
    return Needed.FIRST if found[0] and not any(found[1:]) else Needed.SOME


def _seconds(question: Question) -> int:
    rows = len(question.parts) if question.kind == "matrix" else 1
    return rows * SECONDS.get(question.kind, SECONDS_EACH)
