"""Who guesses links and keys has to wait, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from surveyengine import keys
from surveyengine.app import create_app
from surveyengine.engine import Engine, start
from surveyengine.web.misses import MOST, NETWORKS, Misses
from tests.support import business

WRONG, RIGHT = {"REMOTE_ADDR": "192.0.2.7"}, {"REMOTE_ADDR": "192.0.2.8"}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Engine]:
    engine = start(business.write(tmp_path / "shop"))
    yield engine
    engine.close()


@pytest.fixture
def client(shop: Engine) -> FlaskClient:
    return create_app(shop).test_client()


@pytest.mark.parametrize("path", ["/r/{0}", "/u/{0}", "/t/{0}", "/r/{0}/thanks"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_network_that_tries_many_tokens_has_to_wait(client: FlaskClient, path: str, method: str) -> None:
    if path.endswith("thanks") and method == "post":
        method = "get"
    pages = [getattr(client, method)(path.format(n), environ_base=WRONG) for n in range(MOST + 2)]
    assert [page.status_code for page in pages] == [404] * MOST + [429] * 2
    assert pages[-1].headers["Retry-After"] == "60"
    assert "Too many links that do not exist" in client.get("/r/x?lang=en", environ_base=WRONG).text
    assert client.get("/r/x", environ_base=RIGHT).status_code == 404
    assert [client.get("/r/x").status_code for _ in range(2 * MOST)] == [404] * 2 * MOST


def test_what_is_right_is_never_refused(shop: Engine, client: FlaskClient) -> None:
    key = keys.add(shop, "shop", "read", datetime.now(UTC))
    for _ in range(MOST + 1):
        client.get("/u/x", environ_base=WRONG)
    headers = {"Authorization": f"Bearer {key}"}
    assert client.get("/s/delivery", environ_base=WRONG).status_code == 200
    assert client.get("/s/nowhere", environ_base=WRONG).status_code == 404
    assert client.get("/api/v1/report", environ_base=WRONG, headers=headers).status_code == 200


def test_a_network_that_tries_many_keys_has_to_wait(shop: Engine, client: FlaskClient) -> None:
    def asked(key: str) -> int:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return client.post("/api/v1/events", json=[], environ_base=WRONG, headers=headers).status_code

    assert [asked("") for _ in range(2 * MOST)] == [401] * 2 * MOST
    assert [asked(f"se_{n}") for n in range(MOST + 2)] == [401] * MOST + [429] * 2
    key = keys.add(shop, "shop", "events", datetime.now(UTC))
    assert key
    assert asked(key) in (202, 400)
    problem = client.get("/api/v1/report", environ_base=WRONG, headers={"Authorization": "Bearer x"})
    assert (problem.mimetype, problem.headers["Retry-After"]) == ("application/problem+json", "60")


def test_misses_are_those_of_the_last_minute_and_what_is_refused_is_none() -> None:
    misses = Misses()
    assert not any(misses.too_many("192.0.2.7", second) for second in range(MOST))
    assert all(misses.too_many("192.0.2.7", second) for second in range(MOST, 60))
    assert not misses.too_many("192.0.2.7", 60)
    assert misses.too_many("192.0.2.7", 60.5)
    assert not any(misses.too_many("127.0.0.1", 1) for _ in range(3 * MOST))
    assert misses.too_many("192.0.2.7:4711", 60.6)  # a port is no other network


def test_so_many_networks_are_remembered() -> None:
    misses = Misses()
    for n in range(NETWORKS + 10):
        misses.too_many(f"2001:db8:{n:x}::1", 1)
    assert len(misses._seen) == NETWORKS  # noqa: SLF001
