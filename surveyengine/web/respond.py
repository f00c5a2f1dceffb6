"""The customers' pages: a form by an open or a personal link, its answer, and the way out of further invitations."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from flask import Blueprint, Response, abort, request, send_from_directory
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as Answer

from ..invitations.optout import opt_out
from ..invitations.token import answer_token
from ..responses.form import Submission
from ..responses.intake import Kept, keep
from ..responses.step import DRAFT
from ..responses.token import Ticket, opened
from ..store import responses
from ..store.database import Unavailable
from . import body
from .desk import PLAIN, desk, form_page, notice, now, shared_form, speech_of
from .place import place
from .posting import Posting, begun
from .shared import CACHE
from .visit import Visit, by_open_link, by_personal_link, by_preview_link, ended

bp = Blueprint("respond", __name__)
# Where a browser says that a form was sent from when it was not one of ours; a frame that hides its origin is nobody's.
ELSEWHERE = ("cross-site", "same-site")


@bp.get("/s/<survey>")
def open_form(survey: str) -> Answer:
    """The form of a survey, for whoever has the link."""
    visit = _opened(survey)
    return _revisited(visit, _form(visit))


@bp.get("/r/<token>")
def personal_form(token: str) -> Answer:
    """The form of an invitation."""
    visit = by_personal_link(desk().engine, token) or abort(404)
    if visit.invitation and visit.invitation.answered_at:
        return notice("answered", visit)
    return _form(visit)


@bp.post("/s/<survey>")
def open_answer(survey: str) -> Answer:
    """An answer by an open link."""
    visit = _opened(survey)
    return _revisited(visit, _answer(visit, body.read(request)))


@bp.post("/r/<token>")
def personal_answer(token: str) -> Answer:
    """The answer to an invitation."""
    posted = body.read(request)
    try:
        visit = by_personal_link(desk().engine, token)
    except Unavailable:
        return _unsaved(token, posted)
    return _answer(visit or abort(404), posted)


@bp.get("/s/<survey>/thanks")
def thanks(survey: str) -> Answer:
    """The page after an answer."""
    visit = by_open_link(desk().engine, survey)
    return notice("thanks", _placed(visit) if visit else None)


@bp.get("/t/<token>")
def preview_form(token: str) -> Answer:
    """The form of a survey, for a look that stores nothing."""
    return _form(by_preview_link(desk().engine, token) or abort(404))


@bp.post("/t/<token>")
def preview_answer(token: str) -> Answer:
    """An answer that goes as far as a real one, and is not stored."""
    return _answer(by_preview_link(desk().engine, token) or abort(404), body.read(request))


@bp.get("/t/<token>/thanks")
def preview_thanks(token: str) -> Answer:
    """The page after such an answer."""
    return notice("previewed", by_preview_link(desk().engine, token) or abort(404))


@bp.route("/u/<token>", methods=["GET", "POST"])
def unsubscribe(token: str) -> Answer:
    """Asks whether invitations are to stop; the POST stops them, and needs nothing but the address."""
    found = opt_out(desk().engine, token, now() if request.method == "POST" else None)
    if not found:
        abort(404)
    return notice("unsubscribed" if request.method == "POST" else "unsubscribe", language=found.language)


@bp.get("/logo")
def logo() -> Answer:
    """The business's logo."""
    engine = desk().engine
    path = engine.config.business.logo or abort(404)
    return send_from_directory(engine.root, path, max_age=3600)


def _opened(survey: str) -> Visit:
    return _placed(by_open_link(desk().engine, survey) or abort(404))


def _placed(visit: Visit) -> Visit:
    if not request.args.keys() - PLAIN:
        return visit
    parameters, language = request.args.items(multi=True), speech_of(None).language
    return replace(visit, place=place(desk().engine, visit.survey, parameters, language))


def _revisited(visit: Visit, page: Answer) -> Answer:
    """Let whoever goes back by the browser find the page again; but not at a tablet, where it would be another one."""
    if visit.place.layout != "kiosk" and page.status_code == 200:
        page.headers["Cache-Control"] = CACHE
    return page


def _form(visit: Visit) -> Answer:
    engine, moment = desk().engine, now()
    if over := ended(engine, visit, moment):
        return notice(over, visit)
    if visit.is_open and not visit.survey.shuffles and not request.args.keys() - PLAIN:
        return shared_form(visit, _ticket(visit, moment))
    return form_page(visit, *begun(visit, _ticket(visit, moment)))


def _answer(visit: Visit, posted: body.Body) -> Answer:
    if request.headers.get("Sec-Fetch-Site") in ELSEWHERE:
        return notice("foreign", visit)
    moment, ticket = now(), _carried(posted)
    if ticket and (ticket.survey, ticket.invitation) != (visit.survey.id, visit.invitation_id):
        ticket = None
    try:
        version = desk().engine.library.version(ticket.digest) if ticket else None
        visit, ticket = (replace(visit, survey=version), ticket) if version else (visit, None)
        return _read(visit, ticket, posted, moment)
    except Unavailable:
        return form_page(visit, ticket or _ticket(visit, moment), Posting(visit, posted.fields).again("unavailable"))


def _carried(posted: body.Body) -> Ticket | None:
    """Return the ticket that a form carries; None where it carries none of ours."""
    tokens = posted.fields.getlist("form")
    return desk().tickets.read(tokens[0]) if len(tokens) == 1 else None


def _unsaved(token: str, posted: body.Body) -> Answer:
    """The form once more, which only its ticket can name while the database is away."""
    engine, ticket = desk().engine, _carried(posted)
    survey = engine.library.surveys.get(ticket.survey) if ticket else None
    if ticket is None or survey is None or answer_token(engine.secret, ticket.invitation) != token:
        return notice("unavailable")
    with suppress(Unavailable):
        survey = engine.library.version(ticket.digest) or survey
    return form_page(Visit(survey), ticket, Posting(Visit(survey), posted.fields).again("unavailable"))


def _read(visit: Visit, ticket: Ticket | None, posted: body.Body, moment: datetime) -> Answer:
    """Decide what a posted form leads to: another page, the same one with everything still filled in, or its end."""
    posting = Posting(visit, posted.fields, ticket)
    again, way = ticket or _ticket(visit, moment), posting.step()
    answered = visit.invitation is not None and visit.invitation.answered_at is not None
    if answered and (ticket is None or way.leaf or not posted.readable):
        return notice("answered", visit)
    if not answered and (over := ended(desk().engine, visit, moment)):
        return notice(over, visit)
    if ticket and _is_spent(ticket):
        return _elsewhere(visit.place.end(visit.survey.id, speech_of(visit).language))
    if not posted.readable:
        return form_page(visit, again, posting.again("unreadable"))
    if posting.sent.go == DRAFT or way.leaf:
        if ticket:
            posting.save(way.leaf, moment)
        return form_page(visit, again, posting.turn(way)) if posting.sent.go != DRAFT else Response(status=204)
    return _finished(visit, ticket, posting, moment)


def _finished(visit: Visit, ticket: Ticket | None, posting: Posting, moment: datetime) -> Answer:
    """Decide what becomes of a form that is complete: it is kept, or has to be sent once more."""
    if ticket is None:
        return form_page(visit, _ticket(visit, moment), posting.again("unconfirmed", 422))
    engine = desk().engine
    if _too_quick(ticket, posting.submission, moment, engine.config.web.min_fill):
        return form_page(visit, replace(ticket, selected=()), posting.again("unconfirmed"))
    language = speech_of(visit).language
    if visit.preview:
        return _elsewhere(f"{request.path}/thanks?lang={language}")
    limit = engine.config.web.answers_per_hour
    if visit.invitation is None and not desk().allowance.take(request.remote_addr, moment, limit):
        return form_page(visit, ticket, posting.again("too_often"))
    if keep(engine, ticket, visit.survey, posting.submission, moment, language) is Kept.ANSWERED:
        return notice("answered", visit)
    return _elsewhere(visit.place.end(visit.survey.id, language))


def _elsewhere(path: str) -> Answer:
    return Response(status=303, headers={"Location": f"{request.script_root}{path}"})


def _is_spent(ticket: Ticket) -> bool:
    """Whether it is a tablet's form that was sent already: what is on it belongs to an earlier customer."""
    if ticket.layout != "kiosk":
        return False
    with desk().engine.database.read() as connection:
        return responses.exists(connection, ticket.submission)


def _too_quick(ticket: Ticket, submission: Submission, moment: datetime, least: timedelta) -> bool:
    """Whether a machine may have sent it: only what the link had chosen, sooner than a person reads."""
    untouched = {(answer.question, answer.value) for answer in submission.answers} == set(ticket.selected)
    return untouched and moment - ticket.issued_at < least


def _ticket(visit: Visit, moment: datetime) -> Ticket:
    ticket, said = opened(visit.survey.id, visit.survey.digest, moment, visit.invitation_id), visit.place.context
    return replace(ticket, context=said.pairs, claimed=said.claimed, layout=visit.place.layout)


@bp.errorhandler(RequestEntityTooLarge)
def too_large(error: RequestEntityTooLarge) -> Answer:
    """The page for a form that is too long."""
    return notice("too_large")
