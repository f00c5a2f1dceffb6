"""Rows in pages, for exports and lists. A page is a short read of its own, and begins where the last one ended.

Responses come in the order of their random ids, so that their order tells nothing of when they were given.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    and_,
    exists,
    false,
    func,
    or_,
    select,
    true,
    tuple_,
    union_all,
)

from ..values.period import DateRange
from .days import within
from .schema import answer, event, invitation, response, sending
from .sendings import FIRST as FIRST_MESSAGE

_REMINDERS = (
    sending.c.invitation == invitation.c.key,
    sending.c.number > FIRST_MESSAGE,
    sending.c.sent_at.is_not(None),
)
REMINDED: Mapping[str, ColumnElement[Any]] = {
    "reminders": select(func.count()).select_from(sending).where(*_REMINDERS).scalar_subquery(),
    "reminded_at": select(func.max(sending.c.sent_at)).where(*_REMINDERS).scalar_subquery(),
}
FIRST, LAST = date(2, 1, 1), date(9998, 12, 30)  # the days whose midnights exist in every time zone


@dataclass(frozen=True)
class RowFilter:
    """Which rows: of these days (both included, in the time zone), a survey, a customer; test rows where asked for.

    Responses to the `undated` versions have no exact day, so all of them are read. `older` are the survey's former ids.
    """

    since: date | None = None
    until: date | None = None
    survey: str | None = None
    customer: str | None = None
    test: bool = False
    zone: tzinfo = UTC
    undated: tuple[str, ...] = ()
    older: tuple[str, ...] = ()

    @property
    def days(self) -> DateRange:
        """The days; raises ValueError for reversed ends."""
        return DateRange(self.since, self.until)

    @property
    def surveys(self) -> tuple[str, ...]:
        """The ids under which rows of the survey are stored."""
        return (*([self.survey] if self.survey else []), *self.older)

    @property
    def names_some(self) -> bool:
        """Whether it chooses by something that is known of a person."""
        return bool(self.customer or self.language)

    state: str | None = None  # of invitations only
    language: str | None = None  # of responses only, as all below
    answered: CoreAnswers | None = None
    series: tuple[str, ...] = ()  # of which it must have an answer
    hidden: tuple[str, ...] = ()  # versions of which no response is shown


class CoreAnswers(NamedTuple):
    """Responses whose core question has one of the values; `core` names that question for each version's digest."""

    values: tuple[str, ...]
    core: tuple[tuple[str, str], ...]  # digest, question


class RowPlace(NamedTuple):
    """The place of a response in a list that begins with the newest."""

    day: date
    id: str


class AnswerRow(NamedTuple):
    """A stored answer; several positions are several chosen options."""

    question: str
    position: int
    series: str
    value: str


class ResponseRow(NamedTuple):
    """A response with its answers, in the order of questions' ids and positions."""

    id: str
    survey: str
    digest: str
    invitation: str | None
    customer: str | None
    language: str | None
    direction: str | None
    day: date | None
    answered_at: datetime | None
    context: Mapping[str, Any]
    claimed: bool
    layout: str | None
    shuffled: Mapping[str, Any] | None
    test: bool
    answers: tuple[AnswerRow, ...] = ()


class InvitationRow(NamedTuple):
    """An invitation, planned or refused, without its token and its address."""

    key: int
    id: str
    survey: str
    digest: str
    customer: str | None
    event_source: str | None
    event_id: str | None
    state: str
    reason: str | None
    channel: str | None
    language: str | None
    probability: float
    day: date
    planned_at: datetime
    due_at: datetime | None
    sent_at: datetime | None
    expires_at: datetime | None
    answered_at: datetime | None
    reminders: int | None  # how many left, or may have
    reminded_at: datetime | None  # when the last of them did
    test: bool


class EventRow(NamedTuple):
    """An event as it was taken."""

    key: int
    source: str
    id: str
    type: str
    time: datetime
    customer: str | None
    data: Mapping[str, Any]
    received_at: datetime
    test: bool


class Said(NamedTuple):
    """What a response or an event says in fields of its sender's choice."""

    key: str | int
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class FreeFields:
    """The fields of the sender's choice: those of `responses` to some versions, or of `events`."""

    subject: str
    digests: Collection[str]

    def read(self, connection: Connection, wanted: RowFilter, after: str | int, limit: int) -> list[Said]:
        """Return what up to `limit` rows say, behind the id or key `after`."""
        key, fields = self._columns
        query = self._within(select(key, fields), wanted).where(key > after).order_by(key).limit(limit)
        return [Said(*row) for row in connection.execute(query)]

    def frequent(self, connection: Connection, wanted: RowFilter, limit: int) -> list[str]:
        """Return the `limit` fields that most rows have."""
        key, fields = self._columns
        each = func.json_each(fields).table_valued("key")  # both databases call it so
        query = select(each.c.key).select_from(key.table).join(each, true())
        query = self._within(query, wanted).group_by(each.c.key).order_by(func.count().desc(), each.c.key)
        return list(connection.execute(query.limit(limit)).scalars())

    @property
    def _columns(self) -> tuple[Column[Any], Column[Any]]:
        return (event.c.key, event.c.data) if self.subject == "events" else (response.c.id, response.c.context)

    def _within(self, query: Select[Any], wanted: RowFilter) -> Select[Any]:
        if self.subject == "events":
            return _events(query, wanted)
        return _within(query, wanted, response.c.day).where(response.c.digest.in_(self.digests))


def responses(connection: Connection, wanted: RowFilter, after: str, limit: int) -> list[ResponseRow]:
    """Return up to `limit` responses behind the id `after` ("" begins)."""
    query = _within(_responses(), wanted, response.c.day).where(response.c.id > after).order_by(response.c.id)
    return _read(connection, query.limit(limit))


def newest(connection: Connection, wanted: RowFilter, before: RowPlace | None, limit: int) -> list[ResponseRow]:
    """Return up to `limit` responses to `wanted.surveys`, the newest first; with `before`, only those behind it."""
    place = response.c["day", "id"]
    each = [
        _within(select(*place), wanted, response.c.day).where(response.c.survey == one)
        for one in sorted({*wanted.surveys})
    ]
    if before:
        each = [query.where(tuple_(*place) < tuple_(*before)) for query in each]
    # Each survey by its own index, so that a page costs the same whatever is stored.
    some = [query.order_by(*(one.desc() for one in place)).limit(limit).subquery() for query in each]
    if not some:
        return []
    all_ = union_all(*(select(one) for one in some)).subquery()
    ids = list(
        connection.execute(select(all_.c.id).order_by(all_.c.day.desc(), all_.c.id.desc()).limit(limit)).scalars()
    )
    found = {row.id: row for row in _read(connection, _responses().where(response.c.id.in_(ids)))}
    return [found[id] for id in ids]


def daily(connection: Connection, wanted: RowFilter) -> list[tuple[str, date, int]]:
    """Return how many responses there are to each version on each day."""
    place = response.c["digest", "day"]
    query = _within(select(*place, func.count()), wanted, response.c.day).group_by(*place)
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def response_of(connection: Connection, id: str) -> ResponseRow | None:
    """Return the response of that id; None where there is none, or it came of a test."""
    found = _read(connection, _responses().where(response.c.id == id, ~response.c.test))
    return found[0] if found else None


def _responses() -> Select[Any]:
    columns = (invitation.c.id if name == "invitation" else response.c[name] for name in ResponseRow._fields[:-1])
    return select(*columns).join(invitation, invitation.c.key == response.c.invitation, isouter=True)


def _read(connection: Connection, query: Select[Any]) -> list[ResponseRow]:
    """Return the responses with their answers."""
    rows = [ResponseRow(*row) for row in connection.execute(query)]
    given = _answers(connection, [row.id for row in rows])
    return [row._replace(answers=tuple(given[row.id])) for row in rows]


def invitations(connection: Connection, wanted: RowFilter, after: int, limit: int) -> list[InvitationRow]:
    """Return up to `limit` invitations behind the key `after` (0 begins)."""
    others = {"event_source": event.c.source, "event_id": event.c.id, **REMINDED}
    columns = (others[name] if name in others else invitation.c[name] for name in InvitationRow._fields)
    query = select(*columns).join(event, event.c.key == invitation.c.event, isouter=True)
    query = _within(query, wanted, invitation.c.day).where(invitation.c.key > after)
    query = query.where(invitation.c.state == wanted.state) if wanted.state else query
    return [InvitationRow(*row) for row in connection.execute(query.order_by(invitation.c.key).limit(limit))]


def events(connection: Connection, wanted: RowFilter, after: int, limit: int) -> list[EventRow]:
    """Return up to `limit` events behind the key `after` (0 begins)."""
    query = _events(select(*(event.c[name] for name in EventRow._fields)), wanted).where(event.c.key > after)
    return [EventRow(*row) for row in connection.execute(query.order_by(event.c.key).limit(limit))]


def count(connection: Connection, subject: str, wanted: RowFilter) -> int:
    """Return how many `responses`, `answers`, `invitations` or `events` there are."""
    query: Select[Any] = select(func.count())
    if subject == "events":
        query = _events(query.select_from(event), wanted)
    elif subject == "invitations":
        query = _within(query.select_from(invitation), wanted, invitation.c.day)
    else:
        query = _within(query.select_from(response), wanted, response.c.day)
        query = query.join(answer, answer.c.response == response.c.id) if subject == "answers" else query
    return int(connection.execute(query).scalar_one())


def asked(connection: Connection, surveys: Collection[str]) -> list[tuple[str, str, str]]:
    """Return survey, question and series of every answered question of these surveys, or of all if none is named."""
    query = select(response.c.survey, *answer.c["question", "series"]).distinct()
    query = query.join(response, response.c.id == answer.c.response)
    query = query.where(response.c.survey.in_(surveys)) if surveys else query
    return sorted((row[0], row[1], row[2]) for row in connection.execute(query))


def _answers(connection: Connection, ids: list[str]) -> Mapping[str, list[AnswerRow]]:
    """Return the answers of these responses by the response."""
    found: defaultdict[str, list[AnswerRow]] = defaultdict(list)
    order = answer.c["response", "question", "position"]
    query = select(answer.c.response, *(answer.c[name] for name in AnswerRow._fields)).where(answer.c.response.in_(ids))
    for row in connection.execute(query.order_by(*order)) if ids else ():
        found[row[0]].append(AnswerRow(*row[1:]))
    return found


def _within(query: Select[Any], wanted: RowFilter, day: ColumnElement[date]) -> Select[Any]:
    table: Any = day.table
    query = query if wanted.test else query.where(~table.c.test)
    query = query.where(table.c.survey.in_(wanted.surveys)) if wanted.survey else query
    query = query.where(table.c.customer == wanted.customer) if wanted.customer else query
    query = query.where(*_said(wanted)) if table is response else query
    if not (conditions := within(day, wanted.days)):
        return query
    is_undated = [table.c.digest.in_(wanted.undated)] if table is response and wanted.undated else []
    return query.where(or_(and_(*conditions), *is_undated))


def _said(wanted: RowFilter) -> Iterator[ColumnElement[bool]]:
    """Yield what a response must have said, and in which language."""
    if wanted.hidden:
        yield response.c.digest.not_in(wanted.hidden)
    if wanted.language:
        yield response.c.language == wanted.language
    if wanted.series:
        yield exists().where(answer.c.response == response.c.id, answer.c.series.in_(wanted.series))
    if wanted.answered:
        digests: defaultdict[str, list[str]] = defaultdict(list)
        for digest, question in wanted.answered.core:
            digests[question].append(digest)
        its = exists().where(answer.c.response == response.c.id, answer.c.value.in_(wanted.answered.values))
        each = (
            and_(response.c.digest.in_(those), its.where(answer.c.question == one)) for one, those in digests.items()
        )
        yield or_(false(), *each)


def _events(query: Select[Any], wanted: RowFilter) -> Select[Any]:
    query = query if wanted.test else query.where(~event.c.test)
    query = query.where(event.c.customer == wanted.customer) if wanted.customer else query
    if wanted.survey:  # those that an invitation to it was planned or refused for
        followed = select(invitation.c.key).where(invitation.c.event == event.c.key)
        query = query.where(followed.where(invitation.c.survey.in_(wanted.surveys)).exists())
    if wanted.since:
        query = query.where(event.c.time >= _midnight(wanted.since, wanted.zone))
    if wanted.until:
        query = query.where(event.c.time < _midnight(min(wanted.until, LAST) + timedelta(1), wanted.zone))
    return query


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(max(day, FIRST), time(), zone).astimezone(UTC)
