"""The business's picture: in the page where it is small, so that it costs no request."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

import pytest

from surveyengine.app import create_app
from surveyengine.engine import start
from tests.support import business

LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M1 1h6v6z"/></svg>'


@pytest.mark.parametrize(("more", "address"), [(0, "data:image/svg+xml;base64,"), (8_000, "/logo")])
def test_a_small_logo_stands_in_the_page_and_a_large_one_is_fetched(more: int, address: str, tmp_path: Path) -> None:
    root = business.write(tmp_path, config=business.CONFIG.replace("timezone", 'logo = "logo.svg"\ntimezone'))
    (root / "logo.svg").write_text(LOGO + " " * more, encoding="utf-8")
    with closing(start(root)) as engine:
        client = create_app(engine).test_client()
        for page in ("/s/delivery", "/s/delivery/thanks"):
            reply = client.get(page)
            assert re.search(rf'<img class="mark" src="{re.escape(address)}[^"]*" alt="">', reply.text)
            assert "img-src 'self' data:" in reply.headers["Content-Security-Policy"]
        assert client.get("/logo", buffered=True).mimetype == "image/svg+xml"
