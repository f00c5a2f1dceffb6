"""Events in, the report out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from flask import Response, request
from pydantic import Field, WithJsonSchema

from ...engine import Engine
from ...events.event import Event, Malformed
from ...events.fields import LARGEST as LARGEST_ID
from ...events.http import from_http
from ...events.suggestion import Suggestions
from ...events.vocabulary import vocabulary
from ...i18n.language import choose
from ...invitations.planning import take
from ...invitations.totals import Totals
from ...results import query
from ...results.record import plain
from ...results.report import Report
from ...values.enumeration import Against, JourneyStage, TrendUnit
from ...values.name import FIELD
from ...values.strict_json import Undecodable
from ..wsgi.body import whole
from . import schemas
from .common import LARGEST, RequestProblem, addresses, answered
from .operation import FROM, LABEL, TO, Given, Operation, Parameter, operation
from .record_shape import shape

bp = addresses("api")

EVENT = {
    "specversion": "1.0", "type": "shipment.delivered", "source": "shop", "id": "o-1001-delivered",
    "data": {"customer": {"id": "c-17", "email": "dana@example.com", "language": "he"}, "order": "A-1001"},
}  # fmt: skip
DETAIL = {"description": "A text; one that cannot be used is left out, with a word in `unused`."}
# Rather too strict: what every mail server can be asked to send to. The engine knows more domains.
MAILBOX = {"type": "string", "pattern": r"^[A-Za-z0-9_+-]{1,64}@([a-z][a-z0-9]{0,20}\.){1,4}[a-z]{2,20}$"}
CUSTOMER = {
    "description": "Whom it is about; without an id, one is made from the e-mail address. Other keys are ignored.",
    "type": ["object", "null"],
    "anyOf": [{"required": ["id"]}, {"required": ["email"], "properties": {"email": MAILBOX}}, {"type": "null"}],
    "properties": {
        "id": {"anyOf": [LABEL, {"type": "integer", "minimum": -LARGEST_ID, "maximum": LARGEST_ID}]},
        **{name: DETAIL for name in ("phone", "name", "account", "role")},
        "email": {**DETAIL, "examples": ["dana@example.com"]},
        "language": {**DETAIL, "examples": ["he", "fa_IR", "Hebrew"]},
        "timezone": {**DETAIL, "examples": ["Asia/Jerusalem", "+02:00"]},
    },
}  # fmt: skip
SCHEMA = {
    "type": "object",
    "required": ["specversion", "type", "source", "id"],
    "properties": {
        "specversion": {"const": "1.0"},
        **{name: LABEL for name in ("type", "source", "id")},
        "time": {"type": ["string", "null"], "format": "date-time", "description": "When it happened; else now."},
        "test": {"enum": [True, False, "true", "false", None], "description": "Whether nothing of it ever counts."},
        "data": {"type": ["object", "null"], "properties": {"customer": CUSTOMER}},
    },
}
BATCH = {
    "description": "Events; where there are several, each is judged by itself.",
    "anyOf": [
        {"type": "array", "maxItems": 1, "items": SCHEMA},
        {"type": "array", "minItems": 2, "maxItems": 50_000, "items": {}},
    ],
}
BODY = {
    "required": True,
    "content": {
        "application/cloudevents+json": {"schema": SCHEMA, "example": EVENT},
        "application/cloudevents-batch+json": {"schema": BATCH, "example": [EVENT]},
        "application/json": {"schema": {"anyOf": [SCHEMA, BATCH]}, "example": EVENT},
    },
}
OUTCOMES = {
    "events": [{
        "outcome": "accepted", "source": "shop", "id": "o-1001-delivered",
        "planned": [{"survey": "delivery", "due": "2026-11-21T02:03:00+00:00"}], "refused": [],
        "unused": [
            {"name": "customer.language", "reason": "must be a language, such as he or Hebrew; 'Klingon' is not known"}
        ],
    }],
    "summary": {"accepted": 1, "duplicate": 0, "refused": 0, "planned": 1, "no_survey": 0, "not_asked": {}},
    "hints": ["`customer_email` is taken for data of the event; did you mean `customer.email`?"],
}  # fmt: skip
SCORE = {"value": 80.0, "low": 71.12, "high": 86.66, "n": 100, "state": "ok"}
REPORT = {
    "period": {"from": "2026-10-01", "to": "2026-10-31", "timezone": "Asia/Jerusalem"},
    "journey": {"csat": SCORE},
    "stages": [
        {
            "stage": "purchase",
            "name": "Purchase",
            "csat": SCORE,
            "pooled": SCORE,
            "target": 85.0,
            "verdict": "undecided",
            "touchpoints": [],
        }
    ],
    "language": "en",
}
BY = Parameter(
    "by",
    "Split by a field of the events, or by `language`.",
    Annotated[str, WithJsonSchema({"type": "string", "pattern": f"^{FIELD}$"})],
)
TAG = "[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8}){0,6}"
AGAINST = Parameter(
    "against",
    "What a period is compared with: the one before (where it is not given), or the same days a year before.",
    Annotated[Against, WithJsonSchema({"enum": [*Against]})],
    f"must be one of {', '.join(Against)}",
)
STAGE = Parameter("stage", "List one stage.", Annotated[str, WithJsonSchema({"enum": [*JourneyStage]})])
EVERY = Parameter(
    "every",
    "What the trend has a point for; without it there is none.",
    Annotated[TrendUnit, WithJsonSchema({"enum": [*TrendUnit]})],
    f"must be one of {', '.join(TrendUnit)}",
)
QUESTIONS = Parameter(
    "questions", "Whether each question's distribution is told.", Literal["0", "1"], "must be one of 0, 1"
)
LANGUAGE = Parameter(
    "language",
    "The language of names and of the questions' words, one of the business; in place of another its first.",
    Annotated[str, Field(pattern=f"^{TAG}$")],
    "must be the code of a language, such as he",
)
REPORTED = (FROM, TO, AGAINST, BY, STAGE, EVERY, QUESTIONS, LANGUAGE)


@bp.post("/events")
@operation(
    Operation(
        "Take one event, or a batch of them",
        schemas.Outcomes,
        OUTCOMES,
        scope="events",
        status=202,
        body=BODY,
        about="CloudEvents 1.0, structured, batched, or binary with `ce-` headers. `source` and `id` together are an "
        "event's identity: sent again, it does nothing. All of it is on disk when this answers.",
    )
)
def events(engine: Engine, given: Given) -> Response:
    """Take one CloudEvent or a batch of them."""
    now, is_sure = engine.timekeeper.told()
    raw = whole(request, LARGEST)
    try:
        incoming = from_http(request.content_type or "", dict(request.headers), raw, now)
    except Undecodable as error:
        raise RequestProblem(400, error.reason) from error
    if len(incoming) == 1 and isinstance(incoming[0], Malformed):
        raise RequestProblem(400, incoming[0].reason)
    outcomes = take(engine, incoming, now, is_sure)
    totals, suggestions = Totals(), Suggestions(vocabulary(engine.library))
    for one, outcome in zip(incoming, outcomes, strict=True):
        totals.add(outcome)
        if isinstance(one, Event):
            suggestions.look(one)
    return answered({"events": outcomes, "summary": totals.summary(), "hints": suggestions.hints()}, 202)


@bp.get("/report")
@operation(Operation("The scores of the journey", shape(Report), REPORT, parameters=REPORTED))
def report(engine: Engine, given: Given) -> Response:
    """Return the scores, as `surveyengine report --format json` does."""
    language = choose([given["language"]], engine.config.languages) if given["language"] else None
    try:
        period, asked = (given["from"], given["to"]), given["questions"] == "1"
        wanted = query.ReportQuery(
            *period, given["by"], given["stage"], asked, language, given["against"] or Against.PREVIOUS, given["every"]
        )
        return answered(plain(query.report(engine, wanted, datetime.now(UTC))))
    except (ValueError, query.NoReport) as error:
        raise RequestProblem(400, str(error)) from error
