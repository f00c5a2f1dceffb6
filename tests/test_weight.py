"""What a browser loads before a customer can answer: every ready survey, in every language."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, CDPSession

from tests.running import command, running

MOST = 20_000    # bytes of page and stylesheet as they come over the wire, headers included; fonts not counted
LANGUAGES = ("he", "fa", "en")


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
            network.on("Network.loadingFinished", lambda one: self._add(asked[one["requestId"]], one))
            tab.goto(address, wait_until="networkidle")

    def _add(self, address: str, finished: dict[str, float]) -> None:
        if not address.startswith("data:"):
            self.bytes[address] = int(finished["encodedDataLength"])

    @property
    def fonts(self) -> set[str]:
        """The names of the fonts."""
        return {address.rpartition("/")[2].partition(".")[0] for address in self.bytes if ".woff2" in address}

    @property
    def rest(self) -> dict[str, int]:
        """What is no font."""
        return {address: size for address, size in self.bytes.items() if ".woff2" not in address}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[str]]]:
    """The example business on its real server: its address, and its surveys."""
    root = tmp_path_factory.mktemp("weight") / "shop"
    assert command(root, "init").returncode == 0
    with running(root) as engine:
        yield engine.address, sorted(path.stem for path in root.glob("surveys/*/*.toml"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_sight_of_every_ready_survey_is_two_requests_and_little(
    shop: tuple[str, list[str]], browser: Browser, language: str
) -> None:
    origin, surveys = shop
    assert len(surveys) > 10
    for survey in surveys:
        loaded = Loaded(browser, f"{origin}/s/{survey}?lang={language}")
        assert len(loaded.rest) <= 2, loaded.rest
        assert sum(loaded.rest.values()) <= MOST, loaded.rest
        assert all(address.startswith(origin) for address in loaded.bytes)
