"""An erased customer is found nowhere, and the numbers stay, or leave, as they were promised to."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from surveyengine.cli import main
from surveyengine.engine import Engine
from surveyengine.events.event import Customer
from surveyengine.invitations.planning import take
from surveyengine.people.caller import Caller
from surveyengine.privacy import erasure
from surveyengine.privacy.whom import NoCustomer
from surveyengine.results import query
from surveyengine.results.export.extract import Source, extract
from surveyengine.results.record import plain
from surveyengine.store import audit, erasures, recount
from surveyengine.store.count_tables import segment_tally, segment_value, tally, tally_month
from surveyengine.store.erasures import Tombstone
from surveyengine.store.export_rows import RowFilter
from surveyengine.store.schema import customer, invitation, response, sending
from surveyengine.values.enumeration import AuditAction
from tests.privacy import life
from tests.privacy.life import EMAIL, ID, NOW, found
from tests.support import business

LATER = NOW + timedelta(days=2)
BY_COMMAND = Caller(LATER)


def report(engine: Engine) -> Any:
    return plain(query.report(engine, query.ReportQuery(questions=True), LATER))


def told(engine: Engine) -> dict[str, Any]:
    """What the report says of each touchpoint, but for what was written and until when it waits for answers."""
    points = {point["touchpoint"]: point for stage in report(engine)["stages"] for point in stage["touchpoints"]}
    for point in points.values():
        for waiting in ("provisional_until", "provisional_open"):
            point.pop(waiting, None)
        point["questions"] = [one for one in point["questions"] if one["kind"] not in ("text", "date")]
    return points


def exported(engine: Engine) -> str:
    source = Source(engine, RowFilter(test=True), LATER)
    subjects = ("responses", "answers", "invitations", "events")
    return str([list(extract(source, subject).rows) for subject in subjects])


def n(engine: Engine, table: Any, *which: Any) -> int:
    with engine.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table).where(*which)).scalar_one())


def wrong_counts(engine: Engine) -> Any:
    with engine.database.write() as connection:
        recount.count(connection)
    with engine.database.read() as connection:
        return recount.differences(connection)


@pytest.mark.parametrize("with_answers", [False, True])
def test_an_erased_customer_is_found_nowhere(
    lived: Engine, client: FlaskClient, with_answers: bool, caplog: pytest.LogCaptureFixture
) -> None:
    ids = [life.invited(lived, survey, ID) for survey in ("delivery", "quiet", "secret", "support")]
    links = [life.link(lived, survey) for survey in ("delivery", "support")]
    ways = [life.unsubscribing(lived, "delivery"), *links]
    assert {mark for mark, _ in found(lived)} == set(life.MARKS)    # or nothing were proven by finding none later
    caplog.clear()
    with caplog.at_level(logging.DEBUG, "surveyengine"):
        erased = erasure.erase(lived, ID, BY_COMMAND, with_answers)
    assert (erased.events, erased.invitations, erased.drafts, erased.files, erased.responses, erased.texts) == (
        6, 5, 1, 4, 2, 3,
    )    # fmt: skip
    assert found(lived, *ids) == []
    assert not [mark for mark in life.MARKS if mark in exported(lived) or mark in caplog.text]
    assert [client.get(way).status_code for way in ways] == [404, 404, 404]
    assert erased.is_scrubbed is lived.database.is_sqlite
    assert wrong_counts(lived) == {}
    assert n(lived, customer) == 1    # the other one


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)    # a dump is packed
def test_a_backup_that_is_made_afterwards_holds_nothing_of_them(lived: Engine, tmp_path: Path) -> None:
    def kept(name: str) -> set[str]:
        command = ["--project", str(lived.root), "backup", str(tmp_path / name)]
        assert CliRunner().invoke(main, command).exit_code == 0
        whole = (tmp_path / name).read_bytes().lower()
        return {mark for mark in life.MARKS if mark.lower().encode() in whole}

    assert kept("before.tar") == set(life.MARKS)
    erasure.erase(lived, ID, BY_COMMAND)
    assert kept("after.tar") == set()


def test_the_closed_answers_stay_in_the_counts(lived: Engine) -> None:
    before = told(lived)
    erasure.erase(lived, ID, BY_COMMAND)
    after = told(lived)
    assert (before["delivery"]["csat"]["n"], before["later"]["funnel"]["invited"]) == (2, 1)
    gone = after["later"]["funnel"]
    assert (gone["invited"], gone["refused"]) == (0, {"erased": 1})    # what was still to be sent is not
    assert {**before, "later": None} == {**after, "later": None}
    assert (n(lived, response), n(lived, response, response.c.customer.is_(None))) == (4, 3)
    assert n(lived, invitation, invitation.c.customer.is_(None)) == 5


def test_with_their_answers_it_is_as_if_they_had_never_been_there(lived: Engine) -> None:
    erasure.erase(lived, ID, BY_COMMAND, with_answers=True)
    assert (n(lived, response), n(lived, invitation)) == (2, 2)    # nobody can know whose the anonymous one is
    without = told(lived)
    assert (without["delivery"]["counts"], without["delivery"]["funnel"]["answered"]) == (
        {"1": 0, "2": 0, "3": 0, "4": 0, "5": 1}, 1,
    )    # fmt: skip
    assert [without[one]["funnel"]["invited"] for one in ("delivery", "quiet", "secret", "support", "later")] == [
        1, 0, 1, 0, 0,
    ]    # fmt: skip
    erasure.erase(lived, "c-17", BY_COMMAND, with_answers=True)    # all that is left is anonymous
    assert (n(lived, tally), n(lived, tally_month), n(lived, segment_tally), n(lived, segment_value)) == (3, 3, 1, 1)
    assert wrong_counts(lived) == {}


BEFORE, SINCE = LATER - timedelta(seconds=1), LATER + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"time": BEFORE}, "refused"),
        ({"time": LATER}, "refused"),
        ({"time": SINCE}, "accepted"),
        ({"time": SINCE, "is_dated": False}, "refused"),
        ({"time": BEFORE, "test": True}, "refused"),
    ],
)
def test_what_happened_before_the_erasure_does_not_bring_anybody_back(
    lived: Engine, changes: dict[str, Any], expected: str
) -> None:
    erasure.erase(lived, ID, BY_COMMAND)
    again = [replace(one, **changes) for one in life.events(NOW)]
    outcomes = take(lived, again, LATER + timedelta(days=1))
    assert {one["outcome"] for one in outcomes} == {expected}
    assert bool(found(lived)) is (expected == "accepted")


def test_who_comes_back_is_still_known_to_have_left(lived: Engine, client: FlaskClient) -> None:
    assert client.post(life.unsubscribing(lived, "delivery")).status_code == 200
    erasure.erase(lived, ID, BY_COMMAND)
    assert found(lived) == []
    again = [replace(one, time=SINCE) for one in life.events(NOW)[:1]]
    elsewhere = [replace(one, id=f"{one.id}-2", customer=replace(one.customer, email="new@example.com"))
                 for one in again if one.customer]    # fmt: skip
    outcomes = take(lived, [*elsewhere, *again], LATER + timedelta(days=1))
    assert [one["refused"] for one in outcomes] == [[{"survey": "delivery", "reason": "opted_out"}]] * 2


def test_older_events_stay_out_when_a_customer_has_come_back(lived: Engine) -> None:
    erasure.erase(lived, ID, BY_COMMAND)
    again = life.events(NOW)[:1]
    after = LATER + timedelta(days=1)
    assert [one["outcome"] for one in take(lived, [replace(again[0], time=SINCE), *again], after)] == [
        "accepted", "refused",
    ]    # fmt: skip


def test_nobody_is_erased_by_a_name_that_is_nobodys(lived: Engine) -> None:
    with pytest.raises(NoCustomer, match="there is no customer `kundin-773`; did you mean `kundin-7731`"):
        erasure.erase(lived, "kundin-773", BY_COMMAND)
    take(lived, [replace(business.delivered("2", NOW, "c-18"), customer=Customer("c-18", EMAIL))], NOW)
    with pytest.raises(NoCustomer, match="2 customers have this address; name one by the id: c-18, kundin-7731"):
        erasure.erase(lived, EMAIL, BY_COMMAND)
    erasure.erase(lived, "c-18", BY_COMMAND)
    erasure.erase(lived, EMAIL.upper(), BY_COMMAND)
    with pytest.raises(NoCustomer, match=f"customer `{ID}` was erased on {LATER:%Y-%m-%d}"):
        erasure.erase(lived, ID, BY_COMMAND)


def test_an_erasure_is_told_to_the_audit_log_without_a_name(lived: Engine) -> None:
    erasure.erase(lived, ID, BY_COMMAND)
    with lived.database.read() as connection:
        (_, erased), (_, told) = audit.newest(connection, 2)
    assert (erased.action, told.action) == (AuditAction.CUSTOMER_ERASED, AuditAction.CUSTOMER_TOLD)
    assert erased.subject.startswith(f"{told.subject}: events 6, invitations 5, ")


def test_a_mail_that_a_server_is_just_taking_is_waited_for(lived: Engine) -> None:
    handed = {"state": "handed_over", "sent_at": None}
    with lived.database.write() as connection:
        connection.execute(update(sending).values(**handed, lease_until=LATER + timedelta(seconds=30)))
    with pytest.raises(erasure.MessageLeaving):
        erasure.erase(lived, ID, BY_COMMAND)
    assert n(lived, customer) == 2
    assert erasure.erase(lived, ID, Caller(LATER + timedelta(minutes=1))).sendings == 5


def test_a_form_that_was_open_meanwhile_is_not_kept(lived: Engine, client: FlaskClient) -> None:
    link = life.link(lived, "support")
    form = business.token(client.get(link).text)
    erasure.erase(lived, ID, BY_COMMAND)
    assert client.post(link, data={"form": form, "satisfaction": "4"}).status_code == 404
    assert n(lived, response) == 4


def test_a_restored_database_forgets_whom_it_should_not_know(lived: Engine) -> None:
    with lived.database.write() as connection:
        erasures.keep(connection, [Tombstone(lived.hasher.customer(ID), LATER)])
    assert erasure.replay(lived, Caller(LATER)) == 1
    assert found(lived) == []
    assert erasure.replay(lived, Caller(LATER)) == 0
