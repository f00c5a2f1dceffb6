"""What an event is about: asked about once, undone by what names the same, whatever order the events arrive in."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from surveyengine.definitions.survey import Invite
from surveyengine.engine import Engine, start
from surveyengine.events.event import Customer, Event
from surveyengine.invitations.occasion import cancelled_by, counter, field_of, trigger, value
from surveyengine.invitations.planning import take
from surveyengine.store.schema import event, invitation
from tests.invitations.test_decision import survey
from tests.invitations.test_delivery import Outbox, deliver, states
from tests.invitations.test_intake import rows
from tests.support.business import CONFIG, asking, change, write

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SOLVED, REOPENED = "ticket.solved", "ticket.reopened"


def happened(
    id: str, type: str, time: datetime = NOW, customer: str = "c-17", test: bool = False, **data: Any
) -> Event:
    whom = Customer(customer, f"{customer}@example.com", language="he")
    return Event("desk", id, type, time, data, whom, test)


def support(**invite: Any) -> str:
    return asking(**{"on": SOLVED, "cancel_on": [REOPENED], "after": "24 hours", **invite})


@pytest.fixture
def desk(engine: Engine) -> Engine:
    change(engine, {"post-purchase/support": support()}, cooldown=0, late=0)
    return engine


# What names it


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ("T-1", "T-1"), (" T-1 ", "T-1"), (18472, "18472"), ("18472", "18472"), (100.0, "100"), ("100.0", "100"),
        (100, "100"), (1e15, "1000000000000000"), (-3.0, "-3"), (2.5, "2.5"), ("2.5", "2.5"), ("007", "007"), (7, "7"),
        ("1.10", "1.10"), ("۱۸۴۷۲", "18472"), ("é", "é"), (0, "0"), ("", ""), ("  ", ""),
        (True, None), (False, None), (None, None), ([1], None), ({"id": 1}, None),
    ],
)  # fmt: skip
def test_a_value_has_one_normal_form(given: object, normal: str | None) -> None:
    assert value({"ticket": given}, "ticket") == normal


@given(st.integers(-(10**15), 10**15))
def test_a_number_is_the_same_as_its_text_and_as_itself_with_a_zero_behind_the_point(number: int) -> None:
    forms: list[object] = [number, float(number), str(number), f"{number}.0"]
    assert {value({"n": form}, "n") for form in forms} == {str(number)}


@pytest.mark.parametrize(
    ("about", "type", "data", "expected"),
    [
        (None, "ticket.solved", {"ticket": "T-1", "order": "A-1"}, "ticket"),
        (None, "case.resolved", {"case": 7}, "case"),
        (None, "ticket_solved", {"ticket": "T-1"}, "ticket"),
        (None, "ticket.solved", {"order": "A-1"}, "order"),
        (None, "ticket.solved", {"ticket": "", "order": "A-1"}, "order"),
        (None, "ticket.solved", {"ticket": ["T-1"], "order": 5}, "order"),
        (None, "ticket.solved", {"ticket": True}, None),
        (None, "customer.inactive", {"customer": "c-1"}, None),
        (None, "customer.inactive", {"customer": "c-1", "order": "A-1"}, "order"),
        (None, "...", {"order": "A-1"}, "order"),
        (None, "account.renewal_due", {}, None),
        ("case", "ticket.solved", {"case": "X", "ticket": "T-1"}, "case"),
        ("case", "ticket.solved", {"ticket": "T-1", "order": "A-1"}, None),
        (False, "ticket.solved", {"ticket": "T-1", "order": "A-1"}, None),
    ],
)
def test_what_names_an_occasion(about: Any, type: str, data: dict[str, Any], expected: str | None) -> None:
    invite = survey_invite() if about is None else survey_invite(about=about)
    assert field_of(invite, type, data) == expected


def survey_invite(**more: Any) -> Invite:
    invite = survey(**more).invite
    assert invite
    return invite


# What undoes it


@pytest.mark.parametrize(
    ("mine", "other", "expected"),
    [
        ({"order": "A-1"}, {"order": "A-1"}, True),
        ({"order": "A-1"}, {"order": "A-2"}, False),
        ({"order": 17}, {"order": "17"}, True),
        ({"order": 17.0}, {"order": "17"}, True),
        ({"order": 17}, {"order": "18"}, False),
        ({"order": "A-1"}, {}, True),
        ({}, {"order": "A-1"}, True),
        ({}, {}, True),
        ({"order": "A-1"}, {"order": ""}, False),
        ({"ticket": "T-1", "order": "A-1"}, {"ticket": "T-1", "order": "A-2"}, True),
        ({"ticket": "T-1", "order": "A-1"}, {"ticket": "T-2", "order": "A-1"}, False),
        ({"ticket": "T-1", "order": "A-1"}, {"order": "A-1"}, True),
        ({"ticket": "T-1", "order": "A-1"}, {"order": "A-2"}, False),
        ({"ticket": "T-1"}, {"order": "A-1"}, True),
        ({"ticket": "T-1"}, {"ticket": ["T-2"]}, True),
    ],
)
@pytest.mark.parametrize("about", [None, "ticket"])
def test_a_counter_event_undoes_the_same_or_what_cannot_be_compared(
    about: str | None, mine: dict[str, Any], other: dict[str, Any], expected: bool
) -> None:
    seen = trigger(survey_invite(on=SOLVED, cancel_on=[REOPENED], **({"about": about} if about else {})),
                   happened("1", SOLVED, **mine))  # fmt: skip
    assert bool(cancelled_by([seen], [counter(happened("r", REOPENED, NOW + HOUR, **other))])) is expected
    assert cancelled_by([seen], [counter(happened("r", REOPENED, NOW - HOUR, **other))]) == {}
    assert cancelled_by([seen], [counter(happened("r", "ticket.closed", NOW + HOUR, **other))]) == {}


def sequence(*steps: str) -> list[str]:
    """What is undone at the end, after steps such as "T-1" (solved), "-T-1" (reopened) and "-" (something reopened)."""
    invite, triggers, counters = survey_invite(on=SOLVED, cancel_on=[REOPENED]), [], []
    for number, step in enumerate(steps):
        data: dict[str, Any] = {"ticket": step.removeprefix("-")} if step.strip("-x") else {}
        one = happened(f"{number}", REOPENED if step[0] == "-" else SOLVED, NOW + number * HOUR, **data)
        counters += [counter(one)] if step[0] == "-" else []
        triggers += [] if step[0] == "-" else [trigger(invite, one)]
    return sorted(id for _, id in cancelled_by(random.sample(triggers, len(triggers)), counters))


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (["T-1", "T-2", "-T-2"], ["1"]),
        (["T-1", "T-2", "-"], ["1"]),
        (["T-1", "T-2", "-", "-"], ["0", "1"]),
        (["T-1", "T-2", "-", "-", "-"], ["0", "1"]),
        (["T-1", "T-2", "T-1", "-"], ["1"]),
        (["T-1", "T-1", "-T-1"], ["0", "1"]),
        (["T-1", "-T-1", "T-1"], ["0"]),
        (["T-1", "-T-1", "T-1", "-"], ["0", "2"]),
        (["x", "x", "-"], ["1"]),
        (["x", "T-1", "-T-1"], ["1"]),
        (["T-1", "x", "-T-9"], ["1"]),
        (["-", "T-1"], []),
    ],
)
def test_what_names_nothing_undoes_the_latest_that_nothing_undid(steps: list[str], expected: list[str]) -> None:
    assert sequence(*steps) == expected


# From events to invitations


def planned(engine: Engine) -> list[Any]:
    """The ids of the events that the customer is going to be asked about, or was."""
    query = select(event.c.id).join(invitation, invitation.c.event == event.c.key)
    with engine.database.read() as connection:
        return sorted(connection.execute(query.where(invitation.c.state != "refused")).scalars())


def test_reopening_one_ticket_does_not_cancel_the_survey_about_another(desk: Engine) -> None:
    one, two = happened("1", SOLVED, ticket="T-1"), happened("2", SOLVED, NOW + HOUR, ticket="T-2")
    take(desk, [one, two, happened("3", REOPENED, NOW + 2 * HOUR, ticket="T-2")], NOW + 2 * HOUR)
    assert states(desk) == ["planned", "cancelled"]
    deliver(desk, Outbox(), NOW + 2 * DAY)
    assert states(desk) == ["sent", "cancelled"]


@pytest.mark.parametrize(("first", "again"), [("T-1", "T-1"), (18472, "18472"), (100.0, 100), ("100", 100.0)])
@pytest.mark.parametrize("already_sent", [False, True])
def test_one_ticket_that_is_reported_twice_is_asked_about_once(
    desk: Engine, first: object, again: object, already_sent: bool
) -> None:
    take(desk, [happened("1", SOLVED, ticket=first)], NOW)
    if already_sent:
        deliver(desk, Outbox(), NOW + DAY)
    (outcome,) = take(desk, [happened("2", SOLVED, NOW + DAY, ticket=again)], NOW + DAY)
    assert outcome["refused"] == [{"survey": "support", "reason": "same_occasion"}]
    outbox = Outbox()
    deliver(desk, outbox, NOW + 3 * DAY)
    assert (states(desk), len(outbox.mails)) == (["sent", "same_occasion"], 1 - already_sent)


@pytest.mark.parametrize("already_sent", [False, True])
@pytest.mark.parametrize("named", [{"ticket": "T-1"}, {}])
def test_solved_reopened_and_solved_again_is_asked_about(
    desk: Engine, already_sent: bool, named: dict[str, Any]
) -> None:
    take(desk, [happened("1", SOLVED, ticket="T-1")], NOW)
    if already_sent:
        deliver(desk, Outbox(), NOW + DAY)
    take(desk, [happened("2", REOPENED, NOW + DAY, **named), happened("3", SOLVED, NOW + 2 * DAY, ticket="T-1")],
         NOW + 2 * DAY)  # fmt: skip
    assert states(desk) == ["sent" if already_sent else "cancelled", "planned"]


def test_limits_hold_for_what_was_solved_again(desk: Engine) -> None:
    change(desk, {"post-purchase/support": support(cooldown="30 days")}, cooldown=0)
    take(desk, [happened("1", SOLVED, ticket="T-1")], NOW)
    deliver(desk, Outbox(), NOW + DAY)
    take(desk, [happened("2", REOPENED, NOW + DAY, ticket="T-1"), happened("3", SOLVED, NOW + 2 * DAY, ticket="T-1")],
         NOW + 2 * DAY)  # fmt: skip
    assert states(desk) == ["sent", "survey_cooldown"]


def test_what_is_no_occasion_of_its_own_by_name_is_asked_about_each_time(desk: Engine) -> None:
    change(desk, {"post-purchase/support": support(about=False)})
    take(desk, [happened(str(n), SOLVED, NOW + n * HOUR, ticket="T-1") for n in range(3)], NOW)
    take(desk, [happened("r", REOPENED, NOW + 3 * HOUR, ticket="T-1")], NOW)
    assert states(desk) == ["planned", "planned", "cancelled"]
    assert rows(desk, invitation.c.occasion) == [(None,)] * 3


def test_the_same_ticket_of_another_customer_and_in_another_survey_is_another_occasion(desk: Engine) -> None:
    change(desk, {"post-purchase/returns": support(on="ticket.closed")})
    events = [happened("1", SOLVED, ticket="T-1"), happened("2", SOLVED, customer="c-18", ticket="T-1"),
              happened("3", "ticket.closed", ticket="T-1")]  # fmt: skip
    take(desk, events, NOW)
    assert states(desk) == ["planned"] * 3
    assert len({*rows(desk, invitation.c.occasion)}) == 1


def test_tests_are_apart_from_what_happened(desk: Engine) -> None:
    change(desk, {}, cooldown=0, test_only=["c-17@example.com"])
    one, two = happened("1", SOLVED, ticket="T-1"), happened("2", SOLVED, NOW + HOUR, ticket="T-1")
    take(desk, [replace(one, test=True), one, replace(two, test=True), two], NOW + HOUR)
    assert states(desk) == ["planned", "planned", "same_occasion", "same_occasion"]
    take(desk, [happened("3", REOPENED, NOW + 2 * HOUR, test=True, ticket="T-1")], NOW + 2 * HOUR)
    assert states(desk) == ["cancelled", "planned", "same_occasion", "same_occasion"]


@pytest.mark.parametrize("arrival", [*permutations(range(3))])
def test_a_counter_event_between_makes_another_occasion_whenever_it_arrives(
    desk: Engine, arrival: tuple[int, ...]
) -> None:
    story = [happened("1", SOLVED, NOW, ticket="T-1"), happened("2", REOPENED, NOW + HOUR, ticket="T-1"),
             happened("3", SOLVED, NOW + 2 * HOUR, ticket="T-1")]  # fmt: skip
    for index in arrival:
        take(desk, [story[index]], NOW + 2 * HOUR)
    assert planned(desk) == ["3"]


def test_what_was_a_repeat_is_asked_about_when_an_earlier_reopening_comes_to_light(desk: Engine) -> None:
    for id, time in (("1", NOW), ("2", NOW + 2 * HOUR)):
        take(desk, [happened(id, SOLVED, time, ticket="T-1")], time)
    deliver(desk, Outbox(), NOW + 2 * DAY)
    assert states(desk) == ["sent", "same_occasion"]
    take(desk, [happened("3", REOPENED, NOW + HOUR, ticket="T-1")], NOW + 3 * DAY)
    assert states(desk) == ["sent", "planned"]
    assert rows(desk, invitation.c.due_at)[1] == (NOW + 3 * DAY,)


def test_what_was_planned_twice_before_this_was_known_is_sent_once(desk: Engine) -> None:
    change(desk, {"post-purchase/support": support(about=False)})
    take(desk, [happened(str(n), SOLVED, NOW + n * HOUR, ticket="T-1") for n in range(2)], NOW + HOUR)
    change(desk, {"post-purchase/support": support()})
    with desk.database.write() as connection:
        connection.execute(update(invitation).values(digest=desk.library.surveys["support"].digest))
    outbox = Outbox()
    deliver(desk, outbox, NOW + 2 * DAY)
    assert (sorted(states(desk)), len(outbox.mails)) == (["same_occasion", "sent"], 1)    # late mails: the newest first


def test_what_names_an_occasion_is_refused_where_it_cannot_be_recognised(desk: Engine) -> None:
    change(desk, {"post-purchase/support": support(about="case")})
    marked, damaged = (happened(value, SOLVED, case=value) for value in ("C-1\u200f", "1.00123E+11"))
    counters = [replace(one, id=f"r{one.id}", type=REOPENED) for one in (marked, damaged)]
    for outcome in take(desk, [marked, damaged, *counters], NOW):
        assert outcome["outcome"] == "refused"
        assert outcome["reason"].startswith("`data.case` ")
    assert take(desk, [happened("1", SOLVED, case="C-1", ticket="T\u200f")], NOW)[0]["outcome"] == "accepted"
    assert states(desk) == ["planned"]


# Lots


def drawn(engine: Engine, customer: str) -> list[str | None]:
    query = select(invitation.c.survey).where(invitation.c.customer == customer, invitation.c.reason.is_(None))
    with engine.database.read() as connection:
        return [*connection.execute(query.order_by(invitation.c.key)).scalars()]


def test_a_draw_falls_once_for_an_occasion_and_anew_after_a_counter_event(desk: Engine) -> None:
    part = {"draw": "solved", "sample": 0.4, "after": "1 minute"}
    change(desk, {"post-purchase/support": support(**part), "post-purchase/other": support(**part, cancel_on=[])})
    n, asked = 60, []
    for number in range(n):
        whom = f"c-{number}"
        take(desk, [happened(f"{number}-{again}", SOLVED, NOW, whom, ticket="T-1") for again in range(4)], NOW)
        asked.append(drawn(desk, whom))
        assert len(asked[-1]) <= 1
        take(desk, [happened(f"{number}-r", REOPENED, NOW + HOUR, whom, ticket="T-1"),
                    happened(f"{number}-s", SOLVED, NOW + 2 * HOUR, whom, ticket="T-1")], NOW + 2 * HOUR)  # fmt: skip
    assert {one[0] if one else None for one in asked} == {"support", "other", None}
    with desk.database.read() as connection:
        last = select(event.c.id, invitation.c.survey).join(event, event.c.key == invitation.c.event)
        found = connection.execute(last.where(invitation.c.state == "planned", event.c.id.like("%-s"))).all()
    assert len({id for id, _ in found}) == len(found)    # nobody by two surveys
    anew = {int(id.removesuffix("-s")): name for id, name in found}
    assert 5 < sum((asked[number] or [None])[0] != anew.get(number) for number in range(n)) < 55


# In any order


TICKETS = ("T-1", "T-2")


@st.composite
def stories(draw: st.DrawFn) -> list[Event]:
    """Events of one customer in the order of their arrival, with repeats; what happened when is another order."""
    steps = draw(st.lists(st.tuples(st.booleans(), st.sampled_from([*TICKETS, None])), min_size=2, max_size=9))
    events = [
        happened(str(n), SOLVED if solved or n == 0 else REOPENED, NOW + n * HOUR, **_named(solved or n == 0, ticket))
        for n, (solved, ticket) in enumerate(steps)
    ]
    arrival = draw(st.permutations(events))
    return [*arrival, *draw(st.lists(st.sampled_from(events), max_size=3))]


def _named(solved: bool, ticket: str | None) -> dict[str, Any]:
    return {"ticket": ticket or "T-2"} if ticket or solved else {}


def asked_about(events: Sequence[Event]) -> list[str]:
    """The tickets that are solved at the end: each is asked about once."""
    standing: list[str] = []
    for one in sorted({one.id: one for one in events}.values(), key=lambda one: one.time):
        ticket = str(one.data.get("ticket", ""))
        if one.type == SOLVED:
            standing += [ticket] if ticket not in standing else []
        elif ticket in standing:
            standing.remove(ticket)
        elif not ticket and standing:
            standing.pop()
    return sorted(standing)


@contextmanager
def started(url: str) -> Iterator[Engine]:
    config = CONFIG.replace('cooldown = "0 days"', 'cooldown = "0 days"\nlate = "0 days"')
    with TemporaryDirectory() as directory:
        engine = start(write(Path(directory) / "project", {"post-purchase/support": support()}, config, database=url))
        yield engine
        engine.close()


@pytest.mark.parametrize(("database_url", "examples"), [("sqlite", 60), ("postgres", 25)], indirect=["database_url"])
def test_each_ticket_that_stays_solved_is_asked_about_once(database_url: str, examples: int) -> None:
    with started(database_url) as engine:

        @settings(max_examples=examples)
        @given(stories(), st.integers(1, 4))
        def hold(events: list[Event], size: int) -> None:
            with engine.database.write() as connection:
                connection.execute(delete(invitation))
                connection.execute(delete(event))
            for begin in range(0, len(events), size):
                take(engine, events[begin : begin + size], NOW + 9 * HOUR)
            expected = asked_about(events)
            query = select(event.c.data).join(invitation, invitation.c.event == event.c.key)
            with engine.database.read() as connection:
                found = connection.execute(query.where(invitation.c.state == "planned")).scalars()
                assert sorted(data["ticket"] for data in found) == expected
            outbox = Outbox()
            deliver(engine, outbox, NOW + 9 * DAY)
            assert len(outbox.mails) == len(expected)

        hold()


def test_two_senders_at_once_ask_about_a_ticket_once(desk: Engine) -> None:
    for round in range(5):
        events = [happened(f"{round}-{n}", SOLVED, customer=f"c-{round}", ticket="T-1") for n in range(4)]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda one: take(desk, [one], NOW), events))
    assert sorted(states(desk)) == ["planned"] * 5 + ["same_occasion"] * 15


def test_a_renamed_survey_remembers_what_it_asked_about(desk: Engine) -> None:
    take(desk, [happened("1", SOLVED, ticket="T-1"), happened("2", SOLVED, ticket="T-2")], NOW)
    (desk.root / "surveys" / "post-purchase" / "support.toml").unlink()
    change(desk, {"post-purchase/helpdesk": 'was = "support"\n' + support()}, cooldown=0, late=0)
    take(desk, [happened("3", SOLVED, NOW + HOUR, ticket="T-1")], NOW + HOUR)
    assert states(desk) == ["planned", "planned", "same_occasion"]
    take(desk, [happened("4", REOPENED, NOW + 2 * HOUR, ticket="T-2")], NOW + 2 * HOUR)
    assert states(desk) == ["planned", "cancelled", "same_occasion"]
