"""The password in the address of a database, or of a mail server, is never shown, however the address is written."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyengine.backup.copying import Destination
from surveyengine.log import redacted
from surveyengine.store.engine import postgres_dump
from surveyengine.store.engine.address import Unusable, secrets, understood
from tests.support import business
from tests.support.running import command

SECRET = "s3cretPw"
PIECES = st.text(st.sampled_from("aZ9-._~!$'()*+,;:/?%#&= פ۵"), max_size=5)
SAFE = st.text(st.sampled_from("abz09-_"), min_size=1, max_size=6)
NAMES = st.sampled_from(["password", "sslpassword", "pass%77ord", "ssl%70assword", "oauth_client_secret", "PASSWORD"])
SERVERS = st.sampled_from(["", "db", "db:5432", "[::1]", "${HOST}"])
ORDINARY = st.sampled_from(["", "host=/nowhere", "sslmode=require", "passfile=/etc/pass", "connect_timeout=3"])


@st.composite
def addresses(draw: st.DrawFn) -> str:
    """An address whose secrets all hold SECRET, each between other characters."""
    hidden = f"{draw(PIECES)}{SECRET}{draw(PIECES)}"
    user, server = draw(st.sampled_from(["", "u@", f"u:{hidden}@", f":{hidden}@", "u:${PW}@"])), draw(SERVERS)
    whole = f"postgresql+psycopg://{user}{server}/{draw(SAFE)}"
    pairs = [f"{draw(NAMES)}={quote(hidden)}" for _ in range(draw(st.integers(0, 2)))]
    pairs += draw(st.lists(ORDINARY, max_size=2))
    return f"{whole}?{'&'.join(draw(st.permutations(pairs)))}" if pairs else whole


@given(addresses())
def test_no_secret_stands_in_the_line_for_the_configuration(given: str) -> None:
    line = Destination(given, {}).line
    assert SECRET not in line
    for name in ("${PW}", "${HOST}", "passfile=/etc/pass", "sslmode=require"):
        assert line.count(name) == given.count(name)


@given(addresses())
def test_no_secret_stands_in_the_log_or_among_the_arguments_of_a_program(given: str) -> None:
    if not set(given) & set(" '"):  # where an address that holds these unquoted ends, nobody can tell
        assert SECRET not in redacted(f"cannot connect to {given}")
    url = understood(given.replace("${HOST}", "db"))
    assert SECRET not in postgres_dump._address(url)
    assert all(SECRET in said or said == "${PW}" for said in secrets(url).values())


BROKEN = [
    f"postgresql+psycopg://u:{SECRET}@/x?host=/nowhere", f"postgresql+psycopg://u@/x?host=/nowhere&password={SECRET}",
    f"postgresql+psycopg://u@/x?host=/nowhere&sslpassword={SECRET}", f"postgresql+psycopg://u:a@{SECRET}@db.invalid/x",
    f"postgresql+psycopg://u:a@b/{SECRET}@db.invalid/x", f"postgresql+psycopg://u:a@b:{SECRET}@db.invalid/x",
    f"postgresql://u:{SECRET}@db/x", f"mysql://u:{SECRET}@db/x", f"postgresql+psycopg://u:{SECRET}@db:port/x",
    f"postgresql+psycopg//u:{SECRET}@db/x", f"postgresql+psycopg://u:{SECRET}@/x?host=/nowhere&other=1",
    f"postgresql+psycopg://u@/x?host=/nowhere&passwort={SECRET}", f"sqlite://u:{SECRET}@db/x.db",
    f"postgresql+psycopg://u:{SECRET}\x00@/x?host=/nowhere", f"postgresql+psycopg://u:{SECRET}@/x?host=/nowhere&port=a",
]  # fmt: skip


@pytest.mark.parametrize("url", BROKEN)
def test_no_command_shows_a_secret_when_it_says_that_the_address_is_wrong(tmp_path: Path, url: str) -> None:
    """Each says it in words: an exception that nobody caught would fail the test."""
    good = business.write(tmp_path / "good")
    bad = business.write(tmp_path / "bad", database=url.replace("\0", "\\u0000"))
    for root, *arguments in (
        (bad, "check"), (bad, "status"), (bad, "doctor"), (bad, "work", "--once"), (bad, "report"),
        (bad, "backup", str(tmp_path / "kept.tar")), (good, "copy", url),
    ):  # fmt: skip
        done = command(root, *arguments)
        assert SECRET not in done.output, arguments
        assert isinstance(done.exception, SystemExit | None), arguments


@pytest.mark.parametrize("url", [
    f"smtp://u:{SECRET}@mail:port", f"smtp://u:a@{SECRET}@mail.invalid", f"smtp://u:{SECRET}@", f"smpt://u:{SECRET}@mail",
    f"smtp://u:{SECRET}@mail/path?tls=x", f"smtp//u:{SECRET}@mail", f"smtps://u:{SECRET} x@mail",
])  # fmt: skip
def test_no_fault_of_the_address_of_a_mail_server_shows_its_password(tmp_path: Path, url: str) -> None:
    root = business.write(tmp_path / "shop", email=url)
    for arguments in (("check",), ("status",), ("work", "--once")):
        done = command(root, *arguments)
        assert SECRET not in done.output, done.output
        assert isinstance(done.exception, SystemExit | None)


@pytest.mark.parametrize("url", ["postgresql+psycopg://u:a@b@db/x", "postgresql+psycopg://u:a@b/c@db/x"])
def test_an_at_sign_in_a_password_is_named(url: str) -> None:
    with pytest.raises(Unusable, match="more than one @; write %40"):
        understood(url)
