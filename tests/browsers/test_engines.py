"""What customers do, in each of the browsers that they use: Chromium, Firefox and WebKit.

Few tests that each do much: what one browser alone can tell stands in the other modules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from surveyengine.definitions.kinds.registry import KINDS
from surveyengine.store.schema import draft, response
from tests.browsers.test_embed import LISTEN, Host, Shop
from tests.conftest import missing
from tests.support import business, engines
from tests.support.engines import Engine, Window
from tests.support.running import until
from tests.support.samples import LANGUAGES, TITLE, question
from tests.support.site import Site, served
from tests.web.test_respond import invite, stored

ROOT = Path(__file__).parents[2]
EVERY = TITLE + "scored = false\n" + "".join(
    question(kind, kind, {"text": "required = true", "choice": "other = true"}.get(kind, "")) for kind in KINDS
)
TURNS = TITLE + "scored = false\n" + "".join(
    (
        question("satisfaction", "csat"),
        question("reason", "text", "show_if = { satisfaction = { at_most = 3 } }"),
        question("wrong", "choices", "show_if = { satisfaction = { at_most = 3 } }"),
        question("late", "yes_no", "show_if = { wrong = 'late' }"),
        question("cost", "number"),
        question("dear", "yes_no", "show_if = { cost = { above = 100 } }\nrequired = true"),
        question("again", "likely", "page = 2"),
    )
)
CUSTOMERS = count(1)
SEND = ".ways:not(.now) [type=submit]:not(.back)"
ONWARD = ".onward"    # where one question is asked at a time
PRESSED: Mapping[str, tuple[str, ...]] = {
    "csat": ("csat-2",), "nps": ("nps-10",), "ease": ("ease-1",), "ces": ("ces-7",), "expectation": ("expectation-3",),
    "amount": ("amount-4",), "likely": ("likely-5",), "rating": ("rating-1",), "yes_no": ("yes_no-no",),
    "yes_partly_no": ("yes_partly_no-partly",), "choice": ("choice-other",),
    "choices": ("choices-early", "choices-never"), "matrix": ("matrix.speed-5", "matrix.care-1"),
    "consent": ("consent-yes",),
}  # fmt: skip
STORED: Mapping[str, list[str]] = {
    "csat": ["2"], "nps": ["10"], "ease": ["1"], "ces": ["7"], "expectation": ["3"], "amount": ["4"], "likely": ["5"],
    "rating": ["1"], "yes_no": ["no"], "yes_partly_no": ["partly"], "choice": ["other"], "choice.other": ["אצל השכנים"],
    "choices": ["early", "never"], "matrix.speed": ["5"], "matrix.care": ["1"], "ranking": ["never", "early"],
    "number": ["200.5"], "date": ["1991-05-26"], "email": ["dana@example.com"], "phone": ["+972501234567"],
    "consent": ["yes"],
}
WRITTEN = {"he": "כבר שבועיים אני מחכה, order 17", "fa": "بسته‌بندی خوب بود؛ ممنون!", "en": "It came on time."}
NUMBERS = {"he": "200.5", "fa": "۲۰۰٫۵", "en": "200.5"}
DAYS = {"he": ("26", "מאי", "1991"), "fa": ("۵", "خرداد", "۱۳۷۰"), "en": ("26", "May", "1991")}
PLACES = {
    "he": ("עדיין לא הגיע", "מוקדם מהמובטח"), "fa": ("هنوز نرسیده است", "زودتر از موعد"),
    "en": ("It has not arrived", "Earlier than promised"),
}


@dataclass(frozen=True)
class Town:
    """A shop on the engine's address, with a page of the business's own beside it."""

    shop: Shop

    @property
    def site(self) -> Site:
        return self.shop.site

    def address(self, path: str) -> str:
        return f"{self.site.origin}{path}"

    def drafts(self) -> list[Any]:
        """What is kept of forms that were not sent."""
        with self.site.engine.database.read() as connection:
            return list(connection.execute(select(draft)))

    def show(self, mode: str, language: str) -> None:
        """Put the form into the business's own page, which writes down what it is told."""
        engine = f"http://127.0.0.1:{self.site.server.port}"
        listening = f'<script nonce="listening">{LISTEN}</script>'
        policy = f"default-src 'none'; script-src {engine} 'nonce-listening'; frame-src {engine}"
        self.shop.host.policy = f"{policy}; img-src 'self'"    # its icon, which some ask for by themselves
        self.shop.page(self.shop.tag(mode=mode, lang=language), body=listening, lang=language)

    def layouts(self) -> list[str]:
        """How each form was shown that was sent."""
        with self.site.engine.database.read() as connection:
            return list(connection.execute(select(response.c.layout)).scalars())


@pytest.fixture(scope="module")
def town_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    host = Host()
    config = business.CONFIG.replace("[database]", 'country = "IL"\n[database]')
    config += f'[web]\nembed_origins = ["{host.origin}"]\nmin_fill = "0 seconds"\n'
    surveys = {"purchase/every": EVERY, "purchase/turns": TURNS, "purchase/delivery": business.DELIVERY}
    with served(business.write(tmp_path_factory.mktemp("town") / "project", surveys, config)) as site:
        yield Town(Shop(host, site))
    host.stop()


@pytest.fixture
def town(town_of_all: Town) -> Town:
    town_of_all.site.clear()
    return town_of_all


@pytest.fixture(scope="module", params=engines.ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Each browser in turn, started once."""
    try:
        with engines.running(request.param, tmp_path_factory.mktemp(request.param)) as engine:
            yield engine
    except engines.Absent as absent:
        missing(f"{absent}")


@pytest.fixture
def window(engine: Engine) -> Iterator[Window]:
    with engine.window() as window:
        window.resize(360, 740)
        yield window


@pytest.fixture
def plain(engine: Engine) -> Iterator[Window]:
    """A window that runs no scripts."""
    with engine.window(scripts=False) as window:
        window.resize(360, 740)
        yield window


def press(window: Window, *ids: str) -> None:
    """Press the faces of these answers."""
    for id in ids:
        window.click(f'label:has([id="{id}"])')


def seen(window: Window, selector: str) -> bool:
    window.until("selector => document.querySelector(selector) !== null", selector)
    return bool(window.ask("selector => document.querySelector(selector).checkVisibility()", selector))


def tap(window: Window, *selectors: str) -> None:
    """Press these at once by script: what a mouse does to them is seen where a fault is mended."""
    window.ask("(...selectors) => selectors.forEach(one => document.querySelector(one).click())", *selectors)


def fill(window: Window, language: str, by_hand: bool = False, by_steps: bool = False) -> None:
    """Answer every question of the survey with every kind, where it is asked alone or among the others."""
    day, month, year = DAYS[language]
    first, second = PLACES[language]
    chosen = {"ranking": {"ranking-1": first, "ranking-2": second}, "date": {"date.month": month}}
    written = {
        "choice": {"choice.other": "אצל השכנים"}, "text": {"text": WRITTEN[language]},
        "number": {"number": NUMBERS[language]}, "date": {"date.day": day, "date.year": year},
        "email": {"email": "dana@example.com"}, "phone": {"phone": "050-123 4567"},
    }  # fmt: skip
    for kind in KINDS:
        if by_hand:
            press(window, *PRESSED.get(kind, ()))
        else:
            tap(window, *(f'[id="{id}"]' for id in PRESSED.get(kind, ())))
        for id, label in chosen.get(kind, {}).items():
            window.choose(f'[id="{id}"]', label)
        for id, text in written.get(kind, {}).items():
            window.write(f'[id="{id}"]', text)
        if by_steps and kind not in ("consent", "note"):    # the last two stand together
            tap(window, ONWARD)


FILLED = """() => [...new FormData(document.querySelector("form"))]
    .filter(([name, value]) => !/^form/.test(name) && value).map(pair => pair.join("=")).sort()"""
SIDEWAYS = "() => document.documentElement.scrollWidth - innerWidth"
# How far below the last of its parts each question ends: more than a pixel is a gap.
GAPS = """() => [...document.querySelectorAll("fieldset")].filter(one => one.checkVisibility()).map(one => {
    const shown = [...one.children].filter(part => part.checkVisibility())
    return one.getBoundingClientRect().bottom - shown.at(-1).getBoundingClientRect().bottom
}).filter(gap => gap > 1)"""
# The values of a scale in the order in which its language is read.
READ = """name => [...document.getElementsByName(name)]
    .map(one => [one.value, one.closest("label").getBoundingClientRect()])
    .sort(([, a], [, b]) => Math.round(a.top / 8) - Math.round(b.top / 8)
        || (document.documentElement.dir === "rtl" ? b.left - a.left : a.left - b.left))
    .map(([value]) => value)"""


def test_every_kind_has_its_place_on_narrow_and_wide_windows(town: Town, window: Window) -> None:
    for language in LANGUAGES:
        window.open(town.address(f"/s/every?lang={language}"))
        for width in (360, 1280):
            window.resize(width, 740)
            assert window.ask(SIDEWAYS) <= 0
            assert window.ask(GAPS) == []
            assert window.ask(READ, "nps") == [str(step) for step in range(11)]
            assert window.ask(READ, "csat") == [str(step) for step in range(1, 6)]


def test_questions_appear_while_their_conditions_hold(town: Town, window: Window) -> None:
    window.open(town.address("/s/turns?lang=fa"))
    reason, wrong, late, dear = (f'[data-question="{id}"]' for id in ("reason", "wrong", "late", "dear"))
    assert not any(seen(window, one) for one in (reason, wrong, late, dear))
    press(window, "satisfaction-2", "wrong-late", "late-yes")
    window.write("#reason", "دیر رسید")
    window.write("#cost", "۲۰۰")
    assert all(seen(window, one) for one in (reason, wrong, late, dear))
    press(window, "wrong-late")
    assert not seen(window, late)
    window.write("#cost", "۹۹٫۵")
    assert not seen(window, dear)
    press(window, "satisfaction-4")
    assert not seen(window, reason)
    window.turn(SEND)
    press(window, "again-3")
    window.turn(SEND)
    assert stored(town.site.engine) == [{"satisfaction": ["4"], "cost": ["99.5"], "again": ["3"]}]


def test_without_scripts_the_same_is_asked_and_stored(town: Town, plain: Window) -> None:
    plain.open(town.address("/s/turns?lang=fa"))
    assert not seen(plain, '[data-question="reason"]')
    press(plain, "satisfaction-2", "wrong-late", "late-yes")
    plain.write("#reason", "late")
    plain.write("#cost", "200")
    assert not seen(plain, '[data-question="dear"]')
    plain.turn(SEND)
    assert seen(plain, '[data-question="dear"]')    # on a page that follows
    press(plain, "dear-no")
    plain.turn(SEND)
    press(plain, "again-3")
    plain.turn(SEND)
    wanted = {"satisfaction": ["2"], "reason": ["late"], "wrong": ["late"], "late": ["yes"]}
    assert stored(town.site.engine) == [{**wanted, "cost": ["200"], "dear": ["no"], "again": ["3"]}]


def test_a_fault_takes_the_focus_leads_to_its_place_and_loses_nothing(town: Town, window: Window) -> None:
    window.open(town.address("/s/every?lang=he"))
    fill(window, "he", by_hand=True)
    window.write("#number", "many")
    filled = window.ask(FILLED)
    window.turn(SEND)
    assert town.layouts() == []
    assert window.ask("() => document.activeElement.className") == "problems"
    assert window.ask(FILLED) == filled
    window.click(".problems a")
    assert window.ask("() => location.hash") == "#number"
    box = window.ask("""() => document.querySelector('[data-question="number"]').getBoundingClientRect().toJSON()""")
    assert 0 <= box["top"] < box["bottom"] <= window.ask("() => innerHeight")    # with its question
    window.write("#number", NUMBERS["he"])
    sent(town, window, "he")


def test_going_back_finds_everything_that_was_filled_in(town: Town, window: Window) -> None:
    window.open(town.address("/s/every?lang=fa"))
    fill(window, "fa")
    filled = window.ask(FILLED)
    sent(town, window, "fa")
    window.back()
    window.until(f"filled => String(({FILLED})()) === String(filled)", filled)
    sent(town, window, "fa")    # and counts once


def test_on_a_tablet_going_back_finds_nothing_of_it(town: Town, window: Window) -> None:
    window.open(town.address("/s/every?lang=en&kiosk=1"))
    empty = window.ask(FILLED)
    fill(window, "en", by_steps=True)
    sent(town, window, "en")
    assert town.layouts() == ["kiosk"]
    window.back()
    window.until(f"empty => document.querySelector('form') && String(({FILLED})()) === String(empty)", empty)


def sent(town: Town, window: Window, language: str) -> None:
    """Send the survey with every kind, and find stored what was answered."""
    window.turn(SEND)
    assert window.ask("() => [location.pathname, document.documentElement.lang]") == ["/s/every/thanks", language]
    assert stored(town.site.engine) == [{**STORED, "text": [WRITTEN[language]]}]


def test_the_keyboard_alone_answers_and_sees_where_it_is(town: Town, window: Window) -> None:
    window.open(town.address("/s/delivery?lang=he"))
    marked = """() => [document.activeElement, document.activeElement.nextElementSibling].filter(Boolean)
        .map(one => getComputedStyle(one))
        .some(one => one.outlineStyle !== "none" && parseFloat(one.outlineWidth) >= 2)"""
    for _ in range(30):
        window.press("Tab")
        at = window.ask("() => document.activeElement.id || document.activeElement.type")
        assert window.ask(marked), at
        if at == "satisfaction-1":
            window.press("Space")
            window.press("ArrowDown")
        if at == "timing-on_time":
            window.press("Space")
        if at == "reason":
            break
    assert at == "reason"
    window.press("Tab")
    window.press("Enter")
    window.until("() => location.pathname === '/s/delivery/thanks'")
    assert stored(town.site.engine) == [{"satisfaction": ["2"], "timing": ["on_time"]}]


@pytest.mark.parametrize("leaves", [True, False], ids=["who leaves", "who pauses"])
def test_what_was_begun_is_kept_of_one(town: Town, window: Window, leaves: bool) -> None:
    number = next(CUSTOMERS)
    link = f"{town.address(invite(town.site.engine, id=f'{number}', customer=f'c-{number}'))}?lang=fa"
    before = town.drafts()
    window.open(link)
    press(window, "satisfaction-2", "timing-late")
    window.write("#reason", "secret")
    if leaves:
        window.open(town.address("/"))
    until(lambda: town.drafts() != before, "nothing was kept")
    window.open(link)
    assert window.ask(FILLED) == ["satisfaction=2", "timing=late"]
    assert "secret" not in window.ask("() => document.documentElement.outerHTML")
    window.turn(SEND)
    assert stored(town.site.engine) == [{"satisfaction": ["2"], "timing": ["late"], "reason": ["secret"]}]
    assert town.drafts() == before


HEARD = "() => heard.map(([name, detail]) => name === 'violation' ? `${name} of ${detail}` : name)"
SIDE = """() => {
    const tab = [...document.querySelectorAll("div")].map(one => one.shadowRoot?.querySelector(".side")).find(Boolean)
    const box = tab.getBoundingClientRect()
    return {left: box.left, right: innerWidth - box.right, width: box.width, height: box.height,
            writing: getComputedStyle(tab.firstElementChild).writingMode}
}"""


@pytest.mark.parametrize(("mode", "language"), [("inline", "he"), ("popup", "fa"), ("tab", "fa")])
def test_a_form_in_another_page_is_whole_and_answered_there(
    town: Town, window: Window, mode: str, language: str
) -> None:
    town.show(mode, language)
    window.open(f"{town.shop.host.origin}/")
    if mode == "tab":
        window.click(".side")
    window.until("() => heard.some(([name]) => name === 'ready')")
    with window.frame() as form:
        assert form.ask("() => innerWidth") > 300
        form.until("() => document.documentElement.scrollHeight - innerHeight <= 1")
        assert form.ask(SIDEWAYS) <= 0
        assert form.ask(GAPS) == []
        press(form, "satisfaction-2")
        if mode != "inline":
            form.click(ONWARD)
            form.until("() => !document.querySelector('label:has(#satisfaction-2)').checkVisibility()")
            form.click(ONWARD)    # past the question that need not be answered
        form.write("#reason", "late")
        form.until("() => document.documentElement.scrollHeight - innerHeight <= 1")
        form.turn(SEND)
        form.until("() => document.querySelector('.said h1')")
    window.until("() => heard.some(([name]) => name === 'submitted')")
    if mode != "inline":
        window.click(".close")
        window.until("() => heard.some(([name]) => name === 'closed')")
    wanted = ["ready", "answered", "submitted", "closed"][: 3 if mode == "inline" else 4]
    assert list(dict.fromkeys(window.ask(HEARD))) == wanted
    assert stored(town.site.engine) == [{"satisfaction": ["2"], "reason": ["late"]}]
    assert town.layouts() == ["embed"]


@pytest.mark.parametrize(("language", "edge"), [("fa", "left"), ("en", "right")])
def test_the_words_on_a_tab_stand_along_the_edge(town: Town, window: Window, language: str, edge: str) -> None:
    town.show("tab", language)
    window.open(f"{town.shop.host.origin}/")
    side = window.ask(SIDE)
    assert side["writing"] == "vertical-rl"
    assert side["height"] > side["width"] >= 44
    assert side[edge] == 0


FACES = """() => [...document.fonts].filter(one => one.status === "loaded")
    .map(one => one.family.replaceAll('"', "")).sort()"""
# How much wider a word is than its parts between half-spaces: the parts do not join, so that it is as wide as they are.
WIDTHS = """words => {
    const place = document.querySelector("main").appendChild(document.createElement("p"))
    const width = text => {
        const span = place.appendChild(document.createElement("span"))
        span.style.cssText = "display: inline-block; white-space: nowrap; font-size: 40px"
        span.textContent = text
        return span
    }
    const made = words.map(word => [word, width(word), word.split("\u200c").map(width)])
    const measured = made.map(([word, whole, parts]) =>
        [word, whole.offsetWidth - parts.reduce((sum, part) => sum + part.offsetWidth, 0)])
    place.remove()
    return measured
}"""
# The lowest row that has ink, with each of these ends behind the words.
LOWEST = """(words, ends) => {
    const pen = document.createElement("canvas").getContext("2d", {willReadFrequently: true})
    return ends.map(end => {
        pen.canvas.width = 400    // makes it empty
        pen.font = "40px Vazirmatn"
        pen.direction = "rtl"
        pen.textAlign = "right"
        pen.fillText(words + end, 390, 70)
        const ink = pen.getImageData(0, 0, 400, pen.canvas.height).data
        return Math.max(...Array.from(ink.keys()).filter(place => place % 4 === 3 && ink[place] > 127)) / 1600 | 0
    })
}"""


def test_texts_are_in_their_fonts_and_no_letter_is_lost_or_lifted(town: Town, window: Window) -> None:
    for language, family in {"en": [], "he": ["Heebo"] * 2, "fa": ["Vazirmatn"] * 2}.items():
        window.open(town.address(f"/s/delivery?lang={language}"))
        window.until("() => document.fonts.status === 'loaded'")
        assert window.ask(FACES) == family
    words = sorted(set(re.findall("[\u0621-\u06cc]+(?:\u200c[\u0621-\u06cc]+)+", persian())))
    assert len(words) > 30
    assert [(word, more) for word, more in window.ask(WIDTHS, words) if abs(more) > 3] == []
    # Words that end in a mark stand on the line of the others, whatever follows.
    assert len(set(window.ask(LOWEST, "می حتماً", [" ", *'.:!)»"…–-،؛؟', " on"]))) == 1


def persian() -> str:
    """Everything that the engine and its example say in Persian."""
    files = [*ROOT.glob("surveys/*/*.toml"), ROOT / "translations/fa/LC_MESSAGES/surveyengine.po"]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)
