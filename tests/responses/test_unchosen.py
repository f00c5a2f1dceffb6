"""A form that a scanner may have sent: what its link had chosen has to be chosen by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from surveyengine.app import create_app
from surveyengine.engine import Engine, start
from surveyengine.responses.ticket import FormTokens
from tests.responses.test_posting import OPEN, Customer, hidden, paged
from tests.support import business
from tests.support.business import token
from tests.support.samples import Tags, question
from tests.web.test_respond import checked, invite, stored

KINDS = "".join((
    question("mark", "csat", "required = true"),
    question("more", "choices", "other = true"),
    question("born", "date"),
    question("rows", "matrix"),
    question("order_of", "ranking"),
    question("why", "text", "show_if = { mark = { at_most = 2 } }"),
))  # fmt: skip


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Engine]:
    title = 'title = { en = "All", he = "הכול", fa = "همه" }\n'
    started = start(business.write(tmp_path / "shop", {"purchase/visit": paged(), "purchase/kinds": title + KINDS}))
    yield started
    started.close()


@pytest.fixture
def client(shop: Engine) -> FlaskClient:
    return create_app(shop).test_client()


def sent(client: FlaskClient, page: str, path: str, **fields: Any) -> Any:
    return client.post(path, data={**dict(hidden(page)), **{name.replace("__", "."): fields[name] for name in fields}})


def chosen(page: str) -> list[str]:
    """All that is chosen on a page."""
    return [one["value"] for tag, one in Tags(page).found
            if tag in ("input", "option") and ("checked" in one or "selected" in one) and one["value"]]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("mark=5", {"mark": "5"}),
        ("mark=5&born=2020-01-02", {"mark": "5", "born.day": "2", "born.month": "1", "born.year": "2020"}),
        ("mark=2&why=rain", {"mark": "2", "why": "rain"}),
        ("mark=۵", {"mark": "5"}),
    ],
)
def test_what_a_link_alone_has_chosen_is_not_chosen_any_more(
    shop: Engine, client: FlaskClient, query: str, fields: dict[str, str]
) -> None:
    path = "/s/kinds"
    again = sent(client, client.get(f"{path}?{query}").text, path, **fields)
    assert again.status_code == 200
    assert chosen(again.text) == []
    assert "rain" not in again.text
    assert not [one for one in Tags(again.text).named("input", name="born.day") if one.get("value")]
    fault = sent(client, again.text, path)
    assert (fault.status_code, stored(shop)) == (422, [])
    assert sent(client, fault.text, path, mark="4").status_code == 303
    assert stored(shop) == [{"mark": ["4"]}]


def test_what_is_not_asked_but_was_written_stays(client: FlaskClient) -> None:
    page = client.get("/s/kinds?mark=5").text
    again = sent(client, page, "/s/kinds", mark="5", why="it rained")
    assert chosen(again.text) == []
    assert "it rained" in again.text


@pytest.mark.parametrize(
    "fields", [{"mark": "4"}, {"mark": "5", "more__other": "words"}, {"mark": "5", "born": "2020-01-02"}]
)
def test_who_changed_or_added_anything_is_a_person(client: FlaskClient, fields: dict[str, str]) -> None:
    assert sent(client, client.get("/s/kinds?mark=5").text, "/s/kinds", **fields).status_code == 303


def test_a_changed_order_is_a_change(client: FlaskClient) -> None:
    page = client.get("/s/kinds?mark=5&order_of=late&order_of=early").text
    assert sent(client, page, "/s/kinds", mark="5", order_of=["early", "late"]).status_code == 303
    page = client.get("/s/kinds?mark=5&order_of=late&order_of=early").text
    again = sent(client, page, "/s/kinds", mark="5", order_of=["late", "early"])
    assert (again.status_code, chosen(again.text)) == (200, [])


def test_a_form_of_pages_is_shown_from_where_the_choice_is(shop: Engine) -> None:
    machine = Customer(shop, f"{OPEN}?satisfaction=5").sends(satisfaction="5").sends(again="")
    assert machine.page.status_code == 422  # a page that needs more asks for that first
    client = create_app(shop).test_client()
    page = client.get("/s/kinds?rows.speed=3&mark=5").text
    again = sent(client, page, "/s/kinds", mark="5", rows__speed="3")
    assert (again.status_code, chosen(again.text)) == (200, [])


def test_a_scanner_leaves_no_draft(engine: Engine) -> None:
    asked = paged('[invite]\non = "shipment.delivered"\nafter = "12 hours"\n')
    needless = asked.replace("page = 3\nrequired = true", "page = 3")
    business.change(engine, {"purchase/delivery": needless})
    link = invite(engine)
    scanner = Customer(engine, f"{link}?satisfaction=5").sends(satisfaction="5")
    assert scanner.asked[0] == "again"
    scanner.sends()
    assert (scanner.page.status_code, scanner.asked[0]) == (200, "satisfaction")
    assert checked(scanner.text, "satisfaction") == []
    assert checked(Customer(engine, link).text, "satisfaction") == []
    assert stored(engine) == []


def test_what_was_begun_stays_when_a_scanner_follows_another_link(engine: Engine) -> None:
    link = invite(engine)
    Customer(engine, link).leaves(timing="late")
    scanner = Customer(engine, f"{link}?satisfaction=5").sends(satisfaction="5", timing="late")
    assert scanner.page.status_code == 200
    assert (checked(scanner.text, "satisfaction"), checked(scanner.text, "timing")) == ([], ["late"])
    assert scanner.sends(timing="late").page.status_code == 422
    assert scanner.sends(satisfaction="1", timing="late").page.status_code == 303


@pytest.mark.parametrize(("least", "later", "status"), [("2 seconds", 1.5, 200), ("2 seconds", 2.1, 303),
                                                        ("0 seconds", 0, 303), ("0 seconds", -5, 303)])  # fmt: skip
def test_only_a_form_that_comes_back_too_soon_is_shown_again(
    tmp_path: Path, least: str, later: float, status: int
) -> None:
    root = business.write(tmp_path)
    config = root / "config.toml"
    config.write_text(config.read_text("utf-8") + f'\n[web]\nmin_fill = "{least}"\n', "utf-8")
    engine = start(root)
    client, tickets = create_app(engine).test_client(), FormTokens(engine.secret)
    found = tickets.read(token(client.get("/s/delivery?satisfaction=5").text))
    assert found
    form = tickets.sign(type(found)(**{**vars(found), "issued_at": found.issued_at - timedelta(seconds=later)}))
    assert client.post("/s/delivery", data={"form": form, "satisfaction": "5"}).status_code == status
    engine.close()
