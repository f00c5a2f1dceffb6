"""Pages: how fast they come, whatever is stored, and what they weigh."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import CDPSession, sync_playwright

from tests.conftest import CHROMIUM, CHROMIUM_OPTIONS

from . import serving, stock
from .bench import FORM, Bench
from .figure import Figure, interleaved, medians, ratios


def page(bench: Bench) -> Iterator[Figure]:
    """GET of a survey page, against the same bytes from bare Flask."""
    folder = bench.folder("page")
    with serving.engine(serving.project(folder / "project")) as engine:
        content = folder / "page.html"
        content.write_bytes(engine.read(FORM))
        with serving.bare("page", str(content), folder) as bare:
            pairs = interleaved(
                bench.rounds, lambda: bench.gets(engine.port, FORM), lambda: bench.gets(bare.port, "/page")
            )
    rates = "{:,.0f} a second, bare Flask {:,.0f}".format(*medians(pairs))
    yield Figure("page", "GET of a survey page, as a share of bare Flask's rate", ratios(pairs), "×", "≥ 0.7", rates)


def full(bench: Bench) -> Iterator[Figure]:
    """GET of a survey page where a hundred thousand responses are stored, against an empty database."""
    folder, count = bench.folder("full"), bench.size(100_000)
    empty, filled = serving.project(folder / "empty"), serving.project(folder / "filled")
    stock.fill(filled, count)
    with serving.engine(empty) as one, serving.engine(filled) as other:
        pairs = interleaved(
            3 * bench.rounds, lambda: bench.gets(one.port, FORM), lambda: bench.gets(other.port, FORM)
        )
    what = f"Time of a GET at {count:,} stored responses, against an empty database"
    rates = "{1:,.0f} a second, empty {0:,.0f}".format(*medians(pairs))
    yield Figure("full", what, ratios(pairs), "×", "≤ 1.05", rates)


def weight(bench: Bench) -> Iterator[Figure]:
    """What a browser loads to show the first page."""
    with serving.engine(serving.project(bench.folder("weight") / "project")) as engine:
        requests, received = _loaded(f"http://127.0.0.1:{engine.port}{FORM}")
    what = "Bytes of the first page without its fonts, headers included, in Chromium"
    yield Figure("weight", what, (received / 1000,), "KB", "≤ 20")
    yield Figure("requests", "Requests of the first page without its fonts, in Chromium", (requests,), "", "≤ 2")


def _loaded(address: str) -> tuple[int, int]:
    """Return how many requests Chromium makes for a page, and how many bytes come back."""
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    with sync_playwright() as playwright, playwright.chromium.launch(
        executable_path=path, args=CHROMIUM_OPTIONS
    ) as browser:
        tab = browser.new_context(locale="fa").new_page()
        network: CDPSession = tab.context.new_cdp_session(tab)
        network.send("Network.enable")
        asked: set[str] = set()
        received: list[int] = []

        def arrived(event: dict[str, Any]) -> None:
            if event["requestId"] in asked:
                received.append(event["encodedDataLength"])

        def begun(event: dict[str, Any]) -> None:
            if event["type"] != "Font" and not event["request"]["url"].startswith("data:"):
                asked.add(event["requestId"])

        network.on("Network.requestWillBeSent", begun)
        network.on("Network.loadingFinished", arrived)
        tab.goto(address, wait_until="networkidle")
        return len(received), sum(received)
