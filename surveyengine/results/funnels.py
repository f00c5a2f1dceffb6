"""Reads the funnels of touchpoints; answers that are released in blocks count from then on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, tzinfo

from ..definitions.survey import Survey
from ..engine import Engine
from ..store import funnel
from ..store.engine.database import Connection
from ..store.tallies import INVITED, RESPONSES, Cell
from ..values.anonymity import Block, block_of
from ..values.enumeration import InvitationState
from ..values.period import DateRange
from .ledger import FunnelCounts
from .versions import Seen


def funnels(engine: Engine, connection: Connection, days: DateRange, seen: Seen) -> list[FunnelCounts]:
    """Return the funnels by touchpoint; answers that are released in blocks count from then on."""
    meant = funnel.FunnelQuery(counted_surveys(engine), days, seen.blocked, seen.now)
    if not meant.touchpoints:
        return []
    zone = engine.config.business.zone
    found = [_funnel(row, zone) for row in funnel.rows(connection, meant)]
    return [*found, *_released(connection, meant, seen)] if seen.blocked else found


def open_days(engine: Engine, connection: Connection, days: DateRange, seen: Seen) -> list[tuple[str, date]]:
    """Return the touchpoints and days of which more answers can come."""
    names = counted_surveys(engine)
    here = {name: ids for name, ids in names.items() if seen.place is None or name == seen.place[1]}
    meant = funnel.FunnelQuery(here, days, seen.blocked, seen.now)
    return funnel.open_daily(connection, meant) if meant.touchpoints else []


def _released(connection: Connection, meant: funnel.FunnelQuery, seen: Seen) -> Iterator[FunnelCounts]:
    """Yield the released answers, and take the invitations of their days off the secret ones."""
    touchpoints = {survey: name for name, surveys in meant.touchpoints.items() for survey in surveys}
    for cell in seen.released:
        if (cell.question, cell.value) == (RESPONSES, INVITED) and _survey(seen, cell) in touchpoints:
            yield FunnelCounts(touchpoints[_survey(seen, cell)], answered=cell.n)
    blocks: defaultdict[str, list[Block]] = defaultdict(list)
    for (survey, *_), out in seen.blocks.items():
        if survey in touchpoints:
            blocks[touchpoints[survey]] += [one for one in out if one.is_within(meant.days)]
    for name, day, n in funnel.sent_daily(connection, meant):
        if block_of(day, blocks[name]) and meant.days.covers(day):
            yield FunnelCounts(name, secret=-n)


def _survey(seen: Seen, cell: Cell) -> str:
    """Return the id under which the survey of a cell was published."""
    return seen.versions[cell.digest].cohort.survey


def counted_surveys(engine: Engine) -> Mapping[str, list[str]]:
    """Return the ids, former ones too, of each touchpoint's scored surveys; of all its surveys if none is scored."""
    surveys: defaultdict[str, list[Survey]] = defaultdict(list)
    for survey in engine.library.surveys.values():
        surveys[survey.touchpoint].append(survey)
    scored = {name: [one for one in those if one.head.scored] or those for name, those in surveys.items()}
    today = engine.library.today
    return {name: [id for one in those for id in one.ids if today(id) == one.id] for name, those in scored.items()}


def _funnel(row: funnel.FunnelRow, zone: tzinfo) -> FunnelCounts:
    if row.reason:
        return FunnelCounts(row.touchpoint, refused={row.reason: row.n})
    is_sent = row.state in funnel.SENT
    return FunnelCounts(
        row.touchpoint,
        invited=row.n,
        sent=row.n if is_sent else 0,
        answered=row.answered,
        failed=row.n if row.state == InvitationState.FAILED else 0,
        uncertain=row.n if row.state == InvitationState.UNCERTAIN else 0,
        secret=row.secret if is_sent else 0,
        open_until=row.open_until.astimezone(zone).date() if row.open_until else None,
        open=row.open,
    )
