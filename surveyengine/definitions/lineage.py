"""The ids under which a survey's past answers were stored, and what they are called today."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .kinds.base import OTHER, Question
from .kinds.choice import Picking
from .kinds.matrix import Matrix
from .survey import Survey


@dataclass(frozen=True)
class Lineage:
    """The ids that a survey's answers may be stored under, and what they are called today.

    `surveys` begins with the survey's own id. `parts` leads from an older name of a question, of a matrix's row
    ("question.row") or of the words beside "other" ("question.other") to today's. `options` leads from today's name of
    a part and an older value to today's value. What kept its id stands in none of the two.
    """

    surveys: tuple[str, ...]
    parts: Mapping[str, str]
    options: Mapping[tuple[str, str], str]

    def part(self, id: str) -> str:
        """Return today's id of a part; the id itself where nothing else continues it."""
        return self.parts.get(id, id)

    def value(self, part: str, value: str) -> str:
        """Return today's value for a past value of the part that today has this name."""
        return self.options.get((part, value), value)


def lineage(survey: Survey) -> Lineage:
    """Return what the survey continues, by the `was` of its file; the same for all surveys that it continues."""
    parts = {older: today for question in survey.questions for older, today in _parts(question) if older != today}
    options = {
        (part.id, older): option.value
        for question in survey.questions
        for part in question.parts
        for option in part.offered
        for older in option.was
    }
    return Lineage(survey.ids, parts, options)


def _parts(question: Question) -> Iterator[tuple[str, str]]:
    """Yield every name that a part of the question has or had, with today's."""
    for older in (question.id, *question.was):
        yield older, question.id
        if isinstance(question, Matrix):
            for row in question.rows:
                yield from ((f"{older}.{one}", f"{question.id}.{row.id}") for one in (row.id, *row.was))
        elif isinstance(question, Picking):
            yield f"{older}.{OTHER}", f"{question.id}.{OTHER}"
