"""Writes pictures of every page for whoever wants to look: `python -m tests.screenshots DIR [WORD]`.

Each page in each language, on a phone and on a desktop; some also dark, in high contrast and as they print. WORD limits
them to pages whose name contains it. `python -m tests.screenshots readme` writes those that the README shows.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Playwright, ViewportSize, sync_playwright

from tests.conftest import CHROMIUM, CHROMIUM_OPTIONS
from tests.support import showcase
from tests.support.gallery import EVERY, Gallery, Sight
from tests.support.samples import LANGUAGES

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
WIDTHS = (320, 1280)
VARIED = ("form-delivery", f"form-{EVERY}", "faulty-delivery", "chosen", "thanks", "expired", "mail-delivery")
VARIANTS: dict[str, dict[str, Any]] = {
    "": {},
    "dark": {"color_scheme": "dark"},
    "forced": {"forced_colors": "active", "color_scheme": "dark"},
    "contrast": {"contrast": "more"},
}


def main(folder: Path, word: str = "") -> int:
    """Write the pictures; return how many."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as root, sync_playwright() as playwright:
        browser = _browser(playwright)
        gallery = Gallery(Path(root) / "shop")
        try:
            sights = [sight for sight in (*gallery.sights(), *_mails(gallery)) if word in sight.name]
            return sum(_shoot(browser, gallery, sight, folder) for sight in sights)
        finally:
            gallery.close()


def readme() -> int:
    """Write the pictures of the README; return how many."""
    with tempfile.TemporaryDirectory() as root, sync_playwright() as playwright:
        return showcase.take(_browser(playwright), Path(root) / "nava-home", PICTURES)


def _browser(playwright: Playwright) -> Browser:
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    return playwright.chromium.launch(executable_path=path, args=CHROMIUM_OPTIONS)


def _mails(gallery: Gallery) -> Iterator[Sight]:
    yield from (Sight(f"mail-{survey}", "") for survey in gallery.mails("en"))


def _shoot(browser: Browser, gallery: Gallery, sight: Sight, folder: Path) -> int:
    """Take one page in all languages and sizes; return how many pictures that makes."""
    taken = 0
    for variant, width in product(VARIANTS if sight.name in VARIED else [""], WIDTHS):
        size: ViewportSize = {"width": width, "height": 700}
        with browser.new_context(viewport=size, device_scale_factor=1.5, **VARIANTS[variant]) as context:
            tab = context.new_page()
            for language in LANGUAGES:
                _show(tab, gallery, sight, language)
                name = "-".join(filter(None, (sight.name, language, str(width), variant)))
                tab.screenshot(path=folder / f"{name}.png", full_page=True)
                taken += 1
                if sight.name in VARIED and width == max(WIDTHS) and not variant:
                    tab.pdf(path=folder / f"{sight.name}-{language}-print.pdf", format="A4")
    return taken


def _show(tab: Page, gallery: Gallery, sight: Sight, language: str) -> None:
    if sight.name.startswith("mail-"):
        tab.set_content(gallery.mails(language)[sight.name.removeprefix("mail-")])
    else:
        gallery.show(tab, sight, language)
    tab.evaluate("document.fonts.ready.then(() => 0)")


if __name__ == "__main__":
    if not sys.argv[1:]:
        sys.exit("say where the pictures go: python -m tests.screenshots DIR [PART OF A PAGE'S NAME], or readme")
    print(readme() if sys.argv[1:] == ["readme"] else main(Path(sys.argv[1]), *sys.argv[2:3]), "pictures")
