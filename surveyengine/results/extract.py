"""Reads rows from the store as they may leave the engine: of anonymous surveys only what leads to nobody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from ..definitions.model import nearest
from ..definitions.question import Part
from ..engine import Engine
from ..store import pages, surveys, tallies
from ..store.database import Connection
from ..store.pages import Event, Invitation, Response, Wanted
from ..store.surveys import Imprint
from ..store.tallies import RESPONSES
from .anonymity import block_of, released
from .export import FIELDS, Field, Kind, Row, Series, cell, kind, names

__all__ = ["Event", "Extract", "Imprint", "Invitation", "Response", "Source", "Wanted", "extract"]

PAGE = 1000  # rows in memory at a time

R = TypeVar("R", Response, Invitation, Event)


@dataclass(frozen=True)
class Extract:
    """The columns of an export, its rows as they are read, and how many there are at most."""

    fields: tuple[Field, ...]
    rows: Iterator[Row]
    total: Callable[[], int]


class Source:
    """The wanted rows, from any one on; each page is a read of its own, so that no reading holds up the database.

    Versions and the blocks of anonymous responses that are out are of the moment `now` when it was made.
    """

    def __init__(self, engine: Engine, wanted: Wanted, now: datetime, page: int = 0) -> None:
        self._database, self._page = engine.database, page or PAGE
        with engine.database.read() as connection:
            self.imprints = {one.digest: one for one in surveys.imprints(connection)}
            self._anonymous = {one.digest: one.survey for one in self.imprints.values() if one.mode == "anonymous"}
            counted = tallies.daily(connection, self._anonymous) if self._anonymous else []
        sizes = ((self._anonymous[cell.digest], day, cell.n) for day, cell in counted if cell.question == RESPONSES)
        local, minimum = now.astimezone(engine.config.business.zone), engine.config.privacy.anonymous_minimum
        self._out = released(sizes, minimum, local)
        self.wanted = replace(wanted, undated=tuple(self._anonymous))

    def responses(self, after: str = "") -> Iterator[tuple[Imprint, Response]]:
        """Yield the responses behind that id, each with its version."""
        for row in self._rows(pages.responses, after):
            if (version := self.imprints.get(row.digest)) and (shown := self._veiled(row)):
                yield version, shown

    def invitations(self, after: int = 0) -> Iterator[tuple[Imprint, Invitation]]:
        """Yield the invitations behind that key; to anonymous surveys without whether they were answered."""
        for row in self._rows(pages.invitations, after):
            if version := self.imprints.get(row.digest):
                yield version, row._replace(answered_at=None) if row.digest in self._anonymous else row

    def events(self, after: int = 0) -> Iterator[Event]:
        """Yield the events behind that key."""
        return self._rows(pages.events, after)

    def _rows(self, read: Callable[[Connection, Wanted, Any, int], list[R]], after: Any) -> Iterator[R]:
        rows: list[R] | None = None
        while rows is None or len(rows) == self._page:
            with self._database.read() as connection:
                rows = read(connection, self.wanted, after, self._page)
            yield from rows
            after = rows[-1][0] if rows else after

    def _veiled(self, row: Response) -> Response | None:
        """Return what may be told of a response; None where it must not be seen."""
        if row.digest not in self._anonymous:
            return row
        block = block_of(row.day, self._out.get(row.survey, ())) if row.day and not row.test else None
        if block is None or not block.is_within(self.wanted.since, self.wanted.until):
            return None
        return row._replace(day=block.until, **HIDDEN)


# What could lead from an anonymous answer to somebody.
HIDDEN: Mapping[str, Any] = {
    **dict.fromkeys(("invitation", "customer", "answered_at", "language", "direction", "layout", "shuffled")),
    "digest": "", "context": {}, "claimed": False,
}  # fmt: skip


def extract(engine: Engine, subject: str, wanted: Wanted, now: datetime) -> Extract:
    """Return the `responses`, `answers`, `invitations` or `events`; ValueError where there is no such survey."""
    source = Source(engine, wanted, now)
    known = {version.survey for version in source.imprints.values()}
    if wanted.survey and wanted.survey not in known:
        raise ValueError(f"there is no survey {wanted.survey!r}; {nearest(wanted.survey, known)}")
    fields, rows = SUBJECTS[subject](engine, source)
    return Extract(fields, rows, lambda: _total(engine, subject, source.wanted))


def _total(engine: Engine, subject: str, wanted: Wanted) -> int:
    with engine.database.read() as connection:
        return pages.count(connection, subject, wanted)


def _responses(engine: Engine, source: Source) -> tuple[tuple[Field, ...], Iterator[Row]]:
    columns = _columns(engine, source)
    return (*FIELDS["responses"], *columns.values()), _wide(source, list(columns))


def _wide(source: Source, columns: list[Series]) -> Iterator[Row]:
    for version, row in source.responses():
        given: defaultdict[Series, list[str]] = defaultdict(list)
        for one in row.answers:
            given[one.question, one.series].append(one.value)
        fixed = (row.id, row.survey, version.stage, version.touchpoint, row.digest or None, row.day, row.answered_at,
                 row.language, row.direction, row.layout, row.customer, row.invitation, row.context or None,
                 row.claimed, row.shuffled, row.test)  # fmt: skip
        yield *fixed, *(cell(series[1], given[series]) if series in given else None for series in columns)


def _answers(engine: Engine, source: Source) -> tuple[tuple[Field, ...], Iterator[Row]]:
    return FIELDS["answers"], (
        (row.id, row.survey, version.stage, version.touchpoint, row.digest or None, row.day, row.answered_at,
         row.language, row.customer, one.question, one.series, one.position, cell(one.series, [one.value]), row.test)
        for version, row in source.responses() for one in row.answers
    )  # fmt: skip


def _invitations(engine: Engine, source: Source) -> tuple[tuple[Field, ...], Iterator[Row]]:
    return FIELDS["invitations"], (
        (row.id, row.survey, version.stage, version.touchpoint, row.digest, row.customer, row.event_source,
         row.event_id, row.state, row.reason, row.channel, row.language, row.probability, row.day, row.planned_at,
         row.due_at, row.sent_at, row.expires_at, row.answered_at, row.test)
        for version, row in source.invitations()
    )  # fmt: skip


def _events(engine: Engine, source: Source) -> tuple[tuple[Field, ...], Iterator[Row]]:
    return FIELDS["events"], (
        (row.source, row.id, row.type, row.time, row.customer, _facts(row), row.received_at, row.test)
        for row in source.events()
    )


def _facts(row: Event) -> Mapping[str, Any]:
    """Return what an event says of the matter; test events hold their customer's addresses too."""
    return {name: value for name, value in row.data.items() if name != "customer"}


SUBJECTS = {"responses": _responses, "answers": _answers, "invitations": _invitations, "events": _events}


def _columns(engine: Engine, source: Source) -> dict[Series, Field]:
    """Return the column of each question that is asked now or was answered once; names count those of all versions."""
    only = source.wanted.survey
    with engine.database.read() as connection:
        answered = [(question, series) for _, question, series in pages.asked(connection, only)]
    current = {survey.digest for survey in engine.library.surveys.values()}
    by_series: defaultdict[Series, list[Part]] = defaultdict(list)
    shown = set(answered)
    for digest, imprint in source.imprints.items():
        survey = engine.library.version(digest) if only in (None, imprint.survey) else None
        for question in survey.questions if survey else ():
            for part in question.parts:
                by_series[part.id, part.series].append(part)
                shown |= {(part.id, part.series)} if digest in current else set()
    named = names([*by_series, *answered], [field.name for field in FIELDS["responses"]])
    kinds: dict[Series, Kind] = {series: kind(series[1], by_series[series]) for series in named}
    return {series: Field(name, kinds[series]) for series, name in named.items() if series in shown}
