"""Makes a project of its own, and fills it with a year: files, customers, events, invitations, answers."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, timedelta, tzinfo
from pathlib import Path
from typing import NamedTuple

from ..engine import Engine, start
from ..events.event import Customer
from ..invitations.listeners import Listeners
from ..project import scaffold
from ..store import recount
from . import business, storing
from .answering import Answering
from .life import Life, World
from .postman import Postman
from .reaction import Crowd
from .records import Records
from .shopper import Shopper, shopper
from .story import guests, story
from .visit import said, visitors
from .year import Year, up_to

BEFORE = timedelta(days=400)  # since when the surveys are served, before the year begins
GUESTS = 0.12  # visits of people whom nobody knows, for each customer

Progress = Callable[[int], None]  # is told how many more customers are done


@dataclass(frozen=True)
class Wish:
    """What a demo is to be: how many customers, drawn from which seed, up to which day, and how many whole months."""

    customers: int
    seed: int
    until: date
    months: int = 12

    def year(self, zone: tzinfo) -> Year:
        """Return the days that are filled."""
        return up_to(self.until, self.months, zone)


class Filled(NamedTuple):
    """What a demo's project holds."""

    surveys: int
    customers: int
    events: int
    sent: int
    answers: int


def fill(directory: Path, wish: Wish, progress: Progress = lambda done: None) -> Filled:
    """Make the project and fill it; nothing leaves it. What fails leaves no files.

    Raises scaffold.Occupied, and OSError.
    """
    surveys = scaffold.create(directory)
    try:
        surveys += business.extend(directory)
        records = _filled(directory, wish, progress)
    except BaseException:
        shutil.rmtree(directory)
        raise
    sent = sum(one.row["sent_at"] is not None for one in records.invitations)
    return Filled(surveys, len(records.customers), len(records.events), sent, len(records.responses))


def _filled(directory: Path, wish: Wish, progress: Progress) -> Records:
    with closing(begun(directory, wish)) as engine:
        records = lived(engine, wish, progress)
        end = wish.year(engine.config.business.zone).end
        with engine.database.write() as connection:
            storing.store(connection, records, end)
            recount.count(connection)
    return records


def begun(directory: Path, wish: Wish) -> Engine:
    """Return the engine of the project as if it had served its surveys since before the year."""
    return start(directory, now=wish.year(UTC).begin - BEFORE)


def lived(engine: Engine, wish: Wish, progress: Progress = lambda done: None) -> Records:
    """Return what is to be stored of the year."""
    year = wish.year(engine.config.business.zone)
    listeners, crowd = Listeners(engine, year.end), Crowd(wish.seed, year)
    world = World(engine, listeners, Postman(wish.seed), crowd, Answering(engine))
    for number in range(wish.customers):
        whom = shopper(wish.seed, number, year)
        Life(world, whom).live(story(whom, year, wish.seed))
        progress(1)
    Life(world, NOBODY).live(guests(year, wish.seed, round(wish.customers * GUESTS * year.length)))
    _visit(world, wish)
    return world.records


NOBODY = Shopper(Customer(""), "", "web", False, None, 0, 0, 0, "well")


def _visit(world: World, wish: Wish) -> None:
    for visitor in visitors(world.crowd.year, wish.seed, wish.customers):
        if survey := world.engine.library.survey(visitor.survey):
            reaction = said(visitor, survey, world.crowd.year, wish.seed)
            response = world.answering.visited(survey, reaction, visitor)
            world.records.responses += [response] if response else []
