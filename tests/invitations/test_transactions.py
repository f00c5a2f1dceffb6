"""Who sends many events does not choose how long others wait: real transactions on both databases."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from time import sleep

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from surveyengine import keys
from surveyengine.engine import Engine
from surveyengine.events.event import Event, Malformed
from surveyengine.invitations.chunk import ENOUGH, FIRST, GOAL, MOST, SHARE, Chunk, next_size
from surveyengine.invitations.listeners import Listeners
from surveyengine.invitations.planning import outcomes, take
from surveyengine.invitations.transactions import UNSTORED, Outcome, Transactions
from surveyengine.store.engine.database import Connection, Unavailable
from surveyengine.store.schema import event
from tests.support.business import delivered

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def stored(engine: Engine) -> int:
    with engine.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(event)).scalar_one())


def many(n: int) -> list[Event | Malformed]:
    return [delivered(str(i), customer=f"c-{i % 50}") for i in range(n)]


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ([], FIRST),
        ([Chunk(16, GOAL)], 16),
        ([Chunk(16, GOAL / 1.5)], 24),
        ([Chunk(16, 0.0)], 32),  # never more than twice as many
        ([Chunk(100, 4 * GOAL)], 25),
        ([Chunk(1, 100 * GOAL)], 1),  # one has to be taken, however long it lasts
        ([Chunk(MOST, GOAL / 10)], MOST),
        ([Chunk(50, GOAL)] * 4 + [Chunk(50, 3 * GOAL)], 50),  # one that was slow once says little
        ([Chunk(16, GOAL)] * 9 + [Chunk(8, GOAL)] * 5, 8),  # and what is long ago nothing
    ],
)
def test_a_transaction_takes_as_many_events_as_the_last_ones_had_time_for(last: list[Chunk], expected: int) -> None:
    assert next_size(last) == expected


@given(st.floats(1e-5, 0.5), st.floats(0, 0.02))
def test_the_size_settles_where_a_transaction_takes_its_time(each: float, first: float) -> None:
    chunks: list[Chunk] = []
    for _ in range(40):
        size = next_size(chunks)
        chunks.append(Chunk(size, first + size * each))
    last = chunks[-1]
    assert 1 <= last.size <= MOST
    assert last.size in (1, MOST) or 0.3 * GOAL < last.seconds < 1.7 * GOAL


def test_others_write_while_somebody_sends_many_events(engine: Engine) -> None:
    batch, seen, done = many(300), [], threading.Event()

    def other() -> None:
        for i in range(10_000):
            assert keys.add(engine, f"k-{i}", "read", NOW)
            seen.append(stored(engine))
            if done.is_set():
                return

    thread = threading.Thread(target=other)
    thread.start()
    outcomes = take(engine, batch, NOW)
    done.set()
    thread.join()
    between = {n for n in seen if 0 < n < len(batch)}
    assert len(between) >= 3, seen  # after as many different transactions
    assert max(second - first for first, second in zip([0, *seen], seen, strict=False)) < len(batch)
    assert [(one["outcome"], one["id"]) for one in outcomes] == [("accepted", f"o-{i}") for i in range(len(batch))]
    assert stored(engine) == len(batch)


def test_a_transaction_that_takes_long_ends_early(engine: Engine) -> None:
    def slow(connection: Connection, chunk: Sequence[Event | Malformed]) -> Iterator[Mapping[int, Outcome]]:
        for place in range(len(chunk)):
            sleep(ENOUGH * 0.6)
            yield {place: {"outcome": "accepted"}}

    transactions = Transactions(engine.database)
    assert len(transactions.outcomes(slow, many(5))) == 5
    assert max(chunk.size for chunk in transactions.chunks) <= 2


def test_who_waits_is_let_in_soon_and_not_after_each_event(engine: Engine) -> None:
    def slow(connection: Connection, chunk: Sequence[Event | Malformed]) -> Iterator[Mapping[int, Outcome]]:
        for place in range(len(chunk)):
            sleep(SHARE / 4)
            yield {place: {"outcome": "accepted"}}

    def other() -> None:
        for i in range(10_000):
            assert keys.add(engine, f"k-{i}", "read", NOW)
            if done.is_set():
                return

    transactions, done = Transactions(engine.database), threading.Event()
    thread = threading.Thread(target=other)
    thread.start()
    assert len(transactions.outcomes(slow, many(40))) == 40
    done.set()
    thread.join()
    assert max(chunk.size for chunk in transactions.chunks) > 1
    if engine.database.is_sqlite:    # on PostgreSQL nobody waits
        assert min(chunk.size for chunk in transactions.chunks[:2]) < FIRST


def test_what_breaks_off_half_way_is_sent_again_and_counts_once(engine: Engine) -> None:
    batch, tries = many(100), iter(range(1_000))
    listeners = Listeners(engine, NOW)

    def breaking(connection: Connection, chunk: Sequence[Event | Malformed]) -> Iterator[Mapping[int, Outcome]]:
        for some in outcomes(listeners, connection, chunk):
            if any(next(tries) == 70 for _ in some):
                raise Unavailable("is restarted")
            yield some

    with pytest.raises(Unavailable):
        Transactions(engine.database).outcomes(breaking, batch)
    kept = stored(engine)
    assert 0 < kept <= 70
    again = [one["outcome"] for one in take(engine, batch, NOW)]
    assert again == ["duplicate"] * kept + ["accepted"] * (len(batch) - kept)
    assert stored(engine) == len(batch)


def test_an_event_that_cannot_be_stored_is_told_and_its_neighbours_are_taken(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    bad = replace(delivered("\ud800"), source="shop")  # which no database takes, and no gate lets through
    batch: Sequence[Event | Malformed] = [delivered("1"), bad, Malformed("is no event"), delivered("2")]
    outcomes = take(engine, batch, NOW)
    assert [one["outcome"] for one in outcomes] == ["accepted", "refused", "refused", "accepted"]
    assert outcomes[1]["reason"] == UNSTORED
    assert caplog.text.count("could not be stored") == 1
    assert stored(engine) == 2
