"""What a browser loads before a customer can answer: every ready survey, in every language."""

from __future__ import annotations

import os
import re
from base64 import b64encode
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, CDPSession, Page

from surveyengine.project import scaffold
from surveyengine.web.assets import STATIC
from tests.support.running import running

MOST = 20_000    # bytes of page and stylesheet as they come over the wire, headers included; fonts not counted
EVERY = os.environ.get("EVERY") == "1"    # else each survey in one language only
LANGUAGES = ("he", "fa", "en")
FONTS = {"he": ["heebo-hebrew", "heebo-latin"], "fa": ["vazirmatn-latin", "vazirmatn-persian"], "en": []}
FAMILY = {"he": "Heebo", "fa": "Vazirmatn"}


class Loaded:
    """What one visit with an empty cache has loaded: bytes by address."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.bytes: dict[str, int] = {}
        asked: dict[str, str] = {}
        with browser.new_context() as context:
            tab = context.new_page()
            network: CDPSession = context.new_cdp_session(tab)
            network.send("Network.enable")
            network.on("Network.requestWillBeSent", lambda one: asked.update({one["requestId"]: one["request"]["url"]}))
            network.on("Network.loadingFinished", lambda one: self._add(asked.get(one["requestId"]), one))
            tab.goto(address)
            tab.evaluate("document.fonts.ready.then(() => 0)")
            self.written_in = self._faces(tab, network)

    def _faces(self, tab: Page, network: CDPSession) -> set[tuple[str, bool]]:
        """The fonts in which the questions are written, and whether they came from us."""
        for domain in ("DOM", "CSS"):
            network.send(f"{domain}.enable")
        root = network.send("DOM.getDocument")["root"]["nodeId"]
        used: set[tuple[str, bool]] = set()
        texts = network.send("DOM.querySelectorAll", {"nodeId": root, "selector": "h1, legend, .words, .ends b"})
        for node in texts["nodeIds"]:
            fonts = network.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
            used |= {(font["familyName"], font["isCustomFont"]) for font in fonts}
        return used

    def _add(self, address: str | None, finished: dict[str, float]) -> None:
        if address and not address.startswith("data:"):    # what was asked for before, the empty tab, has no address
            self.bytes[address] = int(finished["encodedDataLength"])

    @property
    def fonts(self) -> list[str]:
        """The names of the fonts."""
        return sorted(address.rpartition("/")[2].partition(".")[0] for address in self.bytes if ".woff2" in address)

    @property
    def rest(self) -> dict[str, int]:
        """What is no font."""
        return {address: size for address, size in self.bytes.items() if ".woff2" not in address}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[str]]]:
    """The example business on its real server: its address, and its surveys."""
    root = tmp_path_factory.mktemp("weight") / "shop"
    scaffold.create(root)
    with running(root) as engine:
        yield engine.address, sorted(path.stem for path in root.glob("surveys/*/*.toml"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_sight_of_every_ready_survey_is_two_requests_and_little(
    shop: tuple[str, list[str]], browser: Browser, language: str
) -> None:
    origin, surveys = shop
    assert len(surveys) > 10
    for survey in surveys if EVERY else surveys[LANGUAGES.index(language) :: len(LANGUAGES)]:
        loaded = Loaded(browser, f"{origin}/s/{survey}?lang={language}")
        assert len(loaded.rest) <= 2, loaded.rest
        assert sum(loaded.rest.values()) <= MOST, loaded.rest
        assert all(address.startswith(origin) for address in loaded.bytes)
        assert loaded.fonts == FONTS[language]
        if font := FAMILY.get(language):
            assert loaded.written_in == {(font, True)}, survey


def test_a_font_weighs_little_and_comes_with_its_licence() -> None:
    assert all(path.stat().st_size < 25_000 for path in STATIC.glob("fonts/*.woff2"))
    families = {path.name.partition("-")[0] for path in STATIC.glob("fonts/*.woff2")}
    for family in families:
        assert "SIL OPEN FONT LICENSE" in (STATIC / f"fonts/{family}-OFL.txt").read_text(encoding="utf-8")


def test_a_font_is_whole_for_those_who_shape_text_with_it(page: Page) -> None:
    # Joining half-spaces (U+200C) and words that end in a mark go wrong in WebKit where their face has no space.
    page.set_content("<canvas>")
    measure = """([family, source]) => new FontFace(family, source).load().then(face => {
        document.fonts.add(face)
        const pen = document.querySelector("canvas").getContext("2d")
        return ["serif", "monospace"].map(instead => {
            pen.font = `100px ${family}, ${instead}`
            return pen.measureText(" ").width
        })
    })"""
    for path in STATIC.glob("fonts/*.woff2"):
        content = b64encode(path.read_bytes()).decode()
        serif, monospace = page.evaluate(measure, [path.stem, f"url(data:font/woff2;base64,{content})"])
        assert serif == monospace, f"{path.name} has no U+0020"


def test_a_space_belongs_to_the_face_of_the_letters_around_it() -> None:
    css = (STATIC / "faces.css").read_text(encoding="utf-8")
    faces = [dict(re.findall(r"([\w-]+): ([^;]+);", face)) for face in re.findall(r"@font-face {(.*?)}", css, re.S)]
    letters = {face["font-family"]: signs for face in faces if ord(" ") in (signs := covered(face["unicode-range"]))}
    assert letters.keys() == set(FAMILY.values())
    assert all(0x200C in signs for signs in letters.values())    # of those with a space the last decides


def covered(ranges: str) -> set[int]:
    """The signs that a face is for."""
    ends = [one.strip().removeprefix("U+").split("-") for one in ranges.split(",")]
    return {sign for end in ends for sign in range(int(end[0], 16), int(end[-1], 16) + 1)}
