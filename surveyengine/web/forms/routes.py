"""The customers' pages: a form by an open or a personal link, its answer, and the way out of further invitations."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, Response, abort, request, send_from_directory
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as Answer

from ...invitations.unsubscribe import Leaving, opt_down, opt_in, opt_out
from ...responses.place import place
from ...responses.posted import Body, PostedForm
from ...responses.submission import begun
from ...responses.submit import End, Form, Notice, SubmitResult, Taken, submit, ticket_for, undecided
from ...responses.visit import Visit, by_open_link, by_personal_link, by_preview_link
from ...store.engine.database import Unavailable
from ...values.enumeration import FormLayout
from ..services import services
from ..wsgi import body
from ..wsgi.fast_path import CACHE, DECIDED
from .rendering import PLAIN, anew, form_page, notice, now, shared_form, speech_of, way_out_notice
from .way_out import wishes

bp = Blueprint("respond", __name__)


@bp.get("/s/<survey>")
def open_form(survey: str) -> Answer:
    """The form of a survey, for whoever has the link."""
    visit = _opened(survey)
    return _revisited(visit, _form(visit))


@bp.get("/r/<token>")
def personal_form(token: str) -> Answer:
    """The form of an invitation."""
    visit = by_personal_link(services().engine, token, now()) or abort(404)
    if visit.invitation and visit.invitation.answered_at:
        return notice("answered", visit, visit.answered_at)
    return _form(visit)


@bp.post("/s/<survey>")
def open_answer(survey: str) -> Answer:
    """An answer by an open link."""
    visit = _opened(survey)
    result = request.environ.get(DECIDED)
    if isinstance(result, Exception):
        raise result
    return _revisited(visit, _shown(result or _result(visit, body.read(request))))


@bp.post("/r/<token>")
def personal_answer(token: str) -> Answer:
    """The answer to an invitation."""
    posted = body.read(request)
    try:
        visit = by_personal_link(services().engine, token, now())
    except Unavailable:
        return _shown(undecided(services(), token, posted))
    return _shown(_result(visit or abort(404), posted))


@bp.get("/s/<survey>/thanks")
def thanks(survey: str) -> Answer:
    """The page after an answer."""
    visit = by_open_link(services().engine, survey)
    return notice("thanks", _placed(visit) if visit else None)


@bp.get("/r/<token>/thanks")
def personal_thanks(token: str) -> Answer:
    """The page after an answer by a personal link, whose text may say what the invitation was about."""
    return notice("thanks", by_personal_link(services().engine, token, now()) or abort(404))


@bp.get("/t/<token>")
def preview_form(token: str) -> Answer:
    """The form of a survey, for a look that stores nothing."""
    return _form(by_preview_link(services().engine, token, now()) or abort(404))


@bp.post("/t/<token>")
def preview_answer(token: str) -> Answer:
    """An answer that goes as far as a real one, and is not stored."""
    visit = by_preview_link(services().engine, token, now()) or abort(404)
    return _shown(_result(visit, body.read(request)))


@bp.get("/t/<token>/thanks")
def preview_thanks(token: str) -> Answer:
    """The page after such an answer."""
    return notice("previewed", by_preview_link(services().engine, token, now()) or abort(404))


@bp.get("/")
def home() -> Answer:
    """What this address is, for whoever shortened a link."""
    return notice("home")


@bp.get("/u/<token>")
def way_out(token: str) -> Answer:
    """Asks whether invitations are to stop, or says that by this link they have, or are fewer."""
    found = opt_out(services().engine, token, None) or abort(404)
    return way_out_notice(_said(found, "unsubscribe"), found)


@bp.post("/u/<token>")
def unsubscribe(token: str) -> Answer:
    """Stops invitations, and needs nothing but the address; goes `back` on that, or lets `less` come instead.

    Whatever else is sent stops them too.
    """
    engine, fields = services().engine, body.read(request).fields
    if "back" in fields:
        found = opt_in(engine, token) or abort(404)
        return way_out_notice(_said(found, "resubscribed"), found)
    found = opt_out(engine, token, None) or abort(404)
    scopes = {one.value: one.scope for one in wishes(found)}
    if scope := scopes.get(fields.get("less", "")):
        found = opt_down(engine, token, scope, now()) or abort(404)
    else:
        found = opt_out(engine, token, now()) or abort(404)
    return way_out_notice(_said(found, "unsubscribe"), found)


def _said(found: Leaving, otherwise: str) -> str:
    """Return the kind of the page that says what a link has done; `otherwise` where it has done nothing."""
    return "unsubscribed" if found.has_left else "reduced" if found.less else otherwise


@bp.get("/logo")
def logo() -> Answer:
    """The business's logo."""
    engine = services().engine
    path = engine.config.business.logo or abort(404)
    return send_from_directory(engine.root, path, max_age=3600)


def _opened(survey: str) -> Visit:
    return _placed(by_open_link(services().engine, survey) or abort(404))


def _placed(visit: Visit) -> Visit:
    if not request.args.keys() - PLAIN:
        return visit
    parameters, language = request.args.items(multi=True), speech_of(None).language
    return replace(visit, place=place(services().engine, visit.survey, parameters, language))


def _revisited(visit: Visit, page: Answer) -> Answer:
    """Let the browser keep the page for its back button; not at a tablet, where it may be the next customer's."""
    if visit.place.layout != FormLayout.KIOSK and page.status_code == 200:
        page.headers["Cache-Control"] = CACHE
    return page


def _form(visit: Visit) -> Answer:
    engine, moment = services().engine, now()
    if visit.over:
        return notice(visit.over, visit)
    if visit.is_open and not visit.survey.shuffles and not request.args.keys() - PLAIN:
        return shared_form(visit, ticket_for(visit, moment))
    parameters = [*request.args.items(multi=True)]
    return form_page(visit, *begun(engine, visit, ticket_for(visit, moment), parameters))


def _result(visit: Visit, posted: Body) -> SubmitResult:
    return submit(services(), PostedForm(visit, posted, speech_of(visit.language).language, request.environ), now())


def _shown(result: SubmitResult) -> Answer:
    """Return the page that shows what became of a form."""
    match result:
        case Form(visit, ticket, state):
            return form_page(visit, ticket, state)
        case Notice(kind, visit, at):
            return notice(kind, visit, at)
        case Taken(visit, at, ticket, fields):
            return notice("taken", visit, at, anew(visit, ticket, fields))
        case End(path):
            return Response(status=303, headers={"Location": f"{request.script_root}{path}"})
    return Response(status=204)


@bp.errorhandler(RequestEntityTooLarge)
def too_large(error: RequestEntityTooLarge) -> Answer:
    """The page for a form that is too long."""
    return notice("too_large")
