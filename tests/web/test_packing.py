from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyengine.app import create_app
from surveyengine.engine import start
from surveyengine.web.wsgi.gzip import accepts, deflated, joined
from tests.support import business
from tests.support.business import token

PART = st.binary(max_size=2_000)


@given(PART, st.binary(max_size=65_535), PART)
def test_what_is_joined_is_the_whole_in_gzip(before: bytes, between: bytes, after: bytes) -> None:
    whole = before + between + after
    packed = joined(deflated(before, last=False), between, deflated(after, last=True), whole)
    assert gzip.decompress(packed) == whole


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        ("gzip", True), ("gzip, deflate, br, zstd", True), ("br;q=1.0, GZIP;q=0.8", True), ("deflate,gzip", True),
        ("*", True), ("gzip;q=0.001", True),
        ("", False), ("identity", False), ("br", False), ("gzip;q=0", False), ("gzip; q=0.000, br", False),
        ("x-gzipped", False), ("*;q=0", False),
    ],
)  # fmt: skip
def test_gzip_is_for_those_who_take_it(header: str, taken: bool) -> None:
    assert accepts(header) is taken


@pytest.mark.parametrize("path", ["/s/delivery", "/s/delivery?satisfaction=4", "/s/delivery/thanks", "/s/nowhere"])
def test_a_page_is_the_same_compressed_or_not(tmp_path: Path, path: str) -> None:
    engine = start(business.write(tmp_path))
    client = create_app(engine).test_client()
    for _ in range(2):    # rendered, and then kept
        plain = client.get(path, headers={"Accept-Encoding": "identity"})
        packed = client.get(path, headers={"Accept-Encoding": "gzip"})
        assert packed.headers["Content-Encoding"] == "gzip"
        assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data)
        assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
        there, here = gzip.decompress(packed.data).decode(), plain.text
        if 'name="form"' in here:
            there, here = there.replace(token(there), ""), here.replace(token(here), "")
        assert there == here
    engine.close()
