"""What came of many events: in a line of the command, and in the API's reply."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from surveyengine.cli import main
from surveyengine.engine import Engine
from surveyengine.events.event import Event, event
from surveyengine.invitations.planning import take
from surveyengine.invitations.totals import MOST_TOLD, Totals
from surveyengine.store.schema import invitation
from tests.invitations.test_intake import person, rows, states
from tests.support import business
from tests.support.business import DELIVERY, asking, change, delivered
from tests.web.test_api import BATCH, Api, raw

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


LARGE = asking(on="order.paid", when={"total": {"at_least": 500}})
MARS = "must be a time zone, such as Asia/Jerusalem or +02:00; 'Mars' is not known; it was left out"
KLINGON = "must be a language, such as he or Hebrew; 'Klingon' is not known; it was left out"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    surveys = {"purchase/delivery": DELIVERY, "purchase/large": LARGE}
    return business.write(tmp_path_factory.mktemp("totals") / "project", surveys)


def told(project: Path, body: str) -> tuple[str, list[str], int]:
    """The last line of the command, its warnings without the file's name, and its exit status."""
    path = project / "events.csv"
    path.write_text(body, encoding="utf-8")
    done = CliRunner().invoke(main, ["--project", str(project), "events", str(path)])
    return done.stdout.strip(), done.stderr.replace(f"{path}:", "").splitlines(), done.exit_code


def table(source: str, columns: str, *rows: str) -> str:
    """A file of deliveries."""
    lines = [f"shipment.delivered,{source},{number},{row}" for number, row in enumerate(rows)]
    return "\n".join([f"type,source,id,{columns}", *lines])


TABLES = [  # a file, the last line, and what is warned of
    (table("a", "customer.id,customer_email", *["c-1,a@b.co"] * 40),
     "accepted 40 · planned 0 · not asked 40: unreachable 40",
     [" warning: `customer_email` is taken for data of the event; did you mean `customer.email`?"]),
    (table("b", "customer.id,customer.email", "c-2,b@b.co", "c-3,b@localhost", "c-4", ""),
     "accepted 4 · planned 1 · not asked 3: unreachable 2, no_customer 1", []),
    (table("c", "customer.id,customer.email", "c-2,c@b.co") + "\nshipment.delivered,c,0,c-2\n,c,3,c-2",
     "accepted 1 · duplicate 1 · refused 1 · planned 1", ["4: error: `type` is missing"]),
    ("type,source,id,customer.id\norder.payed,d,1,c-1\norder.payed,d,2,c-1",
     "accepted 2 · planned 0 · no survey asks about 2",
     [" warning: no survey is about `order.payed`, and config.toml declares no such event; "
      "did you mean `order.paid`?"]),
    (table("e", "customer.id,customer.email,customer.language,customer.timezone",
           "c-5,e@b.co,Klingon,Mars", "c-6,f@b.co,Persian,UTC+2", "c-7,g@b.co,Klingon"),
     "accepted 3 · planned 3",
     [f"2: warning: `customer.language` {KLINGON} (and so in 1 more events)",
      f"2: warning: `customer.timezone` {MARS}"]),
    ("TYPE;Source;Id;Total;Customer.ID;Customer.Email\n"
     "order.paid;f;1;499,90;c-8;h@b.co\norder.paid;f;2;1.250,00;c-9;i@b.co",
     "accepted 2 · planned 1 · no survey asks about 1", []),
]  # fmt: skip


@pytest.mark.parametrize(("body", "line", "warnings"), TABLES)
def test_the_command_ends_with_what_came_of_the_events(
    project: Path, body: str, line: str, warnings: list[str]
) -> None:
    assert told(project, body) == (line, warnings, 1 if "refused" in line else 0)


def test_what_refuses_a_file_is_told_before_anything_is_taken(project: Path) -> None:
    line, errors, status = told(project, "event_type,source,id\norder.paid,g,1\n")
    assert (line, status) == ("accepted 0 · refused 1", 1)
    assert errors == [
        " error: has no column 'type' in its header (line 1); did you mean `event_type` to be the `type`?"
    ]


def test_very_many_names_of_what_was_left_out_are_counted() -> None:
    totals = Totals()
    for number in range(MOST_TOLD + 5):
        one = {"name": f"x{number}", "reason": "must be text"}
        totals.add({"outcome": "accepted", "planned": [], "refused": [], "unused": [one]}, number + 1)
    remarks = [*totals.remarks()]
    assert remarks[0] == (1, "`x0` must be text; it was left out")
    assert len(remarks) == MOST_TOLD + 1
    assert remarks[-1] == (0, "5 more names of details that cannot be used were left out")


# ── The reply


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Api]:
    from surveyengine.engine import start

    engine = start(business.write(tmp_path / "shop"))
    yield Api(engine)
    engine.close()


def test_the_reply_tells_what_came_of_all_events(shop: Api) -> None:
    odd = {"customer": {"id": "c-1", "emailAddress": "x", "language": "Klingon", "timezone": "GMT+3"}, "order": "A-2"}
    events = [raw(), raw(), raw(id=None), raw(id="2", data=odd), raw(id="3", type="shipment.deliverd")]
    reply = json.loads(shop.post(events, BATCH).data)
    assert reply["summary"] == {
        "accepted": 3, "duplicate": 1, "refused": 1, "planned": 1, "no_survey": 1, "not_asked": {"unreachable": 1},
    }  # fmt: skip
    assert reply["hints"] == [
        "`customer.emailAddress` is not read; did you mean `customer.email`?",
        "no survey is about `shipment.deliverd`, and config.toml declares no such event; "
        "did you mean `shipment.delivered`?",
    ]
    left_out = reply["events"][3]["unused"]
    assert [one["name"] for one in left_out] == ["customer.language"]
    assert "unused" not in reply["events"][0]
    again = json.loads(shop.post(raw(id="2", data=odd)).data)["events"][0]
    assert (again["outcome"], again["unused"]) == ("duplicate", left_out)


# ── One detail never costs the event

UNUSABLE: dict[str, list[Any]] = {
    "language": ["Klingon", 7, "x" * 100], "timezone": ["Mars/Olympus", [], "x" * 100],
    "email": ["dana", {}, "a" * 300],
    "phone": ["1" * 100, 1.5, "1.00123E+11", "5\0"], "name": ["x" * 300, ["a"], "a\0"], "account": ["x" * 300, 1.5],
    "role": ["x" * 300, False],
}  # fmt: skip


def test_a_cancellation_works_whatever_else_it_carries(engine: Engine) -> None:
    cases = [(detail, value) for detail, values in UNUSABLE.items() for value in values]
    take(engine, [delivered(str(at), customer=f"c-{at}") for at in range(len(cases))], NOW)
    whole = {"specversion": "1.0", "type": "return.requested", "source": "shop", "time": NOW.isoformat()}
    events = []
    for at, (detail, value) in enumerate(cases):
        data = {"customer": {"id": f"c-{at}", detail: value}, "order": f"A-{at}", "note": "x\0" if at % 2 else "x"}
        events.append(event({**whole, "id": f"r-{at}", "data": data}, NOW))
    outcomes = take(engine, events, NOW + timedelta(hours=1))
    assert [one["outcome"] for one in outcomes] == ["accepted"] * len(cases)
    assert [one["unused"][0]["name"] for one in outcomes] == [f"customer.{detail}" for detail, _ in cases]
    assert {reason for _, _, reason in states(engine)} == {"cancelled"}
    assert person(engine, "c-0").language == "he"


def test_a_survey_that_is_about_a_field_needs_it(engine: Engine) -> None:
    change(engine, {"purchase/delivery": asking(about="parcel")})
    data = {"customer": {"id": "c-1", "email": "a@b.co"}, "parcel": "x" * 20_000}
    whole = {"specversion": "1.0", "type": "shipment.delivered", "source": "shop", "id": "1", "data": data}
    [outcome] = take(engine, [event(whole, NOW)], NOW)
    assert outcome == {"outcome": "refused", "reason": "`data.parcel` is longer than 10,000 characters"}


def test_quiet_hours_are_those_of_a_fixed_distance_too(engine: Engine) -> None:
    change(engine, {"purchase/delivery": asking()}, cooldown="0 days", quiet_hours=["20:00", "09:00"])
    zones = ["+03:30", "UTC+10", "Iran Standard Time", "Nowhere"]
    happened = []
    for at, zone in enumerate(zones):
        customer = {"id": f"c-{at}", "email": f"c-{at}@example.com", "timezone": zone}
        whole = {"specversion": "1.0", "type": "shipment.delivered", "source": "shop", "id": f"{at}"}
        happened.append(event({**whole, "data": {"customer": customer}}, NOW))
    take(engine, happened, NOW)  # at noon in Greenwich
    night = NOW + timedelta(hours=11)
    assert rows(engine, invitation.c.due_at) == [(NOW,), (night,), (NOW,), (NOW,)]
    assert [isinstance(one, Event) and len(one.unused) for one in happened] == [0, 0, 0, 1]
