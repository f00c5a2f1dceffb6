"""Reads rows from the store as they may leave the engine: only what the mode of their version allows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypeVar

from ...definitions.kinds.registry import Part
from ...definitions.lineage import lineage
from ...definitions.model import nearest
from ...engine import Engine
from ...store import export_rows, surveys, tallies
from ...store.engine.database import REPORT, Connection
from ...store.export_rows import EventRow, FreeFields, InvitationRow, ResponseRow, RowFilter, RowPlace
from ...store.surveys import VersionInfo
from ...store.tallies import RESPONSES
from ...values.anonymity import Block, Cohort, block_of, released
from ...values.enumeration import SurveyMode
from ..disclosure import Detail, may, may_answer, may_tell_answered
from ..kept import counted_until
from ..report import COUNTED
from .columns import MOST, Spread, spread
from .shape import FIELDS, SPREAD, Cell, Field, Kind, Row, Series, cell, kind, names

__all__ = ["EventRow", "Extract", "VersionInfo", "InvitationRow", "ResponseRow", "Source", "RowFilter", "extract"]

PAGE = 1000  # rows in memory at a time

R = TypeVar("R", ResponseRow, InvitationRow, EventRow, export_rows.Said)


@dataclass(frozen=True)
class Extract:
    """The columns of an export, its rows as they are read, and how many there are at most; `note` says what is odd."""

    fields: tuple[Field, ...]
    rows: Iterator[Row]
    total: Callable[[], int]
    note: str = ""


class Source:
    """The wanted rows, from any one on; each page is a read of its own, so that no reading holds up the database.

    Versions and the released blocks are of the moment `now` when it was made.
    """

    def __init__(self, engine: Engine, wanted: RowFilter, now: datetime, page: int = 0) -> None:
        self.library, self._database, self._page = engine.library, engine.database, page or PAGE
        with engine.database.read(REPORT) as connection:
            stored = surveys.imprints(connection)
            self._modes = {one.digest: _cohort(engine, one) for one in stored}
            blocked = [digest for digest, one in self._modes.items() if not may(one.mode, Detail.AT_ONCE)]
            counted = tallies.daily(connection, blocked) if blocked else []
            self._counted = counted_until(engine, connection, wanted.days)
        sizes = ((self._modes[cell.digest], day, cell.n) for day, cell in counted if cell.question == RESPONSES)
        local, minimum = now.astimezone(engine.config.business.zone), engine.config.privacy.anonymous_minimum
        self._out = released(sizes, minimum, local)
        self.imprints = {one.digest: _of_today(engine, one) for one in stored}
        self._of = {
            one.survey: {each.mode for each in stored if engine.library.today(each.survey) == one.survey}
            for one in self.imprints.values()
        }
        self.names = {survey.id: lineage(survey) for survey in engine.library.surveys.values()}
        today = engine.library.survey(wanted.survey) if wanted.survey else None
        self._today = today.id if today else wanted.survey
        self.wanted = replace(wanted, undated=tuple(blocked), older=today.ids if today else ())

    def narrowed(self, wanted: RowFilter) -> Source:
        """Return the source of other rows, with the versions and the released blocks of this one."""
        other = copy(self)
        other.wanted = wanted
        return other

    def responses(self, after: str = "") -> Iterator[tuple[VersionInfo, ResponseRow]]:
        """Yield the responses behind that id, each with its version."""
        return self.shown(self._rows(export_rows.responses, after))

    def shown(self, rows: Iterable[ResponseRow]) -> Iterator[tuple[VersionInfo, ResponseRow]]:
        """Yield what is shown of responses, under the names of today, each with its version."""
        for row in rows:
            if (version := self.imprints.get(row.digest)) and (shown := self._veiled(row)):
                answers = tuple(self._named(version.survey, one) for one in shown.answers)
                yield version, shown._replace(survey=version.survey, answers=answers)

    def newest(self, before: RowPlace | None, limit: int) -> list[tuple[VersionInfo, ResponseRow]]:
        """Return up to `limit` responses that may be shown row by row, the newest first, behind that place."""
        with self._database.read(REPORT) as connection:
            stored = surveys.imprints(connection)
            known = {one.survey for one in stored if not self.wanted.survey or one.survey in self.wanted.surveys}
            rows = export_rows.newest(connection, replace(self.wanted, older=tuple(sorted(known))), before, limit)
        return [(self.imprints[row.digest], row) for row in rows if row.digest in self.imprints]

    def blocks(self, digest: str) -> list[Block]:
        """Return the released blocks of the wanted days that have responses to that version."""
        out = self._out.get(self._modes[digest], ())
        return [block for block in out if block.is_within(self.wanted.days)]

    def invitations(self, after: int = 0) -> Iterator[tuple[VersionInfo, InvitationRow]]:
        """Yield the invitations behind that key, without whether they were answered where that is not told."""
        for row in self._rows(export_rows.invitations, after):
            if version := self.imprints.get(row.digest):
                yield version, self._undecided(row._replace(survey=version.survey))

    def events(self, after: int = 0) -> Iterator[EventRow]:
        """Yield the events behind that key."""
        return self._rows(export_rows.events, after)

    def laid_out(self, subject: str) -> Spread:
        """Return the columns of the sender's own fields in `responses` or `events`, those of named responses alone."""
        free = FreeFields(subject, [digest for digest in self.imprints if self._may(digest, Detail.PERSON)])
        with self._database.read(REPORT) as connection:
            frequent = free.frequent(connection, self.wanted, MOST + 1)
        rows = self._rows(free.read, 0 if subject == "events" else "")
        shown = _facts if subject == "events" else dict
        said = (shown(row.fields) for row in rows)
        return spread(SPREAD[subject], [*shown(dict.fromkeys(frequent))][:MOST], said, MOST)

    def total(self, subject: str) -> int:
        """Return how many `responses`, `answers`, `invitations` or `events` there are at most."""
        with self._database.read(REPORT) as connection:
            return export_rows.count(connection, subject, self.wanted)

    def counted(self) -> str:
        """Return a sentence where of some days only counts are left; "" where all rows are there."""
        names = {one.survey for one in self.imprints.values() if not self.wanted.survey or one.survey == self._today}
        day = max((day for survey, day in self._counted.items() if survey in names), default=None)
        return COUNTED.format(day=day) if day else ""

    def asked(self) -> list[tuple[str, str, str]]:
        """Return survey, question and series of everything that was ever answered."""
        with self._database.read(REPORT) as connection:
            return export_rows.asked(connection, self.wanted.surveys)

    def _rows(self, read: Callable[[Connection, RowFilter, Any, int], list[R]], after: Any) -> Iterator[R]:
        rows: list[R] | None = None
        while rows is None or len(rows) == self._page:
            with self._database.read(REPORT) as connection:
                rows = read(connection, self.wanted, after, self._page)
            yield from rows
            after = rows[-1][0] if rows else after

    def _named(self, survey: str, one: export_rows.AnswerRow) -> export_rows.AnswerRow:
        """Return an answer under what its question and its value are called today."""
        if (names := self.names.get(survey)) is None:
            return one
        part = names.part(one.question)
        return one._replace(question=part, value=names.value(part, one.value))

    def _veiled(self, row: ResponseRow) -> ResponseRow | None:
        """Return a response without what must stay hidden; None if all of it must."""
        mode = self._modes[row.digest].mode
        if may(mode, Detail.PERSON):
            return row
        hidden = row.test or self.wanted.names_some or not may(mode, Detail.RELEASED)
        block = block_of(row.day, self._out.get(self._modes[row.digest], ())) if row.day and not hidden else None
        if block is None or not block.is_within(self.wanted.days):
            return None
        answers = tuple(one for one in row.answers if may_answer(mode, one.series))
        return row._replace(day=block.until, answers=answers, **HIDDEN)

    def _undecided(self, row: InvitationRow) -> InvitationRow:
        """Return an invitation without its answer, and what shows whether there is one, where that is not told.

        An answer changes the version, and ends reminders.
        """
        answered_in = self._modes[row.digest].mode if row.answered_at else None
        if may_tell_answered(self._of[row.survey], answered_in):
            return row
        return row._replace(answered_at=None, reminders=None, reminded_at=None, digest="")

    def _may(self, digest: str, what: Detail) -> bool:
        return may(self._modes[digest].mode, what)


def _cohort(engine: Engine, version: VersionInfo) -> Cohort:
    """Return the responses with which those to a version come out."""
    read = engine.library.version(version.digest) if version.mode is SurveyMode.CONFIDENTIAL else None
    return read.cohort if read else Cohort(version.survey, version.mode)


def _of_today(engine: Engine, version: VersionInfo) -> VersionInfo:
    """Return a version under its survey's id, stage and touchpoint of today."""
    if (today := engine.library.survey(version.survey)) is None:
        return version
    return version._replace(survey=today.id, stage=today.stage, touchpoint=today.touchpoint)


# What could identify who gave an answer.
HIDDEN: Mapping[str, Any] = {
    **dict.fromkeys(("invitation", "customer", "answered_at", "language", "direction", "layout", "shuffled")),
    "digest": "", "context": {}, "claimed": False,
}  # fmt: skip


def extract(source: Source, subject: str, nested: bool = False) -> Extract:
    """Return the `responses`, `answers`, `invitations` or `events`; ValueError where there is no such survey.

    The sender's own fields have a column each, or stay one object if `nested`.
    """
    wanted = source.wanted
    known = {id for version in source.imprints.values() for id in (version.survey, *wanted.older)}
    if wanted.survey and wanted.survey not in known:
        raise ValueError(f"there is no survey {wanted.survey!r}; {nearest(wanted.survey, known)}")
    laid = source.laid_out(subject) if subject in SPREAD and not nested else Spread(SPREAD.get(subject, ""), rest=True)
    fields, rows = SUBJECTS[subject](source, laid)
    note = CROWDED.format(most=MOST, name=laid.name) if laid.kinds and laid.rest else ""
    told = [one for one in (note, source.counted() if subject != "events" else "") if one]
    return Extract(fields, rows, lambda: source.total(subject), " ".join(told))


CROWDED = "there are more than {most} fields; the most frequent have columns, the others stand in `{name}` as JSON"


def _responses(source: Source, laid: Spread) -> tuple[tuple[Field, ...], Iterator[Row]]:
    fixed = _laid_out("responses", laid)
    columns = _columns(source, fixed)
    return (*fixed, *columns.values()), _wide(source, laid, list(columns))


def _laid_out(subject: str, laid: Spread) -> tuple[Field, ...]:
    return tuple(one for each in FIELDS[subject] for one in (laid.fields if each.name == laid.name else (each,)))


def _wide(source: Source, laid: Spread, columns: list[Series]) -> Iterator[Row]:
    for version, row in source.responses():
        given: defaultdict[Series, list[str]] = defaultdict(list)
        for one in row.answers:
            given[one.question, one.series].append(one.value)
        if (said := laid.cells(row.context)) is None:  # it came after the columns were found
            continue
        fixed = (row.id, row.survey, version.stage, version.touchpoint, row.digest or None, row.day, row.answered_at,
                 row.language, row.direction, row.layout, row.customer, row.invitation, *said,
                 row.claimed, row.shuffled, row.test)  # fmt: skip
        yield *fixed, *(cell(series[1], given[series]) if series in given else None for series in columns)


def _answers(source: Source, laid: Spread) -> tuple[tuple[Field, ...], Iterator[Row]]:
    return FIELDS["answers"], (
        (row.id, row.survey, version.stage, version.touchpoint, row.digest or None, row.day, row.answered_at,
         row.language, row.customer, one.question, one.series, one.position, *_value(one), row.test)
        for version, row in source.responses() for one in row.answers
    )  # fmt: skip


def _value(one: export_rows.AnswerRow) -> tuple[Cell, Cell, Cell]:
    """Return an answer as it is, and once more where it is a number and where it is a day."""
    value = cell(one.series, [one.value])
    return value, None if isinstance(value, str | date) else value, value if isinstance(value, date) else None


def _invitations(source: Source, laid: Spread) -> tuple[tuple[Field, ...], Iterator[Row]]:
    return FIELDS["invitations"], (
        (row.id, row.survey, version.stage, version.touchpoint, row.digest or None, row.customer, row.event_source,
         row.event_id, row.state, row.reason, row.channel, row.language, row.probability, row.day, row.planned_at,
         row.due_at, row.sent_at, row.expires_at, row.answered_at, row.reminders, row.reminded_at, row.test)
        for version, row in source.invitations()
    )  # fmt: skip


def _events(source: Source, laid: Spread) -> tuple[tuple[Field, ...], Iterator[Row]]:
    return _laid_out("events", laid), (
        (row.source, row.id, row.type, row.time, row.customer, *said, row.received_at, row.test)
        for row in source.events() if (said := laid.cells(_facts(row.data))) is not None
    )  # fmt: skip


def _facts(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an event says of the matter; test events hold their customer's addresses too."""
    return {name: value for name, value in data.items() if name != "customer"}


SUBJECTS = {"responses": _responses, "answers": _answers, "invitations": _invitations, "events": _events}


def _columns(source: Source, taken: Sequence[Field]) -> dict[Series, Field]:
    """Return the column of each question that is asked now or was answered once; names count those of all versions."""
    library = source.library
    only = library.today(source.wanted.survey) if source.wanted.survey else None
    answered = [(_part(source, library.today(survey), question), series) for survey, question, series in source.asked()]
    current = {survey.digest for survey in library.surveys.values()}
    by_series: defaultdict[Series, list[Part]] = defaultdict(list)
    shown = set(answered)
    for digest, imprint in source.imprints.items():
        survey = library.version(digest) if only in (None, imprint.survey) else None
        for question in survey.questions if survey else ():
            for part in question.parts:
                id = _part(source, imprint.survey, part.id)
                by_series[id, part.series].append(part)
                shown |= {(id, part.series)} if digest in current else set()
    named = names([*by_series, *answered], [field.name for field in (*FIELDS["responses"], *taken)])
    kinds: dict[Series, Kind] = {series: kind(series[1], by_series[series]) for series in named}
    return {series: Field(name, kinds[series]) for series, name in named.items() if series in shown}


def _part(source: Source, survey: str, question: str) -> str:
    """Return what a question of a survey is called today."""
    return source.names[survey].part(question) if survey in source.names else question
