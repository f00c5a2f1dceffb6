"""Sending: what left on a day, who was not asked and why, what waits, and why a customer was or was not asked."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from flask import Response, request
from markupsafe import Markup

from ...definitions.fault import visible
from ...engine import Engine
from ...i18n.speech import Speech
from ...invitations import state
from ...invitations.explain import Unknown, whom
from ...invitations.story import Paragraph, story
from ...people.caller import about_customer
from ...results.disclosure import Detail
from ...results.funnels import funnels
from ...results.ledger import FunnelCounts
from ...results.terminal.reasons import REASONS
from ...results.versions import hiding, seen
from ...settings.calendar import because
from ...store import messages
from ...store.engine.database import REPORT
from ...store.sendings import FIRST as FIRST_MESSAGE
from ...values.bidi import without
from ...values.enumeration import AuditAction, Role
from ...values.msgid import N_
from ...values.period import DateRange, day
from ..api.common import EVENTS
from ..services import services
from . import access, frame, hours, invitation_list
from .access import allowed
from .coded import coded, failure
from .download import taken
from .filters import EXAMPLE
from .hours import HourCount
from .journey import today
from .message_list import LEFT, MessageQuery
from .missing import missing
from .period import LONGEST_SHOWN, NO_DAY, UnknownPeriod
from .phrases import Phrases

bp = access.addresses("sending")

TROUBLES = 20
LONGEST_NAME = 300
STATES = {"failed": N_("failed"), "uncertain": N_("uncertain")}
ONWARD = N_("To the sending of today")
NOBODY = N_("There is no customer and no event “{value}”.")
DRAWN = N_("Messages that left, by the hour")
NOT_SHOWN = N_("Days are shown up to today, and “{value}” is not one of them.")
DAY, FIRST = timedelta(days=1), date(1970, 1, 2)


class Explanation(NamedTuple):
    """Why somebody was or was not asked; or that nobody has the name, and which one may be meant."""

    paragraphs: list[Paragraph]
    unknown: Markup | str = ""
    meant: str = ""


class ShownTrouble(NamedTuple):
    """A message that failed or is uncertain, as a row."""

    url: str
    when: str
    survey: str
    customer: str
    state: str
    reason: Markup
    is_reminder: bool


@bp.get("/sending/")
@allowed(Role.VIEWER, "day", "who")
def sending() -> Response:
    """The sending of a day, and why a customer was asked for those who may see customers."""
    engine, speech = services().engine, access.speech()
    try:
        shown = _day(request.args.get("day"), today())
    except UnknownPeriod as error:
        return _refused(error, speech)
    sees_customers = access.reader().role.covers(Role.OPERATOR)
    who = without(request.args.get("who", "")).strip()[:LONGEST_NAME]
    now = state.status(engine, datetime.now(UTC))
    until = now.closed[-1].until.astimezone(engine.config.business.zone) if now.closed else None
    with engine.database.read(REPORT) as connection:
        is_any, hidden = messages.is_any(connection), hiding(engine, connection, Detail.PERSON)
        some = messages.troubles(connection, TROUBLES) if sees_customers else []
    return frame.page(
        "sending.html",
        "sending",
        coded=coded,
        failure=lambda stored: failure(stored, speech),
        now=now,
        closed_until=speech.moment(until) if until else "",
        closed_why=because(now.closed, speech),
        is_any=is_any,
        events=f"{engine.config.business.url or request.url_root.rstrip('/')}{EVENTS}",
        sees_customers=sees_customers,
        who=who,
        told=explained(engine, who, speech) if who and sees_customers else None,
        troubles=list(_troubles(engine, some, hidden, speech)),
        **_of_day(engine, shown, speech),
    )


@bp.get("/sending.csv", defaults={"style": "csv"})
@bp.get("/sending.json", defaults={"style": "json"})
@bp.get("/sending.svg", defaults={"style": "svg"})
@allowed(Role.VIEWER, "day")
def sending_data(style: str) -> Response:
    """The messages of a day by the hour as a table or a picture; as JSON, all numbers of the page."""
    engine, speech = services().engine, access.speech()
    try:
        shown = _day(request.args.get("day"), today())
    except UnknownPeriod as error:
        return _refused(error, speech)
    return taken(_written(engine, shown, style), f"sending-{shown}.{style}")


def explained(engine: Engine, who: str, speech: Speech) -> Explanation:
    """Return what `explain` says of a customer, an address or an event, in words, and note of whom."""
    try:
        told = story(engine, who, datetime.now(UTC), speech)
    except Unknown as error:
        return Explanation([], Phrases(speech).sentence(NOBODY, value=who), visible(error.meant))
    for customer in whom(engine, who):  # by their ids: an address that was typed has no place in the log
        access.noted(AuditAction.VIEWED, f"why {about_customer(customer)}")
    return Explanation(told)


def counted(engine: Engine, shown: date, now: datetime) -> FunnelCounts:
    """Return what became of the events of a day, those of all touchpoints together."""
    days = DateRange(shown, shown)
    with engine.database.read(REPORT) as connection:
        return sum(funnels(engine, connection, days, seen(engine, connection, days, now)), FunnelCounts(""))


def _left(engine: Engine, shown: date) -> list[HourCount]:
    """Return how many messages left in each hour of a day."""
    zone, moments = engine.config.business.zone, hours.hours(shown, engine.config.business.zone)
    with engine.database.read(REPORT) as connection:
        counts = messages.hourly(connection, moments)
    return [HourCount(at.astimezone(zone), *one) for at, one in zip(moments, counts, strict=False)]


def _written(engine: Engine, shown: date, style: str) -> str:
    left, speech = _left(engine, shown), access.speech()
    rows = [(one.at.isoformat(timespec="minutes"), one.n, one.reminders) for one in left]
    if style == "svg":
        return hours.picture(left, speech, speech.gettext(DRAWN))
    if style == "csv":
        return "\r\n".join(["hour,messages,reminders", *(",".join(map(str, row)) for row in rows), ""])
    came, now = counted(engine, shown, datetime.now(UTC)), state.status(engine, datetime.now(UTC))
    events = {"invited": came.invited, "sent": came.sent, "failed": came.failed, "uncertain": came.uncertain,
              "refused": dict(came.refused)}  # fmt: skip
    of_day = {"hours": {at: n for at, n, _ in rows}, "reminders": sum(one.reminders for one in left)}
    waiting = {**now.counts._asdict(), "reminders": now.reminders._asdict()}
    told = {"day": shown.isoformat(), **of_day, "events": events, "now": waiting}
    return json.dumps(told)


def _refused(error: UnknownPeriod, speech: Speech) -> Response:
    said = Phrases(speech).sentence(error.msgid, **error.values)
    return missing("sending", said, (frame.below("sending/"), speech.gettext(ONWARD)), 400)


def _of_day(engine: Engine, shown: date, speech: Speech) -> dict[str, object]:
    """Return what the page shows of a day, and the ways to the days beside it."""
    left = _left(engine, shown)
    came, latest = counted(engine, shown, datetime.now(UTC)), today()
    refused = sorted(came.refused.items(), key=lambda one: (-one[1], one[0]))
    return {
        "day": speech.date(shown),
        "is_today": shown == latest,
        "back": f"?day={shown - DAY}",
        "on": f"?day={shown + DAY}" if shown < latest else "",
        "query": f"?day={shown}",
        "hours": [(speech.time(one.at), one.n, MessageQuery(LEFT, hour=one.at).url()) for one in left],
        "left": sum(one.n for one in left),
        "reminders": sum(one.reminders for one in left),
        "charts": hours.chart(left, speech, speech.gettext(DRAWN)),
        "came": came,
        "events_of_day": came.invited + sum(came.refused.values()),
        "refused": [(speech.gettext(REASONS.get(reason, reason)), n, reason) for reason, n in refused],
        "behind": invitation_list.behind(DateRange(shown, shown)),
    }


def _day(text: str | None, latest: date) -> date:
    """Return the day that an address names, or else the latest; raises UnknownPeriod."""
    values = {"value": (text or "")[:LONGEST_SHOWN]}
    try:
        shown = day(text) if text else latest
    except ValueError as error:
        raise UnknownPeriod(NO_DAY, **values, example=EXAMPLE) from error
    if not FIRST <= shown <= latest:
        raise UnknownPeriod(NOT_SHOWN, **values)
    return shown


def _troubles(
    engine: Engine, found: Sequence[messages.Trouble], hidden: Collection[str], speech: Speech
) -> Iterator[ShownTrouble]:
    for one in found:
        is_hidden = one.survey in hidden
        survey = engine.library.survey(one.survey)
        yield ShownTrouble(
            MessageQuery(one.state, one.survey).url() if is_hidden else frame.below(f"invitations/{one.invitation}"),
            "" if is_hidden else speech.moment(one.at.astimezone(engine.config.business.zone)),
            speech.words(survey.name) if survey else one.survey,
            "" if is_hidden else visible(one.customer or ""),
            speech.gettext(STATES[one.state]),
            failure(one.reason, speech),
            one.number > FIRST_MESSAGE,
        )
