"""Signing in: the first admin's link, and a password."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask.testing import FlaskClient

from surveyengine.engine import Engine
from surveyengine.people import link
from surveyengine.values.enumeration import Role
from tests.support import staff

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PASSWORD = "four ordinary words together"
FIRST = {"email": "Dana@Example.com", "name": "דנה", "password": PASSWORD}


def first_admin(engine: Engine, browser: FlaskClient) -> str:
    """Make the first admin, and return the path of the link that did it."""
    path = link.first(engine, datetime.now(UTC))
    assert path
    assert browser.get(path).status_code == 200
    assert browser.post(path, data=FIRST).status_code == 303
    return path


def sign_in(browser: FlaskClient, password: str = PASSWORD, **fields: str) -> int:
    """Send the form, and return with what status the page behind it comes."""
    sent = {"email": "dana@example.com", "password": password, **fields}
    return browser.post("/staff/sign-in", data=sent).status_code


def test_the_first_admin_is_made_once_by_a_link_and_signs_in_again(engine: Engine) -> None:
    browser, other = staff.stranger(engine), staff.stranger(engine)
    path = first_admin(engine, browser)
    assert browser.get("/staff/sign-in").status_code == 303    # has signed in
    assert other.get(path).status_code == other.post(path, data=FIRST).status_code == 410
    assert link.first(engine, NOW) is None
    assert sign_in(other, "four ordinary words, together") == 403
    assert sign_in(other) == 303
    assert other.get("/staff/sign-in?next=/staff/account").headers["Location"] == "/staff/account"


def test_a_link_ends_after_three_days_and_with_a_newer_one(engine: Engine) -> None:
    now = datetime.now(UTC)
    made = [link.first(engine, now - timedelta(days=days)) for days in (5, 2, 0)]
    statuses = [staff.stranger(engine).get(path or "").status_code for path in made]
    assert statuses == [410, 410, 200]
    assert link.first(engine, now - timedelta(days=4))
    assert staff.stranger(engine).get(made[2] or "").status_code == 410


def test_a_page_is_in_the_language_of_its_reader(engine: Engine) -> None:
    browser = staff.client(engine, Role.VIEWER, language="he")
    assert browser.get("/staff/sign-in").status_code == 303
    assert 'lang="he" dir="rtl"' in browser.get("/staff/nowhere").text
