"""Makes the responses of all customers' pages: forms and notices, in the customer's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlencode

from flask import Response, g, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as Answer

from ...engine import Engine
from ...i18n.language import accepted, choose, name
from ...i18n.speech import Speech
from ...invitations.unsubscribe import Leaving
from ...look.markup import LanguageLink, sentence
from ...look.picture import data_uri
from ...responses.errors import ANSWER
from ...responses.paging import leaf
from ...responses.place import Placement, again
from ...responses.storing import seed
from ...responses.submission import FormState
from ...responses.ticket import FormToken
from ...responses.visit import Visit
from ...store.allowances import wait
from ...values.enumeration import FormLayout
from ..misses import WAIT
from ..services import services
from ..wsgi import security_headers
from ..wsgi.fast_path import SENT
from ..wsgi.gzip import packed
from . import way_out
from .conditions_js import kept_parts, rules
from .form_page import FormView, form_html, style
from .mending import tag
from .notice import Anew, NoticeView, moment_text, notice_html, notice_text
from .onward import leads_on, onward
from .page_cache import CachedPage
from .script import Script

# Other answers from a form that was sent before are a conflict (RFC 9110, 15.5.10): nothing of them is stored, so that
# no 2xx may say they were taken; the page lets their sender resolve it.
STATUS = {
    "closed": 410, "expired": 410, "unreadable": 400, "too_often": 429, "guessed": 429, "unavailable": 503,
    "not_found": 404, "not_allowed": 405, "foreign": 403, "taken": 409, "spent": 409, "slow": 408, "full": 503,
    "too_large": 413,
}  # fmt: skip
PLAIN = {"lang", "form"}  # parameters that choose nothing
THANKING = ("thanks", "previewed")
OVER = ("closed", "expired")  # of which a page that shows us in a frame hears nothing, and so shows nothing
SMALL = 6_000  # bytes of a logo, with which a first page is still below 20 KB
IDLE = 120  # seconds after which a form that somebody began at a tablet is there for the next customer
RETRY_AFTER: Mapping[str, Callable[[datetime], int]] = {  # seconds
    "unavailable": lambda _: 5, "full": lambda _: 5, "too_often": wait, "guessed": lambda _: WAIT,
}  # fmt: skip


def now() -> datetime:
    """Return this moment."""
    return datetime.now(UTC)


def shared_form(visit: Visit, ticket: FormToken) -> Answer:
    """Return the page that is the same for everybody but for its token."""
    here = services()
    key = (here.engine.library.generation, visit.survey.digest, speech_of(visit.language).language)
    page = here.pages.get(key) or here.pages.keep(key, _rendered(visit, ticket))
    response = Response(page.filled(here.tickets.sign(ticket)))
    response.headers["Content-Security-Policy"] = page.policy
    return packed(response)


def _rendered(visit: Visit, ticket: FormToken) -> CachedPage:
    mark = "0form0token0"
    page = replace(_shown(visit, ticket, FormState(leaf(visit.survey, 1, {}))), token=mark)
    before, after = form_html(page).encode().split(mark.encode())
    return CachedPage(before, after, _policy(visit, page))


def form_page(visit: Visit, ticket: FormToken, state: FormState) -> Answer:
    """Return the form with what was answered so far, and with a word about why it is shown (again)."""
    page = _shown(visit, ticket, state)
    return _html(form_html(page), _policy(visit, page), STATUS.get(state.kind or "", state.status), state.kind)


def _policy(visit: Visit, page: FormView) -> str:
    sources = [script.source for script in page.scripts]
    return security_headers.policy(style(page.business, page.asked), _framers(visit), sources, visit.keeps_drafts)


def _shown(visit: Visit, ticket: FormToken, state: FormState) -> FormView:
    engine, speech = services().engine, speech_of(visit.language)
    withheld, begun = ticket.withheld, state.is_begun
    return FormView(
        survey=visit.survey,
        speech=speech,
        business=engine.config.business,
        values=visit.values(engine, speech),
        leaf=state.leaf,
        given=state.given,
        carried=state.carried,
        errors={id: one.said(speech) for id, one in state.errors.items()},
        withheld=withheld,
        notice=notice_text(state.kind, speech) if state.kind else None,
        token=services().tickets.sign(ticket),
        seed=seed(visit.survey, ticket),
        action=_action(visit.place, speech.language),
        languages=(_tongues if begun else _languages)(speech.language, visit.place),
        begun=begun,
        chosen=state.chosen,
        complete=state.complete,
        preview=visit.preview,
        personal=visit.invitation is not None,
        static=_static(),
        logo=_logo(engine),
        layout=visit.place.look,
        by_steps=visit.place.by_steps,
        scripts=(*scripts(visit, "begun" if begun else "form"), *_form_scripts(visit, state, withheld, speech)),
        restart=restart(visit),
    )


def _form_scripts(visit: Visit, state: FormState, withheld: tuple[str, ...], speech: Speech) -> tuple[Script, ...]:
    """Return the scripts of the form itself, where they have something to do."""
    leaf, found = state.leaf, []
    if any(one.kind == "ranking" for one in leaf.questions):
        found.append(Script("ranking.js"))
    draft = {"draft": ""} if visit.keeps_drafts else {}
    late = {"rules": rules(leaf)} if leaf.late else {}
    kept = {"kept": " ".join(kept_parts(leaf, withheld))} if late and withheld else {}
    if draft or late:
        found.append(Script("form.js", {**draft, **late, **kept}))
    if visit.place.by_steps:
        found.append(Script("steps.js", _steps(state, speech)))
    return tuple(found)


def _steps(state: FormState, speech: Speech) -> Mapping[str, str]:
    """Return what the script needs to know that shows one question at a time."""
    return {
        "needed": " ".join(one.id for one in state.leaf.questions if one.required),
        "lack": speech.gettext(ANSWER),
        "progress": speech.gettext("Question {number} of {count}"),
        **({"begun": ""} if state.is_begun else {}),
    }


def scripts(visit: Visit, state: str) -> tuple[Script, ...]:
    """Return the scripts that a page needs for its place: for the page around a frame, or for a tablet's next customer.

    `state` is `form`, `begun` where somebody's answers are on it, or the kind of a notice.
    """
    place = visit.place
    if place.host and state not in OVER:
        submitted = {"state": "submitted"} if state == "thanks" else {}
        return (Script("frame.js", {"host": place.host, **submitted}),)
    if place.layout == FormLayout.KIOSK and state in ("form", "begun"):
        now = {"now": ""} if state == "begun" else {}
        return (Script("kiosk.js", {"start": restart(visit) or "", "idle": str(IDLE), **now}),)
    return ()


def restart(visit: Visit | None) -> str | None:
    """Return where the next customer at a tablet begins; None elsewhere."""
    if visit is None or visit.place.layout != FormLayout.KIOSK:
        return None
    return visit.place.link(f"{request.script_root}/s/{visit.survey.id}", again(visit.place))


def _framers(visit: Visit | None) -> Sequence[str]:
    """Return the origins that may frame a page: none where it belongs to a customer."""
    return services().engine.config.web.embed_origins if visit and visit.is_open else ()


def anew(visit: Visit, ticket: FormToken, fields: Sequence[tuple[str, str]]) -> Anew:
    """Return the way from a page to a new form at the same place."""
    language = speech_of(visit.language).language
    empty = visit.place.link(f"{request.script_root}/s/{visit.survey.id}", language)
    return Anew(_action(visit.place, language), services().tickets.sign(ticket), fields, empty)


def notice(kind: str, visit: Visit | None = None, at: datetime | None = None, anew: Anew | None = None) -> Answer:
    """Return the page of that kind with its status; `at` is the moment that it speaks of, None where it is unknown."""
    view = _told(kind, visit, speech_of(visit.language if visit else None))
    when = moment_text(at, now().astimezone(view.business.zone), view.speech)
    if anew:  # another language would lose what was sent
        view = replace(view, anew=anew, languages=())
    return _notice_page(replace(view, when=when), visit)


def way_out_notice(kind: str, found: Leaving) -> Answer:
    """Return the page of that kind for somebody who stops invitations, wants fewer, or goes back on that."""
    speech, business = speech_of(found.language), services().engine.config.business
    view, is_done = _told(kind, None, speech), kind in ("unsubscribed", "reduced")
    if not is_done:
        return _notice_page(view, None)
    is_reduced = kind == "reduced"
    said = way_out.said(found, speech, business) if is_reduced else []
    offers = way_out.offers(found, speech, business)
    back = is_reduced or found.may_return
    return _notice_page(replace(view, back=back, offers=offers, stop=is_reduced, said=said), None)


def _told(kind: str, visit: Visit | None, speech: Speech) -> NoticeView:
    """Return what stands on the page of that kind."""
    engine, place = services().engine, visit.place if visit else Placement()
    return NoticeView(
        kind=kind,
        speech=speech,
        business=engine.config.business,
        languages=_languages(speech.language, place),
        static=_static(),
        logo=_logo(engine),
        layout=place.look,
        scripts=scripts(visit, kind) if visit else (),
        restart=restart(visit),
        onward=onward(engine.library, speech, request.script_root) if leads_on(kind, place) else None,
        thanks=_thanks(visit, speech) if visit and kind in THANKING else None,
    )


def _notice_page(view: NoticeView, visit: Visit | None) -> Answer:
    g.notice = view.kind  # in case that a program has to be told
    policy = security_headers.policy(style(view.business), _framers(visit), [one.source for one in view.scripts])
    return _html(notice_html(view), policy, STATUS.get(view.kind, 200), view.kind)


def _thanks(visit: Visit, speech: Speech) -> Markup | None:
    """Return what the survey itself says after an answer."""
    own = visit.survey.head.thanks
    return sentence(speech.words(own), visit.values(services().engine, speech), speech) if own else None


def _html(html: str, policy: str, status: int, kind: str | None) -> Answer:
    response = Response(html, status)
    response.headers["Content-Security-Policy"] = policy
    if kind and kind in RETRY_AFTER:
        response.headers["Retry-After"] = str(RETRY_AFTER[kind](now()))
    return packed(response)


def speech_of(known: str | None) -> Speech:
    """Return the language of the page: the link's, the customer's where it is known, the browser's, or our first."""
    engine = services().engine
    wishes = [tag(request.args.get("lang")), known, *accepted(request.headers.get("Accept-Language", ""))]
    return engine.catalogs.speech(choose(wishes, engine.config.languages))


def _action(place: Placement, language: str) -> str:
    """Return where a form is sent."""
    return place.link("", language).replace("?", f"?{SENT}&", 1)


def _tongues(current: str, place: Placement) -> tuple[LanguageLink, ...]:
    """Return where a form is sent to go on in another language."""
    configured = services().engine.config.languages if place.offers_languages else ()
    return tuple(LanguageLink(code, name(code), _action(place, code), code == current) for code in configured)


def _languages(current: str, place: Placement) -> tuple[LanguageLink, ...]:
    if not place.offers_languages:
        return ()
    here = PLAIN | {key for key, _ in place.query}
    others = [*((key, value) for key, value in request.args.items(multi=True) if key not in here), *place.query]
    return tuple(
        LanguageLink(code, name(code), "?" + urlencode([*others, ("lang", code)]), code == current)
        for code in services().engine.config.languages
    )


def _logo(engine: Engine) -> str | None:
    """Return the address of the business's picture: a small one stands in the page, and costs no request."""
    path = engine.root / (engine.config.business.logo or "")
    if not engine.config.business.logo:
        return None
    small = path.is_file() and path.stat().st_size <= SMALL
    return data_uri(path) if small else url_for("respond.logo")


def _static() -> str:
    return f"{request.script_root}/static"
