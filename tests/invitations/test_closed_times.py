"""What falls into a closed time: it waits, leaves in its order and not all at once, or is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from surveyengine.engine import Engine
from surveyengine.invitations.delivery import deliver_one
from surveyengine.invitations.explain import explain
from surveyengine.invitations.planning import take
from surveyengine.invitations.recurring import plan_turns
from surveyengine.invitations.state import lines
from surveyengine.store.schema import invitation, sending
from tests.invitations.test_delivery import ADDRESS, Outbox, deliver, states
from tests.invitations.test_intake import rows
from tests.support.business import asking, change, delivered
from tests.support.posts import by_mail

FRIDAY = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)  # 14:00 in Jerusalem
SUNDAY = datetime(2026, 11, 29, 7, 0, tzinfo=UTC)  # 9:00 there
HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
AT_ONCE = {"purchase/delivery": asking(after="0 hours")}
SHABBAT = {"cooldown": 0, "quiet_hours": ["20:00", "09:00"], "closed": ["shabbat"]}


def happen(engine: Engine, n: int, begin: datetime = FRIDAY + HOUR) -> None:
    """Tell of n deliveries, a quarter of an hour apart, the last one first; each when it happens."""
    for one in reversed(range(n)):
        time = begin + one * HOUR / 4
        take(engine, [delivered(str(one), time, f"c-{one}")], time)


def test_what_was_due_in_a_closed_time_leaves_after_it_in_the_order_of_its_due_time_and_at_a_pace(
    engine: Engine,
) -> None:
    change(engine, AT_ONCE, **SHABBAT, per_minute=3)
    happen(engine, 8)
    assert {due for (due,) in rows(engine, invitation.c.due_at)} == {SUNDAY}
    outbox, left = Outbox(), list[list[str]]()
    post = by_mail(engine, outbox, ADDRESS)
    assert deliver_one(post, SUNDAY - MINUTE) is None
    take(engine, [delivered("now", SUNDAY, "c-now")], SUNDAY)
    for minute in range(3):
        before = len(outbox.mails)
        while deliver_one(post, SUNDAY + minute * MINUTE):
            pass
        left.append([mail.to.partition("@")[0] for mail in outbox.mails[before:]])
    assert left == [["c-now", "c-0", "c-1", "c-2"], ["c-3", "c-4", "c-5"], ["c-6", "c-7"]]
    assert set(states(engine)) == {"sent"}


def test_a_time_that_was_closed_after_the_planning_is_waited_for(engine: Engine) -> None:
    change(engine, AT_ONCE, cooldown=0)
    take(engine, [delivered(time=FRIDAY)], FRIDAY)
    change(engine, {}, cooldown=0, closed=["shabbat", "2026-11-29"])
    outbox = Outbox()
    deliver(engine, outbox, FRIDAY + 2 * HOUR)
    opens = datetime(2026, 11, 28, 19, 0, tzinfo=UTC)
    assert (rows(engine, sending.c.next_at), outbox.mails) == ([(opens,)], [])
    change(engine, {}, cooldown=0, closed=["shabbat"], quiet_hours=["20:00", "09:00"])
    deliver(engine, outbox, opens)  # when it would have left, it is night by now
    assert (rows(engine, sending.c.next_at), outbox.mails) == ([(SUNDAY,)], [])
    deliver(engine, outbox, SUNDAY)
    assert states(engine) == ["sent"]


def test_a_time_that_is_open_again_is_not_waited_for_again(engine: Engine) -> None:
    change(engine, AT_ONCE, **SHABBAT)
    happen(engine, 1)
    change(engine, {}, cooldown=0)
    assert deliver(engine, outbox := Outbox(), SUNDAY) == 1
    assert len(outbox.mails) == 1


@pytest.mark.parametrize(
    ("closed", "more", "became"),
    [
        (["friday", "saturday", "sunday"], {"late": "2 days"}, "no_open_time"),
        (["friday", "saturday", "sunday"], {"late": "3 days"}, "planned"),
        (["shabbat"], {"late": "1 day"}, "no_open_time"),
    ],
)
def test_what_would_wait_for_longer_than_it_may_is_refused_with_its_reason(
    engine: Engine, closed: list[str], more: dict[str, Any], became: str
) -> None:
    change(engine, AT_ONCE, cooldown=0, closed=closed, **more)
    (outcome,) = take(engine, [delivered(time=FRIDAY + 2 * HOUR)], FRIDAY + 2 * HOUR)
    assert states(engine) == [became]
    if became != "planned":
        assert outcome["refused"] == [{"survey": "delivery", "reason": "no_open_time"}]
        assert "when it is again, it is too late to ask" in "\n".join(explain(engine, "c-17", FRIDAY))


def test_a_waiting_invitation_that_would_wait_for_too_long_by_a_new_calendar_is_refused(engine: Engine) -> None:
    change(engine, AT_ONCE, **SHABBAT)
    happen(engine, 1)
    change(engine, {}, cooldown=0, late="2 days", closed=["friday", "saturday", "sunday"])
    deliver(engine, Outbox(), SUNDAY)
    assert states(engine) == ["no_open_time"]


def test_a_recurring_survey_waits_too(engine: Engine) -> None:
    monthly = asking(every="30 days").replace('on = "shipment.delivered"\n', "")
    change(engine, {"relationship/monthly": monthly}, **SHABBAT)
    long_ago = FRIDAY - 40 * DAY
    take(engine, [delivered(time=long_ago, customer="c-1")], long_ago)
    plan_turns(engine, FRIDAY + 2 * HOUR)
    due = [at for survey, at in rows(engine, invitation.c.survey, invitation.c.due_at) if survey == "monthly"]
    assert due == [SUNDAY]


def test_a_reminder_waits_too_unless_its_link_would_have_expired(engine: Engine) -> None:
    for n, expires in enumerate(("14 days", "4 days")):
        asked = asking(after="0 hours", remind=["3 days"], expires=expires)
        change(engine, {"purchase/delivery": asked}, **SHABBAT)
        at = FRIDAY - 3 * DAY + 2 * HOUR
        take(engine, [delivered(str(n), at, f"c-{n}")], at)
        deliver(engine, Outbox(), at)
    reminders = [row[0] for row in rows(engine, sending.c.next_at, sending.c.number) if row[1] == 2]
    assert reminders == [SUNDAY]


def test_what_waits_is_explained_and_the_state_of_sending_says_until_when(engine: Engine) -> None:
    change(engine, AT_ONCE, **SHABBAT)
    happen(engine, 1)
    now = FRIDAY + 2 * HOUR
    assert "waits until 2026-11-29 09:00 because of Shabbat and the quiet hours (due on 2026-11-27 15:00)" in "\n".join(
        explain(engine, "c-0", now)
    )
    hebrew, persian = ("\n".join(explain(engine, "c-0", now, language)) for language in ("he", "fa"))
    assert "בגלל שבת ושעות השקט" in hebrew
    assert "شبات و ساعت‌های سکوت" in persian
    first, *_ = lines(engine, now)
    assert first == "nothing is sent until 2026-11-29 09:00 (Asia/Jerusalem), because of Shabbat and the quiet hours"
    assert [*lines(engine, SUNDAY)][:1] == ["planned for later 0 · due 1 · late 0"]
    assert [*lines(engine, SUNDAY + 11 * MINUTE)][:1] == ["planned for later 0 · due 0 · late 1"]


def test_a_customer_elsewhere_is_written_to_by_the_clock_there(engine: Engine) -> None:
    change(engine, AT_ONCE, **SHABBAT)
    here = delivered(time=FRIDAY + 2 * HOUR)
    there = replace(here, customer=replace(here.customer, timezone="America/New_York") if here.customer else None)
    (outcome,) = take(engine, [there], FRIDAY + 2 * HOUR)  # 11:00 on Friday
    assert outcome["planned"] == [{"survey": "delivery", "due": (FRIDAY + 2 * HOUR).isoformat()}]
    deliver(engine, Outbox(), FRIDAY + 2 * HOUR)
    assert states(engine) == ["sent"]
