"""Invitations that could not be sent get another chance, where they are still right."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from surveyengine.channels.refusal import DeliveryError
from surveyengine.cli import main
from surveyengine.engine import Engine, start
from surveyengine.events.event import Customer
from surveyengine.invitations.planning import take
from surveyengine.invitations.revival import NoSuchSurvey, Revival, revive
from surveyengine.store.schema import sending
from tests.invitations.test_delivery import DAY, DUE, HOUR, NOW, Outbox, deliver, raising, states
from tests.invitations.test_intake import returned, rows
from tests.support import business
from tests.support.business import asking, change, delivered

REFUSED = Outbox(before=raising(DeliveryError("552 5.2.2 mailbox full", permanent=True)))


def test_what_failed_is_sent_again_where_it_is_still_right(engine: Engine) -> None:
    change(engine, {}, cooldown="0 days", late="3 days")
    take(engine, [delivered(str(n), NOW, f"c-{n}") for n in range(4)], NOW)
    deliver(engine, REFUSED)
    take(engine, [returned(order="A-1", time=NOW + HOUR, customer="c-1")], DUE)
    assert revive(engine, "delivery", None, DUE + HOUR) == Revival(3, Counter(cancelled=1))
    assert rows(engine, sending.c.attempt, sending.c.reason)[0] == (0, None)
    outbox = Outbox()
    assert deliver(engine, outbox, DUE + HOUR) == 3
    assert Counter(states(engine)) == {"sent": 3, "failed": 1}
    assert deliver(engine, outbox, DUE + DAY) == 0
    assert revive(engine, None, None, DUE + 9 * DAY) == Revival(0, Counter(late=1))


def test_an_occasion_that_was_asked_about_meanwhile_is_not_asked_about_again(engine: Engine) -> None:
    take(engine, [delivered("1", order="A-7")], NOW)
    deliver(engine, REFUSED)
    take(engine, [delivered("2", NOW + HOUR, order="A-7")], DUE)
    deliver(engine, Outbox(), DUE + HOUR)
    assert revive(engine, None, None, DUE + 2 * HOUR) == Revival(0, Counter(same_occasion=1))
    assert states(engine) == ["failed", "sent"]


def test_only_what_is_named_is_sent_again(engine: Engine) -> None:
    change(engine, {"purchase/packing": asking(on="x")})
    other = replace(delivered("2"), type="x", customer=Customer("c-2", "c-2@example.com"))
    take(engine, [delivered("1"), other], NOW)
    deliver(engine, REFUSED)
    assert revive(engine, None, date(2026, 11, 22), DUE) == Revival()
    assert revive(engine, "packing", date(2026, 11, 20), DUE) == Revival(1)
    assert sorted(states(engine)) == ["failed", "planned"]
    with pytest.raises(NoSuchSurvey, match="there is no survey `pakcing`; .*packing"):
        revive(engine, "pakcing", None, DUE)


def test_what_would_leave_in_quiet_hours_leaves_in_the_morning(engine: Engine) -> None:
    take(engine, [delivered()], NOW)
    deliver(engine, REFUSED)
    change(engine, {}, cooldown=0, quiet_hours=["20:00", "09:00"])
    assert revive(engine, None, None, DUE) == Revival(1)
    assert rows(engine, sending.c.next_at) == [(datetime(2026, 11, 21, 7, 0, tzinfo=UTC),)]


def test_the_command_says_how_many_and_why_not_the_others(tmp_path: Path) -> None:
    def said(*options: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["--project", str(tmp_path), "retry", *options])
        return done.exit_code, done.output

    engine = start(business.write(tmp_path))
    today = datetime.now(UTC)
    assert said("--failed") == (0, "no invitation has failed\n")
    take(engine, [delivered(str(n), today - timedelta(hours=13), f"c-{n}") for n in range(3)], today)
    deliver(engine, REFUSED, today)
    assert said()[0] == 2
    assert said("--failed", "--survey", "delivery", "--since", "2020-01-01")[1].startswith("sent again 3 ·")
    deliver(engine, REFUSED, datetime.now(UTC))
    business.write(tmp_path, {"purchase/delivery": business.DELIVERY.replace("[invite]", "closed = true\n[invite]")})
    told = "sent again 0 · not sent again 3\n  closed 3: the survey is closed\n"
    assert said("--failed") == (0, told)
    code, output = said("--failed", "--survey", "delivry")
    assert (code, "there is no survey `delivry`" in output) == (1, True)
    engine.close()
