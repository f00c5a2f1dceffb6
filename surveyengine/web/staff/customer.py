"""A customer: who they are, what they were asked and why not, what they answered; and what they may ask for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import quote

from flask import Response, redirect, request
from markupsafe import Markup
from werkzeug.wrappers import Response as Answer

from ...engine import Engine
from ...i18n.speech import Speech
from ...invitations.explain import Unknown
from ...invitations.story import Paragraph, story
from ...people.caller import about_customer
from ...privacy import access as record
from ...privacy import correction, erasure, sheet, whom
from ...privacy.whom import NoCustomer
from ...results import responses
from ...results.responses import ResponseQuery
from ...store.customers import Person
from ...store.engine.database import REPORT
from ...values.bidi import without
from ...values.enumeration import AuditAction, Role
from ...values.msgid import N_
from ..services import services
from . import access, frame
from .access import allowed
from .coded import coded
from .download import saved
from .missing import missing
from .phrases import Phrases
from .sending import ONWARD

bp = access.addresses("customers")

NOBODY = N_("There is no customer “{value}”.")
GONE = N_("The customer “{value}” was erased on {day}.")
ERASED = N_("The customer was erased.")
LEAVING = N_("A message to this customer is just being sent. Please try again in a minute.")
UNSURE = N_("Nothing was erased: the box that says so was not ticked.")
UNFIT = N_("This cannot be kept as it is written: {names}. Nothing was changed.")
CORRECTED = N_("The details were corrected.")
EDITABLE = ("name", "email", "phone", "language", "timezone")
MOST = 100  # responses on the page, the newest
LONGEST_SHOWN = 200
NOTHING: Mapping[str, str] = MappingProxyType({})


class OwnResponse(NamedTuple):
    """A response whose survey's mode tells whose it is."""

    id: str
    survey: str
    day: str


@bp.get("/customers/<path:id>")
@allowed(Role.OPERATOR, "corrected")
def shown(id: str) -> Response:
    """One customer, with no more of their answers than the surveys' modes tell; noted."""
    try:
        return _page(id)
    except NoCustomer as error:
        return _nobody(error)


@bp.post("/customers/correct")
@allowed(Role.OPERATOR)
def correct() -> Answer:
    """Correct what is known of a customer; an empty field takes a detail away."""
    id, said = request.form.get("customer", ""), {name: request.form.get(name, "").strip() for name in EDITABLE}
    try:
        correction.correct(services().engine, id, said, access.asking())
    except NoCustomer as error:
        return _nobody(error)
    except correction.UnfitDetail as error:
        spoken = access.speech()
        names = spoken.enumeration([spoken.gettext(sheet.FIELDS[name]) for name in error.names])
        return _page(id, spoken.gettext(UNFIT, names=names), 422, written=said)
    return redirect(f"{_address(id)}?corrected", 303)


@bp.post("/customers/file")
@allowed(Role.ADMIN)
def file() -> Response:
    """All that is kept of a customer as a file for themselves, in which their confidential answers are too; noted."""
    engine = services().engine
    try:
        found = record.access(engine, request.form.get("customer", ""), access.asking())
    except NoCustomer as error:
        return _nobody(error)
    speech = engine.catalogs.speech(found.language)
    return saved(sheet.html(found, speech, engine.config.business.zone), "customer.html", "text/html; charset=utf-8")


@bp.post("/customers/erase")
@allowed(Role.ADMIN)
def erase() -> Response:
    """Erase a customer, where the box that says so was ticked."""
    engine, id, phrases = services().engine, request.form.get("customer", ""), Phrases(access.speech())
    try:
        if "sure" not in request.form:
            return _page(id, phrases.speech.gettext(UNSURE), 422)
        erasure.erase(engine, id, access.asking(), "answers" in request.form)
    except NoCustomer as error:
        return _nobody(error)
    except erasure.MessageLeaving:
        return _page(id, phrases.speech.gettext(LEAVING), 409)
    return _told(phrases.sentence(ERASED), 200)


def _page(id: str, fault: str = "", status: int = 200, written: Mapping[str, str] = NOTHING) -> Response:
    """Return the page of the customer of that id, or the only one at that address; raises NoCustomer.

    `written` are details that could not be kept, which stay in the form.
    """
    engine, speech = services().engine, access.speech()
    with engine.database.read(REPORT) as connection:
        person = whom.found(engine, connection, id)
    theirs = responses.source(engine, ResponseQuery(customer=person.id), datetime.now(UTC))
    rows = responses.page(engine, theirs, None, MOST).rows
    access.noted(AuditAction.VIEWED, about_customer(person.id))
    response = frame.page(
        "customer.html",
        "responses",
        coded=coded,
        whom=person,
        facts=_facts(person, engine, speech),
        story=_story(engine, person, speech),
        given=[OwnResponse(one.id, _called(engine, one.survey, speech), speech.date(one.day)) for one in rows],
        fields=[
            (name, speech.gettext(sheet.FIELDS[name]), written.get(name, getattr(person, name) or ""))
            for name in EDITABLE
        ],
        is_admin=access.reader().role.covers(Role.ADMIN),
        fault=fault,
        done=speech.gettext(CORRECTED) if "corrected" in request.args else "",
    )
    response.status_code = status
    return response


def _story(engine: Engine, person: Person, speech: Speech) -> list[Paragraph]:
    try:
        return story(engine, person.id, datetime.now(UTC), speech)
    except Unknown:
        return []


def _facts(person: Person, engine: Engine, speech: Speech) -> list[tuple[str, str]]:
    """Return what is known of the customer beside what can be corrected, by its name."""
    zone, moments = engine.config.business.zone, ("known_at", "opted_out_at")
    told = [("id", person.id), ("account", person.account), ("role", person.role)]
    told += [(name, speech.moment(at.astimezone(zone))) for name in moments if (at := getattr(person, name))]
    return [(speech.gettext(sheet.FIELDS[name]), without(value)) for name, value in told if value]


def _called(engine: Engine, survey: str, speech: Speech) -> str:
    today = engine.library.survey(survey)
    return speech.words(today.name) if today else survey


def _nobody(error: NoCustomer) -> Response:
    phrases, name = Phrases(access.speech()), without(error.name)[:LONGEST_SHOWN]
    if error.erased_at is None:
        return _told(phrases.sentence(NOBODY, value=name), 404)
    day = phrases.speech.date(error.erased_at.astimezone(services().engine.config.business.zone).date())
    return _told(phrases.sentence(GONE, value=name, day=day), 410)


def _told(said: Markup, status: int) -> Response:
    return missing("responses", said, (frame.below("sending/"), access.speech().gettext(ONWARD)), status)


def _address(id: str) -> str:
    return frame.below(f"customers/{quote(id)}")
