from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from surveyengine.engine import Engine
from surveyengine.invitations.planning import take
from surveyengine.store import drafts, invitations
from surveyengine.store.drafts import BegunForm, Draft
from surveyengine.store.schema import invitation
from tests.support.business import delivered

FIRST, SECOND = Draft({"satisfaction": ["2"], "reason": ["דיר\n"]}, 2), Draft({"satisfaction": ["5"]}, 1)


@pytest.fixture
def invited(engine: Engine, now: datetime) -> tuple[int, str]:
    """The key of an invitation, and the digest of its survey."""
    take(engine, [delivered(time=now)], now)
    with engine.database.read() as connection:
        key, digest = connection.execute(select(invitation.c.key, invitation.c.digest)).one()
    return key, digest


def kept(engine: Engine, key: int, digest: str) -> Draft | None:
    with engine.database.read() as connection:
        return drafts.find(connection, BegunForm(key, digest))


def test_a_draft_is_found_as_it_was_saved_last(engine: Engine, invited: tuple[int, str], now: datetime) -> None:
    assert kept(engine, *invited) is None
    for saved in (FIRST, SECOND):
        with engine.database.write() as connection:
            assert drafts.save(connection, BegunForm(*invited), saved, now)
        assert kept(engine, *invited) == saved


def test_a_draft_of_another_version_is_not_found(engine: Engine, invited: tuple[int, str], now: datetime) -> None:
    with engine.database.write() as connection:
        drafts.save(connection, BegunForm(*invited), FIRST, now)
    assert kept(engine, invited[0], "0" * 64) is None


def test_nothing_is_kept_once_there_is_an_answer(engine: Engine, invited: tuple[int, str], now: datetime) -> None:
    with engine.database.write() as connection:
        drafts.save(connection, BegunForm(*invited), FIRST, now)
        invitations.answered(connection, invited[0], now, invited[1])
        drafts.drop(connection, invited[0])
    with engine.database.write() as connection:
        assert not drafts.save(connection, BegunForm(*invited), SECOND, now + timedelta(seconds=1))
    assert kept(engine, *invited) is None


def test_a_draft_goes_with_its_invitation(engine: Engine, invited: tuple[int, str], now: datetime) -> None:
    with engine.database.write() as connection:
        drafts.save(connection, BegunForm(*invited), FIRST, now)
        connection.execute(update(invitation).values(expires_at=now + timedelta(days=14)))
    for days, left in ((14, FIRST), (15, None)):
        with engine.database.write() as connection:
            drafts.drop_expired(connection, now + timedelta(days=days))
        assert kept(engine, *invited) == left


def test_a_draft_waits_for_the_answer_that_is_being_stored(
    engine: Engine, invited: tuple[int, str], now: datetime
) -> None:
    done: list[bool] = []

    def save() -> None:
        with engine.database.write() as connection:
            done.append(drafts.save(connection, BegunForm(*invited), FIRST, now))

    with engine.database.write() as connection:
        invitations.answered(connection, invited[0], now, invited[1])
        thread = threading.Thread(target=save)
        thread.start()
        thread.join(0.2)
        assert done == []
        drafts.drop(connection, invited[0])
    thread.join()
    assert done == [False]
    assert kept(engine, *invited) is None
