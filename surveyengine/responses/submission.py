"""A form on its way through its pages: as it is begun, taken up again, and sent from one page to the next."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from werkzeug.datastructures import MultiDict

from ..definitions.kinds.registry import Question
from ..definitions.survey import Survey
from ..engine import Engine
from ..store import drafts, responses
from ..store.drafts import BegunForm, Draft
from ..store.engine.database import ANSWER
from ..store.responses import Stored
from ..values.context import Pairs
from . import form
from . import partial_answers as partial
from .errors import AnswerError
from .form import ParsedAnswers, Posted
from .paging import DRAFT, STAY, FormPage, NextPage, Sent, carried, leaf, sent, step
from .posted import Body, PostedForm
from .ticket import FormToken
from .visit import Visit

Fields = MultiDict[str, str]


@dataclass(frozen=True)
class FormState:
    """A page of a form as it is shown: its answers so far, those of other pages as hidden fields, errors and a reason.

    `chosen` are the questions that the link answered. A `complete` form could be sent as it stands. `posted` says that
    a customer sent it.
    """

    leaf: FormPage
    given: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    carried: Sequence[tuple[str, str]] = ()
    errors: Mapping[str, AnswerError] = field(default_factory=dict)
    kind: str | None = None
    status: int = 200
    chosen: tuple[str, ...] = ()
    complete: bool = False
    posted: bool = False

    @property
    def is_begun(self) -> bool:
        """Whether somebody's answers are on it."""
        return bool(self.posted or self.leaf.number > 1 or self.leaf.further or self.carried)


class Submission:
    """A posted form that was read, together with what is kept of it unseen.

    `parsed` is what is to be stored, `sent` the page that it comes from, and `next` the one that it leads to.
    """

    def __init__(self, engine: Engine, posted: PostedForm, ticket: FormToken | None) -> None:
        self.engine, self.posted, self.ticket = engine, posted, ticket
        self.visit, self.fields = posted.visit, posted.body.fields
        self.withheld = ticket.withheld if ticket else ()
        self.parsed = _read(engine, self.visit, _form(self.answers) if self.withheld else self.fields)
        self.sent = sent(self.visit.survey, self.fields)
        self.next = step(self.visit.survey, self.parsed, self.sent)

    @property
    def is_complete(self) -> bool:
        """Whether it is one of our forms, all of it could be read, and it has come to its end."""
        return self.ticket is not None and self.posted.body.readable and self.next.leaf is None

    @cached_property
    def answers(self) -> partial.Given:
        """All that was answered, by the names of the fields."""
        posted = partial.given(self.visit.survey, self.fields.items(multi=True))
        kept = _draft(self.engine, self.visit) if self.withheld else None
        return partial.completed(self.visit.survey, posted, kept.given, self.withheld) if kept else posted

    def stored(self) -> Stored | None:
        """Return what was stored of this form before; None where nothing was."""
        if self.ticket is None:
            return None
        with self.engine.database.read(ANSWER) as connection:
            return responses.find(connection, self.ticket.submission)

    def turn(self, step: NextPage) -> FormState:
        """Return what of the form is shown at that page."""
        here = step.leaf or leaf(self.visit.survey, 1, self.parsed.values)
        more = [("form.late", id) for id in sorted(self.sent.late)] if here.further else []
        unseen = [*carried(self.visit.survey, here, self.fields.items(multi=True)), *more]
        given = _given(self.engine, self.visit, self.fields)
        return FormState(here, given, unseen, step.errors, status=422 if step.errors else 200, posted=True)

    def again(self, kind: str, status: int = 200) -> FormState:
        """Return the posted page once more, everything still filled in, with the reason."""
        here = step(self.visit.survey, self.parsed, replace(self.sent, go=STAY))
        return replace(self.turn(here), kind=kind, status=status)

    def is_bare(self) -> bool:
        """Whether it says nothing but what its link had chosen and what was kept before."""
        draft, selected = _draft(self.engine, self.visit), self._selected
        names = {name for name, _ in selected}
        kept = [] if draft is None else [(name, one) for name, one in partial.pairs(draft.given) if name not in names]
        opened = _read(self.engine, self.visit, MultiDict([*kept, *selected]))
        return _told(self.visit.survey, opened) == _told(self.visit.survey, self.parsed)

    def unchosen(self) -> FormState:
        """Return the page with the link's choice taken back, and all else still filled in."""
        survey, names = self.visit.survey, [name for name, _ in self._selected]
        gone = {name for question in survey.questions for name in _same_answer(question, names)}
        left = MultiDict([(name, value) for name, value in self.fields.items(multi=True) if name not in gone])
        rest = Submission(self.engine, replace(self.posted, body=Body(left, readable=True)), self.ticket)
        here = leaf(survey, _opening(self.visit, None, names), rest.parsed.values)
        complete = _is_complete(survey, self.parsed, here)
        return replace(rest.turn(NextPage(here)), kind="unchosen", chosen=owners(names), complete=complete)

    def save(self, leaf: FormPage | None, now: datetime) -> None:
        """Save the partial answers; the link opens at that page again, or at the posted one."""
        if self.visit.invitation is None or not self.visit.keeps_drafts:
            return
        saved = Draft(self.answers, leaf.number if leaf and self.sent.go != DRAFT else self.sent.page or 1)
        with self.engine.database.write(ANSWER) as connection:
            drafts.save(connection, BegunForm(self.visit.invitation.key, self.visit.survey.digest), saved, now)

    @property
    def _selected(self) -> Pairs:
        return self.ticket.selected if self.ticket else ()


def begun(
    engine: Engine, visit: Visit, ticket: FormToken, parameters: Collection[tuple[str, str]]
) -> tuple[FormToken, FormState]:
    """Return the form as its link opens it: at the page where it was left, with the link's choices."""
    survey, draft = visit.survey, _draft(engine, visit)
    selected = _selected(engine, visit, parameters)
    kept = {name: values for name, values in draft.given.items() if name not in selected} if draft else {}
    submission = _read(engine, visit, _form({**kept, **selected}))
    withheld = partial.withheld(survey, kept, submission.errors)
    shown = {**partial.chosen(survey, kept), **selected}
    here = leaf(survey, _opening(visit, draft, selected), submission.values)
    chosen = tuple((name, value) for name, values in selected.items() for value in values)
    turn = FormState(
        here,
        _given(engine, visit, _form(shown)),
        carried(survey, here, partial.pairs(shown)),
        chosen=owners(selected),
        complete=bool(selected) and _is_complete(survey, submission, here),
    )
    return replace(ticket, selected=chosen, withheld=withheld), turn


def owners(names: Iterable[str]) -> tuple[str, ...]:
    """Return the ids of the questions that these fields belong to, each once."""
    return tuple(dict.fromkeys(name.partition(".")[0] for name in names))


def _told(survey: Survey, said: ParsedAnswers) -> set[tuple[str, str, int]]:
    """Return what was answered; the order counts only where it is the answer."""
    ranked = {question.id for question in survey.questions if question.kind == "ranking"}
    return {(one.question, one.value, one.position if one.question in ranked else 0) for one in said.answers}


def _same_answer(question: Question, names: Collection[str]) -> Iterator[str]:
    """Yield the fields that answer the same part as these names; a day has several."""
    parts = {part.id for part in question.parts}
    yield from (name for name in question.fields if (name if name in parts else question.id) in names)


def _is_complete(survey: Survey, submission: ParsedAnswers, here: FormPage) -> bool:
    """Whether the form would come to its end if that page were sent with these answers."""
    number = 0 if here.is_plain else here.number
    return step(survey, submission, Sent(number, late=here.due)).leaf is None


def _opening(visit: Visit, draft: Draft | None, selected: Iterable[str]) -> int:
    """Return the page at which a form opens: that of what the link has chosen, else where it was left."""
    book, asked = visit.survey.pages, owners(selected)
    chosen = [number for number, page in enumerate(book, 1) if any(one.id in asked for one in page)]
    return chosen[0] if chosen else min(draft.page, len(book)) if draft else 1


def _draft(engine: Engine, visit: Visit) -> Draft | None:
    if visit.invitation is None or not visit.keeps_drafts:
        return None
    with engine.database.read(ANSWER) as connection:
        return drafts.find(connection, BegunForm(visit.invitation.key, visit.survey.digest))


def _selected(engine: Engine, visit: Visit, parameters: Collection[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the answers that the link's parameters choose, as far as the survey offers them."""
    asked = {name for question in visit.survey.questions for name in question.fields}
    given = [(name, value) for name, value in parameters if name in asked]
    found: dict[str, list[str]] = {}
    for answer in _read(engine, visit, MultiDict(given)).answers:
        found.setdefault(answer.question, []).append(answer.value)
    return found


def _read(engine: Engine, visit: Visit, posted: Posted) -> ParsedAnswers:
    return form.read(visit.survey, posted, engine.config.business.country)


def _given(engine: Engine, visit: Visit, posted: Posted) -> Mapping[str, tuple[str, ...]]:
    return form.given(visit.survey, posted, engine.config.business.country)


def _form(given: partial.Given) -> Fields:
    return MultiDict(partial.pairs(given))
