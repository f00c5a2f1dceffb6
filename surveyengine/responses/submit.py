"""What becomes of a form that was sent. It is decided without the framework, which most answers do not need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from ..engine import Engine
from ..store import responses
from ..store.engine.database import ANSWER, Unavailable
from ..store.responses import Stored
from ..values.enumeration import FormLayout
from ..values.link_tokens import answer_token
from .paging import DRAFT
from .posted import Body
from .rate_limit import allowance
from .resume import given, pairs
from .storing import Exhausted, keep, repeated
from .submission import FormState, Submission
from .ticket import FormToken, FormTokens, opened, renewed
from .visit import Visit, ended

# Where a browser says that a form was sent from when it was not one of ours; a frame that hides its origin is nobody's.
ELSEWHERE = ("cross-site", "same-site")


@dataclass(frozen=True)
class Services:
    """What answering needs: the engine, and the signatures of forms."""

    engine: Engine
    tickets: FormTokens


@dataclass(frozen=True)
class PostedForm:
    """A form as it was sent; `language` is that of its page."""

    visit: Visit
    body: Body
    language: str
    environ: Mapping[str, Any]  # of the request, as WSGI says it


@dataclass(frozen=True)
class Form:
    """The form is shown: its next page, or the same one with everything still filled in."""

    visit: Visit
    ticket: FormToken
    turn: FormState


@dataclass(frozen=True)
class Notice:
    """A page of that kind is shown instead."""

    kind: str
    visit: Visit | None = None
    at: datetime | None = None  # when the answer was saved that it speaks of, where that is known


@dataclass(frozen=True)
class Taken:
    """The form's answer was saved before, at a moment that may not be known, and other ones came: they are not stored.

    They are offered a form of their own, by its ticket and fields.
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
    visit, ticket = posted.visit, _carried(services, posted.body)
    if posted.environ.get("HTTP_SEC_FETCH_SITE") in ELSEWHERE:
        return Notice("foreign", visit)
    if ticket and not (ticket.survey in visit.survey.ids and ticket.invitation == visit.invitation_id):
        ticket = None
    try:
        version = services.engine.library.version(ticket.digest) if ticket else None
        if version and version is not visit.survey:
            visit = replace(visit, survey=version)
        return _read(services, replace(posted, visit=visit), ticket if version else None, now)
    except Unavailable:
        return _again(services, visit, posted.body, ticket or ticket_for(visit, now))


def undecided(services: Services, token: str, body: Body) -> SubmitResult:
    """Return the form of a personal link once more, which only its ticket can name while the database is away."""
    engine, ticket = services.engine, _carried(services, body)
    survey = engine.library.survey(ticket.survey) if ticket else None
    if ticket is None or survey is None or answer_token(engine.secret, ticket.invitation) != token:
        return Notice("unavailable")
    with suppress(Unavailable):
        survey = engine.library.version(ticket.digest) or survey
    return _again(services, Visit(survey), body, ticket)


def ticket_for(visit: Visit, now: datetime) -> FormToken:
    """Return the ticket of a form that is opened now."""
    ticket, said = opened(visit.survey.id, visit.survey.digest, now, visit.invitation_id), visit.place.context
    return replace(ticket, context=said.pairs, claimed=said.claimed, layout=visit.place.layout)


def _carried(services: Services, body: Body) -> FormToken | None:
    """Return the ticket that a form carries; None where it carries none of ours."""
    tokens = body.fields.getlist("form")
    return services.tickets.read(tokens[0]) if len(tokens) == 1 else None


def _again(services: Services, visit: Visit, body: Body, ticket: FormToken) -> Form:
    return Form(visit, ticket, Submission(services.engine, visit, body.fields).again("unavailable"))


def _read(services: Services, posted: PostedForm, ticket: FormToken | None, now: datetime) -> SubmitResult:
    """Decide whether a form goes on to another page, is shown once more, or has come to its end."""
    visit, readable = posted.visit, posted.body.readable
    submission = Submission(services.engine, visit, posted.body.fields, ticket)
    way = submission.step()
    answered = visit.invitation is not None and visit.invitation.answered_at is not None
    if answered and (ticket is None or way.leaf or not readable):
        same = ticket and readable and _came_again(services.engine, ticket, submission)
        return _end(posted) if same else Notice("stands", visit, visit.answered_at)
    if not answered and (over := ended(services.engine, visit, now)):
        return Notice(over, visit)
    if ticket and (stored := _spent(services.engine, ticket)):
        same = readable and not way.leaf and not repeated(stored, submission.parsed)
        return _end(posted) if same else Notice("spent", visit, stored.answered_at)
    if not readable:
        return Form(visit, ticket or ticket_for(visit, now), submission.again("unreadable"))
    if submission.sent.go != DRAFT and not way.leaf:
        return _finished(services, posted, ticket, submission, now)
    if ticket and not _is_hasty(services, ticket, submission, now):
        submission.save(way.leaf, now)
    if submission.sent.go == DRAFT:
        return Saved()
    return Form(visit, ticket or ticket_for(visit, now), submission.turn(way))


def _finished(
    services: Services, posted: PostedForm, ticket: FormToken | None, submission: Submission, now: datetime
) -> SubmitResult:
    """Decide what becomes of a form that is complete: it is kept, or has to be sent once more."""
    visit, web = posted.visit, services.engine.config.web
    if ticket is None:
        return Form(visit, ticket_for(visit, now), submission.again("unconfirmed", 422))
    if _is_hasty(services, ticket, submission, now):
        return Form(visit, replace(ticket, selected=()), submission.unchosen(ticket.selected))
    if visit.preview:
        return _end(posted)
    address, engine = posted.environ.get("REMOTE_ADDR"), services.engine
    share = allowance(address, engine.secret, now, web.answers_per_hour)
    other = keep(engine, ticket, visit.survey, submission.parsed, now, posted.language, share)
    if isinstance(other, Exhausted):
        return Form(visit, ticket, submission.again("too_often"))
    if other and visit.invitation:
        return Notice("stands", visit, other.at)
    if other:
        fields = pairs(given(visit.survey, posted.body.fields.items(multi=True)))
        return Taken(visit, other.at, renewed(ticket, now), fields)
    return _end(posted)


def _is_hasty(services: Services, ticket: FormToken, submission: Submission, now: datetime) -> bool:
    """Whether a machine may have sent it: what the link alone had chosen, sooner than a person reads."""
    soon = max(now - ticket.issued_at, timedelta(0)) < services.engine.config.web.min_fill
    return bool(ticket.selected) and soon and submission.is_bare(ticket.selected)


def _end(posted: PostedForm) -> End:
    """Return where an answer ends: below its own link where only that knows what is said there."""
    visit = posted.visit
    if visit.preview or visit.invitation and visit.survey.head.thanks:
        return End(f"{posted.environ['PATH_INFO']}/thanks?lang={posted.language}")
    return End(visit.place.end(visit.survey.id, posted.language))


def _came_again(engine: Engine, ticket: FormToken, submission: Submission) -> bool:
    """Whether an answered form only lacks what stood in its draft, which went with the answer."""
    if not ticket.withheld or submission.sent.go:
        return False
    with engine.database.read(ANSWER) as connection:
        stored = responses.find(connection, ticket.submission)
    return stored is not None and not repeated(stored, submission.parsed, ticket.withheld)


def _spent(engine: Engine, ticket: FormToken) -> Stored | None:
    """Return what a tablet's form was sent with already; what is on it may belong to an earlier customer."""
    if ticket.layout != FormLayout.KIOSK:
        return None
    with engine.database.read(ANSWER) as connection:
        return responses.find(connection, ticket.submission)
