"""What a customer says of themselves holds, until something newer tells otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from surveyengine.engine import Engine
from surveyengine.events.event import Customer
from surveyengine.invitations.planning import take
from surveyengine.people.caller import Caller
from surveyengine.privacy.correction import UnfitDetail, correct
from surveyengine.privacy.whom import NoCustomer
from surveyengine.store import audit
from surveyengine.store.schema import customer, invitation
from tests.support.business import delivered

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
AT, SINCE = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
CALLER = Caller(AT)


@pytest.fixture
def known(engine: Engine) -> Engine:
    take(engine, [delivered("1", NOW)], NOW)
    return engine


def kept(engine: Engine) -> tuple[str | None, str | None]:
    with engine.database.read() as connection:
        row = connection.execute(select(customer.c.email, customer.c.name)).one()
    return row.email, row.name


def test_no_older_event_changes_a_correction_back_and_a_newer_one_may(known: Engine) -> None:
    before, after = correct(known, "c-17@example.com", {"email": "dana@example.org", "name": "Dana Levi"}, CALLER)
    assert (before.name, after.name, after.language) == ("Dana", "Dana Levi", "he")
    take(known, [delivered("2", NOW + timedelta(minutes=1))], SINCE)
    assert kept(known) == ("dana@example.org", "Dana Levi")
    take(known, [replace(delivered("3", SINCE), customer=Customer("c-17", name="Dana L."))], SINCE)
    assert kept(known) == ("dana@example.org", "Dana L.")


def test_what_waits_is_sent_to_the_corrected_address_or_nowhere(known: Engine) -> None:
    correct(known, "c-17", {"email": "dana@example.org"}, CALLER)
    with known.database.read() as connection:
        assert connection.execute(select(invitation.c.recipient)).scalar_one() == known.hasher.hash("dana@example.org")
    correct(known, "c-17", {"email": ""}, CALLER)
    with known.database.read() as connection:
        assert connection.execute(select(customer.c.email, customer.c.address_hash)).one() == (None, None)
        assert connection.execute(select(invitation.c.recipient)).scalar_one() is None


@pytest.mark.parametrize(("said", "why"), [
    ({"email": "dana"}, "`email` must be an e-mail address, such as dana@example.com"),
    ({"language": "Klingon", "timezone": "Moon"}, "`language` must be a language"),
])    # fmt: skip
def test_what_cannot_be_kept_is_refused_and_changes_nothing(known: Engine, said: dict[str, str], why: str) -> None:
    with pytest.raises(UnfitDetail, match=why):
        correct(known, "c-17", {"name": "Other", **said}, CALLER)
    assert kept(known) == ("c-17@example.com", "Dana")


def test_a_correction_is_told_to_the_audit_log_and_nobody_is_nobody(known: Engine) -> None:
    correct(known, "c-17", {"name": "Dana Levi", "language": "he"}, CALLER)
    with pytest.raises(NoCustomer):
        correct(known, "c-18", {"name": "Dana"}, CALLER)
    with known.database.read() as connection:
        [(_, entry)] = audit.newest(connection, 2)
    assert entry.subject == "name: customer c-17"
