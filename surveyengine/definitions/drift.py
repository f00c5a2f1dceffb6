"""Warnings about stored answers whose question was removed or changed its meaning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from statistics import fmean
from typing import NamedTuple

from .fault import Fault
from .kinds.base import NOT_APPLICABLE, OTHER, Option, Part, Question
from .kinds.matrix import Matrix
from .lineage import Lineage, lineage
from .survey import Survey
from .toml.document import Document, Path


class Count(NamedTuple):
    """The number of answers to a part of a version: with that value, or all of them where `value` is "".

    Where `part` is "", it is the number of responses.
    """

    digest: str
    part: str
    series: str
    value: str
    n: int


class Former(NamedTuple):
    """A question of a past version, under the id that it had then."""

    version: Survey
    question: Question


@dataclass(frozen=True)
class Drift:
    """Today's survey, and the past versions (by digest, oldest first) that it continues."""

    today: Survey
    versions: Mapping[str, Survey]

    @cached_property
    def names(self) -> Lineage:
        """The older ids that today's ids continue."""
        return lineage(self.today)

    def heir(self, question: Question) -> Question | None:
        """Return today's question that continues a past one; None where none does."""
        return self.today.question(self.names.part(question.id))

    def is_over(self, part: Part) -> bool:
        """Whether no part of today continues the series of a past part."""
        today = self.today.part(self.names.part(part.id))
        return today is None or today.series != part.series

    def lost(self, part: Part) -> list[Option]:
        """Return the options of a past part that today's part no longer offers."""
        today = self.today.part(name := self.names.part(part.id))
        offered = {option.value for option in today.offered} if today else set()
        kept = offered | {NOT_APPLICABLE}
        return [option for option in part.offered if self.names.value(name, option.value) not in kept]


def drifts(drift: Drift, document: Document, counts: Iterable[Count]) -> Iterator[Fault]:
    """Yield a warning for each change that affects stored answers, with their number."""
    mine = [count for count in counts if count.digest in drift.versions]
    yield from _moved(drift, document, [count for count in mine if not count.part])
    given = [(former, count) for count in mine if (former := _former(drift, count))]
    yield from _gone(drift, document, given)
    yield from _changed(drift, document, given)
    yield from _options(drift, document, given)
    yield from _core(drift, document, given)


Given = Sequence[tuple[Former, Count]]


def _former(drift: Drift, count: Count) -> Former | None:
    """Return the question that a count is about; None for the text beside "other", which follows its question."""
    version = drift.versions[count.digest]
    part = version.part(count.part)
    words = part is not None and part.id == f"{part.question.id}.{OTHER}" and not isinstance(part.question, Matrix)
    return None if part is None or words else Former(version, part.question)


def _is_whole(former: Former, count: Count) -> bool:
    """Whether a count is a number of respondents: that of one option among several ticked ones is not."""
    return not count.value or not former.question.several


def _gone(drift: Drift, document: Document, given: Given) -> Iterator[Fault]:
    """Yield the past questions and matrix rows that nothing continues today."""
    questions: Counter[str] = Counter()
    rows: Counter[tuple[str, str]] = Counter()
    last: dict[str, Former] = {}
    for former, count in given:
        heir = drift.heir(former.question)
        if heir is None and _is_whole(former, count):
            questions[former.question.id] += count.n
            last[former.question.id] = former
        elif isinstance(heir, Matrix) and isinstance(former.question, Matrix) and _has_no_row(drift, count.part):
            rows[heir.id, count.part.partition(".")[2]] += count.n
    for id, n in questions.items():
        guess = _guess(drift, last[id])
        path: Path = ("question", guess, "id") if guess is not None else ()
        where = f"`{drift.today.questions[guess].id}`, if that continues it" if guess is not None else ""
        hint = _put_back(id, where or "the question that continues it")
        yield document.fault(path, f"the question `{id}` is gone; {_answers(n)} given to it", hint, "warning")
    for (matrix, row), n in rows.items():
        path = ("question", _index(drift.today, matrix), "rows")
        message = f"the row `{row}` of `{matrix}` is gone; {_answers(n)} given to it"
        yield document.fault(path, message, _put_back(row, "the row that continues it"), "warning")


def _has_no_row(drift: Drift, part: str) -> bool:
    return drift.today.part(drift.names.part(part)) is None


def _put_back(id: str, heir: str) -> str:
    return f'put it back, or write was = "{id}" at {heir}'


def _guess(drift: Drift, former: Former) -> int | None:
    """Return the index of the new question of the same kind that is most like a removed one; None without any."""
    before = {question.id for question in former.version.questions}
    place = former.version.questions.index(former.question)
    new = [
        (_likeness(former.question, question), -abs(index - place), index)
        for index, question in enumerate(drift.today.questions)
        if question.id not in before and not question.was and question.series == former.question.series
    ]
    return max(new)[2] if new else None


def _likeness(one: Question, other: Question) -> float:
    """Return the similarity of two questions' texts, 0 to 1: the mean over the languages that both have."""
    pairs = [(text, other.text[language]) for language, text in one.text.items() if language in other.text]
    return fmean(SequenceMatcher(None, *pair).ratio() for pair in pairs) if pairs else 0.0


def _changed(drift: Drift, document: Document, given: Given) -> Iterator[Fault]:
    """Yield the questions whose kind or scale differs from that of their stored answers."""
    found: Counter[tuple[str, str]] = Counter()
    for former, count in given:
        heir = drift.heir(former.question)
        if heir and heir.series != former.question.series and _is_whole(former, count):
            found[heir.id, former.question.series] += count.n
    for (id, series), n in found.items():
        index = _index(drift.today, id)
        today = drift.today.questions[index].series
        message = f"`{id}` is of the kind `{today}` now, and {_answers(n)} given to it as `{series}`"
        hint = "they stay a series of their own; give the new question an id of its own, or put its kind back"
        yield document.fault(("question", index, "kind"), message, hint, "warning")


def _options(drift: Drift, document: Document, given: Given) -> Iterator[Fault]:
    """Yield the chosen options that no option of today continues."""
    found: Counter[tuple[str, str]] = Counter()
    for former, count in given:
        part = former.version.part(count.part)
        lost = {option.value for option in drift.lost(part)} if part and not drift.is_over(part) else set()
        if count.value in lost:
            found[drift.names.part(former.question.id), count.value] += count.n
    for (id, value), n in found.items():
        path = ("question", _index(drift.today, id), "options")
        message = f"the option `{value}` of `{id}` is gone; {_answers(n)} given with it"
        if value == OTHER:
            hint = 'put `other = true` back, or write was = "other" at the option that continues it'
        else:
            hint = _put_back(value, "the option that continues it")
        yield document.fault(path, message, hint, "warning")


def _core(drift: Drift, document: Document, given: Given) -> Iterator[Fault]:
    """Yield the questions that are still asked but no longer core."""
    found: Counter[str] = Counter()
    for former, count in given:
        heir = drift.heir(former.question)
        if former.question.core and heir and heir.series == former.question.series and not heir.core:
            found[heir.id] += count.n
    core = drift.today.core
    for id, n in found.items():
        index = _index(drift.today, core.id if core else id)
        now = f"`core` has moved from `{id}` to `{core.id}`" if core else f"`{id}` is not core any more"
        kept = f"{_answers(n)} given to it as the score, and {'go' if n > 1 else 'goes'} on counting for that time"
        hint = f"put `core = true` back to `{id}`, unless the score is to mean something else from now on"
        yield document.fault(("question", index, "core"), f"{now}; {kept}", hint, "warning")


def _moved(drift: Drift, document: Document, came: Sequence[Count]) -> Iterator[Fault]:
    """Yield the earlier stages and touchpoints of the survey."""
    found: Counter[tuple[str, str]] = Counter()
    today = drift.today
    for count in came:
        version = drift.versions[count.digest]
        renamed = (version.touchpoint, today.touchpoint) == (version.id, today.id)
        touchpoint = today.touchpoint if renamed else version.touchpoint
        found[version.stage, touchpoint] += count.n
    for (stage, touchpoint), n in found.items():
        if (stage, touchpoint) == (today.stage, today.touchpoint):
            continue
        was = f"at the touchpoint `{touchpoint}` of the stage {stage}"
        stands = f"at `{today.touchpoint}` of {today.stage}"
        responses = f"{n} response{'' if n == 1 else 's'} came {was} and {'counts' if n == 1 else 'count'} {stands} now"
        hint = "to keep a past where it was, put the file back there and give the new survey a name of its own"
        yield document.fault(("touchpoint",), f"the survey has moved: {responses}", hint, "warning")


def _index(survey: Survey, id: str) -> int:
    return next(index for index, question in enumerate(survey.questions) if question.id == id)


def _answers(n: int) -> str:
    return "1 answer was" if n == 1 else f"{n} answers were"
