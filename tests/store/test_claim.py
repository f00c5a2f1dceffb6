"""Which message is claimed next: none to whom something is just leaving, however many wait for one mailbox."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select

from surveyengine.engine import Engine
from surveyengine.store import sendings
from surveyengine.store.schema import customer, invitation, sending

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LEASE = timedelta(minutes=2)


class Waiting(NamedTuple):
    """A message as it waits, or is leaving, with the one whom it is for."""

    customer: str | None
    recipient: str | None
    test: bool
    is_leaving: bool


def put(engine: Engine, waiting: list[Waiting], due: datetime = NOW) -> list[int]:
    """Have these wait and nothing else, and return their keys."""
    survey = engine.library.surveys["delivery"]
    common: dict[str, Any] = {
        "survey": survey.id, "digest": survey.digest, "state": "planned", "probability": 1.0, "day": NOW.date(),
        "planned_at": NOW, "due_at": due, "expires_after": 1000,
    }  # fmt: skip
    rows = [
        {**common, "id": f"{n:032}", "token_hash": f"{n:064}", "customer": one.customer, "recipient": one.recipient,
         "test": one.test} for n, one in enumerate(waiting)
    ]  # fmt: skip
    with engine.database.write() as connection:
        for table in (sending, invitation, customer):
            connection.execute(delete(table))
        ids = {one.customer for one in waiting} - {None}
        if ids:
            connection.execute(insert(customer), [{"id": id, "changed_at": NOW} for id in ids])
        connection.execute(insert(invitation), rows)
        keys = connection.execute(select(invitation.c.key).order_by(invitation.c.id)).scalars().all()
        connection.execute(
            insert(sending),
            [{"invitation": key, "number": 1, "channel": "email", "priority": 0, "due_at": due, "next_at": due,
              "state": "claimed" if one.is_leaving else "planned",
              "lease_until": NOW + LEASE if one.is_leaving else None} for key, one in zip(keys, waiting, strict=True)],
        )  # fmt: skip
    return [*keys]


def claimed(engine: Engine) -> list[int]:
    """Claim all that can be, one after the other, as if each were gone at once but those that were leaving before."""
    found: list[int] = []
    while True:
        with engine.database.write() as connection:
            if (one := sendings.claim(connection, NOW + timedelta(minutes=1), LEASE)) is None:
                return found
            connection.execute(delete(sending).where(sending.c.key == one.key))
            found.append(one.invitation.key)


WAITING = st.builds(Waiting, st.sampled_from("ab") | st.none(), st.sampled_from("xy") | st.none(), st.booleans(),
                    st.booleans())  # fmt: skip


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(WAITING, min_size=1, max_size=6))
def test_nothing_is_claimed_for_a_person_to_whom_something_is_leaving(engine: Engine, waiting: list[Waiting]) -> None:
    keys = put(engine, waiting)
    leaving = [one for one in waiting if one.is_leaving and not one.test]
    customers, recipients = ({getattr(one, name) for one in leaving} - {None} for name in ("customer", "recipient"))
    expected = {
        key for key, one in zip(keys, waiting, strict=True)
        if not one.is_leaving and one.customer not in customers and one.recipient not in recipients
    }  # fmt: skip
    assert set(claimed(engine)) == expected


@pytest.mark.parametrize("late", [timedelta(), timedelta(hours=12)])
@pytest.mark.parametrize("leaving", [False, True])
def test_thousands_for_one_mailbox_do_not_make_a_claim_slow(engine: Engine, late: timedelta, leaving: bool) -> None:
    put(engine, [*[Waiting(None, "x", False, False)] * 1500, Waiting(None, "x", False, leaving)], NOW - late)
    begun = time.perf_counter()
    with engine.database.write() as connection:
        found = sendings.claim(connection, NOW + timedelta(minutes=1), LEASE)
    assert time.perf_counter() - begun < 3
    assert (found is None) == leaving
