"""Where a customer, or a program, came to an end: each page says what it is, and leads on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from surveyengine.app import create_app
from surveyengine.engine import Engine, start
from surveyengine.invitations.planning import take
from surveyengine.invitations.unsubscribe import opt_out
from surveyengine.store.schema import invitation
from surveyengine.store.schema import opt_out as opted_out
from surveyengine.values.link_tokens import unsubscribe_token
from surveyengine.web.forms.mending import mended
from tests.invitations.test_delivery import Outbox, deliver
from tests.support import business
from tests.support.business import asking, change, delivered
from tests.support.samples import Tags

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
JSON = "application/json"
WAYS = 'contact = "mailto:care@example.com"\nprivacy = "https://example.com/privacy#us"\n'
CONFIG = business.CONFIG.replace("[business]\n", f"[business]\n{WAYS}")
OPEN_FORM = re.sub(r"\[invite\].*?\n\n", "", "scored = false\n" + asking(), flags=re.DOTALL)
SURVEYS = {
    "purchase/delivery": business.DELIVERY,
    "purchase/over": asking(closed=True, on="order.paid"),
    "relationship/feedback": OPEN_FORM,
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = start(business.write(tmp_path_factory.mktemp("ends") / "shop", SURVEYS, CONFIG))
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def client(shop: Engine) -> FlaskClient:
    return create_app(shop).test_client()


def links(html: str) -> list[str]:
    return [one["href"] for one in Tags(html).named("a") if "hreflang" not in one]


def invited(engine: Engine, *ids: str) -> list[str]:
    """The ids of invitations that were sent to one customer about these orders."""
    take(engine, [delivered(id, NOW) for id in ids], NOW)
    deliver(engine, Outbox())
    with engine.database.read() as connection:
        return list(connection.execute(select(invitation.c.id).order_by(invitation.c.key)).scalars())


# The address itself


@pytest.mark.parametrize(("language", "name"), [("en", "Nava Home"), ("he", "נאווה הום"), ("fa", "ناوا هوم")])
def test_the_address_says_whose_it_is_and_nothing_of_surveys(client: FlaskClient, language: str, name: str) -> None:
    page = client.get("/", headers={"Accept-Language": language})
    assert (page.status_code, page.headers["X-Robots-Tag"]) == (200, "noindex, nofollow")
    assert f'<html lang="{language}"' in page.text
    assert name in page.text
    assert links(page.text) == ["mailto:care@example.com", "https://example.com/privacy#us"]
    assert "/s/" not in page.text
    assert "Set-Cookie" not in page.headers


@pytest.mark.parametrize("path", ["/", "/feedback", "/feedback/", "/feedback/S/Delivery."])
def test_the_address_may_have_a_path(tmp_path_factory: pytest.TempPathFactory, path: str) -> None:
    root = tmp_path_factory.mktemp("path") / "shop"
    engine = start(business.write(root, config=CONFIG.replace('example.com"\n\n', 'example.com/feedback"\n\n', 1)))
    answer = create_app(engine).test_client().get(path)
    assert answer.status_code == (308 if "S" in path else 200)
    assert answer.headers.get("Location", "/feedback/s/delivery") == "/feedback/s/delivery"
    engine.close()


# Links as they arrive

TAILS = [".", ")", "/", ",", ").", "\u2069", "\u200f", "…", "؟", "»", '"', ">", "%20", "*", "!", "-", "_", "תודה"]


@pytest.mark.parametrize("tail", TAILS)
def test_what_stood_behind_a_link_is_no_part_of_it(shop: Engine, client: FlaskClient, tail: str) -> None:
    [id, *_] = invited(shop, "1")
    for path in ("/s/delivery", business.personal_link(shop, id), f"/u/{unsubscribe_token(shop.secret, id)}"):
        led = client.get(f"{path}{tail}?lang=fa")
        assert (led.status_code, led.headers["Location"]) == (308, f"{path}?lang=fa")
        assert client.get(led.headers["Location"]).status_code == 200
        assert client.post(f"{path}{tail}").status_code == 308


@pytest.mark.parametrize("path", ["/s/DELIVERY", "/S/Delivery", "/s//delivery", "/s/\u2068delivery\u2069", "/s/x./"])
def test_a_survey_is_found_in_capital_letters_too(client: FlaskClient, path: str) -> None:
    assert client.get(path).headers["Location"] == ("/s/x" if "x" in path else "/s/delivery")


def test_the_language_of_a_link_is_known_by_what_stands_before_the_stop(client: FlaskClient) -> None:
    assert '<html lang="fa"' in client.get("/s/delivery?lang=fa).").text
    assert '<html lang="fa"' in client.get("/s/nowhere?lang=fa\u2069").text


@given(st.text(st.sampled_from("/srutx.A-_\u2069\\:@%?#é\n ")) | st.text())
def test_no_link_leads_anywhere_but_to_a_page_of_ours(path: str) -> None:
    meant = mended(f"/{path}")
    assert meant is None or (re.fullmatch(r"/[srut]/[A-Za-z0-9._-]+(/thanks)?", meant) and mended(meant) is None)


# What programs are told


@pytest.mark.parametrize(("method", "path", "accept", "status"), [
    ("GET", "/api", None, 404), ("GET", "/api/", "text/html", 404), ("GET", "/api/v1/nothing", "text/html", 404),
    ("POST", "/API/v2", None, 404), ("GET", "/api/v1/events", "text/html", 405), ("PUT", "/api/v1/report", None, 405),
    ("POST", "/api/v1/events", None, 401), ("GET", "/nothing", "application/json", 404),
    ("GET", "/s/nowhere", "application/json", 404), ("GET", "/s/over", "application/json", 410),
    ("PUT", "/s/delivery", "application/problem+json", 405), ("POST", "/s/delivery", "application/json", 400),
    ("GET", "/r/x", "application/json, text/plain", 404), ("GET", "/u/x.", "application/json", 404),
])  # fmt: skip
def test_a_program_gets_a_problem_in_english(
    client: FlaskClient, method: str, path: str, accept: str | None, status: int
) -> None:
    head = {"Accept-Language": "fa", **({"Accept": accept} if accept else {})}
    answer = client.open(path, method=method, headers=head)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    problem = answer.get_json()
    assert problem["status"] == status
    assert problem["detail"].isascii()
    assert problem["detail"]
    assert "{" not in problem["detail"]
    assert status != 405 or answer.headers["Allow"]


def test_too_much_is_a_problem_for_a_program_and_a_page_for_people(client: FlaskClient) -> None:
    data = {"reason": "x" * 1_100_000}
    answers = [client.post("/s/delivery", data=data, headers={"Accept": accept}) for accept in (JSON, "text/html")]
    assert [(one.status_code, one.mimetype) for one in answers] == [
        (413, "application/problem+json"), (413, "text/html")]  # fmt: skip


@pytest.mark.parametrize("accept", [None, "*/*", "text/html,application/json;q=0.9", "application/json,*/*;q=0.1"])
def test_people_get_a_page(client: FlaskClient, accept: str | None) -> None:
    answer = client.get("/s/nowhere", headers={"Accept": accept} if accept else {})
    assert (answer.status_code, answer.mimetype) == (404, "text/html")


# Pages that end


def test_an_ended_survey_leads_to_the_form_that_is_always_open(shop: Engine, client: FlaskClient) -> None:
    [id, *_] = invited(shop, "2")
    with shop.database.write() as connection:
        connection.execute(update(invitation).where(invitation.c.id == id).values(expires_at=NOW - HOUR))
    for path in ("/s/over", business.personal_link(shop, id)):
        page = client.get(f"{path}?lang=fa")
        assert page.status_code == 410
        assert links(page.text)[0] == "/s/feedback?lang=fa"
        assert client.get(links(page.text)[0]).status_code == 200
    assert "/s/feedback" not in client.get("/s/over?kiosk=1").text
    assert "/s/feedback" not in client.get("/s/over?embed=1").text
    assert "mailto:" not in client.get("/s/delivery?kiosk=1").text


def test_without_such_a_form_only_the_business_is_left(engine: Engine) -> None:
    shut = OPEN_FORM.replace("closed = false", "closed = true")
    change(engine, {"purchase/over": asking(closed=True), "relationship/feedback": shut})
    page = create_app(engine).test_client().get("/s/over")
    assert (page.status_code, links(page.text)) == (410, [])


# The foot


@pytest.mark.parametrize(("language", "words"), [
    ("en", ("Contact us", "Privacy policy")), ("he", ("יצירת קשר", "מדיניות הפרטיות")),
    ("fa", ("تماس با ما", "سیاست حفظ حریم خصوصی")),
])  # fmt: skip
def test_every_page_and_mail_says_how_to_reach_the_business(
    shop: Engine, client: FlaskClient, language: str, words: tuple[str, str]
) -> None:
    take(shop, [delivered(f"foot-{language}", NOW, f"foot-{language}", language=language)], NOW)
    outbox = Outbox()
    deliver(shop, outbox)
    mail = next(one for one in outbox.mails if one.to == f"foot-{language}@example.com")
    for html in (client.get(f"/s/delivery?lang={language}").text, client.get(f"/s/x?lang={language}").text, mail.html):
        assert links(html)[-2:] == ["mailto:care@example.com", "https://example.com/privacy#us"]
        assert all(f">{one}</a>" in html for one in words)
    assert f"{words[0]}\ncare@example.com\n\n{words[1]}\nhttps://example.com/privacy#us" in mail.text


# The way back


def states(engine: Engine, *ids: str) -> list[Any]:
    """What becomes of further parcels: None where the customer is asked."""
    outcomes = take(engine, [delivered(id, NOW + HOUR) for id in ids], NOW + HOUR)
    return [one["refused"][0]["reason"] if one["refused"] else None for one in outcomes]


def test_who_left_by_accident_finds_the_way_back_on_that_page(engine: Engine) -> None:
    [id, *_] = invited(engine, "1")
    client, way = create_app(engine).test_client(), f"/u/{unsubscribe_token(engine.secret, id)}?lang=en"
    back = 'name="back" value="yes"'
    assert back not in client.get(way).text
    left = [client.post(way, data={"List-Unsubscribe": "One-Click"}).text for _ in range(2)]    # pressed twice
    assert all(back in page for page in (*left, client.get(way).text))
    assert states(engine, "2") == ["opted_out"]
    returned = [client.post(way, data={"back": "yes"}).text for _ in range(2)]
    assert all("You will receive survey invitations from us again." in page for page in returned)
    assert states(engine, "3") == [None]
    with engine.database.read() as connection:
        assert connection.execute(select(opted_out)).all() == []
    assert back in client.post(way).text    # and out again
    assert states(engine, "4") == ["opted_out"]


def test_nobody_comes_back_by_another_link_than_they_left_by(engine: Engine) -> None:
    first, second = invited(engine, "1", "2")
    client = create_app(engine).test_client()
    one, other = (f"/u/{unsubscribe_token(engine.secret, id)}?lang=en" for id in (first, second))
    back = 'name="back" value="yes"'
    client.post(one)
    assert back not in client.get(other).text
    client.post(other, data={"back": "yes"})
    assert states(engine, "3") == ["opted_out"]
    assert back not in client.post(other).text    # now both have said so, and neither takes back what the other said
    for way in (one, other):
        assert "not receive any more" in client.post(way, data={"back": "yes"}).text
    assert states(engine, "4") == ["opted_out"]


def test_what_was_said_before_is_not_taken_back(engine: Engine) -> None:
    [id] = invited(engine, "1")
    with engine.database.write() as connection:
        values = {"address_hash": engine.hasher.hash("c-17@example.com"), "at": NOW - HOUR}
        connection.execute(opted_out.insert().values(**values))
    opt_out(engine, token := unsubscribe_token(engine.secret, id), NOW)
    client = create_app(engine).test_client()
    assert 'name="back"' not in client.get(f"/u/{token}").text
    client.post(f"/u/{token}", data={"back": "yes"})
    assert states(engine, "2") == ["opted_out"]


def test_a_forged_link_lets_nobody_in(engine: Engine) -> None:
    [id] = invited(engine, "1")
    opt_out(engine, unsubscribe_token(engine.secret, id), NOW)
    client = create_app(engine).test_client()
    assert client.post(f"/u/{unsubscribe_token(b'x' * 32, id)}", data={"back": "yes"}).status_code == 404
    assert states(engine, "2") == ["opted_out"]
