"""While the database is away every page of staff says so, in the reader's language, and offers to try again."""

from __future__ import annotations

import re
from html import unescape

import pytest

from surveyengine.app import create_app
from surveyengine.engine import Engine
from surveyengine.values.enumeration import Role
from tests.support import staff
from tests.web.test_respond import away

WORDS = {
    "en": "The numbers of this page are not to be had right now",
    "he": "לא ניתן להציג כרגע את הנתונים של הדף הזה",
    "fa": "اعداد این صفحه اکنون در دسترس نیست",
}
WITHOUT_NUMBERS = {"/staff/sign-in"}
PLACES = {"stage": "purchase", "touchpoint": "delivery"}


def paths(engine: Engine) -> set[str]:
    """Every address below /staff that can be opened."""
    rules = [one for one in create_app(engine).url_map.iter_rules() if "GET" in (one.methods or ())]
    found = {re.sub(r"<(?:path:)?(\w+)>", lambda name: PLACES.get(name[1], "delivery"), one.rule) for one in rules}
    return {path for path in found if path.startswith("/staff/")} - WITHOUT_NUMBERS


@pytest.mark.parametrize("language", WORDS)
def test_while_the_database_is_away_every_page_says_so_and_leads_back_to_itself(journey: Engine, language: str) -> None:
    browser = staff.client(journey, Role.ADMIN, language)
    known = paths(journey)
    assert len(known) > 30
    with away(journey):
        for path in sorted(known):
            page = browser.get(f"{path}?from=2026-10-01", headers={"Accept-Language": language})
            assert (page.status_code, page.headers["Retry-After"]) == (503, "5"), path
            assert WORDS[language] in page.text
            assert f'href="{path}?from=2026-10-01"' in unescape(page.text)
            assert ('dir="rtl"' in page.text) == (language != "en")
    assert browser.get("/staff/").status_code == 200


def test_what_was_sent_while_the_database_is_away_is_not_sent_again_by_a_link(journey: Engine) -> None:
    browser = staff.client(journey, Role.ADMIN)
    with away(journey):
        page = browser.post("/staff/account/language", data={"language": "he"})
    assert page.status_code == 503
    assert "/staff/account/language" not in page.text
