"""The page that is the same for everybody: rendered by the framework once, and served without it from then on."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from surveyengine.app import create_app
from surveyengine.engine import Engine, start
from surveyengine.web import respond
from tests import business
from tests.business import token


@pytest.fixture
def shop(tmp_path: Path) -> Engine:
    return start(business.write(tmp_path))


@pytest.fixture
def client(shop: Engine) -> FlaskClient:
    return create_app(shop).test_client()


@pytest.mark.parametrize("query", ["", "?lang=fa", "?lang=zz", "?lang=", "?satisfaction=4", "?lang=fa&lang=he"])
@pytest.mark.parametrize("language", ["he", "fa-IR,fa;q=0.9", "de, en;q=0.1", ""])
def test_a_page_is_the_same_whoever_serves_it(client: FlaskClient, query: str, language: str) -> None:
    first, second = (client.get(f"/s/delivery{query}", headers={"Accept-Language": language}) for _ in range(2))
    assert (first.status, sorted(first.headers)) == (second.status, sorted(second.headers))
    assert first.text.replace(token(first.text), "") == second.text.replace(token(second.text), "")
    assert token(first.text) != token(second.text)


def test_what_is_known_is_served_without_the_framework(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    client.get("/s/delivery")
    monkeypatch.setattr(respond, "_form", None)
    assert client.get("/s/delivery").status_code == 200


def test_a_survey_that_closes_is_closed_though_its_page_is_known(shop: Engine, client: FlaskClient) -> None:
    business.change(shop, {"purchase/delivery": business.asking()})
    assert [client.get("/s/delivery").status_code for _ in range(2)] == [200, 200]
    business.change(shop, {"purchase/delivery": business.asking(closed=True)})
    assert client.get("/s/delivery").status_code == 410


def test_a_page_that_was_changed_is_shown_as_it_is_now(shop: Engine, client: FlaskClient) -> None:
    before = [client.get("/s/delivery?lang=en").text for _ in range(2)]
    changed = business.DELIVERY.replace("When did it arrive?", "When did your parcel come?")
    business.change(shop, {"purchase/delivery": changed})
    after = [client.get("/s/delivery?lang=en").text for _ in range(2)]
    assert ["your parcel" in page for page in (*before, *after)] == [False, False, True, True]
