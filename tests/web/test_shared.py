"""The page that is the same for everybody: rendered by the framework once, and served without it from then on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from surveyengine.app import create_app
from surveyengine.engine import Engine, start
from surveyengine.store.schema import answer
from surveyengine.web.forms import routes
from tests.support import business
from tests.support.business import token


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Engine]:
    engine = start(business.write(tmp_path))
    yield engine
    engine.close()


@pytest.fixture
def client(shop: Engine) -> FlaskClient:
    return create_app(shop).test_client()


def _headers(page: TestResponse) -> list[tuple[str, str]]:
    """Return the headers of a page; its length without its token, which a moment with fewer digits makes shorter."""
    length = ("Content-Length", str(len(page.data) - len(token(page.text))))
    assert page.content_length == len(page.data)
    return sorted([*((name, value) for name, value in page.headers if name != "Content-Length"), length])


@pytest.mark.parametrize("query", ["", "?lang=fa", "?lang=zz", "?lang=", "?satisfaction=4", "?lang=fa&lang=he"])
@pytest.mark.parametrize("language", ["he", "fa-IR,fa;q=0.9", "de, en;q=0.1", ""])
def test_a_page_is_the_same_whoever_serves_it(client: FlaskClient, query: str, language: str) -> None:
    first, second = (client.get(f"/s/delivery{query}", headers={"Accept-Language": language}) for _ in range(2))
    assert (first.status, _headers(first)) == (second.status, _headers(second))
    assert first.text.replace(token(first.text), "") == second.text.replace(token(second.text), "")
    assert token(first.text) != token(second.text)


def test_what_is_known_is_served_without_the_framework(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    client.get("/s/delivery")
    monkeypatch.setattr(routes, "_form", None)
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


# ── Answers


# The framework reads any form, the shortcut before it only those that browsers send by themselves.
SHORT, LONG = (f"application/x-www-form-urlencoded{more}" for more in ("", "; charset=utf-8"))
COMPLETE = "satisfaction=2&timing=late&reason=%D8%AF%DB%8C%D8%B1+%D8%B1%D8%B3%DB%8C%D8%AF"
BELOW = {"SCRIPT_NAME": "/קנייה".encode().decode("latin-1")}


def send(client: FlaskClient, kind: str, body: str, **headers: str) -> TestResponse:
    form = token(client.get("/s/delivery").text)
    return client.post(
        "/s/delivery?form=sent&lang=fa",
        data=f"form={form}&{body}",
        headers={"Content-Type": kind, **headers},
        environ_overrides=BELOW,
    )


def said(page: TestResponse) -> tuple[str, dict[str, str], str]:
    """What is said but for the form's token, which may be a few bytes longer at another moment."""
    headers = {name: value for name, value in page.headers if name != "Content-Length"}
    return page.status, headers, re.sub(r'name="form" value="[^"]+"', "", page.text)


@pytest.mark.parametrize(
    ("site", "body"),
    [
        ("same-origin", COMPLETE),
        ("same-origin", "satisfaction="),
        ("same-origin", "satisfaction=9"),
        ("same-origin", f"{COMPLETE}&timing=%FF"),
        ("same-origin", f"{COMPLETE}&form=another"),
        ("cross-site", COMPLETE),
    ],
)
def test_an_answer_leads_to_the_same_whoever_takes_it(client: FlaskClient, site: str, body: str) -> None:
    first, second = (send(client, kind, body, **{"Sec-Fetch-Site": site}) for kind in (SHORT, LONG))
    assert said(first) == said(second)


def test_a_complete_answer_needs_no_framework(
    shop: Engine, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "_shown", None)
    assert send(client, SHORT, COMPLETE).status_code == 303
    with shop.database.read() as connection:
        assert connection.execute(select(answer.c.value).order_by(answer.c.question)).scalars().all() == [
            "دیر رسید",
            "2",
            "late",
        ]


def test_a_fault_of_ours_is_told_and_shown(
    shop: Engine, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(shop.library, "version", None)
    page = send(client, SHORT, COMPLETE)
    assert (page.status_code, page.mimetype) == (500, "text/html")
    assert "respond.open_answer failed" in caplog.text


def test_a_fault_that_passes_is_told_and_a_form_that_is_sent_again_is_taken(
    shop: Engine, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    version, faults = shop.library.version, iter([ValueError("once")])

    def faulty(digest: str) -> object:
        for fault in faults:
            raise fault
        return version(digest)

    monkeypatch.setattr(shop.library, "version", faulty)
    assert [send(client, SHORT, COMPLETE).status_code for _ in range(2)] == [500, 303]
    assert caplog.text.count("ValueError: once") == 1


def test_a_form_that_breaks_off_is_no_answer(shop: Engine, client: FlaskClient) -> None:
    form = token(client.get("/s/delivery").text)
    body = f"form={form}&satisfaction=2&timing=l".encode()
    page = client.post("/s/delivery", data=body, content_type=SHORT, environ_overrides={"CONTENT_LENGTH": "400"})
    assert page.status_code == 400
    with shop.database.read() as connection:
        assert not connection.execute(select(answer)).all()
