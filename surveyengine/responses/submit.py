"""What becomes of a form that was sent. It is decided without the framework, which most answers do not need."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ..engine import Engine
from ..store.engine.database import Unavailable
from ..values.enumeration import FormLayout
from ..values.signing import Purpose, is_proven
from .paging import DRAFT
from .partial_answers import given, pairs
from .posted import Body, PostedForm
from .rate_limit import allowance
from .storing import CompleteForm, Exhausted, Stands, keep, repeated
from .submission import FormState, Submission
from .ticket import FormToken, FormTokens, opened, renewed
from .visit import Visit

# Where a browser says that a form was sent from when it was not one of ours; a frame that hides its origin is nobody's.
ELSEWHERE = ("cross-site", "same-site")


@dataclass(frozen=True)
class Services:
    """What answering needs: the engine, and the signatures of forms."""

    engine: Engine
    tickets: FormTokens


@dataclass(frozen=True)
class Form:
    """The form is shown: its next page, or the same one with everything still filled in."""

    visit: Visit
    ticket: FormToken
    state: FormState


@dataclass(frozen=True)
class Notice:
    """A page of that kind is shown instead."""

    kind: str
    visit: Visit | None = None
    at: datetime | None = None  # when the answer was saved that it speaks of, where that is known


@dataclass(frozen=True)
class Taken:
    """The form's answer was saved before, at a moment that may not be known, and other ones came: they are not stored.

    They are offered a form of their own, by its token and fields.
    """

    visit: Visit
    at: datetime | None
    ticket: FormToken
    fields: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class End:
    """The answer is kept, and the customer sent on to another page of ours."""

    path: str


@dataclass(frozen=True)
class Saved:
    """What was answered so far is kept, and nobody waits for a page."""


SubmitResult = Form | Notice | Taken | End | Saved


def submit(services: Services, posted: PostedForm, now: datetime) -> SubmitResult:
    """Keep what a form says, and return what its customer is shown.

    1. `Notice`: a form that came from elsewhere, too late, or after another answer is told so, and nothing is stored.
    2. `Form`: its next page, or the same one with everything still filled in, and why.
    3. `Saved`: what was answered so far is kept as a draft.
    4. `Taken`: this form was sent before with other answers, which stand.
    5. `End`: the answer is on disk, now or since it came the first time.
    """
    if posted.site in ELSEWHERE:
        return Notice("foreign", posted.visit)
    ticket = _carried(services, posted)
    try:
        version = services.engine.library.version(ticket.digest) if ticket else None
        if version and version is not posted.visit.survey:
            posted = replace(posted, visit=replace(posted.visit, survey=version))
        submission = Submission(services.engine, posted, ticket if version else None)
        return _too_late(submission) or _unfinished(submission, now) or _finished(submission, now)
    except Unavailable:
        return _unavailable(services, posted, ticket or ticket_for(posted.visit, now))


def undecided(services: Services, token: str, body: Body) -> SubmitResult:
    """Return the form of a personal link once more while the database is away: its token alone names the survey."""
    engine, ticket = services.engine, _read(services, body)
    survey = engine.library.survey(ticket.survey) if ticket else None
    if ticket is None or survey is None or not is_proven(token, engine.secrets, Purpose.ANSWER, ticket.invitation):
        return Notice("unavailable")
    with suppress(Unavailable):
        survey = engine.library.version(ticket.digest) or survey
    return _unavailable(services, PostedForm(Visit(survey), body), ticket)


def ticket_for(visit: Visit, now: datetime) -> FormToken:
    """Return the token of a form that is opened now."""
    ticket, said = opened(visit.survey.id, visit.survey.digest, now, visit.invitation_id), visit.place.context
    return replace(ticket, context=said.pairs, claimed=said.claimed, layout=visit.place.layout)


def _carried(services: Services, posted: PostedForm) -> FormToken | None:
    """Return the token that a form carries; None without one of ours, or with another form's."""
    ticket, visit = _read(services, posted.body), posted.visit
    is_its_own = ticket and ticket.survey in visit.survey.ids and ticket.invitation == visit.invitation_id
    return ticket if is_its_own else None


def _read(services: Services, body: Body) -> FormToken | None:
    tokens = body.fields.getlist("form")
    return services.tickets.read(tokens[0]) if len(tokens) == 1 else None


def _unavailable(services: Services, posted: PostedForm, ticket: FormToken) -> Form:
    """Return the form once more, without its draft, which is in the database."""
    return Form(posted.visit, ticket, Submission(services.engine, posted, None).again("unavailable"))


def _too_late(submission: Submission) -> Notice | End | None:
    """Return the notice for a form that comes too late; None where it may still be answered."""
    visit = submission.visit
    if visit.is_answered and not submission.is_complete:
        return End(submission.posted.end) if _came_again(submission) else Notice("stands", visit, visit.answered_at)
    if visit.over and not visit.is_answered:
        return Notice(visit.over, visit)
    if submission.ticket and submission.ticket.layout == FormLayout.KIOSK and (stored := submission.stored()):
        # What is on a tablet's form may belong to an earlier customer.
        same = submission.is_complete and not repeated(stored, submission.parsed)
        return End(submission.posted.end) if same else Notice("spent", visit, stored.answered_at)
    return None


def _came_again(submission: Submission) -> bool:
    """Whether it is the stored answer again, without the text of its draft, which was deleted with the answer."""
    if submission.sent.go or not (submission.withheld and submission.posted.body.readable):
        return False
    stored = submission.stored()
    return stored is not None and not repeated(stored, submission.parsed, submission.withheld)


def _unfinished(submission: Submission, now: datetime) -> Form | Saved | None:
    """Keep the draft of a form that goes on, and return what is shown of it; None where it has come to its end."""
    if not submission.posted.body.readable:
        return _form(submission, submission.again("unreadable"), now)
    leaf, is_draft = submission.next.leaf, submission.sent.go == DRAFT
    if leaf is None and not is_draft:
        return None
    if submission.ticket and not _is_hasty(submission, now):
        submission.save(leaf, now)
    return Saved() if is_draft else _form(submission, submission.turn(submission.next), now)


def _finished(submission: Submission, now: datetime) -> SubmitResult:
    """Store a form that has come to its end, unless it has to be sent once more."""
    visit, ticket, engine = submission.visit, submission.ticket, submission.engine
    if ticket is None:
        return _form(submission, submission.again("unconfirmed", 422), now)
    if _is_hasty(submission, now):
        return Form(visit, replace(ticket, selected=()), submission.unchosen())
    if visit.preview:
        return End(submission.posted.end)
    share = allowance(submission.posted.address, engine.secret, now, engine.config.web.answers_per_hour)
    form = CompleteForm(ticket, visit.survey, submission.parsed, submission.posted.language, share)
    match keep(engine, form, now):
        case None:
            return End(submission.posted.end)
        case Exhausted():
            return Form(visit, ticket, submission.again("too_often"))
        case Stands(at) if visit.invitation:
            return Notice("stands", visit, at)
        case Stands(at):
            fields = pairs(given(visit.survey, submission.fields.items(multi=True)))
            return Taken(visit, at, renewed(ticket, now), fields)


def _form(submission: Submission, state: FormState, now: datetime) -> Form:
    return Form(submission.visit, submission.ticket or ticket_for(submission.visit, now), state)


def _is_hasty(submission: Submission, now: datetime) -> bool:
    """Whether a machine may have sent it: nothing but the link's choice, within `min_fill`."""
    ticket = submission.ticket
    if ticket is None or not ticket.selected:
        return False
    soon = max(now - ticket.issued_at, timedelta(0)) < submission.engine.config.web.min_fill
    return soon and submission.is_bare()
