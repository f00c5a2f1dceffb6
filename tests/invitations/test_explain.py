"""Why a customer was asked, or was not, in sentences that need no explanation themselves."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from surveyengine.app import create_app
from surveyengine.cli import main
from surveyengine.definitions.condition import Condition, holds
from surveyengine.definitions.survey import Invite
from surveyengine.engine import Engine
from surveyengine.events.fields import UnusedDetail
from surveyengine.i18n.speech import speech
from surveyengine.invitations.decision import REASONS, Limits, exceeded_limit
from surveyengine.invitations.explain import Unknown, explain
from surveyengine.invitations.explanation import (
    Bearing,
    Clock,
    EventHistory,
    about_event,
    outcome,
)  # fmt: skip
from surveyengine.invitations.link import LinkRequest, path
from surveyengine.invitations.mismatch import NEWER, unmet
from surveyengine.invitations.planning import take
from surveyengine.invitations.standing import Standing, about_limits, free_from
from surveyengine.invitations.unsubscribe import opt_out
from surveyengine.settings.calendar import Calendar
from surveyengine.settings.config import SendingSettings
from surveyengine.store.history import HistoryEvent, InvitationOutcome
from surveyengine.store.schema import invitation
from surveyengine.values.enumeration import InvitationState
from surveyengine.values.link_tokens import unsubscribe_token
from tests.invitations.test_delivery import Outbox, deliver
from tests.invitations.test_intake import returned, rows
from tests.invitations.test_test_mode import TESTERS, trial
from tests.support import business
from tests.support.business import answer, asking, change, delivered

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ENGLISH = speech("en")
CLOCK = Clock(NOW, ZoneInfo("Asia/Jerusalem"), ENGLISH)  # two hours ahead of UTC in winter
NOON = replace(CLOCK, calendar=Calendar((time(13), time(15)), has_shabbat=True))  # when nothing is sent


def became(state: str = "planned", **more: Any) -> InvitationOutcome:
    """What became of an invitation that was due an hour ago."""
    plain = dict.fromkeys(InvitationOutcome._fields) | {"survey": "delivery", "test": False, "probability": 1.0}
    plain |= {"channel": "email", "planned_at": NOW - DAY, "due_at": NOW - HOUR, "next_at": NOW - HOUR}
    return InvitationOutcome(**{**plain, "state": state, **more})


SENT = {"sent_at": NOW - HOUR, "expires_at": NOW + DAY}


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (became("refused", reason="cooldown"), f"not asked, because {REASONS['cooldown']}"),
        (
            became("sent", sent_at=NOW - HOUR, probability=0.25),
            "asked by e-mail on 2026-11-20 13:00 (by lot, chance 1 in 4); not answered so far",
        ),
        (
            became("refused", reason="not_sampled", probability=0.25),
            "not asked, because the lot fell on not asking this time (it falls on 25% of such events)",
        ),
        (became("failed", why="550 no"), "not asked, because the mail could not be sent (550 no)"),
        (became(due_at=NOW + DAY, next_at=NOW + DAY), "will be asked on 2026-11-21 14:00"),
        (became(), "due since 2026-11-20 13:00, and about to be asked"),
        (
            became(next_at=NOW + HOUR, why="451 try later"),
            "will be asked on 2026-11-20 15:00 (due on 2026-11-20 13:00, after a failure: 451 try later)",
        ),
        (became(next_at=NOW + HOUR), "will be asked on 2026-11-20 15:00 (due on 2026-11-20 13:00)"),
        (became(leaving=True), "being sent at this moment"),
        (
            became("sent", **SENT),
            "asked by e-mail on 2026-11-20 13:00; not answered so far; the link expires on 2026-11-21 14:00",
        ),
        (
            became("sent", sent_at=NOW, expires_at=NOW),
            "asked by e-mail on 2026-11-20 14:00 (due on 2026-11-20 13:00); "
            "not answered; the link expired on 2026-11-20 14:00",
        ),
        (
            became("sent", **SENT, answered_at=NOW),
            "asked by e-mail on 2026-11-20 13:00; answered on 2026-11-20 14:00",
        ),
        (
            became("uncertain", **SENT, why="connection lost"),
            "asked by e-mail on 2026-11-20 13:00; whether the mail arrived is uncertain (connection lost); "
            "not answered so far; the link expires on 2026-11-21 14:00",
        ),
        (
            became("sent", **SENT, channel="link", answered_at=NOW),
            "asked by a link that was made for them on 2026-11-20 13:00; answered on 2026-11-20 14:00",
        ),
    ],
)  # fmt: skip
def test_every_outcome_is_a_sentence(one: InvitationOutcome, said: str) -> None:
    assert outcome(one, CLOCK) == said


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (
            became(next_at=NOW + 31 * HOUR),
            "waits until 2026-11-21 21:00 because of the quiet hours and Shabbat (due on 2026-11-20 13:00)",
        ),
        (
            became(next_at=NOW + HOUR, timezone="Asia/Tehran", wished_at=NOW - 2 * HOUR),    # 13:30 there
            "waits until 2026-11-20 15:00 because of the quiet hours and Shabbat (due on 2026-11-20 12:00)",
        ),
        (
            became("sent", sent_at=NOW + DAY, expires_at=NOW + 2 * DAY, wished_at=NOW - HOUR, due_at=NOW),
            "asked by e-mail on 2026-11-21 14:00 (due on 2026-11-20 13:00, and waited because of the quiet hours and "
            "Shabbat); not answered so far; the link expires on 2026-11-22 14:00",
        ),
        (
            became(wished_at=NOW - 2 * HOUR),
            "due since 2026-11-20 13:00, and about to be asked (due on 2026-11-20 12:00)",
        ),
    ],
)  # fmt: skip
def test_what_waits_says_because_of_what(one: InvitationOutcome, said: str) -> None:
    assert outcome(one, NOON) == said


def test_where_it_is_not_told_whether_somebody_answered_both_are_one_sentence() -> None:
    silent, asked = replace(CLOCK, tells=lambda one: False), became("sent", **SENT)
    said = "asked by e-mail on 2026-11-20 13:00; whether it was answered is not told"
    assert outcome(asked, silent) == outcome(asked._replace(answered_at=NOW), silent) == said


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_has_its_words(reason: str) -> None:
    assert outcome(became("refused", reason=reason), CLOCK).startswith(f"not asked, because {REASONS[reason]}")


@pytest.mark.parametrize("state", InvitationState)
def test_every_state_has_its_words(state: str) -> None:
    assert outcome(became(state), CLOCK)


def test_an_event_that_nobody_asks_about_says_so() -> None:
    happened = HistoryEvent(1, "shop", "a", "order.paid", NOW, "c-17", False, {})
    assert list(about_event(happened, EventHistory([happened]), Bearing({}, []), CLOCK)) == [
        "2026-11-20 14:00  order.paid (shop/a)",
        "  No survey is about such an event.",
    ]


def test_a_type_that_nobody_knows_is_told_with_the_one_that_is_meant(engine: Engine) -> None:
    take(engine, [replace(delivered(), type="shipment.deliverd")], NOW)
    assert "  No survey is about such an event; did you mean `shipment.delivered`?" in explain(engine, "o-1", NOW)


MISMATCHES: list[tuple[dict[str, Any], dict[str, Any], str]] = [  # a `when`, what an event carries, and what is wanted
    ({"total": {"at_least": 500}}, {"total": "249,90 NIS"},
     '`total` to be at least 500, but `total` is the text "249,90 NIS", which cannot be compared as a number'),
    ({"total": {"above": 0, "below": 0.5}}, {"total": 0.75},
     "`total` to be above 0 and to be below 0.5, but `total` is 0.75"),
    ({"total": {"at_least": 1}}, {"total": True},
     "`total` to be at least 1, but `total` is the truth value true, which cannot be compared as a number"),
    ({"country": ["IL", "IR"]}, {"country": "DE"}, '`country` to be one of "IL", "IR", but `country` is "DE"'),
    ({"country": "IL"}, {}, '`country` to be "IL", but the event does not carry it'),
    ({"role": "buyer"}, {}, '`role` to be "buyer", but it is not known'),
    ({"pieces": 3}, {"pieces": "3"}, '`pieces` to be 3, but `pieces` is the text "3"'),
    ({"pieces": "3"}, {"pieces": 3}, '`pieces` to be "3", but `pieces` is the number 3'),
    ({"a": {"is_not": "x"}, "b": {"not_in": [1, 2]}}, {"a": "x", "b": 2},
     '`a` not to be "x", but `a` is "x"; and `b` not to be one of 1, 2, but `b` is 2'),
    ({"a": {"contains": "x"}}, {"a": ["y"]}, '`a` to contain "x", but `a` is ["y"]'),
    ({"a": {"answered": True}}, {}, "`a` to be there, but the event does not carry it"),
    ({"a": {"answered": False}}, {"a": "y" * 100}, f'`a` not to be there, but `a` is "{"y" * 58}…'),
    ({"any": [{"a": 1}, {"b": 2, "c": 3}], "d": 4}, {"b": 2, "d": 4},
     "`a` to be 1, but the event does not carry it, or `c` to be 3, but the event does not carry it"),
]  # fmt: skip


@pytest.mark.parametrize(("when", "values", "wanted"), MISMATCHES)
def test_it_is_told_which_test_failed_with_which_value(
    when: dict[str, Any], values: dict[str, Any], wanted: str
) -> None:
    assert unmet(Condition.model_validate(when), values, ENGLISH) == f"not asked, because its `when` wants {wanted}"


SCALARS = st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["", "a", "1", "ab"])
TESTS = st.dictionaries(
    st.sampled_from(["at_least", "below", "is", "is_not", "contains", "answered", "in"]), st.integers(0, 3), min_size=1
).map(lambda test: {key: [value] if key == "in" else value > 1 if key == "answered" else value
                    for key, value in test.items()})  # fmt: skip
WHENS = st.recursive(
    st.dictionaries(st.sampled_from("abc"), TESTS),
    lambda inner: st.builds(lambda tests, any: {**tests, "any": any}, st.dictionaries(st.sampled_from("ab"), TESTS),
                            st.lists(inner, min_size=1, max_size=2)),
    max_leaves=4,
)  # fmt: skip


@given(WHENS, st.dictionaries(st.sampled_from("abc"), SCALARS | st.lists(SCALARS, max_size=2)))
def test_a_failed_test_is_told_exactly_where_a_condition_does_not_hold(
    when: dict[str, Any], values: dict[str, Any]
) -> None:
    condition = Condition.model_validate(when)
    assert (unmet(condition, values, ENGLISH) == NEWER) is holds(condition, values)


def test_what_was_left_out_of_an_event_is_told(engine: Engine) -> None:
    left_out = UnusedDetail("customer.language", "must be a language, such as he or Hebrew; 'x' is not known")
    take(engine, [replace(delivered(), unused=(left_out,))], NOW)
    assert f"  `customer.language` {left_out.reason}; it was left out." in explain(engine, "o-1", NOW)


def test_the_values_of_a_when_are_those_of_the_customer_too(engine: Engine) -> None:
    change(engine, {"purchase/delivery": asking(when={"language": "fa", "total": {"at_least": 5}})})
    take(engine, [delivered(total="5 or so")], NOW)
    wanted = (
        'because its `when` wants `language` to be "fa", but `language` is "he"; and `total` to be at least 5, but '
        '`total` is the text "5 or so", which cannot be compared as a number.'
    )
    assert f"  delivery: not asked, {wanted}" in explain(engine, "c-17", NOW)
    change(engine, {"purchase/delivery": asking()})
    assert f"  delivery: {NEWER}." in explain(engine, "o-1", NOW)


def test_what_would_be_allowed_is_said_once_for_several_surveys() -> None:
    ahead: dict[str, datetime | str] = {"a": NOW, "b": NOW + DAY, "c": NOW, "d": "unreachable"}
    assert sorted(about_limits(Standing("c-17", NOW, None, None, ahead), CLOCK)) == [
        "An invitation to a, c is possible at any time.",
        "An invitation to b is possible again from 2026-11-21 14:00 on.",
        "No invitation to d is possible now, because the customer has no address in the survey's channels.",
    ]


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(-400, 400)), max_size=8),
    st.integers(0, 100), st.integers(0, 100), st.dictionaries(st.integers(1, 200), st.integers(1, 3), max_size=2),
)  # fmt: skip
def test_the_first_moment_without_a_limit_is_found(
    asked: list[tuple[str, int]], cooldown: int, own: int, windows: dict[int, int]
) -> None:
    given = [(survey, NOW + hours * HOUR) for survey, hours in asked]
    invite = Invite(on="x", cooldown=f"{own} hours")  # type: ignore[arg-type]  # as it stands in a file
    most = {f"{hours} hours": n for hours, n in windows.items()}
    sending = SendingSettings.model_validate({"cooldown": f"{cooldown} hours", "at_most": most})
    limits = Limits("a", invite, sending)
    found = free_from(limits, given, NOW)
    free = [hour for hour in range(1201) if exceeded_limit(limits, given, NOW + hour * HOUR) is None]
    assert found == NOW + free[0] * HOUR


# From the database


def told(engine: Engine, name: str, now: datetime = NOW) -> str:
    return "\n".join(explain(engine, name, now))


def test_a_customer_is_told_from_the_first_event_to_what_is_possible_next(engine: Engine) -> None:
    vip = asking(when={"total": {"at_least": 500}}, exempt=True)  # or a lot would be drawn
    change(engine, {"post-purchase/vip": vip}, cooldown="7 days")
    take(engine, [delivered()], NOW)
    deliver(engine, Outbox(), NOW + 12 * HOUR)
    take(engine, [delivered("2", NOW + DAY), returned(time=NOW + DAY, order="A-2")], NOW + DAY)
    assert told(engine, "c-17", NOW + DAY).splitlines() == [
        "Customer c-17 is known since 2026-11-20 14:00. Times are those of Asia/Jerusalem.",
        "",
        "2026-11-20 14:00  shipment.delivered (shop/o-1)",
        "  delivery (order A-1): asked by e-mail on 2026-11-21 02:00; not answered so far; the link expires on"
        " 2026-12-05 02:00.",
        "  vip: not asked, because its `when` wants `total` to be at least 500, but the event does not carry it.",
        "",
        "2026-11-21 14:00  shipment.delivered (shop/o-2)",
        "  delivery (order A-2): not asked, because the customer was invited to some survey too recently.",
        "  vip: not asked, because its `when` wants `total` to be at least 500, but the event does not carry it.",
        "",
        "2026-11-21 14:00  return.requested (shop/r-1)",
        "  delivery: not asked about what this event undoes.",
        "",
        "An invitation to vip is possible at any time.",
        "An invitation to delivery is possible again from 2026-11-28 02:00 on.",
    ]


IN_HEBREW = (
    "פרטי c-17 ידועים מאז 20 בנובמבר 2026, 14:00. השעות הן לפי Asia/Jerusalem.",
    "  delivery (order A-2): לא נשלחה הזמנה: נשלחה הזמנה לסקר כלשהו לפני זמן קצר מדי.",
)
IN_PERSIAN = (
    "مشتری c-17 از ۲۹ آبان ۱۴۰۵، ساعت ۱۴:۰۰ شناخته شده است. ساعت‌ها به وقت Asia/Jerusalem است.",
    "  delivery (order A-2): دعوت‌نامه‌ای فرستاده نشد: مشتری به‌تازگی به یک نظرسنجی دعوت شده است.",
)


@pytest.mark.parametrize(("language", "lines"), [("he", IN_HEBREW), ("own", IN_HEBREW), ("fa", IN_PERSIAN)])
def test_it_is_told_in_other_languages_too(engine: Engine, language: str, lines: tuple[str, ...]) -> None:
    wanted = {"total": {"at_least": 500, "is_not": 7}, "country": ["IL", "IR"]}
    change(engine, {"post-purchase/vip": asking(when=wanted, exempt=True)}, cooldown="7 days")
    take(engine, [delivered(total="9 NIS")], NOW)
    deliver(engine, Outbox(), NOW + 12 * HOUR)
    take(engine, [delivered("2", NOW + DAY), returned(time=NOW + DAY, order="A-2")], NOW + DAY)
    found = explain(engine, "c-17", NOW + DAY, language)
    assert [line for line in lines if line not in found] == []
    names = re.compile(r"`\w+`|\"[^\"]*\"|[\w.]+ \(shop/[-\w]+\)|order A-\d|c-17|Asia/Jerusalem|delivery|vip")
    assert re.findall("[A-Za-z]+", names.sub("", "\n".join(found))) == []
    assert len(found) == len(explain(engine, "c-17", NOW + DAY))


def test_a_language_without_words_is_named(tmp_path: Path) -> None:
    found = CliRunner().invoke(main, ["--project", str(business.write(tmp_path)), "explain", "c-1", "--language", "xx"])
    assert found.exit_code == 2
    assert "no words in 'xx'; there are en, fa, he, or own" in found.stderr


def test_it_is_told_what_an_occasion_was_and_which_event_settled_it(engine: Engine) -> None:
    steps = [delivered(), replace(delivered(time=NOW + HOUR), id="again"), delivered("2", NOW + HOUR),
             returned(time=NOW + 2 * HOUR, order="A-2"), returned("2", NOW + 3 * HOUR, order=None),
             replace(delivered("3", NOW + 4 * HOUR), data={"order": True})]  # fmt: skip
    take(engine, steps, NOW + 4 * HOUR)
    lines = [line for line in told(engine, "c-17", NOW + 4 * HOUR).splitlines() if line.startswith("  delivery")]
    assert lines == [
        "  delivery (order A-1): not asked, because a later event undid what the survey asks about (shop/r-2).",
        "  delivery (order A-1): not asked, because the survey asks about the same occasion already.",
        "  delivery (order A-2): not asked, because a later event undid what the survey asks about (shop/r-1).",
        "  delivery: not asked about what this event undoes.",
        "  delivery: not asked about what this event undoes.",
        "  delivery: will be asked on 2026-11-21 06:00.",
    ]
    assert lines[2] in told(engine, "o-2", NOW + 4 * HOUR).splitlines()
    for hours, id in ((5, "anew"), (6, "twice")):
        take(engine, [replace(delivered("2", NOW + hours * HOUR), id=id)], NOW + hours * HOUR)
    assert "(order A-2): not asked, because the survey asks about the same occasion already (shop/anew)." in told(
        engine, "twice", NOW + 6 * HOUR
    )


@pytest.mark.parametrize("name", ["o-2", "shop/o-2"])
def test_an_event_is_found_with_and_without_its_source(engine: Engine, name: str) -> None:
    take(engine, [delivered("1"), delivered("2", customer="c-18")], NOW)
    said = told(engine, name)
    assert said.startswith("Customer c-18 is known since")
    assert "o-2" in said
    assert "o-1" not in said


def test_a_source_may_have_slashes(engine: Engine) -> None:
    happened = delivered()
    take(engine, [type(happened)(**{**vars(happened), "source": "//shop/eu", "id": "a/1"})], NOW)
    assert "(//shop/eu/a/1)" in told(engine, "//shop/eu/a/1")


def test_an_event_without_a_customer_is_explained_too(engine: Engine) -> None:
    happened = delivered()
    take(engine, [type(happened)(**{**vars(happened), "customer": None})], NOW)
    assert told(engine, "o-1").splitlines() == [
        "",
        "2026-11-20 14:00  shipment.delivered (shop/o-1)",
        "  delivery: not asked, because the event names no customer.",
    ]


def test_an_opt_out_is_told_with_its_time(engine: Engine) -> None:
    take(engine, [delivered()], NOW)
    [(id,)] = rows(engine, invitation.c.id)
    opt_out(engine, unsubscribe_token(engine.secret, id), NOW + HOUR)
    twin = delivered("2", customer="c-18")
    assert twin.customer
    whom = type(twin.customer)("c-18", "c-17@example.com")
    take(engine, [type(twin)(**{**vars(twin), "customer": whom})], NOW + HOUR)
    said = told(engine, "c-17", NOW + DAY)
    assert "They asked on 2026-11-20 15:00 not to be invited any more." in said
    assert "No invitation to delivery is possible now, because the customer asked not to be invited." in said
    assert "On 2026-11-20 15:00 somebody at their address asked not to be invited any more." in told(engine, "c-18")


def test_a_personal_link_is_told_with_its_answer(engine: Engine) -> None:
    take(engine, [delivered(time=NOW - 30 * DAY)], NOW)
    now = datetime.now(UTC)
    link = path(engine, LinkRequest("delivery", "c-17"), now)
    assert answer(create_app(engine).test_client(), f"/{link}", satisfaction="5").status_code == 303
    said = told(engine, "c-17", now)
    assert "without an event: a link" in said
    assert "delivery: asked by a link that was made for them on" in said
    assert "; answered on" in said


def test_a_test_is_called_one(engine: Engine) -> None:
    change(engine, {}, test_only=TESTERS)
    take(engine, [trial()], NOW)
    said = told(engine, "c-17")
    assert said.startswith("Customer c-17 is known from test events only.")
    assert "(shop/o-t, a test)" in said
    assert "because the customer has no address" in said


def test_what_does_not_exist_is_said_with_what_was_meant(engine: Engine) -> None:
    take(engine, [delivered()], NOW)
    for name, hint in (("c-71", "; did you mean `c-17`"), ("o-11", "; did you mean `o-1`"), ("zzz", ""), ("", "")):
        with pytest.raises(Unknown, match=f"there is no customer and no event `{name}`{hint}"):
            explain(engine, name, NOW)


# The command


def test_the_command_says_it(tmp_path: Path) -> None:
    project = str(business.write(tmp_path / "project"))
    whom = '{"customer": {"id": "c-1"}}'
    event = f'{{"specversion": "1.0", "type": "order.paid", "source": "shop", "id": "e-1", "data": {whom}}}'
    run = CliRunner().invoke
    assert run(main, ["--project", project, "events", "-"], input=event + "\n").exit_code == 0
    done = run(main, ["--project", project, "explain", "c-1"])
    assert (done.exit_code, done.stderr) == (0, "")
    assert "order.paid (shop/e-1)" in done.stdout
    lost = run(main, ["--project", project, "explain", "c-11"])
    assert (lost.exit_code, lost.stdout) == (1, "")
    assert lost.stderr == "surveyengine: there is no customer and no event `c-11`; did you mean `c-1`?\n"
    assert run(main, ["--project", project, "explain"]).exit_code == 2
