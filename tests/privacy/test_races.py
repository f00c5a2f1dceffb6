"""Erasing a customer while their events, answers and counts arrive: nothing comes back, and nobody waits for good."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count

from sqlalchemy.exc import NoResultFound

from surveyengine.app import create_app
from surveyengine.engine import Engine
from surveyengine.invitations.planning import take
from surveyengine.people.caller import Caller
from surveyengine.privacy import erasure
from surveyengine.privacy.whom import NoCustomer
from surveyengine.store import recount, tallies
from surveyengine.store.engine.database import Unavailable
from tests.privacy import life
from tests.privacy.life import found
from tests.support import business

NOW = datetime.now(UTC).replace(microsecond=0)
RACERS = [f"racer-{number}" for number in range(5)]


def test_nothing_of_before_comes_back_whatever_arrives_meanwhile(engine: Engine) -> None:
    app, ended = create_app(engine), threading.Event()
    running, statuses = [RACERS[0]], set[int]()

    def events(sender: int) -> None:
        for once in count():
            if ended.is_set():
                break
            take(engine, [business.delivered(f"{sender}-{once}", NOW - timedelta(hours=1), running[0])], NOW)

    def answers() -> None:
        while not ended.is_set():
            with suppress(NoResultFound, AssertionError):    # there is no link yet, or none any more
                link = life.newest_link(engine, running[0])
                sent = business.answer(app.test_client(), link, satisfaction="2", reason=f"said by {running[0]}")
                statuses.add(sent.status_code)

    def folding() -> None:
        while not ended.is_set():
            with engine.database.write() as connection:
                tallies.fold(connection, 100)

    responses = 0
    with ThreadPoolExecutor(4) as pool:
        busy = [pool.submit(events, 0), pool.submit(events, 1), pool.submit(answers), pool.submit(folding)]
        for racer in RACERS:
            running[0] = racer
            while (erased := attempt(engine, racer)) is None:
                ended.wait(0.02)
            responses += erased.responses
            ended.wait(0.05)
        ended.set()
        assert [one.exception() for one in busy] == [None] * 4
    assert found(engine, *RACERS) == []
    assert responses > 0    # or the race was not run
    assert statuses <= {200, 303, 404, 503}
    with engine.database.write() as connection:
        recount.count(connection)
        assert recount.differences(connection) == {}


def attempt(engine: Engine, racer: str) -> erasure.Erased | None:
    """Erase somebody who has answered; None where they have not yet, or the database had no room just then."""
    try:
        if not erasure.reach(engine, racer)[1].responses:
            return None
        return erasure.erase(engine, racer, Caller(NOW))
    except (NoCustomer, Unavailable):
        return None
