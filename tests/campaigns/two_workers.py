"""Several workers, and two messages to one person at one moment: nobody gets more than the limits allow."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import ClassVar

import pytest
from sqlalchemy import update

from surveyengine.channels.mime import Mail
from surveyengine.engine import Engine
from surveyengine.events.event import Event
from surveyengine.invitations import review
from surveyengine.invitations.delivery import deliver_one
from surveyengine.invitations.planning import take
from surveyengine.store.engine import lock
from surveyengine.store.schema import sending
from tests.support import business
from tests.support.posts import by_mail

from .figures import Figures
from .ground import AT_ONCE, Ground, stored

WORKERS, CUSTOMERS = 4, 40
DAY = timedelta(days=1)
ADDRESS = "https://feedback.example.com"


@dataclass
class Outbox:
    """A channel that keeps whom it wrote to; all workers share it."""

    repeatable: ClassVar[bool] = False
    mailed: list[str] = field(default_factory=list)

    def send(self, mail: Mail, now: datetime, handing_over: object) -> str:
        assert callable(handing_over)
        handing_over()
        self.mailed.append(mail.to)
        return "kept"


def trial(ground: Ground, chance: Random) -> Figures:
    """Have the workers send all at once; return for whom a limit was broken as doubled."""
    ground.project(surveys={"purchase/delivery": AT_ONCE})
    now, outbox = datetime.now(UTC), Outbox()
    with ExitStack() as stack:
        engines = [stack.enter_context(ground.engine()) for _ in range(WORKERS)]
        _plan(engines[0], now)
        _work(engines, outbox, now)
        states = Counter(state for _, state in stored(engines[0]).messages)
    doubled = [whom for whom, count in Counter(outbox.mailed).items() if count > 1]
    forgotten = CUSTOMERS - len({*outbox.mailed})
    faults = (f"{forgotten} people got nothing",) if forgotten else ()
    return Figures(1, 0, 0, len(doubled), faults, Counter(people=CUSTOMERS, mails=len(outbox.mailed), **states))


def _plan(engine: Engine, now: datetime) -> None:
    """Plan two messages to each person, and have all of them due at once, as at the end of quiet hours."""
    business.change(engine, {}, cooldown="1 day", per_minute=100_000)
    earlier = now - 2 * DAY
    events = [_event(number, at) for number in range(CUSTOMERS) for at in (earlier, earlier + DAY)]
    for one in events:  # by themselves, so that workers come to both of a person at the same time
        take(engine, [one], earlier)
    with engine.database.write() as connection:
        connection.execute(update(sending).values(next_at=now, due_at=now))


def _event(number: int, at: datetime) -> Event:
    """A parcel of a customer; every second one is known by two ids, with one mailbox."""
    came = business.delivered(f"{number}-{at.day}", at, f"c-{number}")
    assert came.customer
    id = f"c-{number}-{at.day}" if number % 2 else came.customer.id
    return replace(came, customer=replace(came.customer, id=id))


def _work(engines: list[Engine], outbox: Outbox, now: datetime) -> None:
    start = threading.Barrier(len(engines))

    def work(engine: Engine) -> None:
        post = by_mail(engine, outbox, ADDRESS)
        start.wait()
        for _ in range(3):  # what waits for another worker is not due just then
            while deliver_one(post, now):
                pass

    with ThreadPoolExecutor(len(engines)) as pool:
        for done in [pool.submit(work, engine) for engine in engines]:
            done.result()


def control(ground: Ground, chance: Random) -> Figures:
    """Workers that do not wait for each other; on SQLite, which has one writer anyway, that do not look again."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("hold", "hold_recipients"):
            patch.setattr(lock, name, lambda connection, *which: None)
        if ground.is_sqlite:
            patch.setattr(review, "exceeded_limit", lambda *arguments: None)
        return trial(ground, chance)
