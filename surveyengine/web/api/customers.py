"""A customer's own data: handed out, and erased."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from flask import Response
from pydantic import Field

from ...engine import Engine
from ...i18n.language import choose
from ...invitations.story import CustomerStory, story
from ...people.caller import about_customer, noted
from ...privacy import erasure, whom
from ...privacy.access import access
from ...privacy.record import CustomerRecord
from ...privacy.whom import NoCustomer
from ...results.record import plain
from ...store.engine.database import REPORT
from ...values.enumeration import AuditAction
from .common import RequestProblem, addresses, answered, asking
from .events_and_report import TAG
from .operation import CUSTOMER_ID, Given, Operation, Parameter, operation
from .record_shape import shape

bp = addresses("customers")

SOON = "60"  # seconds, after which a message is with its mail server, or not
WORDS = Parameter(
    "language",
    "The language of the words, one of the business; without it, or in place of another, the customer's.",
    Annotated[str, Field(pattern=f"^{TAG}$")],
    "must be the code of a language, such as he",
)
ANSWERS = Parameter(
    "answers", "Whether what they answered leaves every count as well.", Literal["0", "1"], "must be one of 0, 1"
)
RECORD = {
    "at": "2026-11-22T10:00:00Z",
    "business": "Nava Home",
    "language": "en",
    "customer": {
        "id": "c-17", "email": "dana@example.com", "phone": None, "name": "Dana", "language": "en", "timezone": None,
        "account": None, "role": None, "known_at": "2026-11-20T14:03:01Z", "opted_out_at": None,
        "address_opted_out_at": None, "asked_less_often_since": None, "not_asked_about": [],
        "undeliverable_since": None,
    },
    "events": [{
        "source": "shop", "id": "o-1001-delivered", "type": "shipment.delivered", "time": "2026-11-20T14:03:00Z",
        "test": False, "data": {"order": "A-1001"},
    }],
    "invitations": [],
    "responses": [{
        "id": "hN4xQ2", "survey": "delivery", "name": "Delivery", "mode": "identified", "day": "2026-11-20",
        "answered_at": "2026-11-21T08:12:30Z", "language": "en", "test": False, "context": {"order": "A-1001"},
        "replies": [{"question": "How satisfied are you with the delivery?", "answers": ["4 of 5 (Satisfied)"]}],
    }],
    "anonymous": [],
}  # fmt: skip
READER = Parameter(
    "language",
    "The language of the sentences, one of the business; without it, or in place of another, its first.",
    Annotated[str, Field(pattern=f"^{TAG}$")],
    "must be the code of a language, such as he",
)
STORY = {
    "customer": "c-17",
    "language": "en",
    "story": [
        {"head": "Customer c-17 is known since Nov 20, 2026, 4:03 PM. Times are those of Asia/Jerusalem.", "lines": []},
        {
            "head": "Nov 20, 2026, 4:03 PM  shipment.delivered (shop/o-1001-delivered)",
            "lines": ["Delivery (order A-1001): will be asked on Nov 21, 2026, 9:00 AM."],
        },
    ],
}
ERASED = {
    "at": "2026-11-22T10:00:00Z", "events": 1, "invitations": 1, "sendings": 1, "drafts": 0, "files": 0, "responses": 1,
    "texts": 1, "audit_entries": 1, "with_answers": False, "is_scrubbed": True,
}  # fmt: skip


@bp.get("/customers/<path:id>")
@operation(
    Operation(
        "All that is kept of a customer",
        shape(CustomerRecord),
        RECORD,
        scope="admin",
        parameters=(CUSTOMER_ID, WORDS),
        about="With their answers to confidential surveys; those to anonymous ones are nobody's. The audit log tells "
        "that it was asked for.",
    )
)
def customer(engine: Engine, given: Given) -> Response:
    """Return all that is kept of a customer."""
    try:
        return answered(plain(access(engine, given["id"], asking(engine), given["language"])))
    except NoCustomer as error:
        raise RequestProblem(404, str(error)) from error


@bp.get("/customers/<path:id>/story")
@operation(
    Operation(
        "Why a customer was asked, or was not",
        shape(CustomerStory),
        STORY,
        scope="admin",
        parameters=(CUSTOMER_ID, READER),
        about="As `surveyengine explain` and the customer's page tell it: no more of their answers than the surveys' "
        "modes allow. The audit log tells that it was asked for.",
    )
)
def customer_story(engine: Engine, given: Given) -> Response:
    """Return what happened to a customer, in sentences."""
    speech = engine.catalogs.speech(choose([given["language"]], engine.config.languages))
    try:
        with engine.database.read(REPORT) as connection:
            id = whom.found(engine, connection, given["id"]).id
    except NoCustomer as error:
        raise RequestProblem(404, str(error)) from error
    told = CustomerStory(id, speech.language, story(engine, id, datetime.now(UTC), speech))
    noted(engine, asking(engine), AuditAction.VIEWED, f"why {about_customer(id)}")
    return answered(plain(told))


@bp.delete("/customers/<path:id>")
@operation(
    Operation(
        "Erase a customer",
        shape(erasure.Erased),
        ERASED,
        scope="admin",
        parameters=(CUSTOMER_ID, ANSWERS),
        problems=(409,),
        about="What they chose from offered answers stays in the counts as nobody's, unless `answers` is 1. Of whoever "
        "was erased before, it answers when that was, and counts nothing.",
    )
)
def erase(engine: Engine, given: Given) -> Response:
    """Erase a customer, once; return what that was."""
    try:
        return answered(plain(erasure.erase(engine, given["id"], asking(engine), given["answers"] == "1")))
    except NoCustomer as error:
        if error.erased_at and not error.several:
            return answered(plain(erasure.Erased(error.erased_at)))
        raise RequestProblem(404, str(error)) from error
    except erasure.MessageLeaving as error:
        raise RequestProblem(409, str(error), **{"Retry-After": SOON}) from error
