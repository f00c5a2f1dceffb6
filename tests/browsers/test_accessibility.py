"""What axe and the W3C's checker say about every page, and what a keyboard and a screen reader find there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import missing
from tests.support.gallery import EVERY, Gallery, Sight, pairwise
from tests.support.samples import LANGUAGES

ROOT = Path(__file__).parents[2]
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPTIONS = json.dumps({"runOnly": RULES, "resultTypes": ["violations"]})
LOOK = f"axe.run(document, {OPTIONS}).then(seen => seen.violations)"    # to hand all over that is well takes longer
ALL = os.environ.get("EVERY") == "1"    # every combination; else as few as let any two values meet
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTHS = (320, 1280)
VNU = Path(os.environ.get("VNU_JAR", ROOT / "build/node_modules/vnu-jar/build/dist/vnu.jar"))


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gallery]:
    made = Gallery(tmp_path_factory.mktemp("gallery") / "shop")
    yield made
    made.close()


def found(page: Page) -> list[str]:
    """What axe finds: the rule, and where."""
    if not page.evaluate("() => 'axe' in window"):    # half a megabyte, on its way
        page.evaluate(AXE)
    violations = page.evaluate(LOOK)
    return [f"{one['id']}: {node['target']} {node['html'][:200]}" for one in violations for node in one["nodes"]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_on_any_page(gallery: Gallery, browser: Browser, language: str) -> None:
    sights = gallery.sights()
    rows = pairwise(range(len(sights)), LANGUAGES, SCHEMES, WIDTHS)
    complaints = []
    with browser.new_context(reduced_motion="reduce") as context:    # no colour is caught on its way to another
        tab = context.new_page()
        tab.add_init_script(AXE)
        for place, sight in enumerate(sights):
            if not ALL and sight.name.startswith("faulty-") and LANGUAGES[place % len(LANGUAGES)] != language:
                continue    # forms and their faults are much alike
            wanted = [(s, w) for s in SCHEMES for w in WIDTHS if ALL or (place, language, s, w) in rows]
            gallery.show(tab, sight, language)
            for scheme, width in wanted:
                tab.emulate_media(color_scheme=scheme)
                tab.set_viewport_size({"width": width, "height": 700})
                complaints += [f"{sight.name} {scheme} {width} {one}" for one in found(tab)]
    assert complaints == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_in_a_mail(gallery: Gallery, page: Page, language: str) -> None:
    for survey, html in gallery.mails(language).items():
        page.set_content(html)
        for scheme in SCHEMES if ALL or survey == "delivery" else ():
            page.emulate_media(color_scheme=scheme)
            assert [one for one in found(page) if not one.startswith(("landmark", "region"))] == []


def test_the_checker_of_the_w3c_finds_nothing(gallery: Gallery, tmp_path: Path) -> None:
    if not VNU.exists() or shutil.which("java") is None:
        missing(f"no {VNU.relative_to(ROOT) if VNU.is_relative_to(ROOT) else VNU}, or no java: see README")
    for sight in gallery.sights():
        for language in LANGUAGES:
            (tmp_path / f"{sight.name}-{language}.html").write_text(gallery.html(sight, language), encoding="utf-8")
    for language in LANGUAGES:
        for survey, html in gallery.mails(language).items():
            (tmp_path / f"mail-{survey}-{language}.html").write_text(html, encoding="utf-8")
    checking = ["java", "-jar", str(VNU), "--format", "gnu", "--skip-non-html", "--exit-zero-always", str(tmp_path)]
    done = subprocess.run(checking, capture_output=True, text=True, check=True)
    # Mail clients lay out by attributes of tables, which the checker calls obsolete.
    assert [line for line in done.stderr.splitlines() if "/mail-" not in line or "obsolete" not in line] == []


@pytest.mark.parametrize("rows", [2, 3])
def test_any_two_values_meet(rows: int) -> None:
    chosen = pairwise(range(9), LANGUAGES, SCHEMES, range(rows))
    assert len({row[:2] for row in chosen}) == 27
    assert len({row[::2] for row in chosen}) == 18
    assert len({row[1:3] for row in chosen}) == 6
    assert len({row[2:] for row in chosen}) == 2 * rows


SENT = {"he": "תודה", "fa": "سپاس", "en": "Thank you"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_ready_form_is_answered_and_sent_with_the_keyboard_alone(
    gallery: Gallery, browser: Browser, language: str
) -> None:
    with browser.new_context(viewport={"width": 320, "height": 700}) as context:
        tab = context.new_page()
        for survey in gallery.surveys if ALL else gallery.surveys[LANGUAGES.index(language) :: len(LANGUAGES)]:
            gallery.show(tab, Sight(survey, f"/s/{survey}"), language)
            _walk(tab)
            expect(tab.locator("h1")).to_contain_text(SENT[language])


def _walk(tab: Page) -> None:
    """Press what a customer without a mouse presses: Tab to the next, Space to choose, Enter on the button."""
    for _ in range(60):
        tab.keyboard.press("Tab")
        at = tab.evaluate("({tag: document.activeElement.tagName, type: document.activeElement.type})")
        assert _is_seen(tab), at
        if at["type"] in ("radio", "checkbox"):
            tab.keyboard.press("Space")
        if at["type"] in ("text", "textarea"):
            tab.keyboard.type("12")
        if at["type"] == "submit":
            tab.keyboard.press("Enter")
            return
    raise AssertionError("the button was not reached")


def _is_seen(tab: Page) -> bool:
    """Whether what has the focus is in sight, with a mark of at least two pixels around it or around its face."""
    return bool(
        tab.evaluate("""() => {
            const at = document.activeElement, box = at.getBoundingClientRect()
            const marks = [at, at.nextElementSibling].filter(Boolean).map(one => getComputedStyle(one))
            return box.bottom > 0 && box.top < innerHeight
                && marks.some(one => one.outlineStyle !== 'none' && parseFloat(one.outlineWidth) >= 2)
        }""")
    )


CONTROLS = "radiogroup|group|radio|checkbox|textbox|combobox|listbox|spinbutton|button|link|table"
NAMES = {
    "he": ("0, כלל לא סביר", "10, סביר ביותר", "שליחה"),
    "fa": ("۰, اصلاً محتمل نیست", "۱۰, بسیار محتمل است", "ارسال"),
    "en": ("0, Not at all likely", "10, Extremely likely", "Send"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_screen_reader_says_every_control_by_its_name(gallery: Gallery, page: Page, language: str) -> None:
    gallery.show(page, Sight(EVERY, f"/s/{EVERY}"), language)
    low, high, send = NAMES[language]
    heard = page.locator("main").aria_snapshot()
    assert re.findall(rf"^ *- (?:{CONTROLS})\b(?! [\"/]).*", heard, re.M) == []
    for name in (low, high):
        assert f'radio "{name.replace(", ", _comma(language))}"' in heard, heard[:2000]
    assert f'button "{send}"' in heard


def _comma(language: str) -> str:
    return "، " if language == "fa" else ", "
