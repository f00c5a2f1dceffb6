"""One question at a time, in a real browser: on a tablet and in a popup, whatever is asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support import business
from tests.support.business import DELIVERY
from tests.support.samples import TITLE, question
from tests.support.site import Site, reach, send, served

NOTED = TITLE + "".join(
    [
        question("before", "note"),
        question("rows", "matrix", "required = true"),
        question("order", "ranking"),
        question("cost", "number"),
        question("why", "text", "show_if = { rows.speed = 1 }").replace("rows.speed", '"rows.speed"'),
        question("after", "note"),
    ]
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    files = {"purchase/delivery": DELIVERY, "purchase/visit": NOTED}
    with served(business.write(tmp_path_factory.mktemp("steps") / "project", files)) as site:
        yield site


@pytest.fixture
def tab(browser: Browser, shop: Site) -> Iterator[Page]:
    shop.clear()
    with browser.new_context(viewport={"width": 360, "height": 740}) as context:
        context.set_default_timeout(10_000)
        yield context.new_page()


def shown(tab: Page) -> list[str]:
    """The questions that are seen."""
    boxes = tab.locator("[data-question]:visible").all()
    return [one.get_attribute("data-question") or "" for one in boxes]


def go(tab: Page, way: str) -> None:
    tab.locator(way).click()


@pytest.mark.parametrize("query", ["kiosk=1", "embed=popup", "embed=tab"])
def test_a_question_at_a_time_and_only_what_is_asked(shop: Site, tab: Page, query: str) -> None:
    tab.goto(f"{shop.origin}/s/delivery?{query}&lang=en")
    assert shown(tab) == ["satisfaction"]
    go(tab, ".onward")
    expect(tab.locator(".error")).to_have_text("Please answer this question to continue.")
    assert shown(tab) == ["satisfaction"]
    tab.locator("label:has(#satisfaction-2)").click()
    expect(tab.locator(".error")).to_have_count(0)
    go(tab, ".onward")
    assert shown(tab) == ["timing"]
    expect(tab.locator(".stage")).to_have_text("Question 2 of 3")
    go(tab, ".onward")
    assert shown(tab) == ["reason"]
    assert tab.evaluate("document.activeElement.textContent") == "What is the reason?"
    go(tab, ".retreat")
    go(tab, ".retreat")
    tab.locator("label:has(#satisfaction-5)").click()
    go(tab, ".onward")
    expect(tab.locator(".stage")).to_have_text("Question 2 of 2")
    send(tab)
    expect(tab.locator(".said h1")).to_have_text("Thank you, that helps.")
    assert shop.answers() == {"satisfaction": "5"}


def test_enter_goes_on_and_sends_at_the_end_only(shop: Site, tab: Page) -> None:
    tab.goto(f"{shop.origin}/s/delivery?kiosk=1&lang=fa")
    tab.locator("#satisfaction-1").focus()
    tab.keyboard.press("Space")
    for expected in (["timing"], ["reason"]):
        tab.keyboard.press("Enter")
        assert shown(tab) == expected
        tab.locator(".here input, .here textarea").first.focus()
    expect(tab.locator(".stage")).to_have_text("پرسش ۳ از ۳")
    assert shop.responses() == 0


def test_a_note_stands_with_its_question_and_a_table_needs_every_row(shop: Site, tab: Page) -> None:
    tab.goto(f"{shop.origin}/s/visit?kiosk=1&lang=en")
    assert shown(tab) == ["before", "rows"]
    tab.locator("label:has([id='rows.speed-1'])").click()
    go(tab, ".onward")
    assert shown(tab) == ["before", "rows"]
    tab.locator("label:has([id='rows.care-4'])").click()
    go(tab, ".onward")
    assert shown(tab) == ["order"]
    go(tab, ".onward")
    assert shown(tab) == ["cost"]
    go(tab, ".onward")
    assert shown(tab) == ["why", "after"]
    send(tab)
    expect(tab.locator(".said h1")).to_be_visible()
    assert shop.answers() == {"rows.speed": "1", "rows.care": "4"}


def test_what_the_server_finds_wrong_is_the_step_that_is_shown(shop: Site, tab: Page) -> None:
    begin(tab, shop)
    assert shown(tab) == ["cost"]
    expect(tab.locator("#cost")).to_have_value("many")
    go(tab, ".retreat")
    expect(tab.locator(".problems")).to_be_hidden()


def test_a_link_to_what_is_wrong_leads_to_its_step(shop: Site, tab: Page) -> None:
    begin(tab, shop)
    tab.locator(".problems a").click()
    assert tab.evaluate("document.activeElement.id") == "cost"


def test_another_language_shows_what_is_not_answered_yet(shop: Site, tab: Page) -> None:
    begin(tab, shop)
    tab.locator("form .languages [lang=he]").click()
    expect(tab.locator("html")).to_have_attribute("lang", "he")
    assert shown(tab) == ["order"]


def begin(tab: Page, shop: Site) -> None:
    """Send a form that is faulty at the third of its questions, with the second not answered."""
    tab.goto(f"{shop.origin}/s/visit?kiosk=1&lang=en")
    for row in ("speed", "care"):
        tab.locator(f"label:has([id='rows.{row}-4'])").click()
    reach(tab, "#cost")
    tab.locator("#cost").fill("many")
    send(tab)
    expect(tab.locator(".problems")).to_be_visible()


@pytest.mark.parametrize("query", ["lang=en", "embed=1&lang=en"])
def test_elsewhere_all_is_shown(shop: Site, tab: Page, query: str) -> None:
    tab.goto(f"{shop.origin}/s/delivery?{query}")
    assert shown(tab) == ["satisfaction", "timing"]
    assert tab.locator(".onward").count() == 0


def test_a_ranking_offers_nothing_that_has_a_place(shop: Site, tab: Page) -> None:
    def offered(place: int) -> list[str]:
        return list(tab.locator(f"#order-{place} option:not([disabled])").evaluate_all("all => all.map(o => o.value)"))

    tab.goto(f"{shop.origin}/s/visit?lang=he")
    tab.locator("#order-1").select_option("late")
    assert offered(1) == ["", "early", "late", "never"]
    assert offered(2) == offered(3) == ["", "early", "never"]
    tab.locator("#order-3").select_option("early")
    assert offered(2) == ["", "never"]
    tab.locator("#order-1").select_option("")
    assert offered(2) == ["", "late", "never"]


def test_without_scripts_all_is_shown_and_sent(browser: Browser, shop: Site) -> None:
    shop.clear()
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{shop.origin}/s/delivery?kiosk=1&lang=en")
        assert shown(page) == ["satisfaction", "timing"]
        reach(page, "#timing-late")
        page.locator("label:has(#satisfaction-4)").click()
        send(page)
        expect(page.locator(".said h1")).to_be_visible()
    assert shop.answers() == {"satisfaction": "4"}
