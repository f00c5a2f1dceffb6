"""The page of a touchpoint: its answer in words, how it went, how each question was answered, and where it differs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NamedTuple

from flask import Response, request

from ...definitions.survey import Survey
from ...results import query, smoothing
from ...results.comments import TouchpointComments
from ...results.distribution import Distribution
from ...results.query import NoReport, ReportQuery
from ...results.record import ABSENT
from ...results.report import NewVersion, Place, Report, StageReport, Touchpoint, TrendPoint
from ...results.responses import ResponseQuery
from ...values.enumeration import Against, Role, ScoreBand
from ...values.msgid import N_
from ...values.period import DateRange
from ..services import services
from . import (
    access,
    charts,
    comments,
    comparison,
    counted,
    course_chart,
    frame,
    funnel_table,
    invitation_list,
    journey,
    period,
)
from .access import allowed
from .behind import RespondentList, behind
from .card import base, leading
from .course_chart import LONG, SHORT, ScoreCourse
from .course_picture import picture
from .period import PagePeriod, UnknownPeriod
from .phrases import Phrases
from .place import surveys_at
from .question_table import QuestionTables
from .telling import TouchpointTelling
from .timeline import TITLES, Timeline, begun, level, unit
from .trend_table import TrendTable

bp = access.addresses("touchpoint")

COMMENTS = 4
FACTS = {"dsat": N_("Dissatisfaction"), "mean": N_("Mean of 1 to 5"), "response_rate": N_("Response rate")}
SIGNALS = {
    -1: N_("Since {day} the smoothed line has been below what chance allows."),
    0: N_("The smoothed line stays within what chance allows."),
    1: N_("Since {day} the smoothed line has been above what chance allows."),
}


class NoTouchpoint(Exception):
    """There is no such touchpoint in that stage."""


@dataclass(frozen=True)
class TouchpointPage:
    """A touchpoint in a period: the report of its stage, and the words of the reader."""

    phrases: Phrases
    shown: PagePeriod
    report: Report
    stage: StageReport
    touchpoint: Touchpoint

    @property
    def place(self) -> Place:
        """Its stage, and its id in it."""
        return self.stage.stage, self.touchpoint.touchpoint

    @property
    def surveys(self) -> list[Survey]:
        """The surveys of today that ask at the touchpoint."""
        return surveys_at(services().engine, self.stage.stage, self.touchpoint.touchpoint)

    def only(self, told: Touchpoint) -> Report:
        """The report of the touchpoint alone, with what is told of it."""
        return replace(self.report, stages=[replace(self.stage, touchpoints=[told])])


@bp.get("/journey/<stage>/<touchpoint>")
@allowed(Role.VIEWER, *period.PARAMETERS)
def touchpoint(stage: str, touchpoint: str) -> Response:
    """The page of a touchpoint."""
    return _answered(stage, touchpoint, lambda page: frame.page("touchpoint.html", "journey", **_views(page)))


@bp.get("/journey/<stage>/<touchpoint>.csv", defaults={"style": "csv"})
@bp.get("/journey/<stage>/<touchpoint>.json", defaults={"style": "json"})
@allowed(Role.VIEWER, *period.PARAMETERS)
def touchpoint_data(stage: str, touchpoint: str, style: str) -> Response:
    """The figures of a touchpoint's page as a file."""
    return _answered(stage, touchpoint, lambda page: journey.data(_with_course(page), style, f"{stage}-{touchpoint}"))


@bp.get("/journey/<stage>/<touchpoint>.svg")
@allowed(Role.VIEWER, *period.PARAMETERS)
def touchpoint_chart(stage: str, touchpoint: str) -> Response:
    """The trend of a touchpoint's page as a picture."""
    return _answered(stage, touchpoint, _picture)


def _answered(stage: str, name: str, shown: Callable[[TouchpointPage], Response]) -> Response:
    """Return what is shown of a touchpoint; a page that says so where there is nothing to show it of."""
    phrases = Phrases(access.speech())
    try:
        return shown(_page(phrases, stage, name))
    except (UnknownPeriod, NoReport) as error:
        return journey.refused(error, phrases, frame.below())
    except NoTouchpoint:
        return journey.no_touchpoint(name, phrases)


def _page(phrases: Phrases, stage: str, name: str) -> TouchpointPage:
    """Return the touchpoint in the period of the request; raises UnknownPeriod, NoReport, NoTouchpoint."""
    shown = period.read(request.args, phrases.speech.language, journey.today())
    found = journey.report(shown, phrases.speech.language, at=(stage, name))
    places = [(each, one) for each in found.stages for one in each.touchpoints]
    for each, one in places:
        if (each.stage, one.touchpoint) == (stage, name):
            return TouchpointPage(phrases, shown, found, each, one)
    raise NoTouchpoint


def _views(page: TouchpointPage) -> dict[str, object]:
    phrases, one = page.phrases, page.touchpoint
    kind, score = leading(one)
    people = behind(page.surveys, one, page.shown)
    tables = QuestionTables(phrases, _earlier(page), people)
    return {
        "one": one,
        "stage": page.stage.name,
        "state": score.state,
        "score": phrases.large(score, kind),
        "limits": phrases.limits(score),
        "base": phrases.base(base(one)),
        "people": people.url() if people and base(one) == one.csat.n else "",
        "gauge": charts.gauge(phrases.speech, (one.csat, None), one.target, charts.lowest([one.csat])),
        "verdict": phrases.verdict(one),
        "remarks": list(phrases.changes(one, page.report.names)),
        "sentences": list(TouchpointTelling(phrases, page.shown).sentences(one)),
        "counted": counted.said(one.counted_until or None, phrases.speech),
        "weighted": list(TouchpointTelling(phrases, page.shown).weighted(one)),
        "facts": _facts(page, people),
        "others": list(phrases.others(one, kind)),
        "questions": [tables.table(question) for question in one.questions or ()],
        "steps": funnel_table.steps(one.funnel, phrases, _step_url(page)),
        "provisional": phrases.speech.date(one.provisional_until) if one.provisional_until else "",
        "tabs": comparison.tabs(comparison.fields(services().engine.config, page.surveys), page.shown, phrases),
        "compared_by": comparison.called(page.shown.by, phrases) if page.shown.by else "",
        "groups": comparison.rows(one, phrases),
        "family": comparison.family(one, phrases),
        "moment": phrases.speech.moment(datetime.now(UTC).astimezone(services().engine.config.business.zone)),
        "path": frame.below(f"journey/{page.stage.stage}/{one.touchpoint}"),
        **_trend(page),
        **_comments(page),
        **journey.controls(page.shown, page.report, phrases),
    }


def _step_url(page: TouchpointPage) -> funnel_table.StepUrl:
    """Return what leads from a step of the funnel to who is counted, as far as the reader and the modes allow it."""
    engine, place = services().engine, page.touchpoint.touchpoint
    found = invitation_list.behind(DateRange(page.shown.since, page.shown.until), place)
    if found is None:
        return lambda step, reason: ""
    tells = invitation_list.tells_answered(engine, place)
    return lambda step, reason: found.url(step, reason) if tells or step != "answered" else ""


def _facts(page: TouchpointPage, people: RespondentList | None) -> list[tuple[str, str, str, str]]:
    """Return the figures beside the score: its name, value, interval or base, and who stands behind it."""
    say, one, found = page.phrases, page.touchpoint, []
    dissatisfied = people.url(ScoreBand.DISSATISFIED) if people else ""
    if one.dsat.value is not None:
        found.append((FACTS["dsat"], say.value(one.dsat), say.limits(one.dsat), dissatisfied))
    if one.mean.value is not None:
        found.append((FACTS["mean"], say.speech.number(one.mean.value, 2), say.limits(one.mean, 2), ""))
    if one.response_rate.value is not None and one.funnel.answered is not None:
        sent = {"answered": say.speech.number(one.funnel.answered), "sent": say.speech.number(one.funnel.sent)}
        words = say.speech.gettext("{answered} of {sent} sent", **sent)
        found.append((FACTS["response_rate"], say.value(one.response_rate), words, ""))
    return [(say.speech.gettext(name), value, words, url) for name, value, words, url in found]


class TouchpointCourse(NamedTuple):
    """The trend up to the end of the period: its points, new versions in them, and how a chart draws both."""

    timeline: Timeline
    points: Sequence[TrendPoint]
    renewed: Sequence[NewVersion]
    drawn: ScoreCourse


def _course(page: TouchpointPage) -> TouchpointCourse:
    """Return the trend up to the end of the period, with its smoothed line."""
    engine, one, language = services().engine, page.touchpoint, page.phrases.speech.language
    every = page.shown.every or unit(page.shown, one.csat.n or 0, journey.today())
    timeline = Timeline(page.phrases, page.shown, every, engine.config.business.first_weekday)
    days = (timeline.since(), page.shown.until)
    wanted = ReportQuery(*days, language=language, against=Against.NONE, every=every)
    found = query.touchpoint_course(engine, page.place, wanted, datetime.now(UTC))
    points = begun(found.points)
    renewed = [each for each in found.renewed if points and each.from_ >= points[0].from_]
    words = (page.phrases.speech.gettext("target"), page.phrases.speech.gettext("provisional"))
    course = timeline.course(points, charts.lowest(each.csat for each in points), one.target)
    marks = list(timeline.renewed(points, renewed))
    drawn = replace(course, smoothed=level(course), now=False, words=words, uprights=marks)
    return TouchpointCourse(timeline, points, renewed, drawn)


def _with_course(page: TouchpointPage) -> Report:
    """Return the report of the touchpoint alone, with the trend that its page shows."""
    course = _course(page)
    return page.only(replace(page.touchpoint, trend=course.points, new_versions=course.renewed or ABSENT))


def _trend(page: TouchpointPage) -> dict[str, object]:
    speech = page.phrases.speech
    timeline, points, renewed, course = _course(page)
    known = [one for one in points if one.csat.value is not None]
    words = _course_words(page, timeline, course)
    return {
        "trend_title": speech.gettext(TITLES[timeline.every]),
        "trend_words": words,
        "units": list(timeline.units()),
        "trend": [course_chart.large(speech, course, str(words), size) for size in (LONG, SHORT)] if known else [],
        "points": TrendTable(page.phrases, timeline, renewed).rows(points),
        "renewed": bool(renewed),
    }


def _course_words(page: TouchpointPage, timeline: Timeline, course: ScoreCourse) -> str:
    """Return what the chart shows, in a sentence."""
    known = [(at, one) for at, one in enumerate(course.smoothed) if one]
    if not known:
        return page.phrases.speech.gettext("There are too few points to tell a course from chance.")
    begun = smoothing.since([one for _, one in known])
    day = timeline.called(course.points[known[begun][0]]) if begun is not None else ""
    return page.phrases.speech.gettext(SIGNALS[known[-1][1].signal], day=day)


def _picture(page: TouchpointPage) -> Response:
    """Return the large chart by itself."""
    timeline, *_, course = _course(page)
    return picture(page.phrases.speech, course, _course_words(page, timeline, course))


def _earlier(page: TouchpointPage) -> dict[tuple[str, str], Distribution]:
    """Return how the questions were answered in the period before; nothing where none is compared."""
    if not (change := page.touchpoint.change):
        return {}
    days, language = (change.against.from_, change.against.to), page.phrases.speech.language
    wanted = ReportQuery(*days, language=language, against=Against.NONE)
    asked = query.touchpoint_questions(services().engine, page.place, wanted, datetime.now(UTC))
    return {(one.id, one.series): one for one in asked}


def _comments(page: TouchpointPage) -> dict[str, object]:
    """Return the newest comments, for whoever may see answers, as far as their modes let each be read."""
    may, shown = access.reader().role.covers(Role.OPERATOR), page.shown
    wanted = ResponseQuery(DateRange(shown.since, shown.until))
    found = TouchpointComments(services().engine, page.place, wanted, datetime.now(UTC)) if may else None
    newest = found.page(None, COMMENTS).rows if found else ()
    days = PagePeriod(shown.since, shown.until).query
    comments.noted(newest, f"{'/'.join(page.place)}{days}")
    return {"may_read": may, "comments": list(comments.rows(newest, page.phrases.speech)), "all_comments": days}
