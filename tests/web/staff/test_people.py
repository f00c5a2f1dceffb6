"""What people change of themselves, and admins of others: accounts, roles, keys; and that all of it is told."""

from __future__ import annotations

import csv
import io
import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from surveyengine import keys
from surveyengine.cli import main
from surveyengine.engine import Engine
from surveyengine.people import password
from surveyengine.store import audit, people, sessions
from surveyengine.store.audit import AuditEntry
from surveyengine.store.keys import Key
from surveyengine.store.people import StaffMember
from surveyengine.values.enumeration import AuditAction, Role
from tests.support import staff
from tests.support.running import command
from tests.support.staff import send

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CHEAP = password.Cost(4, 8, 1)
OLD, NEW = "four ordinary words together", "five other words that rhyme"
PEOPLE, KEYS, ACCOUNT = "/staff/settings/people", "/staff/settings/keys", "/staff/account"
EVIL = "<script>alert(1)</script>\u202e\u2066=cmd|'/c calc'!A1"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords cost no time."""
    monkeypatch.setattr(password, "COST", CHEAP)


def with_password(engine: Engine, role: Role) -> StaffMember:
    whom = staff.member(engine, role)
    with engine.database.write() as connection:
        people.change(connection, whom.id, password=password.hashed(OLD, b"salt", CHEAP))
    return whom


def test_another_password_ends_all_other_sessions(engine: Engine) -> None:
    whom = with_password(engine, Role.VIEWER)
    here, stolen = staff.signed_in(engine, whom), staff.signed_in(engine, whom)
    assert send(here, ACCOUNT, f"{ACCOUNT}/password", now="wrong", password=NEW).status_code == 422
    assert send(here, ACCOUNT, f"{ACCOUNT}/password", now=OLD, password="short").status_code == 422
    assert send(here, ACCOUNT, f"{ACCOUNT}/password", now=OLD, password=NEW).status_code == 303
    assert here.get(ACCOUNT).status_code == 200
    assert stolen.get(ACCOUNT).status_code == 303
    old = staff.stranger(engine).post("/staff/sign-in", data={"email": whom.email, "password": OLD})
    new = staff.stranger(engine).post("/staff/sign-in", data={"email": whom.email, "password": NEW})
    assert (old.status_code, new.status_code) == (403, 303)


def test_a_stolen_session_is_ended_from_another_device(engine: Engine) -> None:
    whom, other = staff.member(engine, Role.VIEWER), staff.member(engine, Role.OPERATOR)
    here, stolen = staff.signed_in(engine, whom), staff.signed_in(engine, whom)
    elsewhere = staff.signed_in(engine, other)
    with engine.database.read() as connection:
        first, second = sorted(one.key for one in sessions.listed(connection, whom.id))
    assert here.get(ACCOUNT).text.count("/end") == 3
    assert send(elsewhere, ACCOUNT, f"{ACCOUNT}/sessions/{second}/end").status_code == 404    # not theirs
    assert stolen.get(ACCOUNT).status_code == 200
    assert send(here, ACCOUNT, f"{ACCOUNT}/sessions/{second}/end").status_code == 303
    assert [one.get(ACCOUNT).status_code for one in (here, stolen)] == [200, 303]
    again = staff.signed_in(engine, whom)
    assert send(here, ACCOUNT, f"{ACCOUNT}/sessions/end").status_code == 303
    assert [one.get(ACCOUNT).status_code for one in (here, again, elsewhere)] == [303, 303, 200]
    assert [entry[1] for entry in staff.told(engine)] == ["session_ended", "everywhere_out"]


def test_a_session_that_was_left_is_of_no_use_to_whoever_has_its_id(engine: Engine) -> None:
    browser, thief = staff.client(engine, Role.VIEWER), staff.stranger(engine)
    kept = browser.get_cookie("__Host-staff")
    assert kept
    thief.set_cookie("__Host-staff", kept.value, domain="localhost")
    assert send(browser, ACCOUNT, "/staff/sign-out").status_code == 303
    assert thief.get(ACCOUNT).status_code == 303


def test_everybody_reads_in_a_language_of_their_own(engine: Engine) -> None:
    browser = staff.client(engine, Role.VIEWER, language="fa")
    assert 'lang="fa" dir="rtl"' in browser.get(ACCOUNT).text
    assert send(browser, ACCOUNT, f"{ACCOUNT}/language", language="he").status_code == 303
    assert 'lang="he" dir="rtl"' in browser.get(ACCOUNT, headers={"Accept-Language": "en"}).text
    assert send(browser, ACCOUNT, f"{ACCOUNT}/language", language="../he").status_code == 404


def test_an_admin_adds_people_and_changes_what_they_may(engine: Engine) -> None:
    browser = staff.signed_in(engine, with_password(engine, Role.ADMIN))
    added = send(browser, PEOPLE, PEOPLE, email="Ori@Example.com", name=EVIL, role="viewer", language="he")
    link = re.findall(r"<code[^>]*>https://feedback.example.com(/staff/first/[\w-]{43})</code>", added.text)
    assert send(browser, PEOPLE, PEOPLE, email="ori@example.com", name="Ori", role="viewer").status_code == 422
    assert send(browser, PEOPLE, PEOPLE, email="o@example.com", name="O", role="owner").status_code == 422
    theirs = staff.stranger(engine)
    assert theirs.post(link[0], data={"password": NEW, "email": "dana-admin@example.com"}).status_code == 303
    assert theirs.get(PEOPLE).status_code == 403
    with engine.database.read() as connection:
        ori = people.by_email(connection, "ori@example.com")
    assert ori
    assert ori.member.role is Role.VIEWER
    assert EVIL not in browser.get(PEOPLE).text
    for role, status in (("admin", 200), ("operator", 403)):
        assert send(browser, PEOPLE, f"{PEOPLE}/{ori.member.id}/role", role=role).status_code == 303
        assert theirs.get(PEOPLE).status_code == status    # from the next request on
    again = send(browser, PEOPLE, f"{PEOPLE}/{ori.member.id}/link")
    assert "/staff/first/" in again.text
    assert send(browser, PEOPLE, f"{PEOPLE}/{ori.member.id}/remove").status_code == 303
    assert theirs.get(ACCOUNT).status_code == 303
    assert send(browser, PEOPLE, f"{PEOPLE}/{ori.member.id}/remove").status_code == 409
    assert send(browser, PEOPLE, f"{PEOPLE}/%00/remove").status_code == 404
    told = [entry for entry in staff.told(engine) if "ori" in entry[2]]
    assert told == [("dana-admin@example.com", action, about) for action, about in [
        ("person_added", "ori@example.com viewer"), ("role_changed", "ori@example.com admin"),
        ("role_changed", "ori@example.com operator"), ("link_made", "ori@example.com"),
        ("person_removed", "ori@example.com operator"),
    ]]  # fmt: skip
    assert "ori@example.com · Operator" in browser.get("/staff/settings/audit").text


def test_there_is_always_an_admin(engine: Engine) -> None:
    whom = with_password(engine, Role.ADMIN)
    browser = staff.signed_in(engine, whom)
    staff.member(engine, Role.ADMIN, called="Ori")    # has not chosen a password
    for change, fields in ((f"{whom.id}/remove", {}), (f"{whom.id}/role", {"role": "viewer"})):
        refused = send(browser, PEOPLE, f"{PEOPLE}/{change}", **fields)
        assert (refused.status_code, "the only admin" in refused.text) == (409, True)
    assert send(browser, PEOPLE, f"{PEOPLE}/{whom.id}/role", role="admin").status_code == 303


def test_two_admins_who_remove_each_other_leave_one(engine: Engine) -> None:
    both = [with_password(engine, Role.ADMIN), staff.member(engine, Role.ADMIN, called="Ori")]
    with engine.database.write() as connection:
        people.change(connection, both[1].id, password="scrypt")
    browsers = [staff.signed_in(engine, whom) for whom in both]
    tokens = [staff.token(browser.get(PEOPLE).text) for browser in browsers]
    tries = zip(browsers, tokens, reversed(both), strict=True)

    def remove(one: tuple[FlaskClient, str, StaffMember]) -> int:
        browser, csrf, whom = one
        return browser.post(f"{PEOPLE}/{whom.id}/remove", data={"csrf": csrf}).status_code

    with ThreadPoolExecutor(2) as pool:
        done = pool.map(remove, tries)
        assert sorted(done) in ([303, 303], [303, 409])    # who was removed first is led to the sign-in page
    with engine.database.read() as connection:
        assert len(people.listed(connection)) == 1


def test_an_api_key_is_shown_once_and_opens_no_page(engine: Engine) -> None:
    browser = staff.client(engine, Role.ADMIN)
    made = send(browser, KEYS, KEYS, name=EVIL, scope="admin")
    key = re.findall(r"<code[^>]*>(se_[\w-]{43})</code>", made.text)[0]
    assert keys.allowed(engine, key, datetime.now(UTC)) == {"events", "read", "admin"}
    listed = browser.get(KEYS).text
    assert key not in listed
    assert EVIL not in listed
    head = {"Authorization": f"Bearer {key}"}
    assert staff.stranger(engine).get(PEOPLE, headers=head).status_code == 303
    assert browser.get("/api/v1/report").status_code == 401    # and a session is no key
    assert send(browser, KEYS, KEYS, name=EVIL, scope="read").status_code == 422
    assert send(browser, KEYS, KEYS, name="x", scope="owner").status_code == 422
    for status in (303, 409):
        assert send(browser, KEYS, f"{KEYS}/revoke", name=EVIL).status_code == status
    assert keys.allowed(engine, key, datetime.now(UTC)) == set()
    assert [entry[1] for entry in staff.told(engine)] == ["key_added", "key_revoked"]


def test_a_key_ends_with_its_last_day_and_tells_when_it_was_used(engine: Engine) -> None:
    browser = staff.client(engine, Role.ADMIN)
    today = datetime.now(engine.config.business.zone).date()
    for until, status in (("soon", 422), ("2020-01-01", 422), (f"{today}", 200)):
        made = send(browser, KEYS, KEYS, name="shop", scope="read", until=until)
        assert made.status_code == status
    key = re.findall(r"<code[^>]*>(se_[\w-]{43})</code>", made.text)[0]
    assert "never used" in browser.get(KEYS).text
    tomorrow = keys.end_of(today, engine.config.business.zone)
    for at in (tomorrow - 3 * HOUR, tomorrow - 2.5 * HOUR, tomorrow - HOUR):
        assert keys.allowed(engine, key, at) == {"read"}
    assert keys.listed(engine)[0].last_used_at == tomorrow - HOUR
    with pytest.raises(keys.Expired):
        keys.allowed(engine, key, tomorrow)
    assert command(engine.root, "key", "add", "late", "--until", "2020-01-01").exit_code == 1


def test_an_expired_key_is_told_apart_from_one_that_never_was(engine: Engine) -> None:
    with engine.database.write() as connection:
        key = keys.make(connection, Key("old", "read", NOW - DAY, expires_at=NOW))
    head = {"Authorization": f"Bearer {key}"}
    refused = staff.stranger(engine).get("/api/v1/report", headers=head)
    assert refused.status_code == 401
    assert "expired at 2026-11-01T12:00:00Z" in refused.get_json()["detail"]
    assert f"expired {NOW:%Y-%m-%d %H:%M}" in command(engine.root, "key", "list").stdout


def test_what_is_refused_is_told_and_the_log_is_read_page_by_page(engine: Engine) -> None:
    viewer, admin = staff.client(engine, Role.VIEWER), staff.client(engine, Role.ADMIN)
    refused = viewer.get(PEOPLE)
    assert (refused.status_code, "for admins" in refused.text) == (403, True)
    assert staff.told(engine) == [("dana-viewer@example.com", "refused", f"GET {PEOPLE}")]
    for _ in range(101):
        viewer.get(PEOPLE)
    first = admin.get("/staff/settings/audit").text
    older = re.findall(r'href="(\?before=\d+)"', first)
    assert first.count("dana-viewer@example.com") == 100
    assert admin.get(f"/staff/settings/audit{older[0]}").text.count("dana-viewer@example.com") == 2
    for odd in ("0", "-1", str(2**70), "x"):
        assert admin.get(f"/staff/settings/audit?before={odd}").status_code == 200


def test_the_log_and_the_surveys_are_there_as_files_in_which_nothing_is_a_formula(engine: Engine) -> None:
    admin = staff.client(engine, Role.ADMIN)
    with engine.database.write() as connection:
        audit.note(connection, AuditEntry(NOW, None, "=1+1", AuditAction.NOT_SIGNED_IN, "@SUM(A1)", None))
    [row] = csv.DictReader(io.StringIO(admin.get("/staff/settings/audit.csv").text.lstrip("\ufeff")))
    assert {**row, "entry": ""} == {
        "entry": "", "at": "2026-11-01T12:00:00Z", "who": "'=1+1", "action": "not_signed_in", "subject": "'@SUM(A1)",
        "network": "",
    }
    told = json.loads(admin.get(f"/staff/settings/audit.json?before={int(row['entry']) + 1}").data)["audit"]
    assert [(one["who"], one["subject"]) for one in told] == [("=1+1", "@SUM(A1)")]
    assert [entry[1:] for entry in staff.told(engine)[1:]] == [
        ("exported", "audit.csv"), ("exported", f"audit.json?before={int(row['entry']) + 1}")]
    surveys = json.loads(admin.get("/staff/surveys.json").data)["surveys"]
    listed = csv.DictReader(io.StringIO(admin.get("/staff/surveys.csv").text.lstrip("\ufeff")))
    assert [one["survey"] for one in surveys] == [one["survey"] for one in listed]
    assert {one["survey"] for one in surveys if one["standing"] == "live"} == set(engine.library.live)
    assert staff.told(engine)[-1][1:] == ("exported", "surveys.csv")


def run(engine: Engine, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["--project", str(engine.root), *words])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
    return done.exit_code, done.output


def test_people_are_managed_on_the_command_line(engine: Engine) -> None:
    code, said = run(engine, "user", "add", "Dana@Example.com", "--role", "admin", "--name", "דנה", "--language", "fa")
    assert code == 0
    link = said.strip().removeprefix("https://feedback.example.com")
    assert staff.stranger(engine).post(link, data={"password": NEW}).status_code == 303
    assert run(engine, "user", "role", "dana@example.com", "viewer") == (
        1, "surveyengine: This is the only admin; somebody has to stay who manages people. Make another one first.\n",
    )  # fmt: skip
    assert run(engine, "user", "add", "ori@example.com")[0] == 0
    assert run(engine, "user", "add", "ori@example.com")[0] == 1
    assert run(engine, "user", "add", "ori")[0] == 1
    assert run(engine, "user", "add", "o@example.com", "--language", "xx")[0] == 1
    assert [line.split() for line in run(engine, "user", "list")[1].splitlines()] == [
        ["ori@example.com", "viewer", "he", "ori", "no", "password", "yet"],
        ["dana@example.com", "admin", "fa", "דנה"],
    ]
    assert run(engine, "user", "role", "ori@example.com", "operator") == (0, "")
    assert "/staff/first/" in run(engine, "user", "link", "ori@example.com")[1]
    assert run(engine, "user", "remove", "ori@example.com") == (0, "")
    assert run(engine, "user", "remove", "ori@example.com")[0] == 1
    assert run(engine, "key", "add", "shop")[0] == 0
    actions = [action for who, action, _ in staff.told(engine) if not who]
    assert actions == ["person_added", "person_added", "role_changed", "link_made", "person_removed", "key_added"]
