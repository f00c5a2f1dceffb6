"""What a network may send within an hour, in whichever process it arrives."""

from __future__ import annotations

import re
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from surveyengine.app import create_app
from surveyengine.engine import Engine, start
from surveyengine.responses.rate_limit import allowance
from surveyengine.serving.worker import forget
from surveyengine.store import allowances, responses
from surveyengine.store.allowances import Allowance
from surveyengine.store.schema import allowance as counts
from surveyengine.store.schema import answer, response
from tests.support.business import token

NOW = datetime(2026, 11, 20, 12, 59, 58, tzinfo=UTC)
HOUR, SLOT = timedelta(hours=1), timedelta(seconds=allowances.SLOT)
SECRET = b"s" * 32


def added(engine: Engine, now: datetime, most: int, id: str = "", client: str = "a") -> bool:
    """Whether an answer is taken from the allowance of a client."""
    survey = engine.library.surveys["delivery"]
    row = {"id": id or secrets.token_hex(16), "survey": survey.id, "digest": survey.digest, "language": "en",
           "direction": "ltr", "day": now.date(), "context": {}, "answered_at": now}  # fmt: skip
    said = [{"question": "satisfaction", "position": 0, "series": "csat", "counted": True, "value": "4"}]
    with engine.database.direct() as connection:
        return responses.add(connection, row, said, Allowance(client, most, now))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 4), st.lists(st.integers(0, 1500), min_size=1, max_size=16))
def test_no_hour_has_more_than_its_answers_and_nobody_waits_much_longer(
    engine: Engine, most: int, pauses: list[int]
) -> None:
    client, now, taken = secrets.token_hex(16), NOW, list[datetime]()
    for pause in pauses:
        now += timedelta(seconds=pause)
        recent = [at for at in taken if at > now - HOUR]
        if added(engine, now, most, client=client):
            assert len(recent) < most
            taken.append(now)
        else:
            assert sum(at > now - HOUR - SLOT for at in taken) >= most


def test_an_hour_does_not_begin_with_the_clocks_and_what_is_refused_does_not_count(engine: Engine) -> None:
    assert [added(engine, NOW, 3) for _ in range(5)] == [True] * 3 + [False] * 2
    assert not any(added(engine, NOW + timedelta(minutes=minute), 3) for minute in range(60))
    assert added(engine, NOW + HOUR + SLOT, 3)
    assert not added(engine, NOW - HOUR, 3)  # nor was long on its way
    assert added(engine, NOW, 3, client="b")


def test_what_comes_again_counts_once_and_nothing_of_what_is_refused_is_stored(engine: Engine) -> None:
    came = [id for id in ("a", "a", "a", "b", "c", "b") if added(engine, NOW, 2, id)]
    assert came == ["a", "b"]
    with engine.database.read() as connection:
        assert set(connection.execute(select(response.c.id)).scalars()) == {"a", "b"}
        assert connection.execute(select(func.count()).select_from(answer)).scalar_one() == 2
        assert connection.execute(select(func.sum(counts.c.n))).scalar_one() == 2


def test_it_is_counted_where_all_processes_see_it(engine: Engine) -> None:
    other = start(engine.root)
    with ThreadPoolExecutor(8) as pool:
        came = list(pool.map(lambda n: added((engine, other)[n % 2], NOW, 3), range(24)))
    other.close()
    assert sum(came) == 3


def test_a_form_that_was_refused_can_be_sent_later_by_another_process(engine: Engine) -> None:
    config = (engine.root / "config.toml").read_text(encoding="utf-8")
    (engine.root / "config.toml").write_text(f"{config}\n[web]\nanswers_per_hour = 1\n", encoding="utf-8")
    both = [start(engine.root), start(engine.root)]
    came = []
    for one in (*both, both[0]):
        client = create_app(one).test_client()
        data = {"form": token(client.get("/s/delivery").text), "satisfaction": "4", "timing": "late"}
        came.append(client.post("/s/delivery", data=data, environ_base={"REMOTE_ADDR": "192.0.2.7"}))
    again = client.post("/s/delivery", data=data, environ_base={"REMOTE_ADDR": "192.0.2.8"})
    assert [page.status_code for page in (*came, again)] == [303, 429, 429, 303]
    assert 0 < int(came[1].headers["Retry-After"]) <= 300
    assert re.search(r'value="late"[^>]* checked', came[1].text)
    for one in both:
        one.close()


def test_the_worker_forgets_what_is_counted_no_more(engine: Engine) -> None:
    now = datetime.now(UTC)
    for at in (now, now - HOUR, now - 2 * HOUR, now + timedelta(days=365)):
        assert added(engine, at, 10)
    forget(engine)
    with engine.database.write() as connection:
        assert connection.execute(select(func.count()).select_from(counts)).scalar_one() == 2
        connection.execute(delete(counts))


def test_without_a_limit_in_the_files_a_network_has_600_answers_and_this_machine_has_no_limit() -> None:
    share = allowance("192.0.2.1", SECRET, NOW, None)
    assert share
    assert share.most == 600
    assert [allowance("127.0.0.1", SECRET, NOW, None), allowance("192.0.2.1", SECRET, NOW, 0)] == [None, None]
    assert allowance("127.0.0.1", SECRET, NOW, 2)


def test_what_is_kept_of_a_network_does_not_tell_which_it_is() -> None:
    clients = {one.client for secret in (SECRET, b"t" * 32) if (one := allowance("192.0.2.1", secret, NOW, None))}
    assert len(clients) == 2
    assert not any("192" in client for client in clients)
