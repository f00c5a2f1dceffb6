"""The secrets of links: a new one signs from the next start on, and what former ones signed is good until they go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from surveyengine.app import create_app
from surveyengine.channels.email import EMAIL
from surveyengine.engine import Engine, start
from surveyengine.invitations.delivery import deliver_one
from surveyengine.invitations.link import LinkRequest, path
from surveyengine.invitations.planning import take
from surveyengine.invitations.unsubscribe import opt_in, opt_out
from tests.support import business, staff
from tests.support.business import answer, delivered, token
from tests.support.posts import by_mail
from tests.support.running import command

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)
MAILED = re.compile(r"https://feedback\.example\.com(/[ru]/[A-Za-z0-9_-]+)")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return business.write(tmp_path / "project")


@contextmanager
def opened(root: Path) -> Iterator[tuple[Engine, FlaskClient]]:
    """The engine as it starts with the secrets that the project has now, and somebody's browser."""
    engine = start(root)
    try:
        yield engine, create_app(engine).test_client()
    finally:
        engine.close()


def happened(engine: Engine, customer: str) -> None:
    """Tell of a delivery, after which that customer is invited twelve hours later."""
    take(engine, [delivered(id=customer, customer=customer, time=NOW)], NOW)


def mailed(engine: Engine) -> tuple[str, str]:
    """Send what is due next; return the links of that mail: to answer, and to unsubscribe."""
    post = by_mail(engine, EMAIL.open("file:data/outbox", engine.root), "https://feedback.example.com")
    assert deliver_one(post, NOW + 13 * HOUR)
    mail = max((engine.root / "data/outbox").glob("*.eml"), key=lambda mail: mail.stat().st_mtime_ns)
    to_answer, to_stop = sorted({*MAILED.findall(mail.read_text("utf-8"))})
    return to_answer, to_stop


def linked(engine: Engine, **wanted: object) -> str:
    return "/" + path(engine, LinkRequest("delivery", **wanted), NOW)    # type: ignore[arg-type]  # one at a time


def test_what_a_former_secret_signed_stays_good_until_it_is_dropped(root: Path) -> None:
    with opened(root) as (engine, client):
        happened(engine, "c-1")
        to_answer, to_stop = mailed(engine)
        happened(engine, "c-2")
        by_hand, looked_at = linked(engine, customer="c-2"), linked(engine, preview=True)
        signed = linked(engine, context=(("order", "A-7"),))
        form = token(client.get(to_answer).text)

    told = command(root, "secret", "rotate")
    assert (told.exit_code, "restart" in told.stdout) == (0, True)
    assert command(root, "secret", "list").stdout.splitlines() == [
        "secret 1 signs; open personal links: 0", "secret 2 is still believed; open personal links: 2",
    ]    # fmt: skip

    with opened(root) as (engine, client):
        assert linked(engine, customer="c-2") == by_hand
        assert linked(engine, context=(("order", "A-7"),)) != signed
        assert [client.get(link).status_code for link in (to_answer, to_stop, by_hand, looked_at)] == [200] * 4
        assert "A-7</bdi>" in client.get(signed).text
        assert client.post(to_answer, data={"form": form, "satisfaction": "5"}).status_code == 303
        assert opt_out(engine, to_stop[3:], NOW)
        planned = mailed(engine)    # the invitation of c-2 was planned with the former secret
        assert client.get(planned[0]).status_code == 200
        assert staff.told(engine)[-1][1] == "secret_rotated"

    assert command(root, "secret", "drop", given="n\n").exit_code == 1
    assert command(root, "secret", "drop", "--yes").exit_code == 0
    with opened(root) as (engine, client):
        assert [client.get(link).status_code for link in (to_stop, looked_at)] == [404] * 2
        assert "A-7</bdi>" not in client.get(signed).text
        assert linked(engine, customer="c-2") != by_hand
        assert staff.told(engine)[-1][1] == "secret_dropped"
    assert command(root, "secret", "drop").stdout == "there is no former secret\n"


def test_a_mail_never_carries_a_dead_link(root: Path) -> None:
    with opened(root) as (engine, _):
        happened(engine, "c-1")
    (root / "data/secret").unlink()    # what was lost, or dropped, before the mail left
    with opened(root) as (engine, client):
        to_answer, to_stop = mailed(engine)
        assert answer(client, to_answer, satisfaction="5").status_code == 303
        assert client.get(to_stop).status_code == 200


def test_an_opt_out_is_taken_back_by_the_link_of_either_secret(root: Path) -> None:
    with opened(root) as (engine, _):
        happened(engine, "c-1")
        _, before = mailed(engine)
        assert opt_out(engine, before[3:], NOW)
    command(root, "secret", "rotate")
    with opened(root) as (engine, _):
        back = opt_in(engine, before[3:])
        assert back
        assert not back.has_left


def test_secrets_of_the_environment_are_lines(root: Path) -> None:
    old, new = "the secret of all those years, long enough", "the secret of the years to come, long enough"
    first = start(root, {"SURVEYENGINE_SECRET": old})
    link = linked(first, preview=True)
    first.close()
    second = start(root, {"SURVEYENGINE_SECRET": f"{new}\n{old}\n"})
    assert create_app(second).test_client().get(link).status_code == 200
    second.close()
    refused = command(root, "secret", "rotate", SURVEYENGINE_SECRET=new)
    assert refused.exit_code == 1
    assert "put a new line before them" in refused.stderr
