"""A person is who receives: limits, opt-outs and customers without an id, by the mailbox, on both databases."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import MetaData, Table, insert, select

from surveyengine.channels.mime import Mail
from surveyengine.channels.refusal import DeliveryError
from surveyengine.engine import Engine, start
from surveyengine.events.event import Customer, Event, Malformed
from surveyengine.events.event import event as parsed
from surveyengine.events.files import EventFile, from_file
from surveyengine.invitations.delivery import LEASE
from surveyengine.invitations.explain import Unknown, explain
from surveyengine.invitations.link import LinkRequest, NoLink, path
from surveyengine.invitations.planning import take
from surveyengine.invitations.recurring import plan_turns
from surveyengine.invitations.unsubscribe import opt_out
from surveyengine.store import sendings
from surveyengine.store.engine.database import Database
from surveyengine.store.engine.migration import alembic
from surveyengine.store.schema import address_key, customer, event, invitation, survey_version
from surveyengine.store.schema import opt_out as opted_out
from surveyengine.store.sendings import ClaimedSending
from surveyengine.values.link_tokens import unsubscribe_token
from tests.invitations.test_delivery import Outbox, deliver, states
from tests.invitations.test_intake import person, rows
from tests.support import business
from tests.support.business import asking, change, delivered

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DUE = NOW + 12 * HOUR
SPELLINGS = ["dana@bücher.example", "DANA@xn--bcher-kva.example", '"dana"@BÜCHER.example.', "Dana@bu\u0308cher.example"]


def order(id: str, customer: str, email: str | None = "dana@example.com", time: datetime = NOW, **more: Any) -> Event:
    """A parcel that has arrived at somebody's."""
    return replace(delivered(id, time), customer=Customer(customer, email, **more))


# Limits


def test_several_ids_with_one_mailbox_are_asked_once(engine: Engine) -> None:
    change(engine, {}, cooldown="30 days")
    take(engine, [order(str(number), f"c-{number}", email) for number, email in enumerate(SPELLINGS)], NOW)
    assert states(engine) == ["planned", "cooldown", "cooldown", "cooldown"]
    outbox = Outbox()
    deliver(engine, outbox)
    assert len(outbox.mails) == 1
    take(engine, [order("x", "c-9", SPELLINGS[1], NOW + DAY)], NOW + DAY)
    assert states(engine)[-1] == "cooldown"


def test_no_more_leave_for_a_mailbox_than_the_limits_allow(engine: Engine) -> None:
    change(engine, {}, cooldown="0 days", at_most={"90 days": 2})
    take(engine, [order(str(number), f"guest-{number}", SPELLINGS[number % 4]) for number in range(6)], NOW)
    assert states(engine) == ["planned"] * 2 + ["at_most"] * 4


def test_another_mailbox_is_another_person(engine: Engine) -> None:
    change(engine, {}, cooldown="30 days")
    emails = ["dana@example.com", "dana+shop@example.com", "d.ana@example.com", "dana@example.org"]
    take(engine, [order(email, email, email) for email in emails], NOW)
    assert states(engine) == ["planned"] * 4


def test_who_takes_over_a_mailbox_before_the_mail_leaves_is_not_asked_twice(engine: Engine) -> None:
    change(engine, {}, cooldown="30 days")
    take(engine, [order("1", "c-1"), order("2", "c-2", "other@example.com")], NOW)
    take(engine, [replace(order("3", "c-2", time=NOW + HOUR), type="order.paid")], NOW + HOUR)
    outbox = Outbox()
    deliver(engine, outbox)
    assert [mail.to for mail in outbox.mails] == ["dana@example.com"]
    assert states(engine) == ["sent", "cooldown"]


def test_who_leaves_a_mailbox_is_counted_at_the_new_one(engine: Engine) -> None:
    change(engine, {}, cooldown="30 days")
    take(engine, [order("1", "c-1"), replace(order("2", "c-1", "new@example.com", NOW + HOUR), type="x")], NOW + HOUR)
    take(engine, [order("3", "c-2", "new@example.com"), order("4", "c-3", "dana@example.com")], NOW + HOUR)
    assert states(engine) == ["planned", "cooldown", "planned"]


def test_two_workers_do_not_write_to_one_mailbox_at_once(engine: Engine) -> None:
    take(engine, [order("1", "c-1"), order("2", "c-2"), order("3", "c-3", "other@example.com")], NOW)
    with ThreadPoolExecutor(4) as pool:
        found = [one for one in pool.map(lambda _: claim(engine), range(4)) if one]
    assert sorted(str(one.invitation.customer) for one in found) in (["c-1", "c-3"], ["c-2", "c-3"])


def claim(engine: Engine) -> ClaimedSending | None:
    with engine.database.write() as connection:
        return sendings.claim(connection, DUE, LEASE)


def test_what_is_asked_every_so_often_is_asked_once_of_a_mailbox(engine: Engine) -> None:
    yearly = asking(every="90 days").replace('on = "shipment.delivered"\n', "")
    change(engine, {"relationship/yearly": yearly}, cooldown="0 days")
    take(engine, [replace(order(id, id), type="x") for id in ("c-1", "c-2", "c-3")], NOW)
    plan_turns(engine, NOW + 91 * DAY)
    plan_turns(engine, NOW + 92 * DAY)
    assert rows(engine, invitation.c.customer, invitation.c.state) == [("c-1", "planned")]


# What can never be mailed


@pytest.mark.parametrize(
    "email",
    [
        "דנה@example.com",
        '"a b"@example.com',
        "dana@localhost",
        "dana@example",
        "a@127.0.0.1",
        "a@exa_mple.com",
        "a@☃.example",
    ],
)
def test_an_address_that_no_mail_can_reach_is_unreachable_at_once(engine: Engine, email: str) -> None:
    raw = {"specversion": "1.0", "type": "shipment.delivered", "source": "shop", "id": "1"}
    (outcome,) = take(engine, [parsed(raw | {"data": {"customer": {"id": "c-1", "email": email}}}, NOW)], NOW)
    assert (outcome["outcome"], outcome["refused"]) == ("accepted", [{"survey": "delivery", "reason": "unreachable"}])
    assert "Mail cannot be sent to their address; one like dana@example.com would be right." in explain(
        engine, "c-1", NOW
    )


def test_an_address_in_test_only_may_be_spelled_otherwise(engine: Engine) -> None:
    change(engine, {}, cooldown="0 days", test_only=['"DANA"@BÜCHER.example.'])
    take(engine, [order(str(number), "c-1", email) for number, email in enumerate([*SPELLINGS, "d@x.example"])], NOW)
    assert states(engine) == ["planned"] * 4 + ["test_only"]


# Customers without an id


def guest(email: object, event: str = "1", **more: Any) -> Event | Malformed:
    raw = {"specversion": "1.0", "type": "shipment.delivered", "source": "shop", "id": event}
    return parsed(raw | {"data": {"customer": {"email": email, **more}}}, NOW)


def test_a_customer_without_an_id_is_the_one_at_that_address(engine: Engine) -> None:
    change(engine, {}, cooldown="30 days")
    outcomes = take(engine, [guest(email, str(number)) for number, email in enumerate(SPELLINGS)], NOW)
    assert [one["outcome"] for one in outcomes] == ["accepted"] * 4
    [(id,)] = rows_of(engine, customer.c.id)
    assert id.startswith("guest-")
    assert len(id) == 38
    assert states(engine) == ["planned", "cooldown", "cooldown", "cooldown"]
    take(engine, [guest("somebody@else.example", "x", id=" ")], NOW)
    assert len(rows_of(engine, customer.c.id)) == 2


def test_a_csv_file_needs_no_ids_of_customers(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(
        "type,source,id,customer.id,customer.email\n"
        "shipment.delivered,shop,1,,dana@example.com\n"
        "shipment.delivered,shop,2,,Dana@Example.com\n"
        "shipment.delivered,shop,3,c-1,\n"
        "shipment.delivered,shop,4,,dana@localhost\n"
    )
    with (tmp_path / "orders.csv").open("rb") as file:
        outcomes = take(engine, [one for _, one in from_file(EventFile(file, "csv"), NOW)], NOW)
    assert [one["outcome"] for one in outcomes] == ["accepted"] * 3 + ["refused"]
    assert "such as dana@example.com" in outcomes[3]["reason"]
    assert len(rows_of(engine, customer.c.id)) == 2


@pytest.mark.parametrize("email", [None, "", "dana@localhost", "דנה@example.com"])
def test_who_has_neither_an_id_nor_a_usable_address_cannot_be_told_apart(email: object) -> None:
    refused = guest(email)
    assert isinstance(refused, Malformed)
    assert refused.reason.startswith("`data.customer.id` is missing")
    assert "dana@example.com" in refused.reason


def test_a_guest_of_a_test_is_written_to_as_a_tester(engine: Engine) -> None:
    change(engine, {}, test_only=["qa@example.com"])
    tried = guest("qa@example.com")
    assert isinstance(tried, Event)
    take(engine, [replace(tried, test=True)], NOW)
    outbox = Outbox()
    deliver(engine, outbox)
    assert [mail.to for mail in outbox.mails] == ["qa@example.com"]


# Opt-outs and the key


def rows_of(engine: Engine, *columns: Any) -> list[tuple[Any, ...]]:
    with engine.database.read() as connection:
        return [tuple(row) for row in connection.execute(select(*columns))]


def leave(engine: Engine) -> None:
    """Unsubscribe by the link of the newest invitation."""
    id = rows(engine, invitation.c.id)[-1][0]
    assert opt_out(engine, unsubscribe_token(engine.secret, id), NOW)


@contextmanager
def started(root: Path, secret: str = "") -> Iterator[Engine]:
    engine = start(root, {"SURVEYENGINE_SECRET": secret} if secret else {})
    try:
        yield engine
    finally:
        engine.close()


def test_an_opt_out_holds_for_the_mailbox_under_a_new_id_and_a_new_secret(engine: Engine) -> None:
    take(engine, [order("1", "c-1")], NOW)
    leave(engine)
    with started(engine.root, "another secret of the business, long enough") as again:
        assert again.hasher.key == engine.hasher.key
        take(again, [order("2", "c-1"), order("3", "c-2", '"DANA"@example.com.'), guest("dana@example.com", "4")], NOW)
        assert states(again)[1:] == ["opted_out"] * 3


def test_an_opt_out_holds_for_the_address_that_the_mail_went_to(engine: Engine) -> None:
    take(engine, [order("1", "c-1")], NOW)
    deliver(engine, Outbox())
    take(engine, [replace(order("2", "c-1", "new@example.com", NOW + DAY), type="x")], NOW + DAY)
    leave(engine)
    take(engine, [order("3", "c-2"), order("4", "c-3", "new@example.com")], NOW + DAY)
    assert states(engine)[1:] == ["opted_out", "opted_out"]


def test_nodes_that_start_at_once_agree_on_one_key(database_url: str, tmp_path: Path) -> None:
    root = business.write(tmp_path / "project", database=database_url)
    with ThreadPoolExecutor(3) as pool:
        engines = list(pool.map(lambda _: start(root, {"SURVEYENGINE_SECRET": OLD}), range(3)))
    assert len({engine.hasher.key for engine in engines}) == 1
    assert len(rows_of(engines[0], address_key.c.key)) == 1
    for engine in engines:
        engine.close()


def former(secret: str, address: str) -> str:
    """How the address of an opt-out was kept before there was a key."""
    return hmac.new(secret.encode(), f"address\0{address.casefold()}".encode(), hashlib.sha256).hexdigest()


OLD, NEW = "the secret of all those years, long enough", "the secret of the years to come, long enough"


def aged(root: Path, url: str) -> None:
    """Make a database as it was before addresses were hashed by a key: with customers, an opt-out, a test's opt-out."""
    database = Database(url, root)
    tested = {"customer": {"email": "qa@example.com"}}
    with database.write() as connection:
        command.upgrade(alembic(connection), "0002")
        columns = ("id", "email", "changed_at", "known_at")
        people = [("c-1", "Dana@bücher.example"), ("c-2", "other@example.com"), ("c-3", None)]
        connection.execute(
            insert(customer).inline(), [dict(zip(columns, (*one, NOW, NOW), strict=True)) for one in people]
        )
        for address in ("dana@bücher.example", "qa@example.com", "gone@example.com"):
            connection.execute(insert(opted_out).values(address_hash=former(OLD, address), at=NOW))
        happened = {"source": "shop", "id": "t", "type": "x", "time": NOW, "received_at": NOW, "outcome": {}}
        connection.execute(insert(event).values(**happened, data=tested, test=True))
        connection.execute(
            insert(survey_version).values(digest="d", survey="s", stage="x", content={}, published_at=NOW)
        )
        sent: dict[str, Any] = {
            "id": "i",
            "token_hash": "h",
            "survey": "s",
            "digest": "d",
            "customer": "c-2",
            "state": "sent",
        }
        sent |= {"probability": 1.0, "priority": 0, "day": NOW.date(), "planned_at": NOW, "expires_after": 1}
        then = Table("invitation", MetaData(), autoload_with=connection)
        connection.execute(insert(then).values(**sent, due_at=NOW, sent_at=NOW, expires_at=NOW))
    database.close()


def test_opt_outs_of_an_older_database_outlive_its_secret(database_url: str, tmp_path: Path) -> None:
    root = business.write(tmp_path / "project", database=database_url)
    aged(root, database_url)
    with started(root, OLD) as engine:
        assert person(engine, "c-1").address_hash == engine.hasher.hash("DANA@xn--bcher-kva.example")
        assert person(engine, "c-3").address_hash is None
        assert rows(engine, invitation.c.recipient) == [(engine.hasher.hash("other@example.com"),)]
        take(engine, [order("1", "c-9", "Gone@example.com")], NOW)  # nobody knew whose opt-out that was until now
        assert states(engine)[1:] == ["opted_out"]
    with started(root, NEW) as engine:
        emails = ["dana@BÜCHER.example", "qa@example.com", "gone@example.com", "new@example.com"]
        take(engine, [order(email, email, email) for email in emails], NOW)
        assert states(engine)[2:] == ["opted_out", "opted_out", "opted_out", "planned"]


def test_limits_know_what_an_older_database_has_sent(database_url: str, tmp_path: Path) -> None:
    root = business.write(tmp_path / "project", database=database_url)
    aged(root, database_url)
    with started(root, OLD) as engine:
        change(engine, {}, cooldown="30 days")
        take(engine, [order("1", "c-9", "OTHER@example.com")], NOW)
        assert states(engine)[1:] == ["cooldown"]


# Whom an address belongs to


def test_an_address_is_explained_in_any_spelling(engine: Engine) -> None:
    change(engine, {}, cooldown="30 days")
    take(engine, [order("1", "c-1", SPELLINGS[0]), order("2", "c-2", SPELLINGS[1]), order("3", "c-3")], NOW)
    for spelling in SPELLINGS:
        said = explain(engine, spelling, NOW)
        assert said[0] == "2 customers have this address: c-1, c-2."
        assert "Customer c-1 is known since 2026-11-20 14:00. Times are those of Asia/Jerusalem." in said
        counted = "Limits count customer c-1 too, who has the same address: delivery on 2026-11-21 02:00."
        assert said.count(counted) == 1
        assert not any("c-3" in line for line in said)
    assert explain(engine, "Dana@example.com", NOW) == explain(engine, "c-3", NOW)
    with pytest.raises(Unknown, match="there is no customer and no event `nobody@example.com`"):
        explain(engine, "nobody@example.com", NOW)


def test_a_link_can_be_made_for_an_address(engine: Engine) -> None:
    take(
        engine,
        [order("1", "c-1"), order("2", "c-2", "shared@example.com"), order("3", "c-3", "shared@example.com")],
        NOW,
    )
    by_address, by_id = (LinkRequest("delivery", whom) for whom in ('"DANA"@example.com', "c-1"))
    assert path(engine, by_address, NOW) == path(engine, by_id, NOW)
    with pytest.raises(NoLink, match="2 customers have this address; name one: c-2, c-3"):
        path(engine, LinkRequest("delivery", "shared@example.com"), NOW)


# Where nobody receives


def gone(mail: Mail) -> None:
    raise DeliveryError(f"the server refused the recipient: 550 5.1.1 <{mail.to}>: no such user", True, no_mailbox=True)


def test_where_nobody_receives_nobody_is_asked_until_the_address_changes(engine: Engine) -> None:
    take(engine, [order("1", "c-1"), order("2", "c-2", time=NOW + HOUR)], NOW)
    deliver(engine, Outbox(before=gone))
    deliver(engine, Outbox(), DUE + 2 * HOUR)
    take(engine, [order("3", "c-1", '"DANA"@example.com', NOW + DAY)], NOW + DAY)
    assert states(engine) == ["failed", "unreachable", "unreachable"]
    said = "\n".join(explain(engine, "c-1", NOW + DAY))
    assert "On 2026-11-21 02:00 the mail server said that nobody receives at their address (the server refused" in said
    assert "550 5.1.1 <…>: no such user); until it changes, they are not invited." in said
    take(engine, [order("4", "c-1", "new@example.com", NOW + 2 * DAY)], NOW + 2 * DAY)
    assert states(engine)[-1] == "planned"


def test_a_test_teaches_nothing_of_an_address(engine: Engine) -> None:
    change(engine, {}, cooldown="0 days", test_only=["dana@example.com"])
    take(engine, [replace(order("1", "c-1"), test=True)], NOW)
    deliver(engine, Outbox(before=gone))
    take(engine, [order("2", "c-1")], NOW)
    assert states(engine) == ["failed", "planned"]


def test_a_refusal_that_says_nothing_of_the_address_teaches_nothing(engine: Engine) -> None:
    def full(mail: Mail) -> None:
        raise DeliveryError("the server refused the recipient: 552 5.2.2 mailbox full", permanent=True)

    take(engine, [order("1", "c-1")], NOW)
    deliver(engine, Outbox(before=full))
    take(engine, [order("2", "c-1")], NOW)
    assert states(engine) == ["failed", "planned"]
