"""Everything that is told of confidential answers, byte by byte: it is the same whoever of some customers answered.

What two different businesses would tell alike can be derived by nobody, however much they look and calculate.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest
from sqlalchemy import select, update

from surveyengine.engine import Engine, start
from surveyengine.events.event import Event
from surveyengine.invitations.explain import explain
from surveyengine.invitations.planning import take
from surveyengine.results import query
from surveyengine.results.export.extract import RowFilter, Source, extract
from surveyengine.results.record import plain
from surveyengine.store.schema import invitation, response
from surveyengine.values.anonymity import steps
from surveyengine.values.enumeration import Role, TrendUnit
from surveyengine.values.period import month_end
from tests.results.test_export import give
from tests.results.test_suppression import is_told
from tests.support import business, staff

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
FIRST = date(2026, 10, 24)
DAYS, ADAY = 14, 8
CONFIG = business.CONFIG + '\n[events."shipment.delivered"]\nfields = ["order", "courier", "country", "depot"]\n'
CONFIG += "\n[results]\nweighted = true\n"    # which never tell whose an answer is
SURVEY = f'mode = "confidential"\n{business.DELIVERY}'
COURIERS = ["dhl"] * 9 + ["ups"] * 6 + ["post"] * 3 + ["bike"] * 2 + ["local"]
NOBODY: Mapping[int, str] = {}
PERIODS = [(None, None), (date(2026, 10, 1), date(2026, 10, 31)), (date(2026, 10, 27), date(2026, 11, 3))]

FIELDS = ("courier", "country", "depot")
OCTOBER, NOVEMBER = ((date(2026, 10, 1), date(2026, 10, 31)), (date(2026, 11, 1), date(2026, 11, 30)))
MONTHS = {OCTOBER: (10,), NOVEMBER: (11,), (date(2026, 10, 1), date(2026, 11, 30)): (10, 11)}


class Customer(NamedTuple):
    """Whoever was asked: their invitation, when, and what about."""

    key: int
    id: str
    day: date
    courier: str
    country: str
    depot: str


class Shop(NamedTuple):
    """A business, the customers that it asked, and those who answered."""

    engine: Engine
    asked: dict[int, Customer]
    answered: set[int]


def shop(root: Path, seed: int, couriers: Sequence[str] = COURIERS, alone: Mapping[int, str] = NOBODY) -> Shop:
    """Ask customers, and have about half of them answer; `alone` are days with one courier."""
    engine, chance = start(business.write(root, {"purchase/delivery": SURVEY}, CONFIG)), Random(seed)
    asked: dict[int, Customer] = {}
    events: list[Event] = []
    for number in range(DAYS * ADAY):
        day = FIRST + timedelta(days=number // ADAY)
        courier = chance.choice(couriers)
        about = {"courier": alone.get(number // ADAY, courier), "country": chance.choice(["IL", "IL", "IR"])}
        about["depot"] = f"{about['country']} {'roof' if about['courier'] in ('bike', 'local') else 'road'}"
        at = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
        events.append(business.delivered(f"{number}", at, f"c-{number}", **about))
        asked[number] = Customer(0, "", day, **about)
    take(engine, events, events[0].time)
    with engine.database.write() as connection:
        sent = {"state": "sent", "sent_at": NOW, "expires_at": NOW + timedelta(days=14)}
        connection.execute(update(invitation).values(**sent))
        rows = connection.execute(select(*invitation.c["key", "id", "customer"])).all()
    for key, id, whose in rows:
        asked[int(whose[2:])] = asked[int(whose[2:])]._replace(key=key, id=id)
    answered = {number for number in asked if chance.random() < 0.5}
    for number in answered:
        said = {"satisfaction": str(chance.randint(1, 5)), "timing": chance.choice(["late", "on_time"])}
        said |= {"reason": f"word {chance.random()}"} if said["satisfaction"] < "4" else {}
        give(engine, number, "delivery", said, NOW - timedelta(days=1), invitation=asked[number].id)
    return Shop(engine, asked, answered)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    found = shop(tmp_path_factory.mktemp("derivation") / "shop", 1)
    yield found
    found.engine.close()


def published(found: Shop, *whose: int) -> str:
    """Return all that is told: reports of several periods and fields, in every format, exports, lists, explanations."""
    told: list[Any] = []
    engine = found.engine
    for since, until in PERIODS:
        for by in (None, *FIELDS):
            report = query.report(engine, query.ReportQuery(since, until, by, questions=not by), NOW)
            told += [plain(report), query.shown(engine, report, "csv", query.Screen())]
        source = Source(engine, RowFilter(since, until), NOW)
        told += [[*extract(source, subject).rows] for subject in ("responses", "answers", "invitations")]
        told += [[*source.responses()], [*source.invitations()], source.total("responses") if not since else 0]
    told += [query.shown(engine, report, "table", query.Screen())]
    told += [explain(engine, f"c-{number}", NOW) for number in whose]
    return json.dumps(told, default=str, ensure_ascii=False)


PLACE = "/staff/journey/purchase/delivery"
MONTH = "from=2026-10-01&to=2026-10-31"
PAGES = ("/staff/?from=2026-10-01&to=2026-11-30", f"{PLACE}?{MONTH}&by=courier", f"{PLACE}.csv?{MONTH}&by=courier",
         f"{PLACE}.json?{MONTH}&by=country", f"{PLACE}.svg?{MONTH}", "/staff/responses/?from=2026-10-01",
         f"{PLACE}?{MONTH}&by=depot",
         f"{PLACE}/comments?{MONTH}", f"{PLACE}/comments.csv?{MONTH}", f"{PLACE}/comments.json?{MONTH}",
         "/staff/responses.json?from=2026-10-01", f"/staff/sending/?day={FIRST}", "/staff/invitations/?from=2026-10-01",
         f"/staff/journey.json?{MONTH}&every=week")  # fmt: skip


def pages(found: Shop, *whose: int) -> list[str]:
    """Return what somebody who may see everything sees on the pages, also of these customers and their invitations."""
    browser = staff.client(found.engine, Role.ADMIN)
    of_them = [f"/staff/invitations/{found.asked[number].id}" for number in whose]
    of_them += [f"/staff/customers/c-{number}" for number in whose]
    asked = [*PAGES, *of_them, *(f"/staff/sending/?day={FIRST}&who=c-{number}" for number in whose)]
    shown = [browser.get(address) for address in asked]
    assert {page.status_code for page in shown} == {200}
    return [re.sub(r'name="csrf" value="[^"]+"|As of [^<]+', "", page.text) for page in shown]    # the time goes on


def swap(found: Shop, one: int, other: int) -> None:
    """Have the other customer have answered instead of the one."""
    was, now = found.asked[one], found.asked[other]
    context = {"order": f"A-{other}", "courier": now.courier, "country": now.country, "depot": now.depot}
    with found.engine.database.write() as connection:
        at = connection.execute(select(invitation.c.answered_at).where(invitation.c.key == was.key)).scalar_one()
        mine = update(response).where(response.c.invitation == was.key)
        connection.execute(
            mine.values(invitation=now.key, customer=f"c-{other}", context=context, day=now.day, language="he")
        )
        for key, moment in ((was.key, None), (now.key, at)):
            connection.execute(update(invitation).where(invitation.c.key == key).values(answered_at=moment))
    found.answered.remove(one)
    found.answered.add(other)


def looks_alike(found: Shop, one: int, other: int, *more: int, on_pages: bool = False) -> bool:
    """Whether all that is told stays the same if the other customer answers instead of the one; so of two more."""
    whose = (one, other, *more)
    # what most of those tell apart who do not look alike comes first, because all takes a second
    for look in (groups, published, pages)[: 3 if on_pages else 2]:
        told: list[Any] = []
        for way in (1, -1):
            told.append(look(found, *whose))
            for at in range(0, len(whose), 2):
                swap(found, *whose[at : at + 2][::way])
        if told[0] != told[1]:
            return False
    return True


def groups(found: Shop, *whose: int) -> list[Any]:
    """Return the report by each field."""
    return [query.report(found.engine, query.ReportQuery(by=field), NOW) for field in FIELDS]


def pairs(found: Shop, seed: int = 0) -> Iterator[tuple[int, int]]:
    """Yield those who answered with others who did not, in an order of chance."""
    both = [(one, other) for one in found.answered for other in found.asked.keys() - found.answered]
    yield from Random(seed).sample(both, len(both))


def about(found: Shop, number: int) -> tuple[str, str]:
    return found.asked[number].courier, found.asked[number].country


def test_whoever_of_those_with_the_same_order_answered_all_is_told_alike(asked: Shop) -> None:
    same = ((one, other) for one, other in pairs(asked) if about(asked, one) == about(asked, other))
    one, other = next(each for each in same if asked.asked[each[0]].day == asked.asked[each[1]].day)
    assert looks_alike(asked, one, other, on_pages=True)


def test_that_another_shown_group_has_an_answer_more_is_told(asked: Shop) -> None:
    shown = {"dhl", "ups"}
    for one, other in pairs(asked):
        if {about(asked, one)[0], about(asked, other)[0]} == shown and asked.asked[one].day == asked.asked[other].day:
            assert not looks_alike(asked, one, other)
            return


def test_on_whichever_day_of_a_block_an_answer_is_all_is_told_alike(asked: Shop) -> None:
    counts: dict[date, int] = {}
    for number in asked.answered:
        day = asked.asked[number].day
        counts[day] = counts.get(day, 0) + 1
    long = next(block for block in steps(counts) if block.since < block.until)
    for one, other in pairs(asked):
        first, second = asked.asked[one].day, asked.asked[other].day
        within = first != second and long.covers(first) and long.covers(second) and long.until != first
        if within and about(asked, one) == about(asked, other):
            assert looks_alike(asked, one, other)
            return


class Told(NamedTuple):
    """What is told of the answers with some value: which cells add up to what, and those of each hidden group.

    A cell are those who were asked about the same, on the days of a block.
    """

    cells: int
    sums: list[tuple[set[int], int]]
    gone: list[set[int]]


def told(found: Shop, value: str = "") -> Told:
    """Add up the reports of all periods by all fields, the days of their trends, and the rows of the export."""
    days = Counter[date]()
    for _, row in Source(found.engine, RowFilter(), NOW).responses():
        assert row.day
        days[row.day] += any(one.question == "satisfaction" and value in ("", one.value) for one in row.answers)
    asked = [(released(one.day, days), one) for one in found.asked.values()]
    cells = sorted({(until, *one[3:]) for until, one in asked if until})
    sums = [({at for at, cell in enumerate(cells) if cell[0] == until}, n) for until, n in days.items()]
    gone: list[set[int]] = []
    for period, months in MONTHS.items():
        within = {at for at, cell in enumerate(cells) if cell[0].month in months}
        for place, field in enumerate(FIELDS, 1):
            [one] = query.report(found.engine, query.ReportQuery(*period, field, every=TrendUnit.DAY), NOW).touchpoints
            assert one.trend
            assert {each.to: counted(each, value) for each in one.trend if each.to in days} == {
                until: n for until, n in days.items() if until.month in months
            }
            sums.append((within, counted(one, value)))
            for name, group in (one.by or {}).items():
                those = {at for at in within if cells[at][place] == name}
                if group.counts and not group.hidden:
                    sums.append((those, counted(group, value)))
                elif group.hidden and len(months) == 1 and those:
                    gone.append(those)
    return Told(len(cells), sums, gone)


def counted(one: Any, value: str) -> int:
    """The number of answers with a value, or of all."""
    return int(one.counts[value] if value else sum(one.counts.values()))


@pytest.mark.parametrize("value", ["", "1", "5"])
def test_no_hidden_cell_follows_from_all_periods_fields_and_rows_together(asked: Shop, value: str) -> None:
    found = told(asked, value)
    assert len(found.gone) > 4
    assert [those for those in found.gone if is_told(found.cells, found.sums, those)] == []


@pytest.mark.parametrize("seed", [1, 2, 8])
def test_days_of_one_courier_alone_do_not_tell_of_another(tmp_path: Path, seed: int) -> None:
    made = shop(tmp_path / "shop", seed, ["dhl"] * 6 + ["local"], dict.fromkeys(range(3), "bike"))
    found = told(made)
    made.engine.close()
    assert found.gone
    assert [those for those in found.gone if is_told(found.cells, found.sums, those)] == []


def released(day: date, days: Collection[date]) -> date | None:
    """The last day of the block that a day belongs to, by the days of the exported rows."""
    return next((until for until in sorted(days) if day <= until), None)


def test_every_hidden_group_and_pair_of_them_could_have_been_of_another_size(asked: Shop) -> None:
    gone = hidden_groups(asked)
    assert {field for _, field, _ in gone} == {*FIELDS}
    assert "Hidden: fewer than 10, and the next one" in pages(asked)[1]
    left = targets(asked, gone)
    assert len(left) > 20
    possible, on_pages = [*moves(asked, gone)], True
    while left:
        whose = max(possible, key=lambda whose: len(changed(left, whose)))
        possible.remove(whose)
        met = changed(left, whose)
        assert met, [*left]
        if looks_alike(asked, *whose, on_pages=on_pages):
            left, on_pages = {name: those for name, those in left.items() if name not in met}, False


def changed(left: Mapping[frozenset[Name], set[int]], whose: Sequence[int]) -> set[frozenset[Name]]:
    """Of which the number of answers changes if the second answers instead of the first, and so on."""
    return {
        name for name, those in left.items() if sum((-1) ** at for at, one in enumerate(whose) if one in those)
    }


Name = tuple[date, str, str]
"""A month, by its last day; a field, and a group by it."""


def hidden_groups(found: Shop) -> set[Name]:
    gone: set[Name] = set()
    for since, until in (OCTOBER, NOVEMBER):
        for field in FIELDS:
            [one] = query.report(found.engine, query.ReportQuery(since, until, field), NOW).touchpoints
            gone |= {(until, field, name) for name, group in (one.by or {}).items() if group.hidden}
    return gone


def names(found: Shop) -> dict[int, frozenset[Name]]:
    """The groups of each customer in the month in which their answers come out, of those whose answers do."""
    days = {row.day for _, row in Source(found.engine, RowFilter(), NOW).responses() if row.day}
    untils = {number: until for number, one in found.asked.items() if (until := released(one.day, days))}
    return {
        number: frozenset((month_end(until), field, str(getattr(found.asked[number], field))) for field in FIELDS)
        for number, until in untils.items()
    }


def targets(found: Shop, gone: set[Name]) -> dict[frozenset[Name], set[int]]:
    """Who was asked of each hidden group, and of each pair of groups by two fields of which one is hidden."""
    those: defaultdict[frozenset[Name], set[int]] = defaultdict(set)
    for number, own in names(found).items():
        for chosen in [*combinations(own, 1), *combinations(own, 2)]:
            if gone.intersection(chosen):
                those[frozenset(chosen)].add(number)
    return those


def moves(found: Shop, gone: set[Name]) -> Iterator[tuple[int, ...]]:
    """Yield who could have answered instead of whom on the same day, so that hidden groups alone change; or two so."""
    of = names(found)
    changes: defaultdict[frozenset[Name], list[tuple[int, int]]] = defaultdict(list)
    for one, other in pairs(found):
        if one in of and other in of and found.asked[one].day == found.asked[other].day and of[one] != of[other]:
            changes[(of[one] ^ of[other]) - gone].append((one, other))
    yield from changes.pop(frozenset(), [])
    for both in changes.values():
        for first, second in combinations(both, 2):
            back = of[first[0]] - of[first[1]] - gone == of[second[1]] - of[second[0]] - gone
            if back and not {*first} & {*second}:
                yield *first, *second
