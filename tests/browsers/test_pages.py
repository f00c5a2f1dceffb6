"""Pages and late questions in a real browser: with the script and without it, the same answers are stored."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from surveyengine.definitions.survey import Survey
from surveyengine.responses.form import read
from surveyengine.store.schema import draft
from tests.support import business
from tests.support.running import until
from tests.support.samples import TITLE, question
from tests.support.site import Site, served
from tests.web.test_respond import invite

SURVEYS = {
    "visit": (
        question("satisfaction", "csat"),
        question("reason", "text", "show_if = { satisfaction = { at_most = 3 } }"),
        question("broken", "yes_no", "show_if = { reason = { contains = 'broken' } }\nrequired = true"),
        question("what", "text", "show_if = { broken = 'yes' }"),
        question("submit", "text", "show_if = { what = { answered = true } }"),
        question("unhappy", "choices", "page = 2\nother = true\nshow_if = { satisfaction = { at_most = 2 } }"),
        question("again", "likely", "page = 3\nrequired = true"),
        question("cost", "number"),
        question("dear", "yes_no", "show_if = { any = [{ cost = { above = 100 } }, { again = 1 }] }"),
    ),
    "single": (
        question("elements", "number"),
        question("action", "text", "show_if = { elements = { at_least = 3.5 } }"),
        question("method", "csat", "show_if = { action = { answered = true } }\nrequired = true"),
    ),
    "mixed": (
        question("mail", "email"),
        question("known", "yes_no", "show_if = { mail = 'dana@example.com' }\nrequired = true"),
        question("timing", "choice", "other = true"),
        question("how", "text", "page = 2\nshow_if = { 'timing.other' = { contains = 'bus' } }"),
        question("matrix", "matrix"),
        question("fast", "text", "show_if = { 'matrix.speed' = { at_least = 4 }, how = { answered = true } }"),
        question("end", "note", "page = 3\nshow_if = { fast = { answered = true } }"),
    ),
}
WRITTEN = {
    "reason": ["", "it is broken", "late"], "what": ["", "all"], "submit": ["", "yes"], "cost": ["", "۱۲", "۱۲۰٫۵"],
    "elements": ["", "3", "۳٫۵"], "action": ["", "go"], "mail": ["", "dana@example.com", "noa@example.com"],
    "timing.other": ["", "by bus"], "how": ["", "slowly"], "fast": ["", "very"],
}  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    head = TITLE + "scored = false\n"
    surveys = {f"purchase/{id}": head + "".join(asked) for id, asked in SURVEYS.items()}
    surveys["purchase/delivery"] = head + '[invite]\non = "shipment.delivered"\n' + "".join(SURVEYS["visit"])
    with served(business.write(tmp_path_factory.mktemp("site") / "project", surveys)) as running:
        yield running


@pytest.fixture(scope="module", params=[True, False], ids=["with the script", "without"])
def tab(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    with browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=request.param) as context:
        context.set_default_timeout(10_000)
        yield context.new_page()


def some_answers(survey: Survey, random: Random) -> dict[str, list[str]]:
    """Answers to all questions, the required ones included."""
    answers: dict[str, list[str]] = {}
    for part in (part for one in survey.questions for part in one.parts):
        if part.offered:
            values = [option.value for option in part.offered]
            answers[part.id] = random.sample(values, random.randint(int(part.question.required), 1))
        else:
            answers[part.id] = [random.choice(WRITTEN.get(part.id, [""]))]
    if answers.get("timing.other", [""]) != [""]:
        answers["timing"] = ["other"]
    return answers


def fill(tab: Page, answers: dict[str, list[str]]) -> None:
    """Answer what is to be seen on the page, from above, and what appears by that."""
    for box in tab.locator("[data-question]").all():
        if not box.is_visible():
            continue
        fields = box.locator("input, textarea")
        there = fields.evaluate_all("all => all.map(one => [one.name, one.type, one.value])")
        for place, (name, type, value) in enumerate(there):
            values = answers.get(name, [])
            if type in ("radio", "checkbox"):
                if value in values:
                    fields.nth(place).check(force=True)
            elif value != "".join(values) and fields.nth(place).is_visible():
                fields.nth(place).fill("".join(values))


def expected(survey: Survey, answers: dict[str, list[str]]) -> dict[str, str]:
    posted: MultiDict[str, str] = MultiDict([(name, one) for name, given in answers.items() for one in given])
    return {one.question: one.value for one in read(survey, posted).answers}


@pytest.mark.parametrize("id", SURVEYS)
@pytest.mark.parametrize("seed", range(6))
def test_what_is_stored_is_what_was_answered(site: Site, tab: Page, id: str, seed: int) -> None:
    site.clear()
    survey = site.engine.library.surveys[id]
    answers = some_answers(survey, Random(f"{id}{seed}"))
    if not (wanted := expected(survey, answers)):
        pytest.skip("nothing was answered")
    tab.goto(f"{site.origin}/s/{id}?lang=en")
    for _ in range(8):
        fill(tab, answers)
        with tab.expect_navigation():    # a click alone may be over before the next page is there
            tab.locator("button").first.click()
        if tab.url.startswith(f"{site.origin}/s/{id}/thanks"):
            break
        assert not tab.locator(".problems").count(), answers
    assert site.answers() == wanted


def test_a_late_question_appears_while_one_writes(site: Site, browser: Browser) -> None:
    with browser.new_context() as context:
        complaints: list[str] = []
        tab = context.new_page()
        tab.on("console", lambda message: complaints.append(message.text))
        tab.goto(f"{site.origin}/s/visit?lang=en&satisfaction=2")
        broken = tab.locator('[data-question="broken"]')
        expect(broken).to_be_hidden()
        tab.locator("#reason").press_sequentially("all is broken")
        expect(broken).to_be_visible()
        tab.locator("#broken-yes").check(force=True)
        expect(tab.locator("#what")).to_be_visible()
        tab.locator("#reason").fill("all is well")
        expect(broken).to_be_hidden()
        expect(tab.locator("#what")).to_be_hidden()
        assert complaints == []


def test_enter_goes_forward_and_back_keeps_all(site: Site, tab: Page) -> None:
    tab.goto(f"{site.origin}/s/visit?lang=en&satisfaction=5")
    tab.locator("button").first.click()
    tab.locator("#cost").fill("12")
    tab.locator("button.back").click()
    expect(tab.locator('input[name="satisfaction"]:checked')).to_have_value("5")
    tab.locator("button").first.click()
    expect(tab.locator("#cost")).to_have_value("12")
    tab.locator("#again-4").check(force=True)
    tab.locator("#cost").press("Enter")
    expect(tab.locator("h1")).to_contain_text("Thank you")


def test_the_browsers_own_way_back_works_too(site: Site, tab: Page) -> None:
    tab.goto(f"{site.origin}/s/visit?lang=en&satisfaction=2")
    tab.locator("button").first.click()
    tab.locator("#unhappy-late").check(force=True)
    tab.locator("button").first.click()
    expect(tab.locator("#cost")).to_be_visible()
    tab.go_back()
    expect(tab.locator("#unhappy-late")).to_be_visible()
    tab.go_back()
    expect(tab.locator("#reason")).to_be_visible()


def drafted(site: Site) -> int:
    with site.engine.database.read() as connection:
        return len(connection.execute(select(draft)).all())


def test_what_was_begun_is_there_on_another_device_and_what_was_written_is_not_shown(
    site: Site, browser: Browser
) -> None:
    site.clear()
    link = f"{site.origin}{invite(site.engine)}?lang=en"
    with browser.new_context() as context:
        complaints: list[str] = []
        tab = context.new_page()
        tab.on("console", lambda message: complaints.append(message.text))
        tab.goto(link)
        tab.locator("#satisfaction-2").check(force=True)
        tab.locator("#reason").fill("it is broken")
        tab.locator("#broken-yes").check(force=True)
        tab.goto("about:blank")
        until(lambda: drafted(site) > 0, "nothing was saved")
        tab.evaluate("0")    # what was said in between has come before this is answered
        assert complaints == []
    with browser.new_context() as context:
        tab = context.new_page()
        tab.goto(link)
        expect(tab.locator("#satisfaction-2")).to_be_checked()
        expect(tab.locator("#broken-yes")).to_be_checked()
        expect(tab.locator("#broken-yes")).to_be_visible()
        assert "it is" not in tab.content()
        tab.locator("#reason").fill("all is well")
        expect(tab.locator("#broken-yes")).to_be_hidden()
        tab.locator("#reason").fill("")
        expect(tab.locator("#broken-yes")).to_be_visible()
        for _ in range(2):
            tab.locator("button").first.click()
        tab.locator("#again-3").check(force=True)
        tab.locator("button").first.click()
        expect(tab.locator("h1")).to_contain_text("Thank you")
    assert site.answers() == {"satisfaction": "2", "reason": "it is broken", "broken": "yes", "again": "3"}
    assert drafted(site) == 0


@pytest.mark.parametrize("language", ["en", "he", "fa"])
def test_no_page_is_wider_than_the_smallest_phone(site: Site, page: Any, language: str) -> None:
    page.set_viewport_size({"width": 320, "height": 568})
    page.goto(f"{site.origin}/s/visit?lang={language}&satisfaction=2")
    for _ in range(3):    # between two pages there is a moment without an element
        page.wait_for_function("() => document.documentElement?.scrollWidth <= 320", timeout=10_000)
        page.locator("button").first.click()
