"""The pictures with which the README opens: pages and forms of the demo, in the three languages."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Page, ViewportSize

from surveyengine.demo import filling
from surveyengine.demo.words import LANGUAGES
from surveyengine.people import session
from surveyengine.values.enumeration import Role
from surveyengine.web.staff import cookie
from tests.support import staff
from tests.support.site import Site, served

YEAR = filling.Wish(3000, 1, date(2026, 4, 9))    # so that March comes after twelve other months
READERS = {"he": "דנה", "fa": "شیرین", "en": "Dana"}
MONTHS = {"fa": "from=2026-02-20&to=2026-03-20"}    # Esfand 1404; the other languages show March 2026
MARCH = "from=2026-03-01&to=2026-03-31"
DESKTOP: ViewportSize = {"width": 1280, "height": 1060}
PHONE: ViewportSize = {"width": 390, "height": 800}
QUALITY = 82    # of a picture, in percent


class View(NamedTuple):
    """A page to be shown: its address, on how large a screen, and whether to staff."""

    name: str
    path: str
    size: ViewportSize
    is_staff: bool = True


VIEWS = (
    View("map", "/staff/?{month}", DESKTOP),
    View("touchpoint", "/staff/journey/purchase/delivery?{month}", DESKTOP),
    View("form", "/s/delivery?lang={language}", PHONE, is_staff=False),
)


def take(browser: Browser, root: Path, folder: Path) -> int:
    """Make the demo in `root` and write the pictures of its pages; return how many."""
    filling.fill(root, YEAR)
    folder.mkdir(parents=True, exist_ok=True)
    taken = 0
    with served(root) as site:
        for view in VIEWS:
            for language in LANGUAGES:
                with _opened(browser, site, view, language) as tab:
                    _keep(tab, folder / f"{view.name}-{language}.webp")
                    taken += 1
    return taken


@contextmanager
def _opened(browser: Browser, site: Site, view: View, language: str) -> Iterator[Page]:
    """The page, as somebody sees it who reads that language."""
    with browser.new_context(viewport=view.size, device_scale_factor=1.5) as context:
        if view.is_staff:
            whom = staff.member(site.engine, Role.OPERATOR, language, READERS[language])
            with site.engine.database.write() as connection:
                token = session.begin(connection, whom, "Chromium, Linux", datetime.now(UTC))
            secure = site.origin.replace("http:", "https:")
            context.add_cookies([{"name": cookie.NAME, "value": token, "url": secure, "secure": True}])
        tab = context.new_page()
        tab.goto(site.origin + view.path.format(language=language, month=MONTHS.get(language, MARCH)))
        tab.evaluate("document.fonts.ready.then(() => 0)")
        yield tab


def _keep(tab: Page, path: Path) -> None:
    """Write what stands on the screen as a picture that is small to load."""
    chromium = tab.context.new_cdp_session(tab)
    shot = chromium.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    path.write_bytes(base64.b64decode(shot["data"]))
