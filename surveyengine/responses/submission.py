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
from ..store import drafts
from ..store.drafts import Draft
from ..store.engine.database import ANSWER
from ..values.context import Pairs
from . import form, resume
from .errors import AnswerError
from .form import ParsedAnswers, Posted
from .paging import DRAFT, STAY, FormPage, NextPage, Sent, carried, leaf, sent, step
from .ticket import FormToken
from .visit import Visit

Fields = MultiDict[str, str]


@dataclass(frozen=True)
class FormState:
    """What of a form is shown: a page of it with the answers so far, those of its other pages unseen, and why.

    `chosen` are the questions that the link answered; the form is `complete` if it could be sent as it stands. What was
    `posted` came from a customer's hand.
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
    """A posted form: what it says of itself, and what it says together with what is kept of it unseen."""

    def __init__(self, engine: Engine, visit: Visit, fields: Fields, ticket: FormToken | None = None) -> None:
        self.engine, self.visit, self.fields = engine, visit, fields
        self.withheld = ticket.withheld if ticket else ()

    @cached_property
    def sent(self) -> Sent:
        """The page that was sent, and where it goes."""
        return sent(self.visit.survey, self.fields)

    @cached_property
    def answers(self) -> resume.Given:
        """All that was answered, by the names of the fields."""
        posted = resume.given(self.visit.survey, self.fields.items(multi=True))
        kept = _draft(self.engine, self.visit) if self.withheld else None
        return resume.completed(self.visit.survey, posted, kept.given, self.withheld) if kept else posted

    @cached_property
    def parsed(self) -> ParsedAnswers:
        """What is to be stored."""
        return _read(self.engine, self.visit, _form(self.answers) if self.withheld else self.fields)

    def step(self) -> NextPage:
        """Return where it leads."""
        return step(self.visit.survey, self.parsed, self.sent)

    def turn(self, step: NextPage) -> FormState:
        """Return what of the form is shown next."""
        here = step.leaf or leaf(self.visit.survey, 1, self.parsed.values)
        more = [("form.late", id) for id in sorted(self.sent.late)] if here.further else []
        unseen = [*carried(self.visit.survey, here, self.fields.items(multi=True)), *more]
        given = _given(self.engine, self.visit, self.fields)
        return FormState(here, given, unseen, step.errors, status=422 if step.errors else 200, posted=True)

    def again(self, kind: str, status: int = 200) -> FormState:
        """Return the page that was sent, with everything still filled in, and why it is shown again."""
        here = step(self.visit.survey, self.parsed, replace(self.sent, go=STAY))
        return replace(self.turn(here), kind=kind, status=status)

    def is_bare(self, selected: Pairs) -> bool:
        """Whether it says what its link had chosen, and nothing else but what was kept before."""
        if not selected:
            return False
        draft = _draft(self.engine, self.visit)
        names = {name for name, _ in selected}
        kept = [] if draft is None else [(name, one) for name, one in resume.pairs(draft.given) if name not in names]
        opened = _read(self.engine, self.visit, MultiDict([*kept, *selected]))
        return _told(self.visit.survey, opened) == _told(self.visit.survey, self.parsed)

    def unchosen(self, selected: Pairs) -> FormState:
        """Return the page of what its link had chosen, with nothing chosen there and all else still filled in."""
        survey, names = self.visit.survey, [name for name, _ in selected]
        gone = {name for question in survey.questions for name in _same_answer(question, names)}
        left = MultiDict([(name, value) for name, value in self.fields.items(multi=True) if name not in gone])
        rest = Submission(self.engine, self.visit, left)
        rest.withheld = self.withheld
        here = leaf(survey, _opening(self.visit, None, names), rest.parsed.values)
        complete = _is_complete(survey, self.parsed, here)
        return replace(rest.turn(NextPage(here)), kind="unchosen", chosen=owners(names), complete=complete)

    def save(self, leaf: FormPage | None, now: datetime) -> None:
        """Keep what was answered for whoever opens the link again, at that page, or at the one that was sent."""
        if self.visit.invitation is None or not self.visit.keeps_drafts:
            return
        saved = Draft(self.answers, leaf.number if leaf and self.sent.go != DRAFT else self.sent.page or 1)
        with self.engine.database.write(ANSWER) as connection:
            drafts.save(connection, self.visit.invitation.key, self.visit.survey.digest, saved, now)


def begun(
    engine: Engine, visit: Visit, ticket: FormToken, parameters: Collection[tuple[str, str]]
) -> tuple[FormToken, FormState]:
    """Return the form as its link opens it: where it was left, and with what the link has chosen."""
    survey, draft = visit.survey, _draft(engine, visit)
    selected = _selected(engine, visit, parameters)
    kept = {name: values for name, values in draft.given.items() if name not in selected} if draft else {}
    submission = _read(engine, visit, _form({**kept, **selected}))
    withheld = resume.withheld(survey, kept, submission.errors)
    shown = {**resume.chosen(survey, kept), **selected}
    here = leaf(survey, _opening(visit, draft, selected), submission.values)
    chosen = tuple((name, value) for name, values in selected.items() for value in values)
    turn = FormState(
        here,
        _given(engine, visit, _form(shown)),
        carried(survey, here, resume.pairs(shown)),
        chosen=owners(selected),
        complete=bool(selected) and _is_complete(survey, submission, here),
    )
    return replace(ticket, selected=chosen, withheld=withheld), turn


def owners(names: Iterable[str]) -> tuple[str, ...]:
    """Return the ids of the questions that these fields belong to, each once."""
    return tuple(dict.fromkeys(name.partition(".")[0] for name in names))


def _told(survey: Survey, said: ParsedAnswers) -> set[tuple[str, str, int]]:
    """Return what was answered, in whichever order but where the order is the answer."""
    ranked = {question.id for question in survey.questions if question.kind == "ranking"}
    return {(one.question, one.value, one.position if one.question in ranked else 0) for one in said.answers}


def _same_answer(question: Question, names: Collection[str]) -> Iterator[str]:
    """Yield the fields of a question that answer what those names do: a day has several for its one answer."""
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
        return drafts.find(connection, visit.invitation.key, visit.survey.digest)


def _selected(engine: Engine, visit: Visit, parameters: Collection[tuple[str, str]]) -> dict[str, list[str]]:
    """Return what the link has chosen beforehand, as far as it is offered."""
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


def _form(given: resume.Given) -> Fields:
    return MultiDict(resume.pairs(given))
