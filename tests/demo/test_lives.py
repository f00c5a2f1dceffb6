"""What a demo stores is what the engine would have stored, had all of it happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from heapq import heappop, heappush
from itertools import count
from typing import Any, ClassVar, NamedTuple

import pytest
from sqlalchemy import delete, func, select
from werkzeug.datastructures import MultiDict

from surveyengine.channels.channel import Content
from surveyengine.channels.email import EmailChannel
from surveyengine.channels.refusal import Uncertain
from surveyengine.channels.registry import Outlet
from surveyengine.demo import business, filling, storing
from surveyengine.demo.postman import Postman
from surveyengine.demo.reaction import Crowd, Deed, Reaction
from surveyengine.demo.shopper import Shopper, shopper
from surveyengine.demo.story import Happening, guests, story
from surveyengine.demo.visit import Visitor, said, visitors
from surveyengine.demo.year import Year
from surveyengine.engine import Engine
from surveyengine.events.event import Event
from surveyengine.invitations.decision import turn
from surveyengine.invitations.delivery import Post, deliver_one
from surveyengine.invitations.listeners import Listeners
from surveyengine.invitations.planning import outcomes
from surveyengine.invitations.recurring import plan_turns
from surveyengine.invitations.transactions import Transactions
from surveyengine.invitations.unsubscribe import opt_out
from surveyengine.project import scaffold
from surveyengine.responses.paging import DRAFT
from surveyengine.responses.place import Placement
from surveyengine.responses.posted import Body, PostedForm
from surveyengine.responses.submit import End, Saved, Services, submit, ticket_for
from surveyengine.responses.ticket import FormTokens
from surveyengine.responses.visit import Visit, by_personal_link
from surveyengine.store import drafts
from surveyengine.store.engine.database import Connection
from surveyengine.store.schema import metadata
from surveyengine.values.context import Context
from surveyengine.values.link_tokens import answer_token, unsubscribe_token

WISH = filling.Wish(16, 19, date(2026, 7, 20), months=9)
TABLES = (
    "account", "customer", "event", "invitation", "sending", "response", "answer", "draft", "opt_out", "undeliverable",
)
OUTCOMES = {    # what this sample holds at least
    "planned", "sent", "refused", "failed", "uncertain", "withdrawn", "cancelled", "cooldown", "no_customer",
    "not_drawn", "not_sampled", "opted_out", "same_occasion", "unreachable",
}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    root = tmp_path_factory.mktemp("lives") / "shop"
    scaffold.create(root)
    business.extend(root)
    engine = filling.begun(root, WISH)
    yield engine
    engine.close()


class Mail(NamedTuple):
    """A message of which only the envelope matters."""

    to: str
    key: str


class Envelopes(EmailChannel):
    """The channel of mails whose words nobody reads."""

    def compose(self, content: Content) -> Any:
        return Mail(content.to, content.key)


class Server:
    """Carries mails as the demo's postman does, and says which ones may have arrived."""

    repeatable: ClassVar[bool] = False

    def __init__(self, mailboxes: dict[str, str]) -> None:
        self._postman, self._mailboxes = Postman(WISH.seed), mailboxes
        self.arrived: list[str] = []

    def send(self, mail: Mail, now: datetime, handing_over: Any) -> str:
        handing_over()
        try:
            reference = self._postman.carry(self._mailboxes[mail.to], mail.to, now)
        except Uncertain:
            self.arrived.append(mail.key)
            raise
        self.arrived.append(mail.key)
        return reference


class Truth:
    """The same customers, events and deeds as in a demo, through the engine itself."""

    def __init__(self, engine: Engine, year: Year) -> None:
        self._engine, self._year, self._crowd = engine, year, Crowd(WISH.seed, year)
        self._people = {one.customer.id: one for one in (shopper(WISH.seed, n, year) for n in range(WISH.customers))}
        self._server = Server({one.customer.email or "": one.mailbox for one in self._people.values()})
        self._post = Post(engine, {"email": Outlet(Envelopes(), self._server)}, "https://feedback.example.com")
        self._events: dict[str, Event] = {}
        self._moments: list[tuple[datetime, int, Any]] = []
        self._numbers = count()

    def happen(self) -> None:
        """Let everything happen, in its order."""
        for one in self._people.values():
            self._await(story(one, self._year, WISH.seed))
            if one.known_at:
                weeks = range(70)
                self._later(*(one.known_at + timedelta(seconds=20, days=365 + 7 * week) for week in weeks))
        visits = round(WISH.customers * filling.GUESTS * self._year.length)
        self._await(guests(self._year, WISH.seed, visits))
        for visitor in visitors(self._year, WISH.seed, WISH.customers):
            self._at(visitor.at, lambda now, visitor=visitor: self._visit(visitor, now))
        while (now := self._next()) < self._year.end:
            if self._moments and self._moments[0][0] == now:
                heappop(self._moments)[2](now)
            else:
                self._deliver(now)
        with self._engine.database.write() as connection:
            drafts.drop_expired(connection, self._year.end)

    def _at(self, at: datetime, deed: Any) -> None:
        heappush(self._moments, (at, next(self._numbers), deed))

    def _await(self, told: Sequence[Happening]) -> None:
        for one in told:
            self._events[one.event.id] = one.event
            self._at(one.received, lambda now, event=one.event: _take(self._engine, event, now))

    def _later(self, *moments: datetime) -> None:
        for at in moments:
            self._at(at, lambda now: plan_turns(self._engine, now))

    def _next(self) -> datetime:
        return min(filter(None, [self._next_due(), self._moments[0][0] if self._moments else None, self._year.end]))

    def _deliver(self, now: datetime) -> None:
        assert deliver_one(self._post, now)
        while self._server.arrived:
            self._receive(self._server.arrived.pop(), now)

    def _next_due(self) -> datetime | None:
        sending = metadata.tables["sending"]
        with self._engine.database.read() as connection:
            query = select(func.min(sending.c.next_at)).where(sending.c.state == "planned")
            found: datetime | None = connection.execute(query).scalar_one()
        return found

    def _receive(self, id: str, now: datetime) -> None:
        table = metadata.tables["invitation"]
        with self._engine.database.read() as connection:
            row = connection.execute(select(table).where(table.c.id == id)).one()
            events = metadata.tables["event"]
            event_id = connection.execute(select(events.c.id).where(events.c.key == row.event)).scalar()
        whom, survey = self._people[row.customer], self._engine.library.surveys[row.survey]
        known_at = (whom.known_at or now) + timedelta(seconds=20)
        event = self._events[event_id] if event_id else turn(survey, whom.customer, known_at, row.planned_at)
        reaction = self._crowd.reaction(whom, survey, event, now)
        if reaction and reaction.at < row.expires_at:
            self._at(reaction.at, lambda now: self._react(whom, reaction, id, now))

    def _react(self, whom: Shopper, reaction: Reaction, id: str, now: datetime) -> None:
        secret = self._engine.secret
        if reaction.deed is Deed.LEAVE:
            assert opt_out(self._engine, unsubscribe_token(secret, id), now)
            return
        visit = by_personal_link(self._engine, answer_token(secret, id), now)
        assert visit
        if not (visit.survey.is_anonymous and reaction.deed is Deed.DRAFT):
            self._send(visit, whom.language, reaction)

    def _visit(self, visitor: Visitor, now: datetime) -> None:
        survey = self._engine.library.surveys[visitor.survey]
        place = Placement(visitor.layout, "", Context(visitor.context, visitor.is_claimed))
        reaction = said(visitor, survey, self._year, WISH.seed)
        self._send(Visit(survey, place=place), visitor.language, reaction)

    def _send(self, visit: Visit, language: str, reaction: Reaction) -> None:
        services = Services(self._engine, FormTokens(self._engine.secret))
        ticket = services.tickets.sign(ticket_for(visit, reaction.at))
        go = [("form.go", DRAFT)] if reaction.deed is Deed.DRAFT else []
        body = Body(MultiDict([("form", ticket), *reaction.fields.items(), *go]), readable=True)
        done = submit(services, PostedForm(visit, body, language, {"PATH_INFO": "/"}), reaction.at)
        assert isinstance(done, Saved if go else End)


def dumped(connection: Connection) -> dict[str, list[Any]]:
    """Everything that is stored, with names in place of what is drawn by chance."""
    rows = {name: [*map(dict, connection.execute(select(metadata.tables[name])).mappings())] for name in TABLES}
    whose = {row["address_hash"]: row["id"] for row in rows["customer"]}
    names = {row["key"]: row["id"] for row in rows["event"]}
    asked = {row["key"]: f"{row['survey']} {row['customer']} {names.get(row['event'])}" for row in rows["invitation"]}
    answers: dict[str, list[str]] = {}
    for row in rows.pop("answer"):
        answers.setdefault(row.pop("response"), []).append(str(sorted(row.items())))
    for table, each in rows.items():
        for row in each:
            for name, known in {"invitation": asked, "event": names, "address_hash": whose, "recipient": whose}.items():
                row |= {name: known.get(row[name], "a link") if row[name] else None} if name in row else {}
            row |= {"answers": sorted(answers.get(row["id"], []))} if table == "response" else {}
            for name in ("key", "token_hash", *(["id"] if table in ("invitation", "response") else [])):
                row.pop(name, None)
    return {table: sorted(str(sorted(row.items())) for row in each) for table, each in rows.items()}


def _take(engine: Engine, event: Event, now: datetime) -> None:
    """Take an event as if there were no lot, which the year of the demo does not have."""
    Transactions(engine.database).outcomes(partial(outcomes, Listeners(engine, now)), [event])


def test_a_life_in_memory_is_the_life_that_the_engine_would_have_led(empty: Engine) -> None:
    year = WISH.year(empty.config.business.zone)
    Truth(empty, year).happen()
    with empty.database.write() as connection:
        true = dumped(connection)
        for table in reversed(metadata.sorted_tables):
            if table.name in TABLES:
                connection.execute(delete(table))
        storing.store(connection, filling.lived(empty, WISH), year.end)
        told = dumped(connection)
    for table, rows in true.items():
        assert told[table] == rows, table
    assert {one for one in OUTCOMES if one not in str(true["invitation"]) + str(true["sending"])} == set()
    assert min(len(true[table]) for table in ("account", "response", "opt_out", "undeliverable")) > 0
