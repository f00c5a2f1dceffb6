"""A tablet in a shop, in a real browser: one customer after another, who see nothing of each other."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from surveyengine.store.schema import response
from surveyengine.web.forms import notice, rendering
from tests.support import business
from tests.support.site import Site, reach, send, served


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with served(business.write(tmp_path_factory.mktemp("kiosk") / "project")) as site:
        yield site


@pytest.fixture
def shop(running: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    running.clear()
    monkeypatch.setattr(notice, "THANKED", 1)
    return running


@pytest.fixture(scope="module", params=[True, False], ids=["with JavaScript", "without"])
def tablet(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    with browser.new_context(viewport={"width": 1024, "height": 768}, java_script_enabled=request.param) as context:
        context.set_default_timeout(10_000)
        yield context.new_page()


def begin(page: Page, shop: Site) -> None:
    page.goto(f"{shop.origin}/s/delivery?kiosk=1&lang=he&branch=haifa")


def count(shop: Site) -> int:
    with shop.engine.database.read() as connection:
        return len(connection.execute(select(response).where(response.c.layout == "kiosk")).all())


def press(page: Page, value: int) -> None:
    page.locator(f"label:has(#satisfaction-{value})").click()


def test_one_customer_follows_another_and_each_counts(shop: Site, tablet: Page) -> None:
    begin(tablet, shop)
    for language in ("fa", "en", "he"):
        expect(tablet.locator("html")).to_have_attribute("lang", "he")
        tablet.locator(f'.languages a[lang="{language}"]').click()
        expect(tablet.locator("html")).to_have_attribute("lang", language)
        assert tablet.locator("input:checked").count() == 0
        press(tablet, 2)
        reach(tablet, "#reason")
        tablet.locator("#reason").fill("Private")
        with tablet.expect_response(re.compile("/thanks")) as thanked:    # which may be gone before it is looked at
            send(tablet)
        assert 'class="again"' in thanked.value.text()
        expect(tablet.locator("form")).to_be_visible()    # by itself
    assert count(shop) == 3


def test_going_back_shows_an_empty_form(shop: Site, tablet: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notice, "THANKED", 60)
    begin(tablet, shop)
    press(tablet, 2)
    reach(tablet, "#reason")
    tablet.locator("#reason").fill("Private")
    send(tablet)
    expect(tablet.locator(".again a")).to_be_visible()
    tablet.go_back()
    expect(tablet.locator("form")).to_be_visible()
    assert tablet.locator("input:checked").count() == 0
    expect(tablet.locator("#reason")).to_have_value("")


def test_what_is_pressed_is_large(shop: Site, tablet: Page) -> None:
    begin(tablet, shop)
    for place in tablet.locator(".option:visible, .ways button:visible").all():
        box = place.bounding_box()
        assert box
        assert box["height"] >= 60
    for step in tablet.locator(".option:has(.step):visible .face").all():
        box = step.bounding_box()
        assert box
        assert box["height"] >= 88


@pytest.mark.parametrize("tablet", [True], indirect=True)
def test_a_form_that_was_begun_and_left_is_given_up(
    shop: Site, tablet: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rendering, "IDLE", 1)
    begin(tablet, shop)
    press(tablet, 2)
    expect(tablet.locator("input:checked")).to_have_count(0, timeout=5000)
    tablet.evaluate("document.querySelector('form').submit()")    # faulty: what was asked first is missing
    expect(tablet.locator(".problems")).to_be_visible()
    expect(tablet.locator(".problems")).to_be_hidden(timeout=5000)
    assert count(shop) == 0
