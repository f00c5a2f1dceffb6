"""Messages as people look at them."""

from __future__ import annotations

from datetime import timedelta

from surveyengine.channels.refusal import DeliveryError, Uncertain
from surveyengine.engine import Engine
from surveyengine.invitations.planning import take
from surveyengine.store import messages
from surveyengine.versions.standing import served
from tests.invitations.test_delivery import DUE, HOUR, NOW, Outbox, deliver, raising
from tests.results.test_export import give
from tests.support.business import asking, change, delivered


def test_what_left_is_counted_by_the_hour_and_what_went_wrong_is_named(engine: Engine) -> None:
    change(engine, {}, cooldown=0)
    with engine.database.read() as connection:
        assert not messages.is_any(connection)
    take(engine, [delivered(str(n), NOW, f"c-{n}") for n in range(4)], NOW)
    faults = iter([DeliveryError("full", permanent=True), Uncertain("broke off"), None, None])

    def falter(mail: object) -> object:
        fault = next(faults)
        return raising(fault)(mail) if fault else None  # type: ignore[arg-type]

    deliver(engine, Outbox(after=falter), DUE)
    with engine.database.read() as connection:
        hours = [DUE.replace(minute=0) + n * HOUR for n in range(-1, 3)]
        assert messages.hourly(connection, hours) == [(0, 0), (3, 0), (0, 0)]
        assert messages.is_any(connection)
        found = messages.troubles(connection, 10)
        assert {(one.state, one.reason, one.survey) for one in found} == {
            ("failed", "full", "delivery"), ("uncertain", "broke off", "delivery")
        }  # fmt: skip
        assert len(messages.troubles(connection, 1)) == 1
        told = messages.invitation_of(connection, next(one.invitation for one in found if one.state == "failed"))
        assert messages.invitation_of(connection, "no such") is None
    assert told
    assert told.event
    assert (told.event.source, told.customer is not None) == ("shop", True)
    assert [one.state for one in told.messages] == ["failed"]
    assert (told.outcome.state, told.response) == ("failed", None)


def test_an_invitation_leads_to_its_answer(engine: Engine) -> None:
    take(engine, [delivered("1", NOW)], NOW)
    deliver(engine, Outbox(), DUE)
    with engine.database.read() as connection:
        (id,) = (row.id for row in connection.exec_driver_sql("SELECT id FROM invitation"))
    give(engine, 1, "delivery", {"satisfaction": "4"}, DUE + HOUR, invitation=id)
    with engine.database.read() as connection:
        found = messages.invitation_of(connection, id)
    assert found
    assert (found.response, found.messages[0].state) == ("r000001", "sent")


def test_surveys_stand_as_their_files_say(engine: Engine) -> None:
    change(engine, {"purchase/visit": asking(closed=True), "purchase/gone": asking()})
    (engine.root / "surveys/purchase/gone.toml").unlink()
    change(engine, {})
    found = served(engine.library, engine.database)
    assert [(one.survey.id, str(one.standing)) for one in found] == [
        ("delivery", "live"), ("gone", "gone"), ("visit", "closed")
    ]  # fmt: skip
    assert all(one.since and one.first and one.first <= one.since + timedelta(0) for one in found)
