from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from surveyengine.app import create_app
from surveyengine.engine import start
from surveyengine.web.assets import STATIC, address, asset, names
from tests.support import business
from tests.support.business import CONFIG

GZIP = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[FlaskClient]:
    with closing(start(business.write(tmp_path))) as engine:
        yield create_app(engine).test_client()


@pytest.mark.parametrize("name", sorted(names()))
def test_a_file_is_the_same_compressed_or_not_and_kept_for_ever(client: FlaskClient, name: str) -> None:
    plain, packed = client.get(f"/static/{name}"), client.get(f"/static/{name}", headers=GZIP)
    found = asset(name)
    assert found
    assert plain.data == found.content
    if packed.headers.get("Content-Encoding") == "gzip":
        assert gzip.decompress(packed.data) == plain.data
        assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
        assert plain.headers["ETag"] != packed.headers["ETag"]
    for page in (plain, packed):
        assert int(page.headers["Content-Length"]) == len(page.data)
        assert page.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_stylesheet_is_compressed_and_text(client: FlaskClient) -> None:
    page = client.get("/static/style.css", headers=GZIP)
    assert page.headers["Content-Encoding"] == "gzip"
    assert page.headers["Content-Type"] == "text/css; charset=utf-8"


@pytest.mark.parametrize("accepted", ["", "identity", "br", "gzip;q=0"])
def test_who_does_not_take_gzip_gets_none(client: FlaskClient, accepted: str) -> None:
    assert "Content-Encoding" not in client.get("/static/style.css", headers={"Accept-Encoding": accepted}).headers


def test_a_file_that_a_browser_has_is_not_sent_again(client: FlaskClient) -> None:
    tag = client.get("/static/style.css", headers=GZIP).headers["ETag"]
    again = client.get("/static/style.css", headers={**GZIP, "If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("name", ["", "no.css", "../app.py", "..%2fapp.py", "fonts", "fonts/", "/etc/passwd", "%00"])
def test_nothing_else_is_served(client: FlaskClient, name: str) -> None:
    assert client.get(f"/static/{name}").status_code == 404


def test_every_link_in_a_stylesheet_leads_to_a_file_and_changes_with_it() -> None:
    for name in names():
        if name.endswith(".css") and (found := asset(name)):
            for link in re.findall(r"url\(([^):]+)\)", found.content.decode()):
                assert link == address(link.partition("?")[0])


def test_a_page_names_the_stylesheet_as_it_is(client: FlaskClient) -> None:
    assert f'href="/static/{address("style.css")}"' in client.get("/s/delivery").text
    with pytest.raises(KeyError):
        address("nothing.css")


def test_every_file_that_we_ship_is_served_or_a_licence() -> None:
    assert {path.suffix for path in STATIC.rglob("*") if path.is_file()} <= {".css", ".js", ".woff2", ".txt"}


@pytest.mark.parametrize("taken_away", [True, False])
def test_below_a_path_everything_is_found_there(tmp_path: Path, taken_away: bool) -> None:
    config = CONFIG.replace("https://feedback.example.com", "https://www.example.com/feedback")
    engine = start(business.write(tmp_path, config=config))
    client = create_app(engine).test_client()
    page = client.get(f"{'' if taken_away else '/feedback'}/s/delivery?lang=fa").text
    links = re.findall(r'<link rel="(?:stylesheet|preload)" href="([^"]+)"', page)
    assert len(links) == 3
    for link in links:
        assert link.startswith("/feedback/static/")
        found = client.get(link.removeprefix("/feedback") if taken_away else link, headers=GZIP)
        assert (found.status_code, found.headers.get("Content-Encoding")) == (200, "gzip" if ".css" in link else None)
    engine.close()
