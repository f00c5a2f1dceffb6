"""Anything may happen to customers, in any order: what leaves may leave, once, and why nothing does is known."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, ClassVar, NamedTuple
from unittest.mock import patch
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete, func, select
from werkzeug.datastructures import MultiDict

from surveyengine.channels.mime import Mail
from surveyengine.channels.refusal import DeliveryError, Uncertain
from surveyengine.engine import Engine
from surveyengine.events.event import Customer, Event
from surveyengine.invitations import review
from surveyengine.invitations.decision import REASONS, SELDOM
from surveyengine.invitations.delivery import deliver_one
from surveyengine.invitations.explain import explain
from surveyengine.invitations.lottery import TICKETS, includes, ticket, unpacked
from surveyengine.invitations.planning import take
from surveyengine.invitations.recurring import plan_turns
from surveyengine.invitations.reminder import ENDS
from surveyengine.invitations.retirement import retire
from surveyengine.invitations.unsubscribe import opt_down, opt_in, opt_out
from surveyengine.responses.posted import Body, PostedForm
from surveyengine.responses.submit import End, Saved, Services, submit, ticket_for
from surveyengine.responses.ticket import FormTokens
from surveyengine.responses.visit import by_personal_link
from surveyengine.store import funnel_tallies, recount, tallies
from surveyengine.store.count_tables import metadata
from surveyengine.store.funnel_tallies import IS_REAL
from surveyengine.store.schema import address_key, allotment, customer, event, invitation, sending
from surveyengine.store.sendings import PUNCTUAL
from surveyengine.values.enumeration import LESS_OFTEN, Reason
from surveyengine.versions.library import Freshness
from tests.support.business import asking, change
from tests.support.posts import by_mail

from .figures import Figures
from .ground import Ground

BEGIN = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)  # a Sunday
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
JERUSALEM, ADDRESS = ZoneInfo("Asia/Jerusalem"), "https://feedback.example.com"
COOLDOWN, SPAN, MOST, LATE = 3 * DAY, 14 * DAY, 3, 5 * DAY
OWN = {"delivery": 20 * DAY, "yearly": 40 * DAY}
SENDING: Mapping[str, Any] = {
    "cooldown": "3 days", "at_most": {"14 days": MOST}, "late": "5 days", "quiet_hours": ["20:00", "09:00"],
    "closed": ["shabbat"],
}  # fmt: skip
DELIVERY: Mapping[str, Any] = {
    "on": "shipment.delivered", "after": "12 hours", "cooldown": "20 days", "remind": ["3 days", "6 days"],
    "cancel_on": ["return.requested"],
}  # fmt: skip
SURVEYS: Mapping[str, Mapping[str, Any]] = {
    "purchase/checkout": {"on": "order.paid", "remind": ["2 days"], "expires": "5 days"},
    "purchase/delivery": DELIVERY,
    "post-purchase/support": {"on": "ticket.solved", "remind": ["4 days"]},
    "relationship/yearly": {"every": "40 days", "remind": ["3 days"]},
}
EDITS: Mapping[str, Mapping[str, Any]] = {
    "": {}, "unreminded": {"remind": []}, "elsewhere": {"on": "nothing", "every": None}, "exempt": {"exempt": True},
    "closed": {"closed": True},
}  # fmt: skip
RETIRED = "retired"
RETURN = "return.requested"
TYPES = ("order.paid", "shipment.delivered", "ticket.solved", RETURN)
PEOPLE = {
    "a": ("home@example.com",), "b": ("Home@Example.com", "b@example.com"), "c": ("c@example.com", "home@example.com"),
    **{name: (f"{name}@example.com",) for name in "defghi"},
}  # fmt: skip
NOBODY, BUSY, BROKEN_OFF = "550 5.1.1 no such user", "450 4.2.0 later", "broke off"
FAULTS = [NOBODY, BUSY, BROKEN_OFF]


class Left(NamedTuple):
    """A message that left, or may have."""

    invitation: str
    number: int
    survey: str
    customer: str
    mailbox: str
    at: datetime
    answer: str  # the tokens of its links
    unsubscribe: str


@dataclass
class Outside:
    """What the world outside knows, by which the engine is judged."""

    left: list[Left] = field(default_factory=list)
    occasions: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # asked about: survey, customer, number
    returned: list[tuple[str, str, datetime]] = field(default_factory=list)  # by whom, which order, and when
    done: set[str] = field(default_factory=set)  # invitations that were answered, or begun
    stopped: set[str] = field(default_factory=set)  # customers and mailboxes
    less: set[tuple[str, str]] = field(default_factory=set)  # a mailbox, and what it wants less of
    dead: set[str] = field(default_factory=set)  # mailboxes
    faults: list[str] = field(default_factory=list)


@dataclass
class Postman:
    """A channel that has everything looked at that leaves, and has a fault of its own when told so."""

    looked_at: Callable[[Mail, datetime], None]
    dead: set[str]
    fault: str
    repeatable: ClassVar[bool] = False

    def send(self, mail: Mail, now: datetime, handing_over: Callable[[], None]) -> str:
        if self.fault == BUSY:
            raise DeliveryError(BUSY, permanent=False)
        if self.fault == NOBODY:
            self.dead.add(mail.to.casefold())
            raise DeliveryError(NOBODY, permanent=True, no_mailbox=True)
        handing_over()
        self.looked_at(mail, now)
        if self.fault == BROKEN_OFF:
            raise Uncertain(BROKEN_OFF)
        return "kept"


AGES = [0, 0, 5, 30, 99, 150]
DEEDS = ["leaves", "less", "less often", "back", "back"]
OPEN = st.sampled_from([2, 7, 10, 13, 17, 21])  # hours in UTC, some of them closed
picked, recent = st.integers(0, 30), st.integers(0, 9)  # which of those that there are
happening = st.tuples(
    st.sampled_from(TYPES), st.sampled_from(sorted(PEOPLE)), picked, st.integers(1, 9), st.sampled_from(AGES)
)  # what, to whom, at which of their addresses, with which order, how many hours ago


class Lives(RuleBasedStateMachine):
    """What happens to four customers, some of whom share a mailbox or move into it."""

    engine: ClassVar[Engine]
    secrets: ClassVar[tuple[bytes, ...]]
    seen: ClassVar[Counter[str]]

    def __init__(self) -> None:
        super().__init__()
        with self.engine.database.write() as connection:
            for table in reversed(metadata.sorted_tables):
                if table is not address_key:
                    connection.execute(delete(table))
        self.engine.secrets = self.secrets
        self.now, self.outside, self.events = BEGIN, Outside(), list[Event]()
        self.taken, self.newest, self.turn = 0, 0, 0
        self.edits = dict.fromkeys(SURVEYS, "")
        self.sending = dict(SENDING)
        self._published()

    # What happens

    @rule(happenings=st.lists(happening, min_size=1, max_size=6))
    def something_happens(self, happenings: list[tuple[str, str, int, int, int]]) -> None:
        known: dict[str, Customer] = {}
        for type, whom, at, number, ago in happenings:
            told = known.setdefault(whom, Customer(whom, PEOPLE[whom][at % len(PEOPLE[whom])]))
            self._happens(type, self.now - ago * HOUR, number, told)
        self._takes()

    @initialize()
    def there_are_customers(self) -> None:
        for number in range(3):
            self.a_third_orders(number, is_returned=False)
        self.some_days_pass_with_a_worker(3, 10)

    @rule(number=st.integers(0, 9), is_returned=st.booleans())
    def a_third_orders(self, number: int, is_returned: bool) -> None:
        for whom, addresses in [*PEOPLE.items()][number % 3 :: 3]:
            for type in TYPES if is_returned else TYPES[:3]:
                self._happens(type, self.now, number, Customer(whom, addresses[0]))
        self._takes()

    @rule(span=st.sampled_from([1, 3, 10, 24, 24, 72, 74, 150, 1000]), fault=st.sampled_from([""] * 6 + FAULTS))
    def time_passes_until_a_worker_sends(self, span: int, fault: str) -> None:
        self.now += span * HOUR
        self._works(fault)

    def _works(self, fault: str = "") -> None:
        plan_turns(self.engine, self.now)
        post = by_mail(self.engine, Postman(self._leaves, self.outside.dead, fault), ADDRESS)
        while deliver_one(post, self.now):
            pass
        with self.engine.database.write() as connection:  # some of it
            funnel_tallies.fold(connection, 5)
            tallies.fold(connection, 5)

    @rule(days=st.integers(1, 6), at=OPEN)
    def some_days_pass_with_a_worker(self, days: int, at: int) -> None:
        for _ in range(days):
            self.now = (self.now + DAY).replace(hour=at)
            self._works()

    # What customers do

    @precondition(lambda self: self.outside.left)
    @rule(which=recent, go=st.sampled_from(["", "draft"]), days=st.sampled_from([0, 3, 7]))
    def a_customer_answers(self, which: int, go: str, days: int) -> None:
        self._answers(self._left(which), {"form.go": go} if go else {})
        self.some_days_pass_with_a_worker(days, 10)

    @precondition(lambda self: self.outside.left)
    @rule(which=recent, does=st.sampled_from(DEEDS), days=st.sampled_from([0, 3, 7]))
    def a_customer_says_what_they_want(self, which: int, does: str, days: int) -> None:
        one = self._left(which)
        match does:
            case "leaves":
                self._leaves_for_good(one)
            case "back":
                self._comes_back(one)
            case _:
                self._wants_less(one, one.survey if does == "less" else LESS_OFTEN)
        self.seen[does] += 1
        self.some_days_pass_with_a_worker(days, 10)

    def _left(self, which: int) -> Left:
        return self.outside.left[-1 - which % len(self.outside.left)]

    def _answers(self, one: Left, more: Mapping[str, str]) -> None:
        tokens = FormTokens(*self.engine.secrets)
        visit = by_personal_link(self.engine, one.answer, self.now)
        assert visit, "the link of a message leads nowhere"
        form = {"form": tokens.sign(ticket_for(visit, self.now)), "satisfaction": "4", **more}
        posted = PostedForm(visit, Body(MultiDict(form), True), "he", {"PATH_INFO": "/r/x", "REMOTE_ADDR": "127.0.0.1"})
        if isinstance(submit(Services(self.engine, tokens), posted, self.now), End | Saved):
            self.outside.done.add(one.invitation)
            self.seen["begun" if more else "answered"] += 1

    def _leaves_for_good(self, one: Left) -> None:
        found = opt_out(self.engine, one.unsubscribe, self.now)
        assert found, "an unsubscribe link does nothing"
        assert found.has_left
        self.outside.stopped |= {one.customer, *self._mailboxes(one)}

    def _wants_less(self, one: Left, scope: str) -> None:
        with self._returning(one):
            found = opt_down(self.engine, one.unsubscribe, scope, self.now)
        assert found
        if scope in found.less:
            self.outside.less |= {(mailbox, scope) for mailbox in self._mailboxes(one)}

    def _comes_back(self, one: Left) -> None:
        with self._returning(one):
            opt_in(self.engine, one.unsubscribe)
        self.outside.less = {each for each in self.outside.less if each[0] not in self._mailboxes(one)}

    # What the business does

    @rule(name=st.sampled_from(sorted(SURVEYS)), edit=st.sampled_from(["", "", *EDITS, RETIRED]))
    def a_file_is_changed(self, name: str, edit: str) -> None:
        self.edits[name] = edit
        if edit == RETIRED:
            (self.engine.root / "surveys" / f"{name}.toml").unlink(missing_ok=True)
        self._published()
        if edit == RETIRED:
            retire(self.engine, name.partition("/")[2], self.now)

    @rule(closed=st.sampled_from([["shabbat"], [], ["shabbat", "sunday", "2026-11-10"]]), is_new=st.booleans())
    def the_calendar_or_the_secret_is_changed(self, closed: list[str], is_new: bool) -> None:
        self.sending["closed"] = closed
        self._published()
        if is_new:
            self.engine.secrets = (b"%d" % len(self.engine.secrets) * 32, *self.engine.secrets)

    # What holds at every moment

    @invariant()
    def nothing_left_that_may_not(self) -> None:
        assert self.outside.faults == []

    @invariant()
    def every_row_says_why(self) -> None:
        with self.engine.database.read() as connection:
            reasons = {*connection.execute(select(invitation.c.reason)).scalars()}
            ends = {*connection.execute(select(sending.c.reason).where(sending.c.state == "withdrawn")).scalars()}
            failed = {*connection.execute(select(sending.c.reason).where(sending.c.state == "failed")).scalars()}
        assert reasons <= {None, *REASONS}
        assert ends <= {*REASONS, *ENDS}
        assert failed <= {NOBODY, BUSY}

    @invariant()
    def counts_are_what_the_rows_add_up_to(self) -> None:
        reason = func.coalesce(invitation.c.reason, "")
        keys = (invitation.c.survey, invitation.c.state, reason)
        with self.engine.database.read() as connection:
            assert recount.differences(connection) == {}
            rows = connection.execute(select(*keys, func.count()).where(IS_REAL).group_by(*keys)).all()
            assert funnel_tallies.by_reason(connection) == sorted(map(tuple, rows))

    def teardown(self) -> None:
        for whom in {one.customer.id for one in self.events if one.customer}:
            assert explain(self.engine, whom, self.now)

    @invariant()
    def a_story_can_be_told(self) -> None:
        self.turn += 1
        if self.events and (whom := self.events[self.turn % len(self.events)].customer):
            assert explain(self.engine, whom.id, self.now)

    # How it is known

    def _happens(self, type: str, at: datetime, number: int, whom: Customer) -> None:
        about = {"order": f"A-{number}", "ticket": f"A-{number}"}
        self.events.append(Event("shop", f"{len(self.events)}", type, at, about, whom, False))
        self.outside.returned += [(whom.id, about["order"], at)] if type == RETURN else []

    def _takes(self) -> None:
        """Let the engine take what happened since the last time."""
        if self.taken:
            again = self.events[self.turn % self.taken]
            assert [one["outcome"] for one in take(self.engine, [again] * 2, self.now)] == ["duplicate"] * 2
        new = self.events[self.taken :]
        self.taken = len(self.events)
        assert [one["outcome"] for one in take(self.engine, new, self.now)] == ["accepted"] * len(new)
        self._tickets_are_what_was_decided_by()

    def _tickets_are_what_was_decided_by(self) -> None:
        """Who was asked held one of the occasion's tickets, whom the lot left out held none; the chance is theirs."""
        of_row = invitation.c["key", "state", "reason", "recipient", "probability"]
        query = select(*of_row, *allotment.c["tickets", "allotted"]).join(allotment).order_by(invitation.c.key)
        with self.engine.database.read() as connection:
            rows = connection.execute(query.where(invitation.c.key > self.newest)).all()
        for row in rows:
            self.newest = row.key
            holds = includes(unpacked(row.tickets), ticket(self.engine.secret, row.recipient))
            assert row.probability == row.allotted / TICKETS
            assert holds or row.state != "planned", "who was asked holds no ticket"
            assert not holds or row.reason != Reason.LOT, "who was left out holds a ticket"
            self.seen["drawn"] += 1

    def _mailboxes(self, one: Left) -> set[str]:
        with self.engine.database.read() as connection:
            today = connection.execute(select(customer.c.email).where(customer.c.id == one.customer)).scalar_one()
        return {one.mailbox, today.casefold()}

    @contextmanager
    def _returning(self, one: Left) -> Iterator[None]:
        """Whoever left by this link alone may be written to again after it."""
        was = opt_out(self.engine, one.unsubscribe, None)
        yield
        now = opt_out(self.engine, one.unsubscribe, None)
        assert was
        assert now
        if was.has_left and not now.has_left:
            assert was.may_return
            self.outside.stopped -= {one.customer, *self._mailboxes(one)}

    def _published(self) -> None:
        kept = {name: edit for name, edit in self.edits.items() if edit != RETIRED}
        change(self.engine, {name: _file(name, edit) for name, edit in kept.items()}, **self.sending)

    def _is_exempt(self, survey: str) -> bool:
        return any(edit == "exempt" and name.endswith(f"/{survey}") for name, edit in self.edits.items())

    def _leaves(self, mail: Mail, now: datetime) -> None:
        """Look at what leaves, and remember it."""
        id, _, number = mail.key.partition(".")
        columns = (*invitation.c["survey", "customer", "due_at", "expires_at"], *event.c["data", "time"])
        query = select(*columns).outerjoin(event, event.c.key == invitation.c.event).where(invitation.c.id == id)
        with self.engine.database.read() as connection:
            row = connection.execute(query).one()
        words = dict(re.findall(r"/([ru])/([^\s?]+)", mail.text))
        one = Left(id, int(number or 1), row.survey, row.customer, mail.to.casefold(), now, words["r"], words["u"])
        wrong = [*self._forbidden(one), *self._undone(one, row)]
        wrong += self._hasty(one, row.expires_at) if number else self._asked(one, row)
        self.outside.faults += [f"{why}: {one}" for why in wrong]
        self.outside.left.append(one)
        self.seen["reminders" if number else "invitations"] += 1

    def _forbidden(self, one: Left) -> Iterator[str]:
        here, outside = one.at.astimezone(JERUSALEM), self.outside
        rests = "shabbat" in self.sending["closed"] and (here.weekday(), here.hour) >= (4, 15) and here.weekday() < 6
        if not 9 <= here.hour < 20 or (rests and (here.weekday(), here.hour) < (5, 21)):
            yield "it is a closed time"
        if f"{here:%A}".lower() in self.sending["closed"] or f"{here:%Y-%m-%d}" in self.sending["closed"]:
            yield "it is a closed day"
        if {one.customer, one.mailbox} & outside.stopped:
            yield "nothing is wanted any more"
        if one.mailbox in outside.dead:
            yield "nobody receives there"
        if (one.mailbox, one.survey) in outside.less:
            yield "that is not wanted any more"
        if (one.invitation, one.number) in {(each.invitation, each.number) for each in outside.left}:
            yield "it left before"

    def _undone(self, one: Left, row: Any) -> Iterator[str]:
        if one.survey == "delivery":
            returns = [at for *which, at in self.outside.returned if which == [one.customer, row.data["order"]]]
            if any(at >= row.time for at in returns):
                yield "it was undone"

    def _hasty(self, one: Left, expires: datetime) -> Iterator[str]:
        """Say what is wrong with a reminder."""
        if one.invitation in self.outside.done:
            yield "it was answered, or begun"
        if one.at >= expires:
            yield "its link has expired"
        if (one.mailbox, LESS_OFTEN) in self.outside.less:
            yield "whoever wants less is reminded"
        if (one.invitation, one.number - 1) not in {(each.invitation, each.number) for each in self.outside.left}:
            yield "nothing left before it"

    def _asked(self, one: Left, row: Any) -> Iterator[str]:
        """Say what is wrong with a first message."""
        first = (each for each in self.outside.left if each.number == 1)
        theirs = [each for each in first if each.customer == one.customer or each.mailbox == one.mailbox]
        ages = [(each.survey, one.at - each.at + PUNCTUAL) for each in theirs]
        if (one.mailbox, LESS_OFTEN) in self.outside.less and any(age < SELDOM for _, age in ages):
            yield "less is wanted"
        if one.at - row.due_at > LATE:
            yield "it is late"
        if row.data:
            occasion = (one.survey, one.customer, row.data["order"])
            self.outside.occasions[occasion] += 1
            is_anew = any(each[:2] == occasion[1:] for each in self.outside.returned) and one.survey == "delivery"
            if self.outside.occasions[occasion] > 1 and not is_anew:
                yield "the occasion was asked about before"
        if self._is_exempt(one.survey):
            return
        if any(age < COOLDOWN for _, age in ages):
            yield "the cooldown is broken"
        if any(age < OWN.get(survey, COOLDOWN) for survey, age in ages if survey == one.survey):
            yield "the survey's own cooldown is broken"
        if sum(age < SPAN for _, age in ages) >= MOST:
            yield "the limit of a span is broken"


def _file(name: str, edit: str) -> str:
    invite = {**SURVEYS[name], **EDITS[edit]}
    if edit == "elsewhere":
        invite.pop("every")
    elif "every" in invite:
        return asking(**invite).replace('on = "shipment.delivered"\n', "")
    return asking(**invite)


def trial(ground: Ground, chance: Random, examples: int = 8, steps: int = 50) -> Figures:
    """Let so many lives be lived, each of so many steps."""
    ground.project()
    with ground.engine() as engine:
        engine.library.freshness = Freshness(every=1e9)  # files are read when they are changed here
        named: dict[str, Any] = {"engine": engine, "secrets": engine.secrets, "seen": Counter[str]()}
        lives = type("Lives", (Lives,), named)
        bounds = settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, database=None,
            phases=[Phase.generate], suppress_health_check=[*HealthCheck], print_blob=False,
        )  # fmt: skip
        try:
            run_state_machine_as_test(seed(chance.randrange(2**32))(lives), settings=bounds)
        except AssertionError as error:
            told = "\n".join([f"{error}", *getattr(error, "__notes__", [])])
            return Figures(trials=examples, faults=(told,), seen=named["seen"])
        return Figures(trials=examples, seen=named["seen"])


BREAKS: Mapping[str, Callable[[], AbstractContextManager[Any]]] = {
    "limits": lambda: patch.object(review, "_exceeded", lambda *_: None),
    "wishes": lambda: patch.object(review, "ineligible_because", lambda *_: None),
    "calendar": lambda: patch.object(review, "next_open", lambda moment, *_: moment),
}


def control(ground: Ground, chance: Random) -> Figures:
    """An engine that decides once, and does not look again before something leaves."""
    with BREAKS[chance.choice(sorted(BREAKS))]():
        return trial(ground, chance, examples=60, steps=20)
