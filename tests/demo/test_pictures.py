"""The README's pictures: `python -m tests.screenshots readme` writes them."""

from __future__ import annotations

import re

from surveyengine.demo.words import LANGUAGES
from tests.screenshots import PICTURES
from tests.support.documents import PAGES
from tests.support.showcase import VIEWS

LARGEST = 150_000    # bytes


def test_the_readme_shows_every_picture_and_each_is_quick_to_load() -> None:
    made = {f"{view.name}-{language}.webp" for view in VIEWS for language in LANGUAGES}
    assert {path.name for path in PICTURES.iterdir()} == made
    assert {*re.findall(r"docs/pictures/([^)]*)", PAGES["README.md"])} == made
    assert [path.name for path in PICTURES.iterdir() if path.stat().st_size > LARGEST] == []
