"""How a form knows where it stands: what its link says, in whose frame it is, and whose tablet it is on."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from surveyengine.app import create_app
from surveyengine.engine import Engine, start
from surveyengine.invitations.link import LinkRequest, path
from surveyengine.project.files import read
from surveyengine.responses.place import listed, spelled
from surveyengine.store.schema import response
from tests.invitations.test_link import NOW
from tests.support import business
from tests.support.business import CONFIG, DELIVERY, token

SHOP = "https://shop.example.com"


@pytest.fixture
def client(engine: Engine) -> FlaskClient:
    return create_app(engine).test_client()


def framed(engine: Engine, mode: str = "") -> None:
    """Let the shop frame our pages, and our surveys be of that mode."""
    urls = {"database": engine.config.database.url, "email": engine.config.email.url}
    config = CONFIG + f'[web]\nembed_origins = ["{SHOP}"]\n'
    business.write(engine.root, {"purchase/delivery": mode + DELIVERY}, config, **urls)
    engine.library.publish(read(engine.root, engine.catalogs.languages), datetime.now(UTC))


def stored(engine: Engine) -> list[Any]:
    with engine.database.read() as connection:
        return list(connection.execute(select(response)))


def signed(engine: Engine, *pairs: tuple[str, str], language: str = "en") -> str:
    return "/" + path(engine, LinkRequest("delivery", context=pairs, language=language), NOW)


def send(client: FlaskClient, address: str, page: str, **answers: str) -> Any:
    """Send the form of a page to where it says, as a browser does."""
    action = re.search(r'<form method="post" action="([^"]+)"', page)
    assert action
    there = address.partition("?")[0] + unescape(action[1])
    return client.post(there, data={"form": token(page), **answers})


def languages(page: str) -> dict[str, str]:
    links = re.findall(r'(?:<a href|value="stay" formaction)="([^"]+)" lang="(\w\w)"', page)
    return {language: unescape(link) for link, language in links}


def said_in(client: FlaskClient, language: str, begun: str) -> str:
    """Press the button of a language below a form that was begun, and return the page."""
    reply = client.post(f"/s/delivery{languages(begun)[language]}", data={"form": token(begun), "form.go": "stay"})
    return reply.text


# What a link says


def test_what_a_link_claims_is_kept_as_a_claim_and_not_shown(engine: Engine, client: FlaskClient) -> None:
    page = client.get("/s/delivery?order=A-66&lang=en").text
    assert "A-66</bdi>" not in page
    assert send(client, "/s/delivery", page, satisfaction="5").location == "/s/delivery/thanks?lang=en"
    [row] = stored(engine)
    assert (row.context, row.claimed, row.layout) == ({"order": "A-66"}, True, "page")


def test_what_we_signed_is_shown_and_kept_as_a_fact(engine: Engine, client: FlaskClient) -> None:
    link = signed(engine, ("order", "A-1"))
    page = client.get(link).text
    assert "A-1</bdi>" in page
    assert send(client, link, page, satisfaction="5").status_code == 303
    [row] = stored(engine)
    assert (row.context, row.claimed) == ({"order": "A-1"}, False)


def test_a_changed_value_is_a_claim(engine: Engine, client: FlaskClient) -> None:
    page = client.get(signed(engine, ("order", "A-1")).replace("A-1", "A-2")).text
    assert "A-2</bdi>" not in page
    send(client, "/s/delivery", page, satisfaction="5")
    [row] = stored(engine)
    assert (row.context, row.claimed) == ({"order": "A-2"}, True)


def test_a_form_without_context_claims_nothing(engine: Engine, client: FlaskClient) -> None:
    send(client, "/s/delivery", client.get("/s/delivery?satisfaction=4").text, satisfaction="5")
    [row] = stored(engine)
    assert (row.context, row.claimed) == ({}, False)


def test_context_survives_a_fault_and_another_language(engine: Engine, client: FlaskClient) -> None:
    page = client.get(signed(engine, ("order", "A-1"))).text
    faulty = send(client, "/s/delivery", page).text
    assert "A-1</bdi>" in faulty
    hebrew = said_in(client, "he", faulty)
    assert "A-1</bdi>" in hebrew
    send(client, "/s/delivery", hebrew, satisfaction="5")
    [row] = stored(engine)
    assert (row.context, row.claimed, row.language) == ({"order": "A-1"}, False, "he")


def test_an_anonymous_answer_keeps_nothing_of_what_its_link_said(engine: Engine, client: FlaskClient) -> None:
    framed(engine, 'mode = "anonymous"\n')
    link = signed(engine, ("order", "A-1"))
    send(client, link, client.get(link).text, satisfaction="5")
    [row] = stored(engine)
    assert (row.context, row.claimed) == ({}, False)


# In the frame of another page


def test_a_page_that_is_listed_hears_what_happens(engine: Engine, client: FlaskClient) -> None:
    framed(engine)
    reply = client.get(f"/s/delivery?embed=1&form.host={SHOP}&order=A-1&lang=en")
    policy = reply.headers["Content-Security-Policy"]
    assert f"frame-ancestors {SHOP}" in policy
    assert re.search(r"script-src 'sha256-[^']+';", policy)
    assert f'<script data-host="{SHOP}">' in reply.text
    assert '<html lang="en" dir="ltr" class="embed">' in reply.text
    thanks = send(client, "/s/delivery", reply.text, satisfaction="5")
    assert 'data-state="submitted"' in client.get(thanks.location).text
    [row] = stored(engine)
    assert (row.layout, row.context, row.claimed) == ("embed", {"order": "A-1"}, True)


def test_a_frame_offers_languages_unless_its_page_has_one(engine: Engine, client: FlaskClient) -> None:
    framed(engine)
    assert languages(client.get("/s/delivery?embed=1&lang=en").text) == {}
    page = client.get("/s/delivery?embed=1").text
    page = client.get("/s/delivery" + languages(page)["fa"]).text
    assert '<html lang="fa"' in page
    begun = send(client, "/s/delivery", page).text
    assert '<html lang="fa"' in begun
    assert '<html lang="he"' in said_in(client, "he", begun)


@pytest.mark.parametrize("host", ["", "https://evil.example.com", f"{SHOP}.evil.com", f"{SHOP}/", "null", "*"])
def test_no_other_page_hears_anything(engine: Engine, client: FlaskClient, host: str) -> None:
    framed(engine)
    reply = client.get("/s/delivery", query_string={"embed": "1", "form.host": host})
    assert "<script" not in reply.text
    assert "script-src" not in reply.headers["Content-Security-Policy"]


def test_nobody_frames_where_nobody_is_listed(client: FlaskClient) -> None:
    assert "frame-ancestors 'none'" in client.get("/s/delivery?embed=1").headers["Content-Security-Policy"]


def test_what_belongs_to_a_customer_is_never_framed(engine: Engine, client: FlaskClient) -> None:
    framed(engine)
    look = path(engine, LinkRequest("delivery", preview=True), NOW)
    for address in (f"/{look}", "/s/nowhere", "/r/nobody"):
        assert "frame-ancestors 'none'" in client.get(address).headers["Content-Security-Policy"]


@pytest.mark.parametrize("sender", ["cross-site", "same-site"])
def test_a_form_that_was_not_sent_from_our_page_is_not_an_answer(
    engine: Engine, client: FlaskClient, sender: str
) -> None:
    form = token(client.get("/s/delivery").text)
    reply = client.post(
        "/s/delivery?lang=en", data={"form": form, "satisfaction": "5"}, headers={"Sec-Fetch-Site": sender}
    )
    assert reply.status_code == 403
    assert "window of its own" in reply.text
    assert stored(engine) == []


@pytest.mark.parametrize(
    ("origin", "as_browsers_spell"),
    [
        ("https://Shop.Example.com", "https://shop.example.com"),
        ("https://shop.example.com:443", "https://shop.example.com"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://shop.example.com:443", "http://shop.example.com:443"),
    ],
)
def test_an_origin_is_compared_as_browsers_spell_it(origin: str, as_browsers_spell: str) -> None:
    assert spelled(origin) == as_browsers_spell
    assert listed(as_browsers_spell, [origin]) == as_browsers_spell


# On a tablet


def test_a_tablet_begins_again_in_its_language_and_each_answer_counts(engine: Engine, client: FlaskClient) -> None:
    address = "/s/delivery?kiosk=1&lang=he&shop=haifa"
    for language in ("he", "fa", "en"):
        page = client.get("/s/delivery" + languages(client.get(address).text)[language]).text
        thanks = client.get(send(client, "/s/delivery", page, satisfaction="5").location)
        assert f'<html lang="{language}"' in thanks.text
        refresh = re.search(r'http-equiv="refresh" content="8; url=([^"]+)"', thanks.text)
        assert refresh
        address = unescape(refresh[1])
        assert '<html lang="he"' in client.get(address).text
    assert [(row.layout, row.context) for row in stored(engine)] == [("kiosk", {"shop": "haifa"})] * 3


def test_a_tablet_shows_nobody_what_was_answered_before(engine: Engine, client: FlaskClient) -> None:
    first = client.get("/s/delivery?kiosk=1&lang=en")
    assert first.headers["Cache-Control"] == "no-store"
    assert 'novalidate autocomplete="off"' in first.text
    faulty = send(client, "/s/delivery", first.text, reason="Secret", timing="late")
    assert "data-now" in faulty.text
    again = {"form": token(faulty.text), "satisfaction": "2", "reason": "Secret"}
    assert client.post("/s/delivery?kiosk=1", data=again).status_code == 303
    repeated = send(client, "/s/delivery", first.text, reason="Secret", timing="late")
    assert repeated.status_code == 409    # going back to it tells that it was sent, and shows no answers
    assert "Secret" not in repeated.text
    assert len(stored(engine)) == 1


def test_a_tablet_gives_up_a_form_without_javascript_too(client: FlaskClient) -> None:
    page = client.get("/s/delivery?kiosk=1&lang=fa").text
    start = r"/s/delivery\?kiosk=fa&amp;lang=fa"
    assert re.search(rf'<noscript>\s*<meta http-equiv="refresh" content="300; url={start}">', page)
    assert 'data-idle="120"' in page


def test_a_page_elsewhere_is_not_a_tablet(client: FlaskClient) -> None:
    for query in ("", "?kiosk=0", "?kiosk="):
        page = client.get(f"/s/delivery{query}").text
        assert "refresh" not in page
        assert "kiosk" not in page.partition("<body>")[0]


def test_below_a_path_a_tablet_finds_its_start(tmp_path: Path) -> None:
    config = CONFIG.replace("https://feedback.example.com", "https://example.com/feedback")
    engine = start(business.write(tmp_path / "project", config=config))
    client = create_app(engine).test_client()
    page = client.get("/feedback/s/delivery?kiosk=1&lang=en").text
    assert 'data-start="/feedback/s/delivery?kiosk=en&amp;lang=en"' in page
    engine.close()
