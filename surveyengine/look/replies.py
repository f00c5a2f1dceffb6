"""What was answered to each question of a response, in words: those of the file, and the customer's own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from markupsafe import Markup

from ..definitions.kinds.registry import NOT_APPLICABLE, OTHER, Matrix, Part, Question
from ..definitions.survey import Survey
from ..definitions.text import Values
from ..i18n.speech import Speech
from ..store.export_rows import AnswerRow
from ..values.bidi import without
from ..values.period import day
from .markup import sentence
from .scales import of_most

LATIN = ("email", "phone")  # series of what is written from left to right in every language


class Reply(NamedTuple):
    """An answer to a question, or to a row of one, which `label` is.

    `words` are several where several options were chosen, in their order where that is the answer. They are the
    customer's `own` in their language; `chip` says a number on its scale.
    """

    label: str
    words: tuple[str, ...]
    chip: str = ""
    is_own: bool = False
    is_ordered: bool = False
    is_latin: bool = False


class AnsweredQuestion(NamedTuple):
    """A question as it was asked, with its answers; none where it was not answered."""

    text: Markup | str
    replies: tuple[Reply, ...]


@dataclass(frozen=True)
class Interpreter:
    """Puts answers into words for a reader; `values` are those of the placeholders in the questions."""

    speech: Speech
    values: Values

    def questions(self, survey: Survey | None, answers: Sequence[AnswerRow]) -> Iterator[AnsweredQuestion]:
        """Yield every question of the version with its answers, and then what no question of it explains."""
        given: defaultdict[str, list[str]] = defaultdict(list)
        for one in answers:
            given[one.question].append(one.value)
        for question in survey.questions if survey else ():
            if question.asks:
                text = sentence(self.speech.words(question.text), self.values, self.speech)
                yield AnsweredQuestion(text, tuple(self._replies(question, given)))
        known = {part.id for question in (survey.questions if survey else ()) for part in question.parts}
        for id, values in given.items():
            if id not in known:
                yield AnsweredQuestion(id, (Reply("", tuple(map(_clean, values)), is_own=True),))

    def _replies(self, question: Question, given: Mapping[str, list[str]]) -> Iterator[Reply]:
        for part in question.parts:
            if values := given.get(part.id):
                named = isinstance(question, Matrix) or part.id.endswith(f".{OTHER}")
                yield self._reply(self.speech.words(part.text) if named else "", part, values)

    def _reply(self, label: str, part: Part, values: list[str]) -> Reply:
        if not part.offered:
            words = tuple(self._written(part.series, _clean(value)) for value in values)
            return Reply(label, words, is_own=part.series == "text", is_latin=part.series in LATIN)
        texts = {option.value: option.text for option in part.offered}
        words = tuple(self.speech.words(texts[value]) if texts.get(value) else "" for value in values)
        chip = of_most(self.speech, int(values[0]), part) if part.measured and values[0] != NOT_APPLICABLE else ""
        if part.question.kind == "consent":
            words = (self.speech.gettext("Yes"),)
        shown = tuple(word or ("" if chip else _clean(value)) for word, value in zip(words, values, strict=True))
        return Reply(label, tuple(filter(None, shown)), chip, is_ordered=part.question.kind == "ranking")

    def _written(self, series: str, value: str) -> str:
        """Return what was written: days and numbers as the reader writes them."""
        with suppress(ValueError, InvalidOperation, OverflowError):
            if series == "date":
                return self.speech.date(day(value))
            if series == "number":
                return self.speech.number(Decimal(value))
        return value


def _clean(value: str) -> str:
    return without(value)
