"""Surveys: what is live and since when, what is wrong in the files, and each survey in words with its links."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from flask import Response, request

from ...definitions.fault import Fault
from ...engine import Engine
from ...i18n.language import name as own_name
from ...i18n.speech import Speech
from ...invitations import link
from ...invitations.link import LinkRequest
from ...invitations.rules import rules
from ...look import poster, qr
from ...look.poster import Poster
from ...project.files import read
from ...results.export.shape import Field, Row
from ...stored import Comparison, faults
from ...values.enumeration import STAGES, Role, SurveyMode, SurveyStanding
from ...values.msgid import N_
from ...versions.standing import ServedSurvey, served
from ..services import services
from . import access, frame
from .access import allowed
from .coded import coded
from .definition import definition
from .download import RowFile, download, saved
from .missing import missing
from .period import LONGEST_SHOWN
from .phrases import Phrases
from .place import stage_name

bp = access.addresses("surveys")

MODES = {
    SurveyMode.IDENTIFIED: N_("Identified: operators see who answered."),
    SurveyMode.CONFIDENTIAL: N_("Confidential: who answered is not shown."),
    SurveyMode.ANONYMOUS: N_("Anonymous: nothing that leads back to a customer is stored."),
}
STANDINGS = {
    SurveyStanding.LIVE: N_("live"),
    SurveyStanding.CLOSED: N_("closed"),
    SurveyStanding.RETIRED: N_("retired"),
    SurveyStanding.GONE: N_("its file is gone"),
}
FIELDS = (
    Field("survey"), Field("name"), Field("stage"), Field("touchpoint"), Field("mode"), Field("standing"),
    Field("since", "moment"), Field("errors", "whole"), Field("asks"),
)  # fmt: skip
MOST = 10_000  # invitations that a page goes through; each takes some 70 microseconds
UNKNOWN = N_("There is no survey “{value}”.")
ONWARD = N_("To the surveys")
PICTURES = {"svg": "image/svg+xml", "html": "text/html; charset=utf-8"}


class SurveyRow(NamedTuple):
    """A survey as a row: who it asks in one sentence, how it stands, since when, and its faults."""

    url: str
    name: str
    id: str
    rule: str
    standing: str
    is_live: bool
    since: str
    mode: str
    errors: int


class StageSurveys(NamedTuple):
    """The surveys of a stage that ask, or would if they were not closed."""

    name: str
    surveys: list[SurveyRow]


class FormLink(NamedTuple):
    """A link to a form, and the language in which it opens."""

    url: str
    language: str
    name: str


@bp.get("/surveys/")
@allowed(Role.VIEWER)
def listed() -> Response:
    """All surveys, and what is wrong in the files."""
    engine, speech = services().engine, access.speech()
    found, known = served(engine.library, engine.database), known_faults(engine)
    wrong = known.faults
    by_stage: defaultdict[str, list[SurveyRow]] = defaultdict(list)
    over: list[SurveyRow] = []
    for one in found:
        ended = one.standing in (SurveyStanding.RETIRED, SurveyStanding.GONE)
        (over if ended else by_stage[one.survey.stage]).append(_row(engine, one, wrong, speech))
    stages = [StageSurveys(stage_name(engine, name, speech), by_stage[name]) for name in STAGES if by_stage[name]]
    live = sum(one.standing == SurveyStanding.LIVE for one in found)
    answer = speech.ngettext("{count} survey is live.", "{count} surveys are live.", live, count=live)
    return frame.page(
        "surveys.html",
        "surveys",
        coded=coded,
        stages=stages,
        is_whole=known.is_whole,
        over=over,
        faults=wrong,
        answer=answer,
    )


@bp.get("/surveys.csv", defaults={"style": "csv"})
@bp.get("/surveys.json", defaults={"style": "json"})
@allowed(Role.VIEWER)
def data(style: str) -> Response:
    """The surveys of the list as a file, in its words; `errors` counts those of the survey's file."""
    engine, speech = services().engine, access.speech()
    wrong = known_faults(engine).faults
    rows = (_cells(one, _row(engine, one, wrong, speech)) for one in served(engine.library, engine.database))
    return download(RowFile("surveys", FIELDS, rows), style)


@bp.get("/surveys/<id>")
@allowed(Role.VIEWER)
def one(id: str) -> Response:
    """One survey in words, with its previews and its open link."""
    engine, speech = services().engine, access.speech()
    found = next(
        (one for one in served(engine.library, engine.database) if one.survey.id == engine.library.today(id)), None
    )
    if found is None:
        return _unknown(id, speech)
    mine = [fault for fault in known_faults(engine).faults if fault.file == _file(found)]
    survey = found.survey
    size, drawing = qr.drawing(open_link(engine, survey.id))
    return frame.page(
        "survey.html",
        "surveys",
        coded=coded,
        back=frame.below("surveys/"),
        shown=definition(survey, speech),
        row=_row(engine, found, mine, speech),
        stage=stage_name(engine, survey.stage, speech),
        faults=mine,
        mode=speech.gettext(MODES[survey.head.mode]),
        rules=rules(survey.invite, engine.config.sending, speech) if found.standing != SurveyStanding.CLOSED else [],
        previews=list(_previews(engine, survey.id)),
        open=open_link(engine, survey.id),
        size=size,
        code=drawing,
        here=frame.below(f"surveys/{survey.id}"),
        languages=[(one, own_name(one)) for one in engine.config.languages],
    )


@bp.get("/surveys/<id>/code.svg")
@allowed(Role.VIEWER)
def code(id: str) -> Response:
    """The code of the open link, as a file to print."""
    engine = services().engine
    if (survey := engine.library.survey(id)) is None:
        return _unknown(id, access.speech())
    return saved(qr.svg(open_link(engine, survey.id)), f"{survey.id}.svg", PICTURES["svg"])


@bp.get("/surveys/<id>/poster.html", defaults={"style": "html"})
@bp.get("/surveys/<id>/poster.svg", defaults={"style": "svg"})
@allowed(Role.VIEWER, "lang")
def hung(id: str, style: str) -> Response:
    """The poster of the open link in a language, as a file to print."""
    engine, language = services().engine, request.args.get("lang", "")
    survey = engine.library.survey(id)
    if survey is None or language not in engine.config.languages:
        return _unknown(id if survey is None else language, access.speech())
    business = engine.config.business
    logo = engine.root / business.logo if business.logo else None
    wanted = Poster(open_link(engine, survey.id, language), business, survey.head.title, logo)
    drawn = poster.drawn(wanted, engine.catalogs.speech(language), style)
    return saved(drawn.encode(), f"{survey.id}-{language}.{style}", PICTURES[style])


def known_faults(engine: Engine) -> Comparison:
    """Return the faults that `check` prints, in its order; what takes long for many invitations is left to it."""
    return faults(read(engine.root, engine.catalogs.languages), datetime.now(UTC), MOST)


def open_link(engine: Engine, survey: str, language: str | None = None) -> str:
    """Return the link to a survey that is for everybody."""
    return f"{_base(engine)}/{link.path(engine, LinkRequest(survey, language=language), datetime.now(UTC))}"


def _base(engine: Engine) -> str:
    """Return the address of the pages: the business's, else the one that this page was opened by."""
    return engine.config.business.url or request.url_root.rstrip("/")


def _previews(engine: Engine, survey: str) -> Iterator[FormLink]:
    """Yield a link to the form in each language, which stores nothing."""
    for language in engine.config.languages:
        wanted = LinkRequest(survey, language=language, preview=True)
        yield FormLink(
            f"{request.script_root}/{link.path(engine, wanted, datetime.now(UTC))}", language, own_name(language)
        )


def _row(engine: Engine, one: ServedSurvey, wrong: Sequence[Fault], speech: Speech) -> SurveyRow:
    survey, zone = one.survey, engine.config.business.zone
    return SurveyRow(
        url=frame.below(f"surveys/{survey.id}"),
        name=speech.words(survey.name),
        id=survey.id,
        rule=rules(survey.invite, engine.config.sending, speech)[0],
        standing=speech.gettext(STANDINGS[one.standing]),
        is_live=one.standing == SurveyStanding.LIVE,
        since=speech.date(one.since.astimezone(zone).date()) if one.since else "",
        mode=speech.gettext(MODES[survey.head.mode]).partition(":")[0],
        errors=sum(fault.level == "error" and fault.file == _file(one) for fault in wrong),
    )


def _cells(one: ServedSurvey, shown: SurveyRow) -> Row:
    survey, mode = one.survey, one.survey.head.mode.value
    place = survey.id, shown.name, survey.stage, survey.touchpoint
    return *place, mode, one.standing.value, one.since, shown.errors, shown.rule


def _file(one: ServedSurvey) -> str:
    return f"surveys/{one.survey.stage}/{one.survey.id}.toml"


def _unknown(id: str, speech: Speech) -> Response:
    said = Phrases(speech).sentence(UNKNOWN, value=id[:LONGEST_SHOWN])
    return missing("surveys", said, (frame.below("surveys/"), speech.gettext(ONWARD)))
