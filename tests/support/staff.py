"""People of the business who have signed in, without the time that a password takes."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from surveyengine.app import create_app
from surveyengine.engine import Engine
from surveyengine.people import session
from surveyengine.store import audit, people
from surveyengine.store.people import StaffMember
from surveyengine.values.enumeration import Role
from surveyengine.values.link_tokens import new_id
from surveyengine.web.staff import cookie


def client(engine: Engine, role: Role, language: str = "en") -> FlaskClient:
    """A browser in which somebody of that role has signed in; the same person each time, in a session of their own."""
    return signed_in(engine, member(engine, role, language))


def member(engine: Engine, role: Role, language: str = "en", called: str = "Dana") -> StaffMember:
    """Somebody of that role, who is stored, in that language; without a password."""
    email = f"{called.lower()}-{role}@example.com"
    with engine.database.write() as connection:
        wanted = StaffMember(new_id(), email, called, role, language)
        if not people.add(connection, wanted, datetime.now(UTC)):
            known = people.by_email(connection, email)
            assert known
            people.change(connection, known.member.id, role=role, language=language)
            return known.member._replace(role=role, language=language)
    return wanted


def signed_in(engine: Engine, whom: StaffMember) -> FlaskClient:
    """A browser with a new session of somebody."""
    with engine.database.write() as connection:
        token = session.begin(connection, whom, "Firefox, Linux", datetime.now(UTC))
    browser = stranger(engine)
    browser.set_cookie(cookie.NAME, token, domain="localhost", secure=True, httponly=True)
    return browser


def stranger(engine: Engine) -> FlaskClient:
    """A browser in which nobody has signed in; like all of them, it says from which page it sends a form."""
    browser = create_app(engine).test_client()
    browser.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    return browser


def token(html: str) -> str:
    """What the forms of a page carry, so that they are known as ours."""
    found = re.search(r'name="csrf" value="([^"]+)"', html)
    assert found, html
    return found[1]


def without_tokens(html: str) -> str:
    """A page without what its forms carry, which differs each time."""
    return re.sub(r'name="csrf" value="[^"]+"', "", html)


def send(browser: FlaskClient, page: str, to: str, **fields: Any) -> TestResponse:
    """Open a page, and send a form of it to an address."""
    return browser.post(to, data={"csrf": token(browser.get(page).text), **fields})


def told(engine: Engine) -> list[tuple[str, str, str]]:
    """What the audit log says, the first first: who, what, and about what."""
    with engine.database.read() as connection:
        return [(one.who, one.action, one.subject) for _, one in reversed(audit.newest(connection, 1_000))]
