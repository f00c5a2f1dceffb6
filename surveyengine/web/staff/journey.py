"""The journey map: every stage and touchpoint with what may be concluded of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import NamedTuple

from flask import Response, request
from markupsafe import Markup

from ...i18n.speech import Speech
from ...results import attention, lateness, query, response_rates
from ...results.attention import Attention
from ...results.export.report_csv import ENCODING
from ...results.query import NoReport, NoSplit, ReportQuery, Screen
from ...results.report import JOURNEY, Place, Report, Touchpoint
from ...results.score import INDICATIVE
from ...store.beginning import Beginning
from ...values.enumeration import Against, Role, TrendUnit
from ...values.msgid import N_
from ..services import services
from . import access, comparison, course_chart, first_day, frame, journey_course, period
from .access import allowed
from .behind import on_map
from .card import Drawer, Trends
from .course_picture import picture
from .download import taken
from .missing import WITHOUT, missing
from .period import PagePeriod, UnknownPeriod
from .phrases import Phrases
from .place import surveys_at
from .telling import TouchpointTelling
from .timeline import CARD, Timeline

bp = access.addresses("journey")

ANSWER = N_("Over the whole journey {score} are satisfied ({limits}), from {answers}.")


class FirstView(NamedTuple):
    """The one thing to look at: in a sentence, with `more` on where it lies, as a chart, and where it leads."""

    words: Markup
    more: Markup
    is_missed: bool
    url: str
    name: str
    chart: Markup


class FartherChoice(NamedTuple):
    """What an address chooses that the map does not show: its word, where it does show, and the map without it."""

    words: str
    note: str
    url: str


FALLS = ("missed_and_falling", "falling")
MOST_SPLITS = 3  # by which the cause of a fall is looked for; each is a report, which costs time
NO_TOUCHPOINT = N_("There is no touchpoint “{touchpoint}” in this stage of the journey.")
SPLIT = N_("The map has all answers together. The page of each touchpoint, and the files, compare them by this field.")
EXPECTED = N_("A score needs {n} answers.")


@bp.get("/")
@allowed(Role.VIEWER, *period.PARAMETERS)
def journey() -> Response:
    """The map of a period."""
    return _answered(
        lambda found, shown, phrases: frame.page("journey.html", "journey", **_views(found, shown, phrases))
    )


@bp.get("/journey.csv", defaults={"style": "csv"})
@bp.get("/journey.json", defaults={"style": "json"})
@allowed(Role.VIEWER, *period.PARAMETERS)
def journey_data(style: str) -> Response:
    """The figures of the map, with all its trends, as a file."""
    return _answered(
        lambda found, shown, phrases: data(found.with_trends(_past(_timeline(shown, phrases))), style, "journey")
    )


@bp.get("/journey.svg")
@allowed(Role.VIEWER, *period.PARAMETERS)
def journey_chart() -> Response:
    """The trend of the whole journey as a picture."""
    return _answered(_picture)


def _picture(found: Report, shown: PagePeriod, phrases: Phrases) -> Response:
    timeline = _timeline(shown, phrases)
    drawer = Drawer(phrases, found, "", timeline, Trends.of(_past(timeline)))
    return picture(phrases.speech, journey_course.drawn(drawer), journey_course.words(drawer))


def _answered(shown: Callable[[Report, PagePeriod, Phrases], Response]) -> Response:
    """Return what is shown of the period of the request; a page that says so where it is none."""
    phrases = Phrases(access.speech())
    try:
        days = period.read(request.args, phrases.speech.language, today())
        found = report(days, phrases.speech.language)
    except (UnknownPeriod, NoReport) as error:
        return refused(error, phrases, frame.below())
    return shown(found, days, phrases)


def today() -> date:
    """Return the day that it is where the business counts its days."""
    return datetime.now(UTC).astimezone(services().engine.config.business.zone).date()


def report(shown: PagePeriod, language: str, at: Place | None = None) -> Report:
    """Return the report that a page is made of, with the questions `at` its touchpoint.

    Raises NoReport, and Denied for a field that may name customers.
    """
    days = (shown.since, shown.until)
    wanted = ReportQuery(*days, shown.by, questions=at is not None, language=language, against=shown.against, at=at)
    found = query.report(services().engine, wanted, datetime.now(UTC))
    if shown.by and not comparison.is_offered(services().engine.config, shown.by):
        access.require(Role.OPERATOR)
    return found


def data(found: Report, style: str, name: str) -> Response:
    """Return a report as a file; that it was taken is noted."""
    text = query.shown(services().engine, found, style, Screen())
    return taken(text.encode(ENCODING) if style == "csv" else text, f"{name}.{style}")


def refused(error: Exception, phrases: Phrases, home: str, status: int = 400) -> Response:
    """Return the page that says what is wrong with an address, and leads on."""
    said = Markup.escape(error)
    if isinstance(error, UnknownPeriod | NoSplit):
        said = phrases.sentence(error.msgid, **error.values)
    if isinstance(error, NoSplit):
        return missing("journey", said, (frame.without("by"), phrases.speech.gettext(WITHOUT)), status)
    response = frame.page("unknown.html", "journey", said=said, home=home)
    response.status_code = status
    return response


def no_touchpoint(name: str, phrases: Phrases) -> Response:
    """Return the page that says that there is no such touchpoint."""
    return refused(UnknownPeriod(NO_TOUCHPOINT, touchpoint=name[:40]), phrases, frame.below(), 404)


def controls(shown: PagePeriod, found: Report, phrases: Phrases) -> dict[str, object]:
    """Return what the head of a page needs to show its period and what it is compared with, and lead to others."""
    against, others = _against(shown, found, phrases.speech), list(period.comparisons(shown, phrases.speech))
    return {**days(shown, phrases), "against": against, "comparisons": others}


def days(shown: PagePeriod, phrases: Phrases) -> dict[str, object]:
    """Return what the head of a page needs to show its period and lead to others, where nothing is compared."""
    speech, now = phrases.speech, today()
    back, on = (period.stepped(shown, speech.language, by) for by in (-1, 1))
    return {
        "shown": shown,
        "days": period.named(shown.since, shown.until, speech),
        "against": "",
        "back": back.query if back else "",
        "on": on.query if on and on.since <= now else "",
        "presets": list(period.presets(shown, speech, now)),
        "comparisons": [],
    }


def _against(shown: PagePeriod, found: Report, speech: Speech) -> str:
    """Return the days that the report compares its period with, in words; nothing where it compares none."""
    change = found.journey.change
    return period.named(change.against.from_, change.against.to, speech, shown.since) if change else ""


def _views(found: Report, shown: PagePeriod, phrases: Phrases) -> dict[str, object]:
    timeline = _timeline(shown, phrases)
    engine, empty = services().engine, first_day.is_empty(found)
    known = first_day.begun(engine) if empty else Beginning(events=True, responses=True)
    asked = {} if known.responses else first_day.asked(engine, phrases)
    trends = Trends.of(_past(timeline)) if known.responses else Trends()
    drawer = Drawer(phrases, found, frame.below("journey/"), timeline, trends, asked, on_map(found, shown))
    stages = [stage for stage in found.stages if stage.stage in JOURNEY]
    apart = [stage for stage in found.stages if stage.stage not in JOURNEY]
    views = [drawer.stage(stage) for stage in stages]
    return {
        "answer": _answer(found, phrases),
        "changes": [*phrases.changes(found.journey, found.names), *phrases.weighted(found.journey, found.names)],
        "chosen": list(_chosen(shown, phrases)),
        "first": _first(drawer),
        "steps": [] if known.responses else list(first_day.steps(engine, known, phrases)),
        "empty": empty and known.responses,
        "stages": views,
        "course": journey_course.panel(drawer),
        "units": list(timeline.units()),
        "rows": min(1 + max((len(view.cards) for view in views), default=0), 12),
        "apart": [(stage.name, [drawer.card(stage, one) for one in stage.touchpoints]) for stage in apart],
        "low": phrases.percent(drawer.low),
        "whole": phrases.percent(100),
        "provisional": _provisional(found, phrases),
        **controls(shown, found, phrases),
    }


def _chosen(shown: PagePeriod, phrases: Phrases) -> Iterator[FartherChoice]:
    """Yield what the address chooses for the pages that the map leads to."""
    if shown.by:
        field = comparison.called(shown.by, phrases)
        yield FartherChoice(field, phrases.speech.gettext(SPLIT), replace(shown, by=None).query)


def _timeline(shown: PagePeriod, phrases: Phrases) -> Timeline:
    """Return the points that every chart of the map shows, those of months unless the address says otherwise."""
    first = services().engine.config.business.first_weekday
    return Timeline(phrases, shown, shown.every or TrendUnit.MONTH, first)


def _past(timeline: Timeline) -> Report:
    """Return the report of the time up to the end of the period, with how the scores went in it."""
    days, language = (timeline.since(CARD), timeline.shown.until), timeline.speech.language
    wanted = ReportQuery(*days, language=language, against=Against.NONE, every=timeline.every, weighted=False)
    return query.report(services().engine, wanted, datetime.now(UTC))


def _first(drawer: Drawer) -> FirstView | None:
    """Return the one thing to look at; None where nothing can be concluded yet."""
    engine, now = services().engine, datetime.now(UTC)
    found = attention.first(drawer.report)
    if found is None or found.rule in ("undelivered", "lowest"):  # what is late is looked for only where it decides
        found = attention.first(drawer.report, lateness.late(engine, drawer.report, now))
    if found is None or found.rule == "lowest":  # nothing stands out in what the report has
        rates = response_rates.changes(engine, drawer.report, now)
        found = attention.unanswered(drawer.report, rates) or found
    if found is None:
        return None
    words = TouchpointTelling(drawer.phrases, drawer.timeline.shown).lead(found)
    url = f"{drawer.address}{found.stage}/{found.touchpoint.touchpoint}{drawer.timeline.shown.query}"
    chart = drawer.chart(found.stage, found.touchpoint, course_chart.hero)
    more = _segment(drawer, found) if found.rule in FALLS else Markup("")
    return FirstView(words, more, found.rule.startswith("missed"), url, found.touchpoint.name, chart)


def _segment(drawer: Drawer, found: Attention) -> Markup:
    """Return the sentence about the group that lies furthest below the others, at the touchpoint to look at."""
    engine, shown, language = services().engine, drawer.timeline.shown, drawer.phrases.speech.language
    asked = surveys_at(engine, found.stage, found.touchpoint.touchpoint)
    splits: dict[str, Touchpoint] = {}
    for field in comparison.fields(engine.config, asked)[:MOST_SPLITS]:
        with suppress(NoReport):  # a field of too many values groups nothing
            days = (shown.since, shown.until)
            wanted = ReportQuery(*days, field, found.stage, language=language, against=Against.NONE, weighted=False)
            of_stage = query.report(engine, wanted, datetime.now(UTC)).touchpoints
            splits.update((field, one) for one in of_stage if one.touchpoint == found.touchpoint.touchpoint)
    lowest = attention.segment(splits)
    return TouchpointTelling(drawer.phrases, shown).segment(lowest) if lowest else Markup("")


def _answer(found: Report, phrases: Phrases) -> Markup:
    score = found.journey.csat
    if score.n == 0:
        return phrases.sentence(EXPECTED, n=INDICATIVE)
    if score.value is None:
        return Markup.escape(phrases.lack(score))
    values = {"score": phrases.value(score), "limits": phrases.limits(score), "answers": phrases.base(score.n)}
    return phrases.sentence(ANSWER, **values)


def _provisional(found: Report, phrases: Phrases) -> str:
    """Return until when the latest of the figures may still change; nothing where none may."""
    days = [one.provisional_until for one in found.touchpoints if one.provisional_until]
    return phrases.capital("provisional until {day}", day=phrases.speech.date(max(days))) if days else ""
