"""Who is asked, and when: a table for every rule, and what holds for any event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyengine.definitions.survey import Survey, draft
from surveyengine.definitions.toml.document import parse
from surveyengine.events.event import Customer
from surveyengine.invitations.decision import (
    REASONS,
    Contact,
    Occasion,
    Plan,
    Refusal,
    Rules,
    lot_of,
    plan,
    shares,
    turn,
)
from surveyengine.settings.calendar import Calendar, calendar, next_open
from surveyengine.settings.config import SendingSettings
from tests.support.business import asking, delivered

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
JERUSALEM, TEHRAN, LORD_HOWE = ZoneInfo("Asia/Jerusalem"), ZoneInfo("Asia/Tehran"), ZoneInfo("Australia/Lord_Howe")
DANA = Contact({"email": "dana@example.com"}, "he", JERUSALEM, opted_out=False, asked=())
HAPPENED = Occasion(delivered(time=NOW), DANA, {"country": "IL", "total": 250}, cancelled=False, now=NOW)
FREE: dict[str, Any] = {"cooldown": "0 days"}
HOURS, DAYS = timedelta(hours=1), timedelta(days=1)


def survey(id: str = "delivery", closed: bool = False, **invite: Any) -> Survey:
    return draft(id, "purchase", parse(asking(closed, **invite).encode(), f"{id}.toml"), {}).survey()


def decide(
    asked_by: Survey, occasion: Occasion = HAPPENED, sending: Mapping[str, Any] = FREE, *others: Survey
) -> Plan | Refusal | None:
    surveys = {one.id: one for one in (asked_by, *others)}
    settings = SendingSettings(**sending)
    closed = calendar(settings.closed, "IL", settings.quiet_hours, {})
    return plan(asked_by, occasion, Rules(settings, closed, shares(surveys.values())))


def word(decision: Plan | Refusal | None) -> str:
    """What was decided, in a word."""
    return decision.reason if isinstance(decision, Refusal) else "planned" if decision else "not about it"


def knowing(**contact: Any) -> Occasion:
    return HAPPENED._replace(contact=DANA._replace(**contact))


def test_an_event_earns_an_invitation_after_the_given_time() -> None:
    assert decide(survey(after="12 hours")) == Plan(NOW + 12 * HOURS, "email", 1.0)


@pytest.mark.parametrize(
    ("age", "quiet", "due"),
    [
        (timedelta(0), "", NOW + 12 * HOURS),
        (12 * HOURS, "", NOW),
        (13 * HOURS, "", NOW),
        (90 * DAYS, "", NOW),
        (90 * DAYS, "13:00 16:00", NOW + 2 * HOURS),    # it is 14:00 in Jerusalem, whatever it was then
        (90 * DAYS, "20:00 09:00", NOW),
    ],
)
def test_what_ought_to_have_left_is_due_now(age: timedelta, quiet: str, due: datetime) -> None:
    occasion = HAPPENED._replace(event=delivered(time=NOW - age))
    sending = {**FREE, "late": 0, "quiet_hours": quiet.split()}
    wished = max(NOW, NOW - age + 12 * HOURS)
    assert decide(survey(after="12 hours"), occasion, sending) == Plan(
        due, "email", 1.0, wished if due > wished else None
    )


@pytest.mark.parametrize(
    ("age", "asked", "expected"),
    [
        (90 * DAYS, -90 * DAYS, "planned"),
        (90 * DAYS, -29 * DAYS, "cooldown"),
        (90 * DAYS, timedelta(0), "cooldown"),
        (90 * DAYS, 29 * DAYS, "cooldown"),
        (90 * DAYS, 30 * DAYS, "planned"),
    ],
)
def test_limits_look_at_when_an_old_event_would_be_asked_about(
    age: timedelta, asked: timedelta, expected: str
) -> None:
    occasion = knowing(asked=[("website", NOW + asked)])._replace(event=delivered(time=NOW - age))
    assert word(decide(survey(), occasion, {"late": 0, "cooldown": "30 days"})) == expected


@pytest.mark.parametrize(
    ("invite", "expected"),
    [
        ({"on": "order.paid"}, "not about it"),
        ({"when": {"country": ["IL", "IR"]}}, "planned"),
        ({"when": {"country": "IR"}}, "not about it"),
        ({"when": {"country": "IL", "total": {"at_least": 250}}}, "planned"),
        ({"when": {"country": "IL", "total": {"above": 250}}}, "not about it"),
        ({"when": {"missing": {"answered": False}}}, "planned"),
        ({"when": {"missing": "x"}}, "not about it"),
    ],
)
def test_a_survey_is_about_its_own_event_and_only_when_its_condition_holds(
    invite: dict[str, Any], expected: str
) -> None:
    assert word(decide(survey(**invite))) == expected


def test_a_survey_that_waits_for_no_event_is_about_none() -> None:
    uninvited = replace(survey(), head=survey().head.model_copy(update={"invite": None}))
    assert decide(uninvited) is None


@pytest.mark.parametrize(
    ("age", "late", "expected"),
    [
        (7 * DAYS, "7 days", "planned"),
        (7 * DAYS + timedelta(seconds=1), "7 days", "late"),
        (400 * DAYS, 0, "planned"),
        (-1 * HOURS, "1 second", "planned"),
    ],
)
def test_an_event_that_comes_to_light_too_old_is_late(age: timedelta, late: object, expected: str) -> None:
    occasion = HAPPENED._replace(event=delivered(time=NOW - age))
    assert word(decide(survey(after="30 days"), occasion, {"late": late})) == expected


TRUSTED: dict[str, Any] = {**FREE, "test_only": ["Dana@Example.com"]}


@pytest.mark.parametrize(
    ("contact", "test", "sending", "invite", "expected"),
    [
        ({"opted_out": True}, False, FREE, {}, "opted_out"),
        ({"reached": {}}, False, FREE, {}, "unreachable"),
        ({"reached": {"sms": "+972501234567"}}, False, FREE, {}, "unreachable"),
        ({}, False, FREE, {"channels": ["sms"]}, "unreachable"),
        ({}, False, FREE, {"channels": ["sms", "email"]}, "planned"),
        ({}, True, FREE, {}, "test"),
        ({}, True, TRUSTED, {}, "planned"),
        ({}, False, TRUSTED, {}, "planned"),
        ({"reached": {"email": "other@example.com"}}, False, TRUSTED, {}, "test_only"),
        ({"reached": {"email": "other@example.com"}}, True, TRUSTED, {}, "test"),
        ({"opted_out": True}, True, TRUSTED, {}, "opted_out"),
    ],
)
def test_whom_no_invitation_may_reach(
    contact: dict[str, Any], test: bool, sending: dict[str, Any], invite: dict[str, Any], expected: str
) -> None:
    occasion = knowing(**contact)
    occasion = occasion._replace(event=replace(occasion.event, test=test))
    assert word(decide(survey(**invite), occasion, sending)) == expected


def test_reasons_come_in_order_from_the_most_final() -> None:
    asked = survey(closed=True, sample=0, cooldown="30 days")
    everything = knowing(opted_out=True, reached={}, asked=[("delivery", NOW)])._replace(
        event=delivered(time=NOW - 8 * DAYS), cancelled=True, repeated=True,
    )  # fmt: skip
    said = [word(decide(asked, everything))]
    asked = replace(asked, head=asked.head.model_copy(update={"closed": False}))
    said.append(word(decide(asked, everything)))
    for lifted in ({"event": delivered(time=NOW)}, {"cancelled": False, "contact": None}):
        everything = everything._replace(**lifted)
        said.append(word(decide(asked, everything)))
    known: list[dict[str, Any]] = [{"opted_out": True}, {"reached": {}}, {"asked": [("delivery", NOW)]}]
    for contact in known:
        said.append(word(decide(asked, knowing(**contact)._replace(repeated=not contact.get("asked")))))
    said.append(word(decide(asked, HAPPENED._replace(repeated=True))))
    said.append(word(decide(survey(cooldown="30 days"), knowing(asked=[("delivery", NOW)]))))
    assert said == [
        "closed", "late", "cancelled", "no_customer", "opted_out", "unreachable", "not_sampled",
        "same_occasion", "survey_cooldown",
    ]  # fmt: skip
    assert {*said} <= REASONS.keys()


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ([("website", -7 * DAYS)], "planned"),
        ([("website", -7 * DAYS + timedelta(seconds=1))], "cooldown"),
        ([("website", 7 * DAYS - timedelta(seconds=1))], "cooldown"),
        ([("website", 7 * DAYS)], "planned"),
        ([("delivery", -8 * DAYS)], "survey_cooldown"),
        ([("delivery", 29 * DAYS)], "survey_cooldown"),
        ([("delivery", -30 * DAYS), ("delivery", 30 * DAYS), ("website", -8 * DAYS)], "planned"),
    ],
)
def test_cooldowns_hold_towards_what_was_sent_and_what_is_promised(
    asked: list[tuple[str, timedelta]], expected: str
) -> None:
    due = NOW + 12 * HOURS
    occasion = knowing(asked=[(one, due + distance) for one, distance in asked])
    sending = {"cooldown": "7 days"}
    assert word(decide(survey(after="12 hours", cooldown="30 days"), occasion, sending)) == expected
    exempt = survey(after="12 hours", cooldown="30 days", exempt=True)
    assert word(decide(exempt, occasion, {**sending, "at_most": {"90 days": 1}})) == "planned"


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ([], "planned"),
        ([-1, -89], "at_most"),
        ([-1, -90], "planned"),
        ([-91, -92, -93], "planned"),
        ([-200, -210, -220, -230], "at_most"),
        ([-200, -210, -220, -365], "planned"),
        ([1, 2], "at_most"),
        ([-45, 45], "planned"),
        ([-44, 45], "at_most"),
        ([0, 0], "at_most"),
    ],
)
def test_no_window_ever_holds_more_invitations_than_the_limits_allow(asked: list[int], expected: str) -> None:
    occasion = knowing(asked=[("website", NOW + days * DAYS) for days in asked])
    assert word(decide(survey(), occasion, {**FREE, "at_most": {"90 days": 2, "365 days": 4}})) == expected


@given(st.lists(st.integers(-400, 400), max_size=12), st.integers(1, 200), st.integers(1, 4))
def test_whoever_is_invited_in_any_order_stays_within_the_limit(dues: list[int], window: int, most: int) -> None:
    asked: list[tuple[str, datetime]] = []
    for due in dues:
        event = delivered(time=NOW + due * DAYS)
        occasion = knowing(asked=list(asked))._replace(event=event, now=event.time)
        decision = decide(survey(), occasion, {**FREE, "at_most": {f"{window} days": most}})
        if isinstance(decision, Plan):
            asked.append(("delivery", decision.due))
    for _, end in asked:
        assert sum(end - window * DAYS < at <= end for _, at in asked) <= most


def test_a_test_is_not_held_up_by_limits() -> None:
    occasion = knowing(asked=[("delivery", NOW)])
    occasion = occasion._replace(event=replace(occasion.event, test=True))
    assert word(decide(survey(cooldown="9 days"), occasion, {**TRUSTED, "cooldown": "9 days"})) == "planned"


# Lots


@given(st.text(), st.text(), st.text())
def test_a_lot_lies_from_0_up_to_1_and_is_the_same_whenever_it_is_drawn(lot: str, source: str, id: str) -> None:
    event = replace(delivered(), source=source.replace("\ud800", ""), id=id)
    assert 0 <= lot_of(lot, event) < 1
    assert lot_of(lot, event) == lot_of(lot, replace(event, data={}, time=NOW + DAYS, customer=None))


def test_what_is_refused_before_a_lot_is_drawn_was_sure_to_be() -> None:
    assert decide(survey(sample=0.5, closed=True)) == Refusal("closed", 1.0)


def test_a_lot_stays_what_it_was_before_an_upgrade() -> None:
    text = asking(every="91 days").replace('on = "shipment.delivered"\n', "")
    pulse = draft("pulse", "relationship", parse(text.encode(), "pulse.toml"), {}).survey()
    mine = turn(pulse, Customer("c-17"), NOW - 100 * DAYS, NOW)
    drawn = [lot_of("visit", delivered()), lot_of("ticket", delivered(), ("c-17", "T-1", "")), lot_of("pulse", mine)]
    assert drawn == pytest.approx([0.7715266950801265, 0.0009233625630251652, 0.981531806218829])


@pytest.mark.parametrize("sample", [0.0, 0.05, 0.5, 0.9, 1.0])
def test_of_many_events_about_the_given_part_is_asked(sample: float) -> None:
    asked, n = survey(sample=sample), 4_000
    decisions = [decide(asked, HAPPENED._replace(event=delivered(str(id), NOW))) for id in range(n)]
    assert {(word(one), one.probability) for one in decisions if one} <= {("planned", sample), ("not_sampled", sample)}
    planned = sum(isinstance(one, Plan) for one in decisions)
    assert abs(planned - n * sample) <= 4 * (n * sample * (1 - sample)) ** 0.5    # four standard deviations


def test_of_an_occasion_the_lot_falls_once_and_of_the_next_one_anew() -> None:
    occasions = [(f"c-{n}", "T-1", "None") for n in range(200)]
    for occasion in occasions:
        assert len({lot_of("ticket", delivered(str(id)), occasion) for id in range(3)}) == 1
    others = [(customer, ticket, str(NOW)) for customer, ticket, _ in occasions]
    lots = {lot_of("ticket", delivered(), occasion) for occasion in [*occasions, *others]}
    assert len(lots) == 400


def test_surveys_draw_their_lots_independently() -> None:
    one, other, n = survey("website", sample=0.5), survey("delivery", sample=0.5), 4_000
    events = [HAPPENED._replace(event=delivered(str(id), NOW)) for id in range(n)]
    both = sum(word(decide(one, each)) == word(decide(other, each)) == "planned" for each in events)
    assert abs(both - n / 4) < 4 * (n * 3 / 16) ** 0.5


def test_an_event_goes_to_at_most_one_survey_of_a_draw_with_the_given_chances() -> None:
    parts = {"a": 0.2, "b": 0.5, "c": 0.1}
    drawn = [survey(id, draw="shipment", sample=sample) for id, sample in parts.items()]
    n, counts = 4_000, dict.fromkeys(parts, 0)
    for number in range(n):
        occasion = HAPPENED._replace(event=delivered(str(number), NOW))
        decisions = {one.id: decide(one, occasion, FREE, *drawn) for one in drawn}
        won = [id for id, decision in decisions.items() if isinstance(decision, Plan)]
        assert len(won) <= 1
        assert {word(one) for one in decisions.values()} <= {"planned", "not_drawn"}
        for winner in won:
            counts[winner] += 1
    for id, sample in parts.items():
        assert abs(counts[id] - n * sample) < 4 * (n * sample * (1 - sample)) ** 0.5


@pytest.mark.parametrize("parts", [[1.0], [0.5, 0.5], [0.1] * 10, [1 / 3] * 3, [0.7, 0.2, 0.1]])
def test_a_draw_whose_chances_make_up_1_leaves_no_event_out(parts: list[float]) -> None:
    drawn = [survey(f"s{number}", draw="all", sample=part) for number, part in enumerate(parts)]
    for id in range(300):
        occasion = HAPPENED._replace(event=delivered(str(id), NOW))
        decisions = [decide(one, occasion, FREE, *drawn) for one in drawn]
        assert [word(one) for one in decisions].count("planned") == 1
        assert [one.probability for one in decisions if one] == pytest.approx(parts)


# Quiet hours


@pytest.mark.parametrize(
    ("at", "zone", "quiet", "expected"),
    [
        ("2026-11-20T17:59", JERUSALEM, "20:00 09:00", "2026-11-20T17:59"),
        ("2026-11-20T18:00", JERUSALEM, "20:00 09:00", "2026-11-21T07:00"),
        ("2026-11-20T22:30", JERUSALEM, "20:00 09:00", "2026-11-21T07:00"),    # after midnight already
        ("2026-11-21T06:59", JERUSALEM, "20:00 09:00", "2026-11-21T07:00"),
        ("2026-11-21T07:00", JERUSALEM, "20:00 09:00", "2026-11-21T07:00"),
        ("2026-11-20T18:00", TEHRAN, "20:00 09:00", "2026-11-21T05:30"),
        ("2026-11-20T10:59", JERUSALEM, "13:00 16:00", "2026-11-20T10:59"),
        ("2026-11-20T11:00", JERUSALEM, "13:00 16:00", "2026-11-20T14:00"),
        ("2026-11-20T14:00", JERUSALEM, "13:00 16:00", "2026-11-20T14:00"),
        ("2026-11-20T18:00", JERUSALEM, "20:00 20:00", "2026-11-20T18:00"),
        ("2026-11-20T18:00", JERUSALEM, "", "2026-11-20T18:00"),
        # The clocks of Israel go forward on 27 March at 2:00 and back on 25 October at 2:00; the local end is kept.
        ("2026-03-26T20:00", JERUSALEM, "20:00 09:00", "2026-03-27T06:00"),
        ("2026-10-24T20:00", JERUSALEM, "20:00 09:00", "2026-10-25T07:00"),
        ("2026-10-24T22:10", JERUSALEM, "20:00 01:30", "2026-10-24T22:30"),    # 1:10, the first time
        ("2026-10-24T23:10", JERUSALEM, "20:00 01:30", "2026-10-24T23:10"),    # 1:10 again: the quiet hours are over
        ("2026-10-03T12:00", LORD_HOWE, "20:00 09:00", "2026-10-03T22:00"),    # half an hour forward
    ],
)
def test_quiet_hours_are_those_of_the_customer(at: str, zone: ZoneInfo, quiet: str, expected: str) -> None:
    hours = tuple(time.fromisoformat(clock) for clock in quiet.split())
    assert next_open(moment(at), zone, Calendar(hours)) == moment(expected)


@pytest.mark.parametrize(
    ("late", "invite", "decision"),
    [
        ("7 days", {}, "planned"),
        ("1 day", {}, "no_open_time"),          # Friday 14:00 to Sunday 0:00: longer than a day
        ("7 days", {"expires": "1 day"}, "no_open_time"),
        ("2 days", {"expires": "2 days"}, "planned"),
        (0, {"expires": "2 days"}, "planned"),
        (0, {"expires": "1 day"}, "no_open_time"),
    ],
)  # fmt: skip
def test_what_would_wait_too_long_for_an_open_time_is_refused(
    late: Any, invite: Mapping[str, Any], decision: str
) -> None:
    sending = {**FREE, "late": late, "closed": ["friday", "saturday"]}
    assert word(decide(survey(after="0 hours", **invite), HAPPENED, sending)) == decision


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@given(
    at=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
    quiet=st.tuples(st.times(), st.times()),
    zone=st.sampled_from([JERUSALEM, TEHRAN, LORD_HOWE, ZoneInfo("America/New_York"), ZoneInfo("UTC")]),
)
def test_whoever_sleeps_is_written_to_within_a_day_and_never_earlier_than_planned(
    at: datetime, quiet: tuple[time, time], zone: ZoneInfo
) -> None:
    later = next_open(at, zone, Calendar(quiet))
    assert at <= later <= at + 25 * HOURS
    assert next_open(later, zone, Calendar(quiet)) == later


def test_an_invitation_planned_for_the_night_is_due_in_the_morning() -> None:
    decision = decide(survey(after="8 hours"), HAPPENED, {**FREE, "quiet_hours": ["20:00", "09:00"]})
    assert decision == Plan(moment("2026-11-21T07:00"), "email", 1.0, moment("2026-11-20T20:00"))
