"""Months of events on a fake clock: the figures that the rule of fair asking gives, and those of the engine itself."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select, update

from benchmarks import fairness
from surveyengine.cli import main
from surveyengine.engine import Engine, start
from surveyengine.events.chronology import Chronology
from surveyengine.events.event import Customer, Event
from surveyengine.invitations import diary, simulation
from surveyengine.invitations.forecast import Forecast, forecast, margin
from surveyengine.invitations.planning import take
from surveyengine.invitations.response_rate import ResponseRate
from surveyengine.invitations.simulation import Simulation
from surveyengine.project.files import read
from surveyengine.results.terminal.layout import wide
from surveyengine.store import allotments
from surveyengine.store.schema import allotment, invitation
from surveyengine.values.enumeration import BEFORE_LOT
from tests.support import business
from tests.support.business import asking, change
from tests.support.documents import marked

START = datetime(2025, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
LIMITS: Mapping[str, Any] = {"cooldown": "7 days", "at_most": {"90 days": 3, "365 days": 8}, "late": "0 days"}
TYPES = {"checkout": "order.paid", "delivery": "shipment.delivered", "support": "ticket.solved"}
OWN = """
[import.paid]
type   = "order.paid"
id     = "{Name}"
time   = { column = "Paid", format = "%d/%m/%Y" }
fields = { order = "Name", "customer.email" = "Email" }
"""
A_THIRD = ResponseRate(1 / 3, False)


def written(root: Path, surveys: Mapping[str, Mapping[str, Any]] | None = None, **sending: Any) -> Path:
    """A project whose surveys compete."""
    invites = {name: {"on": TYPES[name]} for name in TYPES} if surveys is None else surveys
    lines = "\n".join(f"{key} = {business.toml(value)}" for key, value in {**LIMITS, **sending}.items())
    files = {f"purchase/{name}": asking(**invite) for name, invite in invites.items()}
    files = {name: text.replace("Your visit", name.partition("/")[2].capitalize()) for name, text in files.items()}
    return business.write(root, files, business.CONFIG.replace('cooldown = "0 days"', lines))


def simulated(root: Path, events: Sequence[Event]) -> Forecast:
    project = read(root, ("en", "he", "fa"), {})
    assert project.config
    found = Simulation(project.config, project.surveys)
    for one in events:
        found.take(one)
    return forecast(found, A_THIRD)


def happened(survey: str, id: str, customer: str, at: datetime, **data: Any) -> Event:
    whom = Customer(customer, f"{customer}@example.com")
    return Event("shop", id, TYPES.get(survey, survey), at, data, whom, False)


def figures(found: Forecast, name: str) -> dict[str, float]:
    return {one.survey: getattr(one, name) for one in found.surveys}


def test_the_world_of_the_rule_gives_its_figures() -> None:
    found = fairness.lived(fairness.simulation(), fairness.world(400))
    assert (sum(figures(found, "occasions").values()), found.customers) == (9_811, 400)
    expected = {"checkout": 841.6, "delivery": 843.7, "support": 172.9}
    assert figures(found, "invitations") == pytest.approx(expected, rel=0.01)
    assert found.invitations == pytest.approx(1_858.2, rel=0.01)
    assert figures(found, "first_come") == {"checkout": 2_494, "delivery": 157, "support": 163}
    assert sum(figures(found, "uncovered").values()) < 0.01 * 9_811
    for one in found.surveys:
        assert sum(week.invitations for week in one.weeks) == pytest.approx(one.invitations)
        assert one.margin == pytest.approx(margin(one.invitations * fairness.ALL))
    assert found.most
    assert found.most_first_come
    assert found.most.tenth < found.most_first_come.tenth


def orders(n: int) -> list[Event]:
    """So many orders of a season, four of each customer; 267 of 420 are drawn for delivery, 152 lead to a ticket."""
    luck, found = random.Random(5), []
    delivered = luck.sample(range(n), 267 * n // 420)
    solved = {*luck.sample(delivered, 152 * n // 420)}
    for number in range(n):
        customer, paid = f"c-{number % -(-n // 4)}", START + luck.uniform(0, 90) * DAY
        found.append(happened("checkout", f"{number}-paid", customer, paid, order=number))
        arrived = paid + luck.uniform(1, 5) * DAY
        if number in delivered:
            found.append(happened("delivery", f"{number}-there", customer, arrived, order=number))
        if number in solved:
            at = arrived + luck.uniform(0.1, 6) * DAY
            found.append(happened("support", f"{number}-solved", customer, at, order=number, ticket=number))
    return sorted(found, key=lambda one: one.time)


def test_of_420_orders_each_touchpoint_gets_its_share_and_first_come_starves_the_later(tmp_path: Path) -> None:
    found = simulated(written(tmp_path), orders(420))
    occasions = {"checkout": 420, "delivery": 267, "support": 152}
    assert figures(found, "occasions") == occasions
    first, lot = figures(found, "first_come"), figures(found, "invitations")
    assert (first["checkout"] > 250, first["delivery"] < 0.06 * 267, first["support"] < 0.22 * 152) == (True,) * 3
    assert lot["checkout"] == pytest.approx(lot["delivery"], rel=0.1)    # and support has too few tickets for as many
    assert all(lot[name] > n / 6 for name, n in occasions.items())
    assert all(share > 0.2 for share in figures(found, "share").values())
    assert sum(figures(found, "uncovered").values()) < 0.01 * 839


def journeys(n: int) -> list[Event]:
    """Journeys in which orders are cancelled and parcels sent back, and an event without a customer."""
    luck, found = random.Random(8), []
    for number in range(n):
        customer, at = f"c-{number % 7}", START + luck.uniform(0, 150) * DAY
        for type, likely, days in (
            ("order.paid", 1.0, 0), ("order.cancelled", 0.2, 1), ("shipment.delivered", 0.8, 3),
            ("return.requested", 0.3, 4), ("ticket.solved", 0.4, 6), ("case.resolved", 0.2, 7),
        ):    # fmt: skip
            when = at + (days + luck.uniform(0, 2)) * DAY
            if luck.random() < likely:
                data = {"order": number, "total": luck.choice([9, 99])}
                found.append(happened(type, f"{number}-{type}", customer, when, **data))
    found.append(replace(found[0], id="nobody's", customer=None))
    return sorted(found, key=lambda one: one.time)


ALL_KINDS: Mapping[str, Mapping[str, Any]] = {
    "checkout": {"on": "order.paid", "cancel_on": ["order.cancelled"], "after": "1 day"},
    "delivery": {"on": "shipment.delivered", "cancel_on": ["return.requested"], "after": "2 days", "draw": "parcel",
                 "sample": 0.5, "share": 0.4},
    "accuracy": {"on": "shipment.delivered", "cancel_on": ["return.requested"], "draw": "parcel", "sample": 0.4},
    "support": {"on": "ticket.solved", "cooldown": "20 days", "priority": 5, "when": {"total": {"above": 50}}},
    "resolved": {"on": "case.resolved", "exempt": True, "sample": 0.8},
}  # fmt: skip


def leave(engine: Engine, now: datetime) -> None:
    """Count what is due as sent when it was due."""
    due = update(invitation).where(invitation.c.state == "planned", invitation.c.due_at < now)
    with engine.database.write() as connection:
        connection.execute(due.values(state="sent", sent_at=invitation.c.due_at, expires_at=now))


def test_the_engine_decides_as_was_simulated(engine: Engine) -> None:
    """What it stores of the same events, each taken when it happened: how often, with how many tickets, and why not."""
    files = {f"purchase/{name}": asking(**invite) for name, invite in ALL_KINDS.items()}
    change(engine, files, **LIMITS, quiet_hours=["20:00", "09:00"], closed=["shabbat"])
    events = journeys(60)
    found = simulated(engine.root, events)
    for one in events:
        leave(engine, one.time)
        take(engine, [one], one.time)
    with engine.database.read() as connection:
        columns = (*invitation.c["survey", "reason"], *allotment.c["allotted", "tickets"])
        rows = connection.execute(select(*columns).select_from(invitation.outerjoin(allotment))).all()
    for its in found.surveys:
        mine = [row for row in rows if row.survey == its.survey]
        drawn = [row.allotted for row in mine if row.allotted is not None and any(row.tickets) == (row.allotted > 0)]
        reasons = Counter(row.reason for row in mine if row.allotted is None and row.reason in BEFORE_LOT)
        assert {**its.refused, "cancelled": 0} == {**reasons, "cancelled": 0}
        if its.survey != "resolved":
            decided = sum(row.allotted is not None for row in mine) + reasons["cancelled"]
            assert its.sampled + its.refused.get("cancelled", 0) == decided
            assert its.invitations == pytest.approx(sum(drawn) / 256), its.survey
        else:
            assert its.invitations == sum(row.reason is None for row in mine) > 0
    assert next(one for one in found.surveys if one.survey == "checkout").refused["cancelled"] > 5


def lines(events: Sequence[Event]) -> str:
    """Events as they stand in a file."""
    rows = [
        {"specversion": "1.0", "type": one.type, "source": one.source, "id": one.id, "time": one.time.isoformat(),
         "data": {**one.data, "customer": {"id": one.customer.id, "email": one.customer.email}}}
        for one in events
        if one.customer
    ]    # fmt: skip
    return "\n".join(map(json.dumps, rows)) + "\n"


def run(project: Path, text: str, *options: str, file: str = "-") -> Result:
    return CliRunner().invoke(main, ["--project", str(project), "simulate", file, *options], input=text)


def content(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() if path.is_file() else b"" for path in root.rglob("*")}


def test_the_command_shows_what_the_rules_would_do_and_writes_nothing(tmp_path: Path) -> None:
    here, there = written(tmp_path / "here"), written(tmp_path / "there", cooldown="2 days")
    start(here, {}).close()    # it has a database, and the other one has none
    before = content(tmp_path)
    assert {"here/data/surveyengine.db", "there/config.toml"} <= before.keys()
    done = run(here, lines(orders(420)), "--compare", str(there))
    assert done.exit_code == 0, done.output
    assert content(tmp_path) == before
    assert "839 events · 105 customers · January 1, 2025 to April" in done.output
    assert max(map(len, done.stdout.splitlines())) <= 100
    table = [line.split() for line in done.stdout.splitlines()]
    assert ["survey", "occasions", "by", "lot", "share", "wanted", "first", "come", "share"] in table
    assert ["survey", "here", "there", "share", "there", "±", "there"] in table
    assert "if 30% answer" in " ".join(done.stdout.split())
    (example,) = marked("simulated")
    assert done.stdout.startswith(example)


def test_what_is_stored_is_not_touched_and_tells_how_many_answer(engine: Engine) -> None:
    business.change(engine, {f"purchase/{name}": asking(on=TYPES[name]) for name in TYPES}, **LIMITS)
    now = datetime.now(UTC)
    text = lines(orders(50))
    assert "if 30% answer" in " ".join(run(engine.root, text).stdout.split())
    take(engine, [happened("checkout", str(n), f"c-{n}", now) for n in range(500)], now)
    leave(engine, now + DAY)
    with engine.database.write() as connection:
        sent = connection.execute(select(invitation.c.key).where(invitation.c.state == "sent")).scalars().all()
        answered = update(invitation).where(invitation.c.key.in_(sent[: len(sent) // 4]))
        connection.execute(answered.values(answered_at=now))
        connection.execute(update(invitation).values(expires_at=now - DAY))
    files = {name: one for name, one in content(engine.root).items() if not name.startswith("data/")}
    found = json.loads(run(engine.root, text, "--format", "json").stdout)["project"]
    assert (found["is_own_rate"], found["response_rate"]) == (True, pytest.approx(0.25, abs=0.01))
    assert found["surveys"][0]["weeks"][0]["begins"] == "2024-12-29"
    with engine.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(invitation)).scalar_one() == 500
    assert {name: one for name, one in content(engine.root).items() if not name.startswith("data/")} == files
    told = json.loads(run(engine.root, text, "--format", "json", "--response-rate", "0.5").stdout)["project"]
    assert (told["is_own_rate"], told["response_rate"]) == (False, 0.5)


def test_lines_that_cannot_be_used_are_told_and_the_others_simulated(tmp_path: Path) -> None:
    project, events = written(tmp_path / "project"), orders(20)
    undated = json.dumps({"specversion": "1.0", "type": "order.paid", "source": "shop", "id": "1"})
    done = run(project, f"{lines(events)}{{\n{undated}\n{lines(events[:5])}")
    assert done.exit_code == 1
    places = [f"-:{len(events) + n}: error" for n in (1, 2)]
    assert [": ".join(line.split(": ", 2)[:2]) for line in done.stderr.splitlines()] == places
    assert f"{len(events)} events" in done.stdout    # what comes again counts once


def test_the_file_may_be_another_systems_and_a_faulty_project_is_told(tmp_path: Path) -> None:
    project = written(tmp_path / "project")
    (tmp_path / "list.csv").write_text("type,source,id,time,customer.id,customer.email\n"
                                       "order.paid,shop,1,2026-01-02T10:00:00Z,c-1,c-1@example.com\n")  # fmt: skip
    done = run(project, "", file=str(tmp_path / "list.csv"))
    assert (done.exit_code, "1 event · 1 customer" in done.stdout) == (0, True)
    assert run(project, "", "--import", "nothing").exit_code == 2
    with (project / "config.toml").open("a") as config:
        config.write(OWN)
    done = run(project, "Name,Paid,Email\nA-1,02/01/2026,a@example.org\nA-2,,b@example.org\n", "--import", "paid")
    assert (done.exit_code, "1 event · 1 customer" in done.stdout) == (1, True)
    assert done.stderr.startswith("-:3: error: ")
    (project / "config.toml").write_text("[business]\n")
    done = run(project, "")
    assert done.exit_code == 1
    assert "config.toml:1:" in done.stderr


@pytest.mark.parametrize("language", ["he", "fa"])
def test_it_speaks_the_readers_language(tmp_path: Path, language: str) -> None:
    done = run(written(tmp_path), lines(orders(60)), "--language", language)
    assert done.exit_code == 0
    words = {*re.findall(r"[A-Za-z]+", re.sub(r"c-\d+", "", done.stdout))} - {"CSAT", *TYPES}
    assert words == set()
    assert max(map(wide, done.stdout.splitlines())) <= 100


def test_without_a_cooldown_nothing_is_drawn_and_both_worlds_are_one(tmp_path: Path) -> None:
    found = simulated(written(tmp_path, cooldown="0 days", at_most={}), orders(100))
    assert not found.is_drawn
    assert found.percent == 100
    assert {one.chance for one in found.surveys} == {1.0}


def test_what_the_engine_refuses_is_refused(tmp_path: Path) -> None:
    root = written(tmp_path, {"support": {"on": TYPES["support"], "about": "ticket"}})
    events = [happened("support", str(n), f"c-{n}", START, ticket=f"T{mark}{n}") for n, mark in enumerate("-\u202e-")]
    found = simulated(root, events)
    assert (found.events, found.unrecognised, found.first_come) == (2, 1, 2)


def test_who_shares_a_mailbox_shares_its_limits(tmp_path: Path) -> None:
    root = written(tmp_path)
    apart = [happened("checkout", str(n), f"c-{n}", START + n * DAY) for n in range(4)]
    together = [replace(one, customer=Customer(f"c-{n}", "one@example.com")) for n, one in enumerate(apart)]
    assert [simulated(root, events).first_come for events in (apart, together)] == [4, 1]
    assert simulated(root, together).invitations < simulated(root, apart).invitations


def test_an_id_or_address_of_very_many_makes_nothing_slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an id as many occasions are looked at as by the engine, and of an address some customers."""
    assert diary.MOST == allotments.MOST
    monkeypatch.setattr(diary, "MOST", 20)
    monkeypatch.setattr(simulation, "MOST_TOGETHER", 10)
    guests = [happened("checkout", str(n), "guest", START + n * timedelta(minutes=1)) for n in range(60)]
    shared = [replace(one, customer=Customer(f"c-{n}", "none@example.com")) for n, one in enumerate(guests)]
    assert [simulated(written(tmp_path), events).first_come for events in (guests, shared)] == [1, 6]


def test_events_come_in_the_order_of_their_times_however_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("surveyengine.events.chronology.RUN", 7)
    events = orders(30)
    shuffled = [*events, *events[:5]]
    random.Random(1).shuffle(shuffled)
    with Chronology() as found:
        for one in shuffled:
            found.add(one)
        assert [one.id for one in found] == [one.id for one in events]
