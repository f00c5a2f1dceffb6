"""Signing in, and attacks on it."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from surveyengine.engine import Engine, start
from surveyengine.people import link, password, session, throttle
from surveyengine.serving import supervisor
from surveyengine.store import people
from surveyengine.store.schema import staff_link, staff_member, staff_session
from surveyengine.values.enumeration import Role
from surveyengine.web.staff import cookie, way_back
from tests.support import business, staff
from tests.support.documents import PAGES

PASSWORD = "four ordinary words together"
FIRST = {"email": "Dana@Example.com", "name": "דנה", "password": PASSWORD}
CHEAP = password.Cost(4, 8, 1)
ELSEWHERE: dict[str, Any] = {"REMOTE_ADDR": "203.0.113.7"}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Passwords cost no time, but where what they cost is looked at."""
    if "as_it_is" not in request.node.name:
        monkeypatch.setattr(password, "COST", CHEAP)


def known(engine: Engine, role: Role = Role.VIEWER, chosen: str = PASSWORD) -> str:
    """Somebody with a password that costs no time; return their address."""
    whom = staff.member(engine, role)
    with engine.database.write() as connection:
        people.change(connection, whom.id, password=password.hashed(chosen, b"salt", CHEAP))
    return whom.email


def sign_in(browser: FlaskClient, email: str, given: str = PASSWORD, **environ: Any) -> Any:
    return browser.post("/staff/sign-in", data={"email": email, "password": given}, environ_overrides=environ)


def given(browser: FlaskClient) -> str:
    found = browser.get_cookie(cookie.NAME)
    return found.value if found else ""


def test_the_first_admin_is_made_once_by_a_link_and_signs_in_again(engine: Engine) -> None:
    browser, other = staff.stranger(engine), staff.stranger(engine)
    path = link.first(engine, datetime.now(UTC)) or ""
    assert browser.get(path).status_code == 200
    assert browser.post(path, data={**FIRST, "password": "short"}).status_code == 422
    assert browser.post(path, data={**FIRST, "email": "nobody"}).status_code == 422
    assert browser.post(path, data=FIRST).status_code == 303
    assert browser.get("/staff/settings/people").status_code == 200
    assert other.get(path).status_code == other.post(path, data=FIRST).status_code == 410
    assert link.first(engine, datetime.now(UTC)) is None
    assert sign_in(other, "dana@example.com", "four ordinary words, together").status_code == 403
    assert sign_in(other, "DANA@example.COM ").status_code == 303
    assert other.get("/staff/sign-in?next=/staff/account").headers["Location"] == "/staff/account"
    dana = "dana@example.com"
    assert [entry[:2] for entry in staff.told(engine)] == [
        (dana, "person_added"), (dana, "link_used"), (dana, "not_signed_in"), (dana, "signed_in"),
    ]  # fmt: skip


def test_a_link_ends_after_three_days_and_with_a_newer_one(engine: Engine) -> None:
    now = datetime.now(UTC)
    made = [link.first(engine, now - timedelta(days=days)) for days in (5, 2, 0)]
    assert [staff.stranger(engine).get(path or "").status_code for path in made] == [410, 410, 200]
    assert link.first(engine, now - timedelta(days=4))
    assert staff.stranger(engine).get(made[2] or "").status_code == 410


def test_a_password_is_hashed_anew_where_its_hash_costs_too_little(engine: Engine) -> None:
    email = known(engine)
    password.COST = password.Cost(5, 8, 1)    # which the fixture takes back
    assert sign_in(staff.stranger(engine), email).status_code == 303
    with engine.database.read() as connection:
        kept = people.by_email(connection, email)
    assert kept
    assert str(kept.password).startswith("scrypt$5$8$1$")
    assert sign_in(staff.stranger(engine), email).status_code == 303


def test_the_link_is_printed_at_the_start_while_there_is_nobody(engine: Engine) -> None:
    now, address = datetime.now(UTC), "https://feedback.example.com"
    printed = supervisor.welcome(engine, address, link.first(engine, now))
    (documented,) = re.findall(r"```text\n(.*?)…\n```", PAGES["docs/staff.md"], re.DOTALL)
    assert documented in printed
    staff.member(engine, Role.VIEWER)
    assert "/staff/" not in supervisor.welcome(engine, address, link.first(engine, now))


def test_nothing_secret_is_stored_as_it_is(engine: Engine) -> None:
    path, browser = link.first(engine, datetime.now(UTC)) or "", staff.stranger(engine)
    with engine.database.read() as connection:
        assert path.rpartition("/")[2] not in str(connection.execute(select(staff_link)).all())
    browser.post(path, data=FIRST)
    with engine.database.read() as connection:
        kept = str([connection.execute(select(table)).all() for table in (staff_member, staff_session, staff_link)])
    assert given(browser)
    assert not any(secret in kept for secret in (PASSWORD, given(browser), path.rpartition("/")[2]))
    assert "scrypt$15$8$3$" in kept


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_cookie_is_kept_for_this_host_alone_and_hidden_from_scripts(engine: Engine) -> None:
    said = sign_in(staff.stranger(engine), known(engine)).headers["Set-Cookie"]
    assert re.fullmatch(r"__Host-staff=[\w-]{43}; Secure; HttpOnly; Path=/; SameSite=Lax", said)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_session_has_an_id_that_nobody_knew_before(engine: Engine) -> None:
    email, browser = known(engine), staff.stranger(engine)
    browser.set_cookie(cookie.NAME, "fixed", domain="localhost")
    sign_in(browser, email)
    first = given(browser)
    assert first not in ("", "fixed")
    sign_in(browser, email)
    assert given(browser) not in ("", first)
    thief = staff.stranger(engine)
    for stolen in ("fixed", first):
        thief.set_cookie(cookie.NAME, stolen, domain="localhost")
        assert thief.get("/staff/account").status_code == 303


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("begun", "seen", "status"),
    [(1, 1, 200), (115, 115, 200), (125, 125, 303), (710, 5, 200), (725, 1, 303), (-60, -60, 303)],
)
def test_a_session_ends_when_idle_and_in_any_case(engine: Engine, begun: int, seen: int, status: int) -> None:
    browser, now = staff.client(engine, Role.VIEWER), datetime.now(UTC)
    moments = {"begun_at": now - timedelta(minutes=begun), "seen_at": now - timedelta(minutes=seen)}
    with engine.database.write() as connection:
        connection.execute(update(staff_session).values(moments))
    assert browser.get("/staff/account").status_code == status
    with engine.database.read() as connection:
        at = connection.execute(select(staff_session.c.seen_at)).scalar_one()
    was_noted = status == 200 and timedelta(minutes=seen) >= session.NOTED
    assert (abs(at - now) < timedelta(minutes=1)) == (was_noted or abs(seen) <= 0)


# Guessing


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_nobody_learns_which_accounts_there_are(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    costs: list[int] = []
    genuine = hashlib.scrypt

    def counted(given: bytes, **cost: Any) -> bytes:
        costs.append(cost["n"])
        return genuine(given, **cost)

    monkeypatch.setattr(hashlib, "scrypt", counted)
    without = staff.member(engine, Role.ADMIN).email    # nobody has chosen a password
    there = staff.member(engine, Role.VIEWER)
    with engine.database.write() as connection:
        people.change(connection, there.id, password=password.fresh(PASSWORD))
    costs.clear()
    browser, emails = staff.stranger(engine), (there.email, without, "nobody@example.com", "no address")
    for n in range(throttle.BOTH + 2):
        pages = [sign_in(browser, email, "wrong") for email in emails]
        words = {page.text.replace(email, "") for page, email in zip(pages, emails, strict=True)}
        assert ({page.status_code for page in pages}, len(words)) == ({403 if n < throttle.BOTH else 429}, 1)
    assert costs == [2**CHEAP.log_n] * throttle.BOTH * len(emails)


def test_a_password_is_tried_ten_times_in_an_hour_and_others_are_not_kept_out(engine: Engine) -> None:
    email, browser = known(engine), staff.stranger(engine)
    for _ in range(throttle.BOTH):
        assert sign_in(browser, email, "wrong", **ELSEWHERE).status_code == 403
    refused = sign_in(browser, email, **ELSEWHERE)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 300
    assert sign_in(browser, email, **ELSEWHERE).status_code == 429
    assert sign_in(browser, email, REMOTE_ADDR="198.51.100.9").status_code == 303    # who it is, from elsewhere
    assert sign_in(browser, email, **ELSEWHERE).status_code == 429    # who guesses stays out
    actions = [action for _, action, _ in staff.told(engine)]
    assert actions == [*["not_signed_in"] * throttle.BOTH, "throttled", "signed_in"]


def at_once(job: Callable[[FlaskClient], int], engine: Engine, times: int) -> Counter[int]:
    browsers = [staff.stranger(engine) for _ in range(times)]
    with ThreadPoolExecutor(times) as pool:
        return Counter(pool.map(job, browsers))


def test_passwords_that_are_sent_at_once_are_counted_all_the_same(engine: Engine) -> None:
    email = known(engine)
    sent = at_once(lambda browser: int(sign_in(browser, email, "wrong").status_code), engine, 16)
    assert sent == {403: throttle.BOTH, 429: 16 - throttle.BOTH}


def test_a_link_that_is_used_by_several_at_once_is_used_by_one(engine: Engine) -> None:
    path = link.first(engine, datetime.now(UTC)) or ""
    sent = at_once(lambda browser: browser.post(path, data=FIRST).status_code, engine, 6)
    assert sent == {303: 1, 410: 5}


def test_what_is_no_address_is_nobodys(engine: Engine) -> None:
    for email in ("a\0b@example.com", "x" * 9_000, "\u202e@example.com", ""):
        assert sign_in(staff.stranger(engine), email).status_code == 403


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_network_and_an_account_have_limits_of_their_own(engine: Engine) -> None:
    email, browser = known(engine), staff.stranger(engine)
    statuses = [sign_in(browser, f"{n}@example.com", "w", REMOTE_ADDR="2001:db8::1").status_code for n in range(50)]
    assert set(statuses) == {403}
    assert sign_in(browser, email, REMOTE_ADDR="2001:db8::ffff").status_code == 429    # the same /64
    networks = [f"192.0.2.{n}" for n in range(throttle.ACCOUNT - 1)]
    assert {sign_in(browser, email, "w", REMOTE_ADDR=one).status_code for one in networks} == {403}
    assert sign_in(browser, email, REMOTE_ADDR="198.51.100.1").status_code == 429


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("chosen", "typed"),
    [
        ("סיסמה ארוכה מאוד 🙂", "סיסמה ארוכה מאוד 🙂"),
        ("گذرواژه‌ای بلند", "گذرواژه‌ای بلند"),
        (" leading and trailing ", " leading and trailing "),
        ("caf\u00e9 in the morning", "cafe\u0301 in the morning"),
        ("a&b=c+d%20\"'<>$", "a&b=c+d%20\"'<>$"),
        ("a long one " * 90 + "xyz" * 3, "a long one " * 90 + "xyz" * 3),
    ],
)
def test_a_password_may_hold_any_letters(engine: Engine, chosen: str, typed: str) -> None:
    email = known(engine, chosen=password.checked(chosen, []))
    assert sign_in(staff.stranger(engine), email, typed + "x").status_code == 403
    assert sign_in(staff.stranger(engine), email, typed).status_code == 303


# Where a request comes from, and where it leads


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_form_from_elsewhere_changes_nothing(engine: Engine) -> None:
    email, browser = known(engine), staff.client(engine, Role.VIEWER)
    genuine = staff.token(browser.get("/staff/account").text)
    other = staff.token(staff.client(engine, Role.VIEWER).get("/staff/account").text)
    ours: dict[str, str | None] = {"HTTP_SEC_FETCH_SITE": None}
    tries: list[tuple[dict[str, str | None], str, int]] = [
        ({"HTTP_SEC_FETCH_SITE": "cross-site"}, genuine, 403),
        ({"HTTP_SEC_FETCH_SITE": "same-site"}, genuine, 403),
        ({"HTTP_SEC_FETCH_SITE": "none"}, genuine, 403),
        ({**ours}, genuine, 403),
        ({**ours, "HTTP_ORIGIN": "null"}, genuine, 403),
        ({**ours, "HTTP_ORIGIN": "https://evil.example"}, genuine, 403),
        ({**ours, "HTTP_ORIGIN": "https://localhost"}, genuine, 403),
        ({}, "", 403),
        ({}, other, 403),
        ({}, genuine[:-1], 403),
        ({**ours, "HTTP_ORIGIN": "http://localhost"}, genuine, 303),
        ({**ours, "HTTP_ORIGIN": "https://feedback.example.com"}, genuine, 303),
        ({}, genuine, 303),
    ]
    for environ, csrf, status in tries:
        sent = {"csrf": csrf, "language": "he"}
        assert send(browser, environ, "/staff/account/language", sent) == status, environ
        if csrf == genuine:
            data = {"email": email, "password": PASSWORD}
            assert send(staff.stranger(engine), environ, "/staff/sign-in", data) == status, environ
    assert [action for _, action, _ in staff.told(engine)].count("forged") == 3    # of those who had signed in


def send(browser: FlaskClient, said: dict[str, str | None], path: str, data: dict[str, str]) -> int:
    """Send a form with those headers, without the one that is None."""
    before = dict(browser.environ_base)
    environ = {**before, **said}
    browser.environ_base = {name: value for name, value in environ.items() if value is not None}
    status = browser.post(path, data=data).status_code
    browser.environ_base = before
    return status


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("/staff/account", "/staff/account"),
        ("/staff/?from=2026-10-01&to=2026-10-31&by=courier", "/staff/?from=2026-10-01&to=2026-10-31&by=courier"),
        *((path, "/staff/") for path in (
            "", "/", "//evil.example/staff/", "https://evil.example/staff/", "/\\evil.example", "/staff", "/staffed/",
            "javascript:alert(1)", "/staff/../s/delivery", "/staff/%2e%2e/", "/staff/\n", "/staff/a b", "\t//evil",
            "/staff//evil.example", "/staff/@evil", "/staff/#x",
        )),
    ],
)  # fmt: skip
def test_nobody_is_led_elsewhere(path: str, to: str) -> None:
    assert way_back.safe(path) == to


def test_below_a_path_of_the_business_all_ways_lead_below_it(tmp_path: Path) -> None:
    config = business.CONFIG.replace("feedback.example.com", "www.example.com/feedback")
    engine = start(business.write(tmp_path / "shop", None, config))
    email, browser = known(engine), staff.stranger(engine)
    for path in ("/feedback/staff/account?x=1", "/staff/account?x=1"):    # a proxy may take the path away
        led = browser.get(path).headers["Location"]
        assert led == "/feedback/staff/sign-in?next=%2Fstaff%2Faccount%3Fx%3D1"
    data = {"email": email, "password": PASSWORD, "next": "/staff/account"}
    led = browser.post("/feedback/staff/sign-in", data=data).headers["Location"]
    assert browser.get(led).headers["Location"] == "/feedback/staff/account"
    page = browser.get("/feedback/staff/account").text
    assert set(re.findall(r'(?:action|href|src)="(/[a-z]*)', page)) == {"/feedback"}
    engine.close()


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("scheme", "host", "secure"),
    [
        ("https", "anything.example", True), ("http", "localhost:8000", True), ("http", "127.0.0.1:8000", True),
        ("http", "[::1]:8000", True), ("http", "shop.localhost", True), ("http", "feedback.example.com", True),
        ("http", "192.168.1.5:8000", False), ("http", "localhost.evil.example", False), ("http", "example.com", False),
    ],
)  # fmt: skip
def test_a_page_without_encryption_says_that_it_needs_https(
    engine: Engine, scheme: str, host: str, secure: bool
) -> None:
    environ = {"wsgi.url_scheme": scheme, "HTTP_HOST": host}
    page = staff.stranger(engine).get("/staff/sign-in", environ_overrides=environ)
    assert ("<form" in page.text, "https" in page.text) == (secure, not secure)
    sent = sign_in(staff.stranger(engine), known(engine), **environ)
    assert ("Set-Cookie" in sent.headers, sent.status_code) == (secure, 303 if secure else 403)
