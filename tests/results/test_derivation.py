"""Everything that is told of confidential answers, byte by byte: it is the same whoever of some customers answered.

What two different businesses would tell alike can be derived by nobody, however much they look and calculate.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
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
from surveyengine.values.enumeration import Role
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
PERIODS = [(None, None), (date(2026, 10, 1), date(2026, 10, 31)), (date(2026, 10, 27), date(2026, 11, 3))]


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


def shop(root: Path, seed: int) -> Shop:
    """Ask customers, and have about half of them answer."""
    engine, chance = start(business.write(root, {"purchase/delivery": SURVEY}, CONFIG)), Random(seed)
    asked: dict[int, Customer] = {}
    events: list[Event] = []
    for number in range(DAYS * ADAY):
        day = FIRST + timedelta(days=number // ADAY)
        about = {"courier": chance.choice(COURIERS), "country": chance.choice(["IL", "IL", "IR"])}
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


def published(engine: Engine, *whose: int) -> str:
    """Return all that is told: reports of several periods and fields, in every format, exports, lists, explanations."""
    told: list[Any] = []
    for since, until in PERIODS:
        for by in (None, "courier", "country", "depot"):
            found = query.report(engine, query.ReportQuery(since, until, by, questions=not by), NOW)
            told += [plain(found), query.shown(engine, found, "csv", query.Screen())]
        source = Source(engine, RowFilter(since, until), NOW)
        told += [[*extract(source, subject).rows] for subject in ("responses", "answers", "invitations")]
        told += [[*source.responses()], [*source.invitations()], source.total("responses") if not since else 0]
    told += [query.shown(engine, found, "table", query.Screen())]
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


def looks_alike(found: Shop, one: int, other: int, on_pages: bool = False) -> bool:
    """Whether all that is told stays the same if the other customer answers instead of the one."""
    looks: list[Any] = []
    for was, now in ((one, other), (other, one)):
        looks.append((published(found.engine, one, other), pages(found, one, other) if on_pages else ()))
        swap(found, was, now)
    return bool(looks[0] == looks[1])


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


def test_every_hidden_group_could_have_been_of_another_size(asked: Shop) -> None:
    report = plain(query.report(asked.engine, query.ReportQuery(by="courier"), NOW))
    groups = next(one["by"] for stage in report["stages"] for one in stage["touchpoints"] if "by" in one)
    gone = {name for name, one in groups.items() if one.get("hidden")}
    assert gone >= {"bike", "local"}
    assert "Hidden: fewer than 10, and the next one" in pages(asked)[1]
    for name in ("bike", "local"):
        assert any(looks_alike(asked, *each, on_pages=name == "bike") for each in moves(asked, name, gone))


FIELDS = ("courier", "country", "depot")
OCTOBER, NOVEMBER = ((date(2026, 10, 1), date(2026, 10, 31)), (date(2026, 11, 1), date(2026, 11, 30)))
MONTHS = {OCTOBER: (10,), NOVEMBER: (11,), (date(2026, 10, 1), date(2026, 11, 30)): (10, 11)}


@pytest.mark.parametrize("value", ["", "1", "5"])
def test_no_hidden_cell_follows_from_all_periods_and_fields_together(asked: Shop, value: str) -> None:
    cells = sorted({(month, *one[3:]) for one in asked.asked.values() for month in (10, 11)})
    told: list[tuple[set[int], int]] = []
    gone: list[set[int]] = []
    for days, months in MONTHS.items():
        for at, field in enumerate(FIELDS):
            report = query.report(asked.engine, query.ReportQuery(*days, field), NOW)
            [one] = report.touchpoints
            assert one.counts
            assert one.by
            within = {place for place, cell in enumerate(cells) if cell[0] in months}
            told.append((within, one.counts[value] if value else sum(one.counts.values())))
            for name, group in one.by.items():
                those = {place for place in within if cells[place][1 + at] == name}
                if not group.hidden and group.counts:
                    told.append((those, group.counts[value] if value else sum(group.counts.values())))
                elif group.hidden and len(months) == 1 and not group.counts and those:
                    gone.append(those)
    assert len(gone) > 4
    assert [those for those in gone if is_told(len(cells), told, those)] == []


def moves(found: Shop, name: str, gone: set[str]) -> Iterator[tuple[int, int]]:
    """Yield who could have answered instead of whom on the same day, so that the group had one answer more or less."""
    for one, other in pairs(found):
        was, now = found.asked[one], found.asked[other]
        is_of_it = (was.courier == name) != (now.courier == name) and {was.courier, now.courier} <= gone
        if is_of_it and (was.day, was.country) == (now.day, now.country):
            yield one, other
