"""Processes whose clock jumps, differs from the database's, or has gone back since the last start."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from surveyengine import timekeeper
from surveyengine.app import create_app
from surveyengine.cli import main
from surveyengine.clock import AGREED
from surveyengine.engine import Engine, start
from surveyengine.invitations.delivery import LEASE, recover
from surveyengine.invitations.planning import take
from surveyengine.invitations.revival import Revival, revive_late
from surveyengine.invitations.state import lines
from surveyengine.serving.worker import work_once
from surveyengine.store import sendings
from surveyengine.store.schema import invitation
from surveyengine.timekeeper import Timekeeper
from tests.conftest import migrated
from tests.invitations.test_delivery import ADDRESS, Outbox, deliver, states
from tests.invitations.test_intake import returned, rows
from tests.support import business, postgres
from tests.support.business import change, delivered
from tests.support.posts import by_mail
from tests.support.running import until

HOUR, DAY, YEAR = timedelta(hours=1), timedelta(days=1), timedelta(days=365)
NOTHING = timedelta()


@dataclass
class Hands:
    """The clocks of this machine: how far the one that is set is off, and how many more seconds have passed."""

    off: timedelta = NOTHING
    passed: float = 0.0

    def wall(self) -> datetime:
        return datetime.now(UTC) + self.off + timedelta(seconds=self.passed)

    def steady(self) -> float:
        return time.monotonic() + self.passed


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    hands = Hands()
    monkeypatch.setattr(timekeeper, "wall", hands.wall)
    monkeypatch.setattr(timekeeper, "steady", hands.steady)
    return hands


def restarted(engine: Engine) -> Timekeeper:
    """Give the engine the timekeeper of a new process."""
    engine.timekeeper = Timekeeper(engine.database)
    return engine.timekeeper


def planned(engine: Engine, n: int = 3) -> None:
    """Plan invitations that are due in twelve hours."""
    now = datetime.now(UTC)
    take(engine, [delivered(str(n), now, f"c-{n}") for n in range(n)], now)


def pauses(engine: Engine) -> list[str]:
    return [line for line in lines(engine, datetime.now(UTC)) if line.startswith("sending is paused on ")]


@pytest.mark.parametrize("off", [DAY, YEAR, -DAY, -YEAR, 2 * HOUR])
def test_a_jump_pauses_until_somebody_says_that_the_time_is_right(
    engine: Engine, hands: Hands, off: timedelta, caplog: pytest.LogCaptureFixture
) -> None:
    planned(engine)
    assert (work_once(engine, ADDRESS).total(), pauses(engine), caplog.text) == (0, [], "")
    hands.off = off
    assert [work_once(engine, ADDRESS).total() for _ in range(3)] == [0, 0, 0]
    restarted(engine)                             # which forgets nothing
    hands.passed += 2 * AGREED
    assert work_once(engine, ADDRESS).total() == 0
    assert states(engine) == ["planned"] * 3
    assert [str(socket.gethostname()) in line for line in pauses(engine)] == [True]
    assert "sending is paused: the clock" in caplog.text
    assert timekeeper.resume(engine.database)[1] == 1
    hands.passed += 10
    settled = 3 if off >= DAY else 0
    assert (work_once(engine, ADDRESS).total(), pauses(engine)) == (settled, [])
    assert "sending goes on" in caplog.text


def test_a_clock_that_is_set_right_is_believed_after_ten_minutes_by_all(engine: Engine, hands: Hands) -> None:
    one, other = Timekeeper(engine.database), Timekeeper(engine.database)
    assert one.moment()
    assert other.moment()
    hands.off = DAY
    assert one.moment() is None
    hands.off = NOTHING
    assert other.moment()    # it has noticed nothing, and asks again only after seconds
    hands.passed += 6
    assert (one.moment(), other.moment()) == (None, None)
    for _ in range(3):
        hands.passed += AGREED / 3 + 1
        believed = [keeper.moment() for keeper in (one, other)]
    assert None not in believed
    assert pauses(engine) == []


def test_processes_that_only_look_in_now_and_then_believe_a_clock_after_ten_minutes_too(
    engine: Engine, hands: Hands
) -> None:
    planned(engine)
    work_once(engine, ADDRESS)
    moments = []
    for off in (-DAY, *[NOTHING] * 12):
        hands.off = off
        moments.append(restarted(engine).moment())
        hands.passed += 60
    assert [moment is not None for moment in moments] == [False] * 11 + [True] * 2
    assert pauses(engine) == []


@pytest.mark.parametrize(
    ("off", "is_believed"), [(-DAY, False), (-HOUR / 2, True), (20 * DAY, True), (31 * DAY, False)]
)
def test_a_start_looks_at_the_last_beat(off: timedelta, is_believed: bool, tmp_path: Path, hands: Hands) -> None:
    engine = start(business.write(tmp_path))
    planned(engine)
    assert engine.timekeeper.moment()
    hands.off = off
    hands.passed += 100
    assert bool(restarted(engine).moment()) is is_believed
    assert bool(pauses(engine)) is not is_believed
    engine.close()


def test_what_is_due_after_a_downtime_leaves_at_the_polite_rate(tmp_path: Path, hands: Hands) -> None:
    engine = start(business.write(tmp_path))
    change(engine, {}, cooldown=0, per_minute=2)
    planned(engine, 5)
    assert work_once(engine, ADDRESS).total() == 0
    hands.off = DAY
    restarted(engine)
    assert work_once(engine, ADDRESS).total() == 2
    engine.close()


@pytest.fixture
def shared(postgres_server: postgres.Postgres, tmp_path: Path) -> Iterator[Engine]:
    """An engine with a database that has a clock of its own, and may serve several machines."""
    with postgres_server.fresh_database(migrated) as url:
        engine = start(business.write(tmp_path, database=url))
        yield engine
        engine.close()


def test_only_the_machine_whose_clock_is_wrong_is_paused(
    shared: Engine, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = shared
    right = Timekeeper(engine.database)
    assert right.moment()
    hands.off = DAY
    monkeypatch.setattr(socket, "gethostname", lambda: "other")
    wrong = Timekeeper(engine.database)
    assert wrong.moment() is None
    assert "other" in pauses(engine)[0]
    assert "24 hours ahead of the database's" in pauses(engine)[0]
    hands.off = NOTHING
    assert timekeeper.resume(engine.database)[1] == 1    # said where the clock is right
    hands.passed += 10
    assert right.moment()
    hands.off = DAY
    assert wrong.moment() is None
    timekeeper.resume(engine.database)                   # said where it is not: its time is believed
    hands.passed += 10
    assert wrong.moment()


def test_an_event_is_not_refused_as_late_by_a_clock_that_is_doubted(engine: Engine, hands: Hands) -> None:
    client, now = create_app(engine).test_client(), datetime.now(UTC)
    assert engine.timekeeper.moment()
    hands.off = YEAR
    moment, is_sure = engine.timekeeper.told()
    assert take(engine, [delivered("1", now)], moment, is_sure)[0]["planned"]
    assert rows(engine, invitation.c.due_at) == [(now + 12 * HOUR,)]
    assert client.get("/readyz").text == "ready\nsending is paused on 1 of its machines: see `surveyengine status`\n"
    timekeeper.resume(engine.database)
    until(lambda: client.get("/readyz").text == "ready\n", "the pause is still told", 5)


def test_a_clock_that_is_doubted_turns_nobody_away(engine: Engine, hands: Hands) -> None:
    client, outbox, now = create_app(engine).test_client(), Outbox(), datetime.now(UTC)
    assert engine.timekeeper.moment()
    take(engine, [delivered(time=now - YEAR)], now - YEAR)
    assert deliver(engine, outbox, now - YEAR + 12 * HOUR) == 1
    link = next(word for word in outbox.mails[0].text.split() if "/r/" in word).removeprefix(ADDRESS)
    assert client.get(link).status_code == 410
    hands.off = YEAR
    assert client.get(link).status_code == 200
    assert business.answer(client, link, satisfaction="5").status_code == 303


@pytest.mark.parametrize("off", [DAY, YEAR, 2 * HOUR])
def test_a_claim_of_tomorrow_is_nobodys(engine: Engine, off: timedelta) -> None:
    planned(engine, 1)
    now = datetime.now(UTC) + 13 * HOUR
    with engine.database.write() as connection:
        assert sendings.claim(connection, now + off, LEASE)
    post = by_mail(engine, Outbox(), ADDRESS)
    assert recover(post, now + off, alone=False) == 0
    assert recover(post, now + HOUR / 2 + off, alone=False) == 1


def test_a_claim_of_tomorrow_lets_others_send_today(engine: Engine) -> None:
    planned(engine, 1)
    now = datetime.now(UTC) + 13 * HOUR
    with engine.database.write() as connection:
        assert sendings.claim(connection, now + DAY, LEASE)
    assert deliver(engine, Outbox(), now) == 0
    assert recover(by_mail(engine, Outbox(), ADDRESS), now, alone=False) == 1
    assert deliver(engine, Outbox(), now) == 1


def test_what_a_wrong_clock_refused_as_late_is_revived(engine: Engine) -> None:
    change(engine, {}, cooldown=0, late="5 days")
    now = datetime.now(UTC)
    take(engine, [delivered(str(n), now - HOUR, f"c-{n}") for n in range(3)], now)
    take(engine, [returned(order="A-1", time=now, customer="c-1")], now)
    deliver(engine, Outbox(), now + 20 * DAY)                                        # refuses two
    take(engine, [delivered("7", now, "c-7"), delivered("8", now - 9 * DAY, "c-8")], now + 20 * DAY)   # and two more
    assert Counter(states(engine)) == {"late": 4, "cancelled": 1}
    assert revive_late(engine, "delivery", now.date() + 2 * DAY, now) == Revival()    # tomorrow has begun elsewhere
    assert revive_late(engine, None, None, now) == Revival(3)
    assert Counter(states(engine)) == {"late": 1, "cancelled": 1, "planned": 3}
    outbox = Outbox()
    assert deliver(engine, outbox, now + 13 * HOUR) == 3
    assert len(outbox.mails) == 3
    assert revive_late(engine, None, None, now + 13 * HOUR) == Revival()


def test_what_came_between_is_said_where_it_stays_refused(engine: Engine) -> None:
    change(engine, {}, cooldown=0, late="5 days")
    now = datetime.now(UTC)
    take(engine, [delivered(str(n), now, f"c-{n}") for n in range(2)], now)
    deliver(engine, Outbox(), now + 20 * DAY)
    take(engine, [delivered("7", now, "c-7")], now + 20 * DAY)
    for n in (1, 7):
        take(engine, [returned(str(n), order=f"A-{n}", time=now + HOUR, customer=f"c-{n}")], now + HOUR)
    assert revive_late(engine, None, None, now + 2 * HOUR) == Revival(1, Counter(cancelled=2))


# The clock of a process of its own, which a file sets: the scheduler's clock too.
SHIFTED = """
import sys
from datetime import datetime, timedelta
from pathlib import Path
import apscheduler.schedulers.base
from surveyengine import cli, timekeeper

class Shifted(datetime):
    @classmethod
    def now(cls, tz=None):
        return datetime.now(tz) + timedelta(seconds=int(Path(sys.argv[1]).read_text()))

apscheduler.schedulers.base.datetime = timekeeper.datetime = Shifted
cli.main(sys.argv[2:])
"""


def test_a_worker_that_runs_notices_a_jump_and_hears_that_the_time_is_right(tmp_path: Path, hands: Hands) -> None:
    root, clock = business.write(tmp_path / "project"), tmp_path / "clock"
    clock.write_text("0")
    command = [sys.executable, "-c", SHIFTED, str(clock), "--project", str(root)]

    def said(*words: str) -> str:
        return CliRunner().invoke(main, ["--project", str(root), *words]).output

    engine = start(root)
    planned(engine, 2)
    take(engine, [delivered("first", hands.wall() - 13 * HOUR, "c-8")], hands.wall())
    with subprocess.Popen([*command, "work"], stderr=subprocess.PIPE, text=True) as worker:
        until(lambda: "sent" in states(engine), "it did not begin")
        hands.off = -DAY
        clock.write_text(str(int(hands.off.total_seconds())))
        until(lambda: "the clock was set back by 24 hours" in said("status"), "the jump was not noticed")
        take(engine, [delivered("now", hands.wall() - 12 * HOUR, "c-9")], hands.wall())
        assert "sending goes on within seconds" in said("resume")
        until(lambda: Counter(states(engine)) == {"planned": 2, "sent": 2}, "it does not go on")
        worker.send_signal(signal.SIGTERM)
        assert worker.stderr
        told = worker.stderr.read()
    assert "sending is paused: the clock was set back by 24 hours" in told
    assert "sending goes on" in told
    assert said("status").startswith("planned for later 2")
    engine.close()


def test_the_command_gives_what_was_refused_as_late_another_chance(tmp_path: Path, hands: Hands) -> None:
    def said(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["--project", str(tmp_path), "retry", *words])
        return done.exit_code, done.output

    engine = start(business.write(tmp_path))
    assert said("--late") == (0, "no invitation was refused as late that would still be in time\n")
    planned(engine)
    deliver(engine, Outbox(), hands.wall() + 29 * DAY)
    assert states(engine) == ["late"] * 3
    assert said("--late", "--failed")[0] == 2
    assert engine.timekeeper.moment()
    hands.off = YEAR
    assert engine.timekeeper.moment() is None
    assert said("--late")[0] == 1
    hands.off = NOTHING
    timekeeper.resume(engine.database)
    assert said("--late") == (0, "sent again 3 · not sent again 0\n")
    engine.close()
