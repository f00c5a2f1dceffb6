"""What a customer does in a real browser, without JavaScript: nothing on our pages needs it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support import business
from tests.support.site import Site, served

WORDS = 'text = {{ en = "{0}?", he = "{0}?", fa = "{0}؟" }}'
SURVEY = "\n".join(
    (
        'title = { en = "Your visit", he = "הביקור שלך", fa = "بازدید شما" }',
        '[[question]]\nid = "satisfaction"\nkind = "csat"\ncore = true\nrequired = true', WORDS.format("How was it"),
        '[[question]]\nid = "recommend"\nkind = "nps"', WORDS.format("Tell others"),
        '[[question]]\nid = "reason"\nkind = "text"\nlimit = 20\nshow_if = { satisfaction = { at_most = 3 } }',
        WORDS.format("Why"),
        '[[question]]\nid = "cost"\nkind = "number"\nmax = 100.0', WORDS.format("How much"),
    )
)  # fmt: skip
DIRECTIONS = {"he": "rtl", "fa": "rtl", "en": "ltr"}
THANKS = {"he": "תודה", "fa": "سپاس", "en": "Thank you"}
LANGUAGES = pytest.mark.parametrize("language", DIRECTIONS)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with served(business.write(tmp_path_factory.mktemp("site") / "project", {"purchase/visit": SURVEY})) as site:
        yield site


@pytest.fixture
def site(running: Site) -> Site:
    running.clear()
    return running


@pytest.fixture(scope="module")
def phone(browser: Browser) -> Iterator[Page]:
    """A small telephone without JavaScript, in whose every request a stranger is a fault."""
    with browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False) as context:
        context.set_default_timeout(10_000)
        yield context.new_page()


def places(page: Page, question: str) -> list[Locator]:
    """Where a scale is pressed, in the order in which its language is read."""
    labels = page.locator(f'[data-question="{question}"] label:has(input:not([value=""]))')
    leftward = page.locator("html").get_attribute("dir") == "rtl"
    boxes = labels.evaluate_all("all => all.map(one => one.getBoundingClientRect().toJSON())")

    def place(k: int) -> tuple[float, float]:
        return round(boxes[k]["y"] / 8), -boxes[k]["x"] if leftward else boxes[k]["x"]

    return [labels.nth(k) for k in sorted(range(len(boxes)), key=place)]


def send(page: Page) -> None:
    page.locator(".ways:not(.now) [type=submit]:not(.back)").click()


@LANGUAGES
def test_a_page_is_in_its_language_and_direction(site: Site, phone: Page, language: str) -> None:
    site.open(phone, f"?lang={language}")
    expect(phone.locator("html")).to_have_attribute("lang", language)
    expect(phone.locator("html")).to_have_attribute("dir", DIRECTIONS[language])
    expect(phone.locator("h1")).to_be_visible()


@LANGUAGES
@pytest.mark.parametrize(("question", "lowest", "count"), [("satisfaction", 1, 5), ("recommend", 0, 11)])
def test_the_kth_place_in_reading_order_stores_the_kth_value(
    site: Site, phone: Page, language: str, question: str, lowest: int, count: int
) -> None:
    for k in (0, count // 2 - 1, count - 1):
        site.clear()
        site.open(phone, f"?lang={language}")
        pressed = places(phone, question)
        assert len(pressed) == count
        pressed[k].click()
        if question != "satisfaction":
            places(phone, "satisfaction")[4].click()
        send(phone)
        assert phone.url == f"{site.origin}/s/visit/thanks?lang={language}"
        assert site.answers()[question] == str(lowest + k)


@LANGUAGES
def test_a_thank_you_page_says_so(site: Site, phone: Page, language: str) -> None:
    site.open(phone, f"?lang={language}")
    places(phone, "satisfaction")[3].click()
    send(phone)
    expect(phone.locator("h1")).to_contain_text(THANKS[language])
    expect(phone.locator("html")).to_have_attribute("lang", language)
    phone.reload()
    assert site.answers() == {"satisfaction": "4"}


@LANGUAGES
def test_a_question_appears_while_its_condition_holds(site: Site, phone: Page, language: str) -> None:
    site.open(phone, f"?lang={language}")
    reason = phone.locator('[data-question="reason"]')
    expect(reason).to_be_hidden()
    places(phone, "satisfaction")[1].click()
    expect(reason).to_be_visible()
    phone.locator("#reason").fill("دیر رسید")
    places(phone, "satisfaction")[4].click()
    expect(reason).to_be_hidden()
    send(phone)
    assert site.answers() == {"satisfaction": "5"}


@LANGUAGES
def test_a_fault_is_linked_and_everything_is_still_filled_in(site: Site, phone: Page, language: str) -> None:
    site.open(phone, f"?lang={language}")
    places(phone, "satisfaction")[1].click()
    places(phone, "recommend")[7].click()
    phone.locator("#reason").fill("כבר שבועיים אני מחכה")
    phone.locator("#cost").fill("۲۰۰")
    send(phone)
    assert site.answers() == {}
    expect(phone.locator("html")).to_have_attribute("lang", language)
    link = phone.locator(".problems a")
    expect(link).to_have_attribute("href", "#cost")
    link.click()
    expect(phone.locator("#cost")).to_be_in_viewport()
    expect(phone.locator("#cost")).to_have_attribute("aria-invalid", "true")
    described = phone.locator("#cost").get_attribute("aria-describedby") or ""
    assert "cost-error" in described.split()
    expect(phone.locator("#cost-error")).to_be_visible()
    expect(phone.locator('input[name="satisfaction"]:checked')).to_have_value("2")
    expect(phone.locator('input[name="recommend"]:checked')).to_have_value("7")
    expect(phone.locator("#reason")).to_have_value("כבר שבועיים אני מחכה")
    expect(phone.locator("#cost")).to_have_value("۲۰۰")
    phone.locator("#cost").fill("۲۰٫۵")
    send(phone)
    kept = {"satisfaction": "2", "recommend": "7", "reason": "כבר שבועיים אני מחכה", "cost": "20.5"}
    assert site.answers() == kept


@LANGUAGES
def test_what_is_missing_is_asked_for_at_its_question(site: Site, phone: Page, language: str) -> None:
    site.open(phone, f"?lang={language}")
    places(phone, "recommend")[10].click()
    send(phone)
    expect(phone.locator(".problems a")).to_have_attribute("href", "#satisfaction-1")
    expect(phone.locator("#satisfaction-error")).to_be_visible()
    places(phone, "satisfaction")[0].click()
    send(phone)
    assert site.answers() == {"satisfaction": "1", "recommend": "10"}


def test_a_link_in_a_mail_fills_in_and_only_sending_counts(site: Site, phone: Page) -> None:
    site.open(phone, "?satisfaction=2&lang=fa")
    expect(phone.locator('input[name="satisfaction"]:checked')).to_have_value("2")
    expect(phone.locator('[data-question="reason"]')).to_be_visible()
    assert site.answers() == {}
    phone.locator("#reason").fill("دیر")
    send(phone)
    assert site.answers() == {"satisfaction": "2", "reason": "دیر"}


def test_going_back_and_sending_the_same_again_counts_once(site: Site, phone: Page) -> None:
    site.open(phone, "?lang=en")
    places(phone, "satisfaction")[4].click()
    send(phone)
    expect(phone.locator("h1")).to_contain_text("Thank you")
    phone.go_back()
    expect(phone.locator('input[name="satisfaction"]:checked')).to_have_value("5")
    send(phone)
    expect(phone.locator("h1")).to_contain_text("Thank you")
    assert site.responses() == 1


def test_going_back_and_sending_another_answer_is_not_thanked_for_but_given_a_form_of_its_own(
    site: Site, phone: Page
) -> None:
    site.open(phone, "?lang=en")
    places(phone, "satisfaction")[4].click()
    send(phone)
    expect(phone.locator("h1")).to_contain_text("Thank you")
    phone.go_back()
    places(phone, "satisfaction")[0].click()
    send(phone)
    expect(phone.locator("h1")).to_contain_text("An answer from this form was saved at")
    assert site.responses() == 1
    phone.get_by_role("button", name="Continue with a new form").click()
    expect(phone.locator('input[name="satisfaction"]:checked')).to_have_value("1")
    send(phone)
    expect(phone.locator("h1")).to_contain_text("Thank you")
    assert site.responses() == 2


def test_the_language_is_changed_by_a_link_and_the_choice_is_kept(site: Site, phone: Page) -> None:
    site.open(phone, "?lang=en&satisfaction=5")
    phone.locator('.languages a[lang="fa"]').click()
    expect(phone.locator("html")).to_have_attribute("lang", "fa")
    expect(phone.locator('input[name="satisfaction"]:checked')).to_have_value("5")


def test_a_form_is_answered_with_the_keyboard_alone(site: Site, phone: Page) -> None:
    site.open(phone, "?lang=en")
    phone.locator("#satisfaction-1").focus()
    for _ in range(3):
        phone.keyboard.press("ArrowDown")
    phone.locator(".ways:not(.now) [type=submit]:not(.back)").focus()
    phone.keyboard.press("Enter")
    expect(phone.locator("h1")).to_contain_text("Thank you")
    assert site.answers() == {"satisfaction": "4"}


@LANGUAGES
def test_no_page_is_wider_than_the_smallest_phone(site: Site, page: Page, language: str) -> None:
    page.set_viewport_size({"width": 320, "height": 568})
    for query in ("", "?satisfaction=2"):
        site.open(page, f"{query}{'&' if query else '?'}lang={language}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
    send(page)
    send(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.goto(f"{site.origin}/s/nowhere?lang={language}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_no_request_leaves_the_site_and_nothing_is_kept_in_the_browser(site: Site, page: Page) -> None:
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    site.open(page, "?lang=he")
    places(page, "satisfaction")[4].click()
    send(page)
    expect(page.locator("h1")).to_contain_text(THANKS["he"])
    assert {re.match(r"\w+://[^/]+", url)[0] for url in asked if not url.startswith("data:")} == {site.origin}  # type: ignore[index]  # each is an address
    assert page.context.cookies() == []
    assert complaints == []    # such as a style that the policy refuses
    assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--accent')")
