"""Responses: the newest first, one by itself, and the same as files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urlencode

from flask import Response, request

from ...definitions.fault import visible
from ...engine import Engine
from ...i18n.speech import Speech
from ...look.scales import satisfaction, shown
from ...results import responses
from ...results.export.extract import extract
from ...results.responses import ResponseSummary
from ...store import customers, messages
from ...store.engine.database import REPORT
from ...values.enumeration import AuditAction, Role, SurveyMode
from ...values.msgid import N_
from ..services import services
from . import access, counted, filters, frame, paging
from .access import allowed
from .download import MOST, RowFile, download
from .filters import BANDS, FilterChoice, ResponseFilters
from .missing import missing
from .period import LONGEST_SHOWN, UnknownPeriod
from .phrases import Phrases
from .quotation import Quotation, quotation
from .story import story

bp = access.addresses("responses")

PAGE = 50
EXPORT = "surveyengine export responses"
TOO_MANY = N_(
    "These are up to {n} responses, and a page gives at most {most} as a file. "
    "Choose fewer days, or use the command {command}."
)
UNKNOWN = N_("There is no response “{value}”, or the mode of its survey shows no answer by itself.")
ONWARD = N_("To the responses")


class FirstDay(NamedTuple):
    """How many surveys are live, and whether an event ever came."""

    surveys: int
    events: bool


class HiddenSurveys(NamedTuple):
    """The names of surveys whose mode shows no answer by itself."""

    mode: SurveyMode
    names: str


class ListedRow(NamedTuple):
    """A response as a row: what was said, in its language, and the words for the rest."""

    url: str
    day: str
    comment: Quotation
    tongue: str
    chip: str
    words: str
    survey: str
    person: str


@bp.get("/responses/")
@allowed(Role.OPERATOR, *filters.NAMES, paging.PARAMETER)
def listed() -> Response:
    """A page of the responses."""
    engine, speech = services().engine, access.speech()
    try:
        chosen, before = filters.read(request.args, engine), paging.read(request.args.get(paging.PARAMETER))
    except UnknownPeriod as error:
        return _refused(error, speech)
    found = responses.page(engine, responses.source(engine, chosen.meant, datetime.now(UTC)), before, PAGE)
    if any(one.customer for one in found.rows):
        access.noted(AuditAction.VIEWED, f"responses{chosen.query}")
    behind = paging.written(found.behind)
    return frame.page(
        "responses.html",
        "responses",
        rows=list(_rows(engine, found.rows, speech)),
        older=f"?{urlencode({**chosen.said, **behind})}" if behind else "",
        newest=frame.below(f"responses/{chosen.query}") if before else "",
        hidden=_hidden(engine, speech),
        counted=counted.told(chosen.meant.days, [chosen.meant.survey] if chosen.meant.survey else None, speech),
        first=_first_day(engine) if not (found.rows or chosen.said or before) else None,
        home=frame.below,
        **_controls(engine, chosen, speech),
    )


@bp.get("/responses.csv", defaults={"style": "csv"})
@bp.get("/responses.json", defaults={"style": "json"})
@allowed(Role.OPERATOR, *filters.NAMES)
def data(style: str) -> Response:
    """The responses of the list as a file, with the columns of an export."""
    engine, speech = services().engine, access.speech()
    try:
        chosen = filters.read(request.args, engine)
    except UnknownPeriod as error:
        return _refused(error, speech)
    source = responses.source(engine, chosen.meant, datetime.now(UTC))
    if (n := source.total("responses")) > MOST:
        onward = frame.below(f"responses/{chosen.query}"), speech.gettext(ONWARD)
        return missing("responses", Phrases(speech).sentence(TOO_MANY, n=n, most=MOST, command=EXPORT), onward, 413)
    found = extract(source, "responses", nested=style == "json")
    return download(RowFile("responses", found.fields, found.rows, chosen.query), style)


@bp.get("/responses/<id>")
@allowed(Role.OPERATOR)
def one(id: str) -> Response:
    """One response, with every answer in words; that it was looked at is noted where it shows who gave it."""
    engine, speech = services().engine, access.speech()
    found = responses.given(engine, id)
    if found is None:
        said = Phrases(speech).sentence(UNKNOWN, value=id[:LONGEST_SHOWN])
        return missing("responses", said, (frame.below("responses/"), speech.gettext(ONWARD)))
    if found.row.customer:
        access.noted(AuditAction.VIEWED, f"response {found.row.id}")
    return frame.page("response.html", "responses", back=frame.below("responses/"), told=story(engine, found, speech))


def _rows(engine: Engine, found: tuple[ResponseSummary, ...], speech: Speech) -> Iterator[ListedRow]:
    with engine.database.read(REPORT) as connection:
        names = customers.names(connection, {one.customer for one in found if one.customer})
    for one in found:
        survey = engine.library.survey(one.survey)
        yield ListedRow(
            url=frame.below(f"responses/{one.id}"),
            day=speech.date(one.day),
            comment=quotation(one.comment or "", one.language),
            tongue=speech.tongue(one.language) if one.language else "",
            chip=shown(speech, one.score) if one.score else "",
            words=satisfaction(speech, one.score) if one.score else "",
            survey=speech.words(survey.name) if survey else one.survey,
            person=visible(names.get(one.customer or "", one.customer or "")),
        )


def _controls(engine: Engine, chosen: ResponseFilters, speech: Speech) -> Mapping[str, object]:
    """Return what the form of the filters shows, and the filters in words."""
    said = chosen.said
    surveys = sorted((speech.words(one.name), one.id) for one in engine.library.surveys.values())
    return {
        "said": said,
        "query": chosen.query,
        "chosen": list(filters.chosen(chosen, engine, speech)),
        "surveys": [FilterChoice(id, name, id == chosen.meant.survey) for name, id in surveys],
        "bands": [FilterChoice(one, speech.gettext(words), one == chosen.meant.band) for one, words in BANDS.items()],
        "languages": [
            FilterChoice(one, speech.tongue(one), one == chosen.meant.language) for one in engine.config.languages
        ],
    }


def _hidden(engine: Engine, speech: Speech) -> list[HiddenSurveys]:
    """Return the surveys of which no answer is shown by itself, by their mode."""
    found: defaultdict[SurveyMode, list[str]] = defaultdict(list)
    for one in engine.library.surveys.values():
        if not responses.may_show(one.head.mode):
            found[one.head.mode].append(visible(speech.words(one.name)))
    return [HiddenSurveys(mode, speech.enumeration(sorted(names))) for mode, names in sorted(found.items())]


def _first_day(engine: Engine) -> FirstDay:
    """Return what has to come before there can be a response."""
    with engine.database.read(REPORT) as connection:
        return FirstDay(len(engine.library.live), messages.is_any(connection))


def _refused(error: UnknownPeriod, speech: Speech) -> Response:
    said = Phrases(speech).sentence(error.msgid, **error.values)
    return missing("responses", said, (frame.below("responses/"), speech.gettext(ONWARD)), 400)
