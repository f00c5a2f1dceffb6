"""A customer of whom everything is there that can be there of one, and where it could still be found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy import select, text

from surveyengine.channels.folder import FolderTransport
from surveyengine.engine import Engine
from surveyengine.events.event import Customer, Event
from surveyengine.invitations.delivery import deliver_one
from surveyengine.invitations.planning import take
from surveyengine.people.caller import Caller, about_customer, noted
from surveyengine.store import recount
from surveyengine.store.schema import invitation, metadata
from surveyengine.values.enumeration import AuditAction
from surveyengine.values.link_tokens import unsubscribe_token
from tests.support import business
from tests.support.posts import by_mail
from tests.support.samples import question

NOW = datetime.now(UTC).replace(microsecond=0)

ID, EMAIL, PHONE, NAME = "kundin-7731", "shirin.rostami@example.com", "+972541234567", "Shirin-Rostami"
ACCOUNT, ORDER, NOTE, TICKET = "rostami-and-sons", "A-90210", "my neighbour Kambiz took it", "T-445566"
WORDS, BESIDE, BEGUN, BORN = "the courier was called Bizhan", "left with Kambiz", "I wanted to say that", "1981-03-21"
MARKS = (ID, EMAIL, "shirin", PHONE, "541234567", NAME, ACCOUNT, ORDER, NOTE, TICKET, WORDS, BESIDE, BEGUN, BORN)

MORE = question("where", "choice", "other = true") + question("born", "date")
SURVEYS = {
    "purchase/delivery": business.DELIVERY + MORE,
    "purchase/quiet": 'mode = "confidential"\n' + business.asking(on="quiet.asked"),
    "purchase/secret": 'mode = "anonymous"\n' + business.asking(on="secret.asked"),
    "post-purchase/support": business.asking(on="ticket.solved") + question("why", "text"),
    "relationship/later": business.asking(on="later.asked", after="90 days"),
}
ADDRESS = "https://feedback.example.com"


def event(id: str, type: str, time: datetime, **data: object) -> Event:
    """Something that happened to the customer."""
    whom = Customer(ID, EMAIL, PHONE, NAME, "he", None, ACCOUNT, "buyer")
    return Event("shop", id, type, time, {"order": ORDER, "note": NOTE, **data}, whom, False)


def events(now: datetime) -> list[Event]:
    """What happened to the customer until now."""
    before = now - timedelta(hours=1)
    return [
        event(f"{ORDER}-delivered", "shipment.delivered", before),
        event(f"{ORDER}-quiet", "quiet.asked", before),
        event(f"{ORDER}-secret", "secret.asked", before),
        event(f"{TICKET}-solved", "ticket.solved", before, ticket=TICKET),
        event(f"{ORDER}-later", "later.asked", before),
        event(f"{ORDER}-nobody-listens", "order.paid", before),
    ]


def live(engine: Engine, client: FlaskClient, now: datetime) -> None:
    """Let it all happen: events, mails, three answers, a draft, a look into the data; and another customer's answer."""
    take(engine, [*events(now), business.delivered("1", now - timedelta(hours=1), "c-17")], now)
    due, post = now + timedelta(days=1), by_mail(engine, FolderTransport(engine.root / "data" / "outbox"), ADDRESS)
    while deliver_one(post, due) is not None:
        pass
    said = {"satisfaction": "2", "timing": "late", "reason": WORDS, "where": "other", "where.other": BESIDE}
    said |= {"born": BORN}
    for survey, answers in ("delivery", said), ("quiet", {"satisfaction": "1"}), ("secret", {"satisfaction": "3"}):
        sent = business.answer(client, link(engine, survey), **answers)
        assert sent.status_code == 303, sent.text
    business.answer(client, link(engine, "delivery", "c-17"), satisfaction="5")
    form = business.token(client.get(link(engine, "support")).text)
    client.post(link(engine, "support"), data={"form": form, "satisfaction": "4", "why": BEGUN, "form.go": "draft"})
    with engine.database.write() as connection:
        recount.count(connection)
    noted(engine, Caller(now), AuditAction.VIEWED, f"why {about_customer(ID)}")
    noted(engine, Caller(now), AuditAction.VIEWED, f"invitation {invited(engine, 'delivery', ID)}")
    noted(engine, Caller(now), AuditAction.CUSTOMER_TOLD, about_customer(ID))


def link(engine: Engine, survey: str, customer: str = ID) -> str:
    """The personal link of a customer to a survey."""
    return business.personal_link(engine, invited(engine, survey, customer))


def newest_link(engine: Engine, customer: str) -> str:
    """The personal link of a customer to what they were asked last."""
    with engine.database.read() as connection:
        theirs = select(invitation.c.id).where(invitation.c.customer == customer).order_by(invitation.c.key.desc())
        id = str(connection.execute(theirs.limit(1)).scalar_one())
    return business.personal_link(engine, id)


def unsubscribing(engine: Engine, survey: str) -> str:
    """The link by which the customer asks for nothing more."""
    return f"/u/{unsubscribe_token(engine.secret, invited(engine, survey, ID))}"


def invited(engine: Engine, survey: str, customer: str) -> str:
    """The id of a customer's invitation to a survey."""
    with engine.database.read() as connection:
        query = select(invitation.c.id).where(invitation.c.survey == survey, invitation.c.customer == customer)
        return str(connection.execute(query).scalar_one())


def places(engine: Engine) -> Iterator[tuple[str, bytes]]:
    """Everything that is kept: each table as rows, and each file of the project."""
    with engine.database.read() as connection:
        for name in sorted(metadata.tables):
            rows = connection.execute(text(f"SELECT * FROM {name}")).all()    # noqa: S608
            yield name, json.dumps([[str(cell) for cell in row] for row in rows], ensure_ascii=False).encode()
    for path in sorted(one for one in Path(engine.root).rglob("*") if one.is_file()):
        yield str(path.relative_to(engine.root)), path.read_bytes()


def found(engine: Engine, *more: str) -> list[tuple[str, str]]:
    """Where the customer is still found, byte by byte, whatever the case: the mark, and the place."""
    marks = [(mark, mark.lower().encode()) for mark in (*MARKS, *more)]
    return [(mark, place) for place, kept in places(engine) for mark, sought in marks if sought in kept.lower()]
