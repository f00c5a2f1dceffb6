"""Which page of a form comes next: decided from what was asked, what was answered, and which page was sent."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from ..definitions.condition import Condition, holds, settled
from ..definitions.kinds.registry import Question
from ..definitions.survey import Survey
from .errors import NOTHING, AnswerError
from .fields import Posted

Errors = Mapping[str, AnswerError]
BACK, DRAFT, STAY = "back", "draft", "stay"


class Read(Protocol):
    """What a submission says, as far as it decides on the next page."""

    @property
    def errors(self) -> Errors: ...
    @property
    def values(self) -> Mapping[str, object]: ...


@dataclass(frozen=True)
class Sent:
    """What a posted form says of itself: its page, 0 for a whole form, and where it is to `go`.

    `late` are the late questions that it showed; a `further` page showed only those.
    """

    page: int = 0
    go: str = ""
    late: frozenset[str] = frozenset()
    further: bool = False


@dataclass(frozen=True)
class FormPage:
    """The page of that number, of `count` pages of a form.

    The conditions of `questions` are reduced to what the page itself still has to decide. `late` questions depend on
    free text, so that only a script can show them in time; `due` are the late ones that are asked as things stand. A
    `further` page is a follow-up that asks only those. No page follows the `last` one.
    """

    number: int
    count: int
    questions: tuple[Question, ...]
    late: frozenset[str] = frozenset()
    due: frozenset[str] = frozenset()
    further: bool = False
    last: bool = True

    @property
    def is_plain(self) -> bool:
        """Whether it is a whole form, and can be sent as one."""
        return self.count == 1 and not self.late and not self.further


@dataclass(frozen=True)
class NextPage:
    """The next page and its errors; no page where the form is finished."""

    leaf: FormPage | None
    errors: Errors = field(default_factory=dict)


def sent(survey: Survey, posted: Posted) -> Sent:
    """Return what a posted form says of itself; a whole form where its page number makes no sense."""
    number = "".join(posted.getlist("form.page"))
    go = "".join(posted.getlist("form.go")[:1])
    if number not in map(str, range(1, len(survey.pages) + 1)):
        return Sent(go=go)
    return Sent(int(number), go, frozenset(posted.getlist("form.late")), "form.further" in posted)


def leaf(survey: Survey, number: int, values: Mapping[str, object], only: Collection[str] | None = None) -> FormPage:
    """Return the page of that number for these answers, with `only` these of its questions where they are given."""
    book = survey.pages
    page = [question for question in book[number - 1] if only is None or question.id in only]
    questions, late = _open(page, values)
    due = frozenset(one.id for one in page if one.id in late and holds(one.show_if, values))
    pending = {part.id for question in questions for part in question.parts}
    last = not any(_open(later, values, pending)[0] for later in book[number:])
    return FormPage(number, len(book), questions, late, due, only is not None, last)


def step(survey: Survey, read: Read, sent: Sent) -> NextPage:
    """Return the page that follows a posted one.

    1. The previous page, or the same one, where the form asks for it.
    2. The first page up to the posted one that has errors.
    3. A follow-up page with the late questions that came due.
    4. The next page that asks something.
    5. No page where the form is complete; else the first page with an error.
    """
    if sent.go == BACK:
        return NextPage(_before(survey, read.values, sent))
    if sent.go == STAY:
        return NextPage(_again(survey, read.values, sent))
    count = len(survey.pages)
    reached = sent.page or count
    errors = {id: one for id, one in read.errors.items() if one.msgid != NOTHING}
    unseen = _due(survey, sent.page, read.values) - sent.late if sent.page else frozenset()
    for number in range(1, reached + 1):
        here = {question.id for question in survey.pages[number - 1]} - unseen
        if found := {id: one for id, one in errors.items() if _owner(id) in here}:
            is_follow_up = sent.further and number == sent.page and {_owner(id) for id in found} <= sent.late
            page = _again(survey, read.values, sent) if is_follow_up else leaf(survey, number, read.values)
            return NextPage(page, found)
    if unseen:
        return NextPage(leaf(survey, sent.page, read.values, unseen))
    following = (leaf(survey, number, read.values) for number in range(reached + 1, count + 1))
    if further := next((one for one in following if one.questions), None):
        return NextPage(further)
    if not read.errors:
        return NextPage(None)
    first = next(number for number, page in enumerate(survey.pages, 1) if any(one.id in read.errors for one in page))
    return NextPage(leaf(survey, first, read.values), read.errors)


def carried(survey: Survey, leaf: FormPage, fields: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the fields that answer questions of other pages; they go with the page as hidden fields."""
    elsewhere = {question.id for question in survey.questions} - {question.id for question in leaf.questions}
    return [(name, value) for name, value in fields if value and _owner(name) in elsewhere]


def _open(
    page: Iterable[Question], values: Mapping[str, object], pending: Collection[str] = ()
) -> tuple[tuple[Question, ...], frozenset[str]]:
    """Return the questions of a page that may be asked, their conditions reduced, and the ids of the late ones.

    `pending` are names that will be answered before the page is reached.
    """
    questions: list[Question] = []
    late: set[str] = set()
    unknown, unseen = set(pending), set()
    for question in page:
        rest = settled(question.show_if, values, unknown)
        if rest is False:
            continue
        left = rest if isinstance(rest, Condition) else None
        questions.append(question.model_copy(update={"show_if": left}) if question.show_if else question)
        if left and any(name in unseen for _, name, _ in left.walk()):
            late.add(question.id)
        unknown |= {part.id for part in question.parts}
        unseen |= {part.id for part in question.parts if question.id in late or not part.offered}
    return tuple(questions), frozenset(late)


def _due(survey: Survey, number: int, values: Mapping[str, object]) -> frozenset[str]:
    return leaf(survey, number, values).due


def _before(survey: Survey, values: Mapping[str, object], sent: Sent) -> FormPage:
    """Return the previous page; for a follow-up page, the page that triggered it."""
    here = sent.page or 1
    numbers: Iterator[int] = iter((here,) if sent.further else range(here - 1, 0, -1))
    earlier = (leaf(survey, number, values) for number in numbers)
    return next((one for one in earlier if one.questions), leaf(survey, here, values))


def _again(survey: Survey, values: Mapping[str, object], sent: Sent) -> FormPage:
    """Return the page that was sent."""
    only = sent.late & _due(survey, sent.page, values) if sent.further else None
    return leaf(survey, sent.page or 1, values, only)


def _owner(name: str) -> str:
    """Return the id of the question that a field or a part belongs to."""
    return name.partition(".")[0]
