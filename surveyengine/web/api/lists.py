"""Surveys, invitations and responses as JSON, a page at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import islice
from typing import cast
from urllib.parse import urlencode

from flask import Response, request

from ...definitions.kinds.registry import Matrix, Question
from ...definitions.survey import Survey
from ...engine import Engine
from ...results.export import extract
from ...results.export.extract import RowFilter, Source
from ...results.export.shape import cell
from ...results.report import StageId
from ...values.period import DateRange
from . import schemas
from .common import RequestProblem, addresses, answered
from .operation import AFTER, CUSTOMER, FROM, LIMIT, STATE, SURVEY, TO, Given, Operation, operation

bp = addresses("lists")
PAGE = 100
SEVERAL = ("choices", "ranking")  # whose answers are lists, with one element too
ROWS = (FROM, TO, SURVEY, CUSTOMER, LIMIT, AFTER)
STATED = (*ROWS, STATE)

EXAMPLE = {"survey": "delivery", "stage": "purchase", "touchpoint": "delivery", "version": "0f3a" * 16}
TEXT = {"en": "How satisfied are you with the delivery?", "he": "מהי מידת שביעות הרצון?", "fa": "چقدر راضی هستید؟"}
QUESTION = {
    "id": "satisfaction", "kind": "csat", "series": "csat", "text": TEXT, "core": True, "required": True,
    "options": [{"value": "5", "text": {"en": "Very satisfied"}}], "rows": [],
}  # fmt: skip
SURVEYS = {
    "surveys": [{
        "id": "delivery", "stage": "purchase", "touchpoint": "delivery", "version": "0f3a" * 16,
        "name": {"en": "Delivery"}, "title": {"en": "Your delivery"}, "goal": "Was the parcel on time and undamaged?",
        "mode": "identified",
        "scored": True, "closed": False, "target": 85.0,
        "questions": [QUESTION],
    }],
    "next": None,
}  # fmt: skip
INVITATIONS = {
    "invitations": [{
        "id": "Jc0rYd3m9wQ1xZ7a", **EXAMPLE, "customer": "c-17", "event": {"source": "shop", "id": "o-1001-delivered"},
        "state": "sent", "reason": None, "channel": "email", "language": "he", "probability": 1.0, "day": "2026-11-20",
        "planned_at": "2026-11-20T14:03:01Z", "due_at": "2026-11-21T02:03:00Z", "sent_at": "2026-11-21T07:00:04Z",
        "expires_at": "2026-12-05T07:00:04Z", "answered_at": None,
        "reminders": 1, "reminded_at": "2026-11-24T07:00:02Z",
    }],
    "next": "/api/v1/invitations?limit=1&after=000000000000002a",
}  # fmt: skip
RESPONSES = {
    "responses": [{
        "id": "hN4xQ2", **EXAMPLE, "day": "2026-11-20", "answered_at": "2026-11-21T08:12:30Z", "language": "he",
        "customer": "c-17", "invitation": "Jc0rYd3m9wQ1xZ7a", "context": {"order": "A-1001", "channel": "web"},
        "claimed": False, "layout": "page", "shuffled": {"timing": ["late", "on_time"]},
        "answers": {"satisfaction": 4, "timing": "on_time", "reason": "Well packed"},
    }],
    "next": None,
}  # fmt: skip


@bp.get("/surveys")
@operation(Operation("The surveys that are served", schemas.Surveys, SURVEYS, parameters=(SURVEY, LIMIT, AFTER)))
def surveys(engine: Engine, given: Given) -> Response:
    """Return the surveys, by their ids."""
    after, limit = _text(given["after"]), given["limit"] or PAGE
    known = sorted(engine.library.surveys.items())
    wanted = [one for id, one in known if id > after and given["survey"] in (None, id)]
    following = _next(_hex(wanted[limit - 1].id)) if len(wanted) > limit else None
    return answered(schemas.Surveys(surveys=[_survey(engine, one) for one in wanted[:limit]], next=following))


@bp.get("/invitations")
@operation(Operation("Invitations, planned, sent and refused", schemas.Invitations, INVITATIONS, parameters=STATED))
def invitations(engine: Engine, given: Given) -> Response:
    """Return invitations, in the order in which they were planned."""
    source, limit = _source(engine, given)
    after = min(int(given["after"] or "0", 16), 2**63 - 1)
    rows = list(islice(source.invitations(after), limit + 1))
    following = _next(f"{rows[limit - 1][1].key:016x}") if len(rows) > limit else None
    return answered(schemas.Invitations(invitations=[_invitation(*row) for row in rows[:limit]], next=following))


@bp.get("/responses")
@operation(Operation("Responses with their answers", schemas.Responses, RESPONSES, parameters=ROWS))
def responses(engine: Engine, given: Given) -> Response:
    """Return responses, in no order of time."""
    source, limit = _source(engine, given)
    rows = list(islice(source.responses(_text(given["after"])), limit + 1))
    following = _next(_hex(rows[limit - 1][1].id)) if len(rows) > limit else None
    return answered(schemas.Responses(responses=[_response(*row) for row in rows[:limit]], next=following))


def _source(engine: Engine, given: Given) -> tuple[Source, int]:
    try:
        DateRange(given["from"], given["to"])
    except ValueError as error:
        raise RequestProblem(400, str(error)) from error
    limit = given["limit"] or PAGE
    wanted = RowFilter(given["from"], given["to"], given["survey"], given["customer"], state=given.get("state"))
    return Source(engine, wanted, datetime.now(UTC), limit + 1), limit


def _survey(engine: Engine, survey: Survey) -> schemas.ListedSurvey:
    head = survey.head
    return {
        "id": survey.id,
        "stage": cast(StageId, survey.stage),
        "touchpoint": survey.touchpoint,
        "version": survey.digest,
        "name": dict(survey.name),
        "title": dict(head.title),
        "goal": head.goal,
        "mode": head.mode,
        "scored": head.scored,
        "closed": engine.library.is_closed(survey),
        "target": head.target.csat if head.target else None,
        "questions": list(_questions(engine, survey)),
    }


def _questions(engine: Engine, survey: Survey) -> Iterator[schemas.ListedQuestion]:
    for one in survey.questions:
        options = [schemas.ListedOption(value=option.value, text=_words(engine, option.text)) for option in one.offered]
        yield {
            "id": one.id,
            "kind": one.kind,
            "series": one.series,
            "text": dict(one.text),
            "core": one.core,
            "required": one.required,
            "options": options,
            "rows": _rows(engine, one),
        }


def _rows(engine: Engine, question: Question) -> list[schemas.Row]:
    parts = question.parts if isinstance(question, Matrix) else ()
    return [schemas.Row(id=part.id, text=_words(engine, part.text)) for part in parts]


def _words(engine: Engine, text: Mapping[str, str] | str) -> dict[str, str]:
    """Return a text of a file, or an engine word, in the languages of the business."""
    if not isinstance(text, str):
        return dict(text)
    return {one: engine.catalogs.speech(one).words(text) for one in engine.config.languages} if text else {}


def _invitation(version: extract.VersionInfo, row: extract.InvitationRow) -> schemas.ListedInvitation:
    origin = schemas.Origin(source=row.event_source, id=row.event_id) if row.event_source and row.event_id else None
    return {
        "id": row.id,
        "survey": row.survey,
        "stage": cast(StageId, version.stage),
        "touchpoint": version.touchpoint,
        "version": row.digest or None,
        "customer": row.customer,
        "event": origin,
        "state": row.state,
        "reason": row.reason,
        "channel": row.channel,
        "language": row.language,
        "probability": row.probability,
        "day": row.day.isoformat(),
        "planned_at": row.planned_at.astimezone(UTC).isoformat(),
        "due_at": _moment(row.due_at),
        "sent_at": _moment(row.sent_at),
        "expires_at": _moment(row.expires_at),
        "answered_at": _moment(row.answered_at),
        "reminders": row.reminders,
        "reminded_at": _moment(row.reminded_at),
    }


def _response(version: extract.VersionInfo, row: extract.ResponseRow) -> schemas.Response:
    return {
        "id": row.id,
        "survey": row.survey,
        "stage": cast(StageId, version.stage),
        "touchpoint": version.touchpoint,
        "version": row.digest or None,
        "day": row.day.isoformat() if row.day else None,
        "answered_at": _moment(row.answered_at),
        "language": row.language,
        "customer": row.customer,
        "invitation": row.invitation,
        "context": dict(row.context),
        "claimed": row.claimed,
        "layout": row.layout,
        "shuffled": {id: list(order) for id, order in row.shuffled.items()} if row.shuffled else None,
        "answers": _answers(row),
    }


def _answers(row: extract.ResponseRow) -> dict[str, int | float | str | list[str]]:
    given: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for one in row.answers:
        given[one.question, one.series].append(one.value)
    return {question: _value(series, values) for (question, series), values in given.items()}


def _value(series: str, values: list[str]) -> int | float | str | list[str]:
    if len(values) > 1 or series in SEVERAL:
        return values
    value = cell(series, values)
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    if isinstance(value, date):
        return value.isoformat()
    return cast(int | str, value)


def _moment(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None


def _next(after: str) -> str:
    """Return the address of the page behind that row."""
    query = {**request.args.to_dict(), "after": after}
    return f"{request.script_root}{request.path}?{urlencode(query)}"


def _hex(text: str) -> str:
    return text.encode().hex()


def _text(cursor: str | None) -> str:
    """Return what a cursor means; every cursor is a place in the list, even one that we did not make."""
    return bytes.fromhex(cursor or "").replace(b"\0", b"").decode("ascii", "replace")
