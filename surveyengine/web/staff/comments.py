"""What customers wrote about a touchpoint: all of it in a period, the newest first, and the same as files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import NamedTuple
from urllib.parse import urlencode

from flask import Response, request

from ...definitions.fault import visible
from ...i18n.speech import Speech
from ...look.scales import satisfaction, shown
from ...results.comments import Comment, TouchpointComments, WrittenText
from ...results.distribution import wording
from ...results.export.shape import Field, Row
from ...store import customers
from ...store.engine.database import REPORT
from ...values.enumeration import AuditAction, Role
from ...values.msgid import N_
from ...values.period import ALWAYS
from ..services import services
from . import access, counted, filters, frame, journey, paging, period
from .access import allowed
from .download import MOST, RowFile, download
from .filters import BANDS, STEPS, FilterChoice, ResponseFilters
from .missing import missing
from .period import PagePeriod, UnknownPeriod
from .phrases import Phrases
from .place import stage_name, surveys_at, touchpoint_name
from .quotation import Quotation, quotation

bp = access.addresses("comments")

PAGE = 25
DAYS, SIEVE = ("from", "to"), ("score", "language")
TOO_MANY = N_("These are more than {most} comments, and a page gives at most so many as a file. Choose fewer days.")
ONWARD = N_("To the comments")
FIELDS = (
    Field("day", "day"), Field("score", "whole"), Field("question"), Field("comment"), Field("language"),
    Field("customer"), Field("survey"), Field("response", "id"),
)  # fmt: skip


@dataclass(frozen=True)
class SievedPeriod(PagePeriod):
    """A period of a page that has filters, which go with it into every address."""

    sieve: tuple[tuple[str, str], ...] = ()

    @property
    def kept(self) -> dict[str, str]:
        """What an address says beside the days."""
        return super().kept | dict(self.sieve)


class QuotedText(NamedTuple):
    """What was asked, and what was written."""

    question: str
    quote: Quotation


class CommentRow(NamedTuple):
    """A comment as a row; without `url` and `person` where its mode tells of no response by itself."""

    url: str
    day: str
    texts: tuple[QuotedText, ...]
    chip: str
    words: str
    tongue: str
    person: str
    is_named: bool


@dataclass(frozen=True)
class CommentsPage:
    """The comments of a touchpoint in a period, with the words of the reader."""

    phrases: Phrases
    stage: str
    touchpoint: str
    name: str
    shown: SievedPeriod
    filters: ResponseFilters
    comments: TouchpointComments

    @property
    def url(self) -> str:
        """Its address without a query."""
        return frame.below(f"journey/{self.stage}/{self.touchpoint}/comments")


@bp.get("/journey/<stage>/<touchpoint>/comments")
@allowed(Role.OPERATOR, *DAYS, *SIEVE, paging.PARAMETER)
def listed(stage: str, touchpoint: str) -> Response:
    """A page of the comments."""
    return _answered(stage, touchpoint, _listed)


@bp.get("/journey/<stage>/<touchpoint>/comments.csv", defaults={"style": "csv"})
@bp.get("/journey/<stage>/<touchpoint>/comments.json", defaults={"style": "json"})
@allowed(Role.OPERATOR, *DAYS, *SIEVE)
def data(stage: str, touchpoint: str, style: str) -> Response:
    """The comments of the page as a file, a row for each text."""
    return _answered(stage, touchpoint, lambda page: _file(page, style))


def rows(found: Iterable[Comment], speech: Speech) -> Iterator[CommentRow]:
    """Yield comments as rows in the words of the reader, what customers wrote in their own."""
    engine, found = services().engine, list(found)
    with engine.database.read(REPORT) as connection:
        names = customers.names(connection, {one.customer for one in found if one.customer})
    for one in found:
        day, texts = speech.date(one.day), [_quoted(text, one.language, speech) for text in one.texts]
        yield CommentRow(
            url=frame.below(f"responses/{one.id}") if one.is_named else "",
            day=day if one.is_named else speech.gettext("up to {to}", to=day),
            texts=tuple(texts),
            chip=shown(speech, one.score) if one.score else "",
            words=satisfaction(speech, one.score) if one.score else "",
            tongue=speech.tongue(one.language) if one.language else "",
            person=visible(names.get(one.customer or "", one.customer or "")),
            is_named=one.is_named,
        )


def noted(found: Iterable[Comment], place: str) -> None:
    """Tell the audit log that comments were looked at, where it is known of one of them whose it is."""
    if any(one.customer for one in found):
        access.noted(AuditAction.VIEWED, f"comments {place}")


def _quoted(one: WrittenText, language: str | None, speech: Speech) -> QuotedText:
    question = wording(one.part, live=True, say=speech.words).text if one.part else one.question
    return QuotedText(visible(question), quotation(one.words, language))


def _answered(stage: str, touchpoint: str, shown: Callable[[CommentsPage], Response]) -> Response:
    """Return what is shown of a touchpoint's comments; a page that says so where there is nothing to show them of."""
    phrases = Phrases(access.speech())
    try:
        return shown(_page(phrases, stage, touchpoint))
    except UnknownPeriod as error:
        return journey.refused(error, phrases, frame.below())
    except LookupError:
        return journey.no_touchpoint(touchpoint, phrases)


def _page(phrases: Phrases, stage: str, touchpoint: str) -> CommentsPage:
    """Return the comments that the request asks for; raises UnknownPeriod, and LookupError for no such touchpoint."""
    engine, speech = services().engine, phrases.speech
    asked = surveys_at(engine, stage, touchpoint)
    if not asked:
        raise LookupError(touchpoint)
    days = period.read(request.args, speech.language, journey.today())
    sieve = {name: request.args[name] for name in SIEVE if request.args.get(name)}
    said = {"from": days.since.isoformat(), "to": days.until.isoformat(), **sieve}
    chosen = filters.read(said, engine)
    found = TouchpointComments(engine, (stage, touchpoint), chosen.meant, datetime.now(UTC))
    shown = SievedPeriod(days.since, days.until, sieve=tuple(sieve.items()))
    name = touchpoint_name(engine, asked, speech)
    return CommentsPage(phrases, stage, touchpoint, name, shown, chosen, found)


def _listed(page: CommentsPage) -> Response:
    before = paging.read(request.args.get(paging.PARAMETER))
    found, speech = page.comments.page(before, PAGE), page.phrases.speech
    noted(found.rows, f"{page.stage}/{page.touchpoint}{page.shown.query}")
    behind, home = paging.written(found.behind), PagePeriod(page.shown.since, page.shown.until).query
    return frame.page(
        "comments.html",
        "journey",
        name=page.name,
        stage=stage_name(services().engine, page.stage, speech),
        path=page.url,
        rows=list(rows(found.rows, speech)),
        older=f"{page.shown.query}&{urlencode(behind)}" if behind else "",
        newest=page.shown.query if before else "",
        modes=page.comments.modes,
        counted=counted.told(page.filters.meant.days, page.comments.surveys, speech),
        home=home,
        touchpoint=frame.below(f"journey/{page.stage}/{page.touchpoint}{home}"),
        **_controls(page),
    )


def _controls(page: CommentsPage) -> dict[str, object]:
    """Return what the period and the form of the filters show, and the filters in words."""
    engine, speech, meant = services().engine, page.phrases.speech, page.filters.meant
    alone = replace(page.filters, meant=replace(meant, days=ALWAYS))  # the days have a control of their own
    bands = [*BANDS.items(), *((step, shown(speech, int(step))) for step in STEPS)]
    current = str(meant.step or meant.band or "")
    return {
        **journey.days(page.shown, page.phrases),
        "chosen": list(filters.chosen(alone, engine, speech)),
        "bands": [FilterChoice(one, speech.gettext(words), one == current) for one, words in bands],
        "languages": [FilterChoice(one, speech.tongue(one), one == meant.language) for one in engine.config.languages],
    }


def _file(page: CommentsPage, style: str) -> Response:
    found = list(islice(page.comments.all(), MOST + 1))
    if len(found) > MOST:
        onward = f"{page.url}{page.shown.query}", page.phrases.speech.gettext(ONWARD)
        return missing("journey", page.phrases.sentence(TOO_MANY, most=MOST), onward, 413)
    told = (row for one in found for row in _cells(one))
    return download(RowFile(f"{page.stage}-{page.touchpoint}-comments", FIELDS, told, page.shown.query), style)


def _cells(one: Comment) -> Iterator[Row]:
    """Yield a row of the file for each text of a comment."""
    for text in one.texts:
        yield one.day, one.score, text.question, text.words, one.language, one.customer, one.survey, one.id
