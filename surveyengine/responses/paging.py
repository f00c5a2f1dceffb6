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
    """What of a submission decides."""

    @property
    def errors(self) -> Errors: ...
    @property
    def values(self) -> Mapping[str, object]: ...


@dataclass(frozen=True)
class Sent:
    """What a form says about itself: which page it is, 0 for a whole submission, and where it is to go.

    `late` are the late questions that it showed; `further` that it showed nothing else.
    """

    page: int = 0
    go: str = ""
    late: frozenset[str] = frozenset()
    further: bool = False


@dataclass(frozen=True)
class FormPage:
    """What of a survey stands on one page of the form, by its number of all.

    The conditions of `questions` are what is left of them to decide on the page itself. Those that hang on something
    written are `late`, because only a script can show them in time; `due` are those of them that are asked as things
    stand. `further` says that the page asks nothing but what came due by itself, `last` that no other page follows.
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
    """The page to show, with what is wrong there; no page where the form is finished."""

    leaf: FormPage | None
    errors: Errors = field(default_factory=dict)


def sent(survey: Survey, posted: Posted) -> Sent:
    """Return what a posted form says of the page that it comes from; the whole where it says nothing sensible."""
    number = "".join(posted.getlist("form.page"))
    go = "".join(posted.getlist("form.go")[:1])
    if number not in map(str, range(1, len(survey.pages) + 1)):
        return Sent(go=go)
    return Sent(int(number), go, frozenset(posted.getlist("form.late")), "form.further" in posted)


def leaf(survey: Survey, number: int, values: Mapping[str, object], only: Collection[str] | None = None) -> FormPage:
    """Return the page of that number for those answers; of `only` some of its questions, where they are named."""
    book = survey.pages
    page = [question for question in book[number - 1] if only is None or question.id in only]
    questions, late = _open(page, values)
    due = frozenset(one.id for one in page if one.id in late and holds(one.show_if, values))
    pending = {part.id for question in questions for part in question.parts}
    last = not any(_open(later, values, pending)[0] for later in book[number:])
    return FormPage(number, len(book), questions, late, due, only is not None, last)


def step(survey: Survey, read: Read, sent: Sent) -> NextPage:
    """Return where a page leads that was sent: to what is wrong up to it, to what came due on it, or further on."""
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
            return NextPage(_faulty(survey, number, read.values, sent, found), found)
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
    """Return the fields that answer what is not on the page, which go with it unseen."""
    elsewhere = {question.id for question in survey.questions} - {question.id for question in leaf.questions}
    return [(name, value) for name, value in fields if value and _owner(name) in elsewhere]


def _open(
    page: Iterable[Question], values: Mapping[str, object], pending: Collection[str] = ()
) -> tuple[tuple[Question, ...], frozenset[str]]:
    """Return the questions of a page that may be asked, with what is left of their conditions, and the late ones.

    `pending` are names that are answered before the page, and not known yet.
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
    """Return the page before; that of what came due is the one on which it did."""
    here = sent.page or 1
    numbers: Iterator[int] = iter((here,) if sent.further else range(here - 1, 0, -1))
    earlier = (leaf(survey, number, values) for number in numbers)
    return next((one for one in earlier if one.questions), leaf(survey, here, values))


def _again(survey: Survey, values: Mapping[str, object], sent: Sent) -> FormPage:
    """Return the page that was sent."""
    only = sent.late & _due(survey, sent.page, values) if sent.further else None
    return leaf(survey, sent.page or 1, values, only)


def _faulty(survey: Survey, number: int, values: Mapping[str, object], sent: Sent, errors: Errors) -> FormPage:
    """Return the page that has errors: as it was sent, where all of them stand on what came due."""
    owners = {_owner(id) for id in errors}
    if sent.further and number == sent.page and owners <= sent.late:
        return _again(survey, values, sent)
    return leaf(survey, number, values)


def _owner(name: str) -> str:
    """Return the id of the question that a field or a part belongs to."""
    return name.partition(".")[0]
