"""The pages of the staff in a real browser: axe finds nothing, and nothing has to be scrolled aside."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, Route

from surveyengine.engine import Engine, start
from surveyengine.project import scaffold
from surveyengine.values.enumeration import Role
from tests.browsers.test_accessibility import AXE, LOOK
from tests.support import staff
from tests.support.answers import csat, store
from tests.support.samples import LANGUAGES

HERE = "https://localhost"
OCTOBER = "?from=2026-10-01&to=2026-10-31"
SOME_DAYS = "?from=2026-09-10&to=2026-10-20"
PAGES = (
    f"/staff/{OCTOBER}", f"/staff/journey/purchase/delivery{SOME_DAYS}",
    f"/staff/journey/purchase/delivery{OCTOBER}&by=courier", "/staff/?from=2020-01-01",
    f"/staff/journey/purchase/delivery/comments{OCTOBER}&score=dissatisfied",
    "/staff/responses/?survey=delivery", "/staff/surveys/", "/staff/surveys/delivery", "/staff/sending/?who=nobody",
    "/staff/sending/messages",
)  # fmt: skip
# What a page says in words, and does not show, though nothing of it is folded away.
UNSEEN = """[...document.querySelectorAll("main bdi, main p, main li")]
  .filter(one => !one.closest("details:not([open]) > :not(summary)"))
  .filter(one => one.textContent.trim() && !one.checkVisibility())
  .map(one => one.outerHTML)"""
SHAPES: tuple[dict[str, Any], ...] = (
    {"color_scheme": "light", "viewport": {"width": 1280, "height": 800}},
    {"color_scheme": "dark", "viewport": {"width": 390, "height": 800}},
    {"color_scheme": "light", "viewport": {"width": 320, "height": 700}},
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    root: Path = tmp_path_factory.mktemp("staff") / "shop"
    scaffold.create(root)
    engine = start(root)
    for month, courier in ((8, "Dror"), (9, "Dror"), (10, "Kav")):
        store(engine, "delivery", date(2026, month, 14), csat(330 if courier == "Kav" else 430, 500), courier=courier)
        store(engine, "support", date(2026, month, 14), csat(15, 18))
    yield engine
    engine.close()


def show(tab: Page, reader: FlaskClient, address: str) -> None:
    """Show a page of the staff; the browser takes it from the application itself, with its policy."""

    def served(route: Route) -> None:
        found = reader.get(route.request.url.removeprefix(HERE), base_url=HERE)
        headers = {name: value for name, value in found.headers.items() if name != "Content-Length"}
        route.fulfill(status=found.status_code, headers=headers, body=found.data)

    tab.route("**/*", served)
    tab.goto(HERE + address)


@pytest.mark.parametrize(("language", "shape"), [*zip(LANGUAGES, SHAPES, strict=True)])
def test_a_page_of_the_staff_is_for_everybody(
    shop: Engine, browser: Browser, language: str, shape: dict[str, Any]
) -> None:
    reader, complaints = staff.client(shop, Role.OPERATOR, language), []
    with browser.new_context(bypass_csp=False, **shape) as context:
        tab = context.new_page()
        tab.on("console", lambda said: complaints.append(said.text))
        for address in PAGES:
            show(tab, reader, address)
            complaints += [one["id"] for one in _violations(tab)]
            if tab.evaluate("document.documentElement.scrollWidth > innerWidth"):
                complaints.append(f"{address} is wider than the screen")
            complaints += tab.evaluate(UNSEEN)
            tab.unroute("**/*")
    assert complaints == []


def _violations(tab: Page) -> list[dict[str, Any]]:
    """What axe finds; the protocol of the browser runs it, so that the page's policy does not stand in its way."""
    tab.evaluate(AXE)
    found: list[dict[str, Any]] = tab.evaluate(LOOK)
    return found
