"""The messages that wait, failed or are uncertain, and those that left in an hour, one by one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import NamedTuple
from urllib.parse import urlencode

from flask import Response, request
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from ...definitions.fault import visible
from ...engine import Engine
from ...i18n.speech import Speech
from ...results.disclosure import Detail
from ...results.versions import hiding
from ...store import customers, message_list
from ...store.engine.database import REPORT
from ...store.message_list import ListedMessage, MessageFilter
from ...store.sendings import FIRST
from ...values.enumeration import AuditAction, Role, SendingState
from ...values.msgid import N_
from ...values.period import day, moment
from ..services import services
from . import access, frame, paging, retried
from .access import allowed
from .coded import failure
from .filters import EXAMPLE
from .hours import HOUR
from .invitation_list import ONWARD, place
from .missing import missing
from .period import LONGEST_SHOWN, NO_DAY, UnknownPeriod
from .phrases import Phrases

bp = access.addresses("message_list")

PAGE = 50
LATER, DUE, LATE, FAILED, UNCERTAIN, LEFT = "later", "due", "late", "failed", "uncertain", "left"
STANDINGS = {
    LATER: N_("Planned for later"),
    DUE: N_("Due"),
    LATE: N_("Late"),
    FAILED: N_("Failed"),
    UNCERTAIN: N_("Uncertain"),
}
NOTES = {
    LATER: N_("These leave by themselves when their time has come."),
    DUE: N_("These leave within a minute, where a worker runs."),
    LATE: N_("These leave as soon as what holds them up is over, the newest first."),
    FAILED: N_(
        "These did not leave, and are not tried again by themselves. When the cause is mended, have them sent again: "
        "each is decided anew then, and leaves only if it is still right to ask."
    ),
    UNCERTAIN: N_(
        "The connection broke off at the very end, so that nobody knows whether these arrived; the mail server's log "
        "may tell. Left alone, some customers get none; sent again, some get the same message twice."
    ),
    LEFT: N_("These left in the hour, reminders among them."),
}
SETTLED, REMINDED = N_("settled meanwhile"), N_("reminders are not sent again")
NO_LIST = N_("There is no list “{value}” of messages.")
NO_SURVEY = N_("There is no survey “{value}”.")
NO_HOUR = N_("“{value}” is not the beginning of an hour.")


class MessageQuery(NamedTuple):
    """What an address asks for: where messages stand, of which survey, last tried since a day, or left in an hour."""

    standing: str
    survey: str = ""
    since: date | None = None
    hour: datetime | None = None

    @property
    def said(self) -> dict[str, str]:
        """The parameters that say so."""
        hour = self.hour.isoformat(timespec="minutes") if self.hour else ""
        since = self.since.isoformat() if self.since else ""
        told = {"state": self.standing, "survey": self.survey, "since": since, "hour": hour}
        return {name: value for name, value in told.items() if value}

    def url(self, **more: str) -> str:
        """Return the address of the list."""
        return frame.below(f"sending/messages?{urlencode({**self.said, **more})}")


class MessageLine(NamedTuple):
    """A message in words; `url`, `customer` and moments are empty where the survey's mode tells of no person.

    By a moment a reminder could be told to be that of a customer, who then has not answered. `settled` says why it
    cannot be sent again; "" where it can, or where that would tell who has answered.
    """

    key: int
    url: str
    customer: str
    survey: str
    reason: Markup
    tries: int
    since: str
    next_try: str
    again: bool
    settled: str
    is_hidden: bool


@bp.get("/sending/messages")
@allowed(Role.OPERATOR, "state", "survey", "since", "hour", paging.PARAMETER, *retried.NAMES)
def listed() -> Response:
    """The messages that stand somewhere now, or left in an hour."""
    engine, speech = services().engine, access.speech()
    try:
        wanted, before = read(engine, request.args), place(request.args.get(paging.PARAMETER))
    except UnknownPeriod as error:
        return refused(error, speech)
    return listing(engine, wanted, before, speech)


def listing(engine: Engine, wanted: MessageQuery, before: int | None, speech: Speech) -> Response:
    """Return the page of a list, which is noted where it shows persons."""
    now, chosen = datetime.now(UTC), _filter(engine, wanted)
    with engine.database.read(REPORT) as connection:
        n = message_list.total(connection, chosen, now)
        found = message_list.newest(connection, chosen, now, (before, PAGE + 1))
        hidden = hiding(engine, connection, Detail.PERSON)  # who was asked is kept apart from what was answered
        names = customers.names(connection, {one.customer for one in found if one.customer})
    rows = [_shown(engine, one, names if one.survey not in hidden else None, speech) for one in found[:PAGE]]
    if any(one.customer for one in rows):
        access.noted(AuditAction.VIEWED, f"sending/messages?{urlencode(wanted.said)}")
    return frame.page(
        "messages.html",
        "sending",
        n=n,
        rows=rows,
        wanted=wanted,
        said=wanted.said,
        note=speech.gettext(NOTES[wanted.standing]),
        heading=_heading(engine, wanted, speech),
        tabs=[
            (MessageQuery(name, wanted.survey, wanted.since).url(), speech.gettext(words), name)
            for name, words in STANDINGS.items()
        ],
        surveys=[(one.id, speech.words(one.name)) for one in engine.library.surveys.values()],
        older=wanted.url(**{paging.PARAMETER: str(found[PAGE - 1].key)}) if len(found) > PAGE else "",
        outcome=retried.outcome(request.args, speech),
        back=frame.below("sending/"),
    )


def refused(error: UnknownPeriod, speech: Speech) -> Response:
    """Return the page that says what is wrong with an address."""
    said = Phrases(speech).sentence(error.msgid, **error.values)
    return missing("sending", said, (frame.below("sending/"), speech.gettext(ONWARD)), 400)


def read(engine: Engine, said: MultiDict[str, str]) -> MessageQuery:
    """Return what an address, or a form, asks for; raises UnknownPeriod."""
    standing, survey = said.get("state") or FAILED, said.get("survey", "")
    if standing not in NOTES:
        raise UnknownPeriod(NO_LIST, value=standing[:LONGEST_SHOWN])
    if survey and engine.library.survey(survey) is None:
        raise UnknownPeriod(NO_SURVEY, value=survey[:LONGEST_SHOWN])
    try:
        since = day(text) if (text := said.get("since", "")) else None
    except ValueError as error:
        raise UnknownPeriod(NO_DAY, value=text[:LONGEST_SHOWN], example=EXAMPLE) from error
    hour = said.get("hour", "")
    if hour and standing != LEFT:
        raise UnknownPeriod(NO_HOUR, value=hour[:LONGEST_SHOWN])
    return MessageQuery(standing, survey, since, _hour(hour) if standing == LEFT else None)


def _hour(text: str) -> datetime:
    try:
        at = moment(text.replace(" ", "+"))
        if at is None or at.tzinfo is None or (at.second, at.microsecond) != (0, 0):
            raise ValueError
        at.astimezone(UTC) + HOUR  # noqa: B018  # raises where no calendar reaches
        return at
    except (ValueError, OverflowError) as error:
        raise UnknownPeriod(NO_HOUR, value=text[:LONGEST_SHOWN]) from error


def _filter(engine: Engine, wanted: MessageQuery) -> MessageFilter:
    survey = engine.library.survey(wanted.survey) if wanted.survey else None
    since = datetime.combine(wanted.since, time(), engine.config.business.zone) if wanted.since else None
    left = (wanted.hour, wanted.hour + HOUR) if wanted.hour else None
    return MessageFilter(wanted.standing, survey.ids if survey else None, since, left)


def _heading(engine: Engine, wanted: MessageQuery, speech: Speech) -> str:
    if wanted.hour is None:
        return speech.gettext(STANDINGS[wanted.standing])
    begin = wanted.hour.astimezone(engine.config.business.zone)
    ends = {"day": speech.date(begin.date()), "begin": speech.time(begin), "end": speech.time(begin + HOUR)}
    return str(Phrases(speech).sentence(N_("Left on {day} from {begin} to {end}"), **ends))


def _shown(engine: Engine, one: ListedMessage, names: Mapping[str, str] | None, speech: Speech) -> MessageLine:
    survey, zone = engine.library.survey(one.survey), engine.config.business.zone
    waits, is_hidden = one.state == SendingState.PLANNED, names is None
    is_secret = is_hidden and one.state == SendingState.UNCERTAIN  # once it was answered, it is not sent again
    return MessageLine(
        one.key,
        "" if names is None else frame.below(f"invitations/{one.invitation}"),
        "" if names is None else visible(names.get(one.customer or "", one.customer or "")),
        speech.words(survey.name) if survey else one.survey,
        failure(one.reason, speech),
        one.attempt,
        "" if is_hidden else speech.moment((one.sent_at or one.due_at).astimezone(zone)),
        speech.moment(one.next_at.astimezone(zone)) if waits and not is_hidden else "",
        one.again and not is_secret,
        "" if one.again or is_secret else speech.gettext(REMINDED if one.number > FIRST else SETTLED),
        is_hidden,
    )
