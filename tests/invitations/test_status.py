"""How sending goes, told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from click.testing import CliRunner
from sqlalchemy import update

from surveyengine.channels.refusal import Blame, DeliveryError, Uncertain
from surveyengine.cli import main
from surveyengine.engine import Engine, start
from surveyengine.invitations.planning import take
from surveyengine.invitations.state import lines
from surveyengine.store.schema import sending
from tests.invitations.test_delivery import DUE, HOUR, NOW, Outbox, deliver, raising
from tests.support import business
from tests.support.business import asking, change, delivered


def test_nothing_to_send_is_said_as_well(engine: Engine) -> None:
    assert [*lines(engine, NOW)] == ["planned for later 0 · due 0 · late 0", "failed 0 · uncertain 0"]


def test_what_holds_mails_up_is_told(engine: Engine) -> None:
    change(engine, {}, cooldown=0, per_minute=7)
    take(engine, [delivered(str(n), NOW, f"c-{n}") for n in range(5)], NOW)
    faults = iter([
        DeliveryError("full", permanent=True), Uncertain("broke off"), DeliveryError("greylisted", permanent=False),
        *[DeliveryError("nobody is there", permanent=False, blame=Blame.SERVER)] * 2,
    ])  # fmt: skip
    deliver(engine, Outbox(after=lambda mail: raising(next(faults))(mail)))
    take(engine, [delivered("9", NOW + 2 * HOUR, "c-9")], NOW)
    assert [*lines(engine, DUE + HOUR)] == [
        "planned for later 1 · due 0 · late 3",
        "  2 held up by the mail server, or by us: nobody is there",
        "  1 refused for now: greylisted",
        "  what is late leaves at 7 a minute, the newest first",
        "failed 1 · uncertain 1",
        "  `surveyengine retry --failed` gives them another chance",
    ]


def test_the_commands_say_what_is_still_due(tmp_path: Path) -> None:
    def said(*command: str) -> str:
        done = CliRunner().invoke(main, ["--project", str(tmp_path), *command])
        assert done.exit_code == 0, done.output
        return done.stdout

    engine, now = start(business.write(tmp_path)), datetime.now(UTC)
    change(engine, {}, cooldown=0, per_minute=2)
    take(engine, [delivered(str(n), now, f"c-{n}") for n in range(3)], now)
    with engine.database.write() as connection:
        earlier = now - timedelta(hours=1)
        connection.execute(update(sending).values(due_at=earlier, next_at=earlier))
    assert said("status").startswith("planned for later 0 · due 0 · late 3\n")
    assert said("work", "--once") == "sent 2, 1 is still due: `surveyengine status` says why\n"
    assert said("work", "--once") == "sent 1\n"
    assert said("work", "--once") == "sent 0\n"
    take(engine, [delivered("off", now, "c-7"), delivered("closed", now, "c-8")], now)
    with engine.database.write() as connection:
        connection.execute(update(sending).where(sending.c.state == "planned").values(due_at=now, next_at=now))
    config = tmp_path / "config.toml"
    config.write_text(config.read_text(encoding="utf-8").replace("file:data/outbox", "smtp://127.0.0.1:9"))
    assert said("work", "--once") == "put off 2\n"
    change(engine, {"purchase/delivery": asking(closed=True)})
    with engine.database.write() as connection:
        connection.execute(update(sending).where(sending.c.state == "planned").values(due_at=now, next_at=now))
    assert said("work", "--once") == "refused 2\n"
    engine.close()
