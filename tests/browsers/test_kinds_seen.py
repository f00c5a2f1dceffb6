"""The kinds that are more than a list of buttons, in a real browser without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import select

from surveyengine.i18n.speech import speech
from surveyengine.store.schema import answer
from tests.support import business
from tests.support.samples import LANGUAGES, OPTIONS, TITLE, question
from tests.support.site import Site, served

TABLES = {"csat": 5, "ease": 7, "nps": 11, "yes_partly_no": 3}
SURVEY = "".join(
    (
        f"{TITLE}scored = false\n",
        *(question(scale, "matrix", f'scale = "{scale}"\nnot_applicable = true').replace('scale = "csat"\n', "", 1)
          for scale in TABLES if scale != "csat"),
        question("csat", "matrix", "not_applicable = true"),
        question("own", "matrix").replace('scale = "csat"', OPTIONS),
        question("places", "ranking"), question("day", "date"), question("email", "email"), question("phone", "phone"),
        question("where", "choice", "other = true"),
    )
)  # fmt: skip
WIDTHS = pytest.mark.parametrize("width", [320, 1280])
SPOKEN = pytest.mark.parametrize("language", LANGUAGES)
NAMES = {    # of a row of the first table, its highest step, and a place of the ranking
    "en": ("How fast it came", "7, Very easy", "Place 2"),
    "he": ("מהירות ההגעה", "7, קל מאוד", "מקום 2"),
    "fa": ("سرعت رسیدن", "۷، بسیار آسان", "رتبهٔ ۲"),
}  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    config = business.CONFIG.replace("[database]", 'country = "IL"\n[database]')
    with served(business.write(tmp_path_factory.mktemp("kinds"), {"purchase/visit": SURVEY}, config)) as site:
        yield site


@pytest.fixture
def site(running: Site) -> Site:
    running.clear()
    return running


@pytest.fixture(scope="module")
def plain(browser: Browser) -> Iterator[Page]:
    """A window without JavaScript."""
    with browser.new_context(java_script_enabled=False) as context:
        context.set_default_timeout(10_000)
        yield context.new_page()


def opened(site: Site, page: Page, language: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    site.open(page, f"?lang={language}")


def places(page: Page, name: str) -> list[Locator]:
    """Where a row is pressed, in the order in which its language is read."""
    labels = page.locator(f'label:has(input[name="{name}"])')
    leftward = page.locator("html").get_attribute("dir") == "rtl"
    boxes = labels.evaluate_all("all => all.map(one => one.getBoundingClientRect().toJSON())")

    def place(k: int) -> tuple[float, float]:
        box = boxes[k]
        return round((box["y"] + box["height"] / 2) / 16), -box["x"] if leftward else box["x"]

    return [labels.nth(k) for k in sorted(range(len(boxes)), key=place)]


def send(page: Page) -> None:
    page.locator(".ways [type=submit]:not(.back)").click()


@WIDTHS
@SPOKEN
def test_the_kth_place_of_a_row_in_reading_order_stores_the_kth_value(
    site: Site, plain: Page, language: str, width: int
) -> None:
    for k in (0, -2):
        site.clear()
        opened(site, plain, language, width)
        wanted = {}
        for scale in (*TABLES, "own"):
            offered = site.engine.library.surveys["visit"].part(f"{scale}.care")
            assert offered
            pressed = places(plain, offered.id)
            assert len(pressed) == len(offered.offered)
            pressed[k].click()
            wanted[offered.id] = offered.offered[k].value
        send(plain)
        assert site.answers() == wanted


@WIDTHS
@SPOKEN
def test_no_table_is_wider_than_the_window(site: Site, page: Page, language: str, width: int) -> None:
    opened(site, page, language, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@SPOKEN
def test_a_wide_table_has_its_columns_under_their_heads(site: Site, page: Page, language: str) -> None:
    opened(site, page, language, 1280)
    heads = [head.bounding_box() for head in page.locator('[data-question="csat"] .heads span').all()]
    cells = [cell.bounding_box() for cell in page.locator('label:has(input[name="csat.care"])').all()]
    assert len(heads) == len(cells) == 6
    for head, cell in zip(heads, cells, strict=True):
        assert head
        assert cell
        assert abs(head["x"] + head["width"] / 2 - cell["x"] - cell["width"] / 2) < 2
    assert len({round(cell["y"]) for cell in cells if cell}) == 1


@WIDTHS
@SPOKEN
def test_a_screen_reader_hears_which_row_and_which_answer(site: Site, page: Page, language: str, width: int) -> None:
    opened(site, page, language, width)
    row, step, place = NAMES[language]
    table = page.locator('[data-question="ease"]')
    group = table.get_by_role("radiogroup", name=row, exact=True)
    radio = group.get_by_role("radio", name=step, exact=True)
    radio.check()
    assert radio.get_attribute("value") == "7"
    assert table.get_by_role("radiogroup").count() == 2
    satisfied = page.locator('[data-question="csat"]').get_by_role("radiogroup", name=row).get_by_role("radio")
    expect(satisfied.nth(3)).to_have_accessible_name(speech(language).gettext("Satisfied"))
    expect(page.get_by_role("combobox", name=place, exact=True)).to_be_visible()
    for word in ("Day", "Year"):
        expect(page.get_by_role("textbox", name=speech(language).gettext(word), exact=True)).to_be_visible()
    expect(page.get_by_role("combobox", name=speech(language).gettext("Month"), exact=True)).to_be_visible()


@SPOKEN
def test_the_arrow_keys_stay_in_their_row(site: Site, plain: Page, language: str) -> None:
    opened(site, plain, language, 1280)
    plain.locator('[id="csat.speed-1"]').focus()
    for _ in range(2):
        plain.keyboard.press("ArrowDown")
    plain.keyboard.press("Tab")
    plain.keyboard.press("Space")
    send(plain)
    assert site.answers() == {"csat.speed": "3", "csat.care": "1"}


@WIDTHS
@SPOKEN
def test_places_are_given_by_choosing_from_lists(site: Site, plain: Page, language: str, width: int) -> None:
    opened(site, plain, language, width)
    for place, chosen in enumerate(("never", "early"), 1):
        plain.locator(f"#places-{place}").select_option(chosen)
    send(plain)
    with site.engine.database.read() as connection:
        rows = connection.execute(select(answer.c.position, answer.c.value).order_by(answer.c.position)).all()
    assert [tuple(row) for row in rows] == [(0, "never"), (1, "early")]


@WIDTHS
@pytest.mark.parametrize(
    ("language", "day", "month", "year"),
    [("en", "22", "November", "2026"), ("he", "22", "נובמבר", "2026"), ("fa", "۱", "آذر", "۱۴۰۵")],
)
def test_a_day_is_given_in_the_calendar_of_the_page(
    site: Site, plain: Page, width: int, language: str, day: str, month: str, year: str
) -> None:
    opened(site, plain, language, width)
    plain.locator('[id="day.day"]').fill(day)
    plain.locator('[id="day.month"]').select_option(label=month)
    plain.locator("#email").fill("nobody")
    send(plain)
    assert [one.get_attribute("href") for one in plain.locator(".problems a").all()] == ["#day.day", "#email"]
    expect(plain.locator('[id="day.day"]')).to_have_value(day)
    plain.locator("#email").fill("dana@example.com")
    plain.locator("#phone").fill("050-123 4567")
    plain.locator('[id="day.year"]').fill(year)
    send(plain)
    assert site.answers() == {"day": "2026-11-22", "email": "dana@example.com", "phone": "+972501234567"}


@SPOKEN
def test_the_words_beside_other_are_asked_for_when_it_is_chosen(site: Site, plain: Page, language: str) -> None:
    opened(site, plain, language, 320)
    words = plain.locator('[id="where.other"]')
    expect(words).to_be_hidden()
    plain.locator('label:has([id="where-other"])').click()
    words.fill("אצל השכנים")
    send(plain)
    assert site.answers() == {"where": "other", "where.other": "אצל השכנים"}
