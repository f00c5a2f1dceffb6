"""From what is planned to mails that were sent, on both databases, by real mail servers and by faulty ones."""

# ruff: noqa: F401, F811  # `loop` is a fixture of test_channel
from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, ClassVar, cast
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from surveyengine.app import create_app
from surveyengine.channels.breaker import SUSPECT, TOLERATED, Breaker, pause
from surveyengine.channels.channel import Transport
from surveyengine.channels.mime import Mail
from surveyengine.channels.refusal import Blame, DeliveryError, Uncertain
from surveyengine.channels.smtp import SmtpTransport
from surveyengine.engine import Engine
from surveyengine.events.event import Customer
from surveyengine.invitations.delivery import LEASE, Post, deliver_one, recover
from surveyengine.invitations.explain import explain
from surveyengine.invitations.patience import PAUSES
from surveyengine.invitations.planning import take
from surveyengine.invitations.unsubscribe import opt_out
from surveyengine.results import query
from surveyengine.results.record import plain
from surveyengine.serving.worker import work_once
from surveyengine.store import sendings
from surveyengine.store.schema import event, invitation, sending
from surveyengine.values.link_tokens import unsubscribe_token
from tests.channels.test_channel import DROP, HANG, RESET, Sink, loop, scripted, serving
from tests.invitations.test_intake import random_event, returned, rows
from tests.support.business import answer, asking, change, delivered
from tests.support.posts import by_mail

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DUE = NOW + timedelta(hours=12)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ADDRESS = "https://feedback.example.com"


@dataclass
class Outbox:
    """A channel that keeps its mails; `fault` is raised before the handing over, or `after` it."""

    repeatable: ClassVar[bool] = False
    mails: list[Mail] = field(default_factory=list)
    before: Callable[[Mail], object] = lambda mail: None
    after: Callable[[Mail], object] = lambda mail: None

    def send(self, mail: Mail, now: datetime, handing_over: Callable[[], None]) -> str:
        self.before(mail)
        handing_over()
        self.mails.append(mail)
        self.after(mail)
        return "kept"


class Folder(Outbox):
    """The same, where a mail takes its own place again."""

    repeatable: ClassVar[bool] = True


def raising(error: BaseException) -> Callable[[Mail], object]:
    def fail(mail: Mail) -> None:
        raise error

    return fail


def deliver(engine: Engine, channel: Transport[Mail], now: datetime = DUE) -> int:
    """Send all that is due; return how many were settled."""
    post, settled = by_mail(engine, channel, ADDRESS), 0
    while deliver_one(post, now):
        settled += 1
    return settled


def states(engine: Engine) -> list[Any]:
    return [reason or state for state, reason in rows(engine, invitation.c.state, invitation.c.reason)]


# What is sent


def read(sink: Sink) -> EmailMessage:
    (envelope,) = sink.mails
    return message_from_bytes(envelope.original_content or b"", policy=default)


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body
    return str(body.get_content())


def links(mail: EmailMessage, within: str) -> list[str]:
    return [word for word in part(mail, "plain").split() if word.startswith(f"{ADDRESS}{within}")]


def path(link: str) -> str:
    return link.removeprefix(ADDRESS)


@pytest.mark.parametrize(
    ("language", "used", "direction", "subject", "question"),
    [
        ("he", "he", "rtl", "איך עבר המשלוח?", "מהי מידת שביעות הרצון מהזמנה"),
        ("fa-IR", "fa", "rtl", "تحویل سفارش چطور بود؟", "از سفارش"),
        ("en", "en", "ltr", "How did the delivery go?", "How satisfied are you with order"),
        (None, "he", "rtl", "איך עבר המשלוח?", "מהי מידת שביעות הרצון מהזמנה"),
        ("ja", "he", "rtl", "איך עבר המשלוח?", "מהי מידת שביעות הרצון מהזמנה"),
    ],
)
def test_a_mail_speaks_the_customers_language_and_leads_to_the_form(
    engine: Engine, loop: asyncio.AbstractEventLoop, language: str, used: str, direction: str, subject: str,
    question: str,
) -> None:  # fmt: skip
    today = datetime.now(UTC)
    take(engine, [delivered(time=today - DAY, language=language)], today)
    with serving(loop) as (sink, port):
        assert deliver(engine, SmtpTransport("127.0.0.1", port), today) == 1
    mail = read(sink)
    assert (mail["Subject"], mail["Content-Language"], mail["To"]) == (subject, used, "Dana <c-17@example.com>")
    assert f'dir="{direction}"' in part(mail, "html")
    assert f'lang="{used}"' in part(mail, "html")
    assert question in part(mail, "plain")
    assert "A-1" in part(mail, "plain")
    page = create_app(engine).test_client().get(path(links(mail, "/r/")[0]))
    assert page.status_code == 200
    assert f'lang="{used}" dir="{direction}"' in page.text
    assert question in page.text
    assert "A-1" in page.text


def test_an_answer_by_the_link_of_a_mail_is_the_invitations(engine: Engine, loop: asyncio.AbstractEventLoop) -> None:
    today = datetime.now(UTC)
    take(engine, [delivered(time=today - DAY)], today)
    with serving(loop) as (sink, port):
        deliver(engine, SmtpTransport("127.0.0.1", port), today)
    link = path(links(read(sink), "/r/")[0])
    client: FlaskClient = create_app(engine).test_client()
    assert answer(client, link, satisfaction="5").status_code == 303
    assert rows(engine, invitation.c.answered_at) != [(None,)]


def test_one_click_ends_invitations_and_looking_does_not(engine: Engine, loop: asyncio.AbstractEventLoop) -> None:
    take(engine, [delivered()], NOW)
    with serving(loop) as (sink, port):
        deliver(engine, SmtpTransport("127.0.0.1", port))
    mail, client = read(sink), create_app(engine).test_client()
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = mail["List-Unsubscribe"].strip("<>")
    assert urlsplit(link).hostname == "feedback.example.com"
    for number, (request, expected) in enumerate(
        [(client.get, "planned"), (client.head, "planned"), (client.post, "opted_out")]
    ):
        assert request(path(link)).status_code == 200
        take(engine, [delivered(f"again-{number}")], NOW)
        assert states(engine)[-1] == expected
    assert client.post(path(link), data={"List-Unsubscribe": "One-Click"}).status_code == 200


def test_what_was_sent_is_recorded(engine: Engine, loop: asyncio.AbstractEventLoop) -> None:
    take(engine, [delivered()], NOW)
    with serving(loop) as (_, port):
        deliver(engine, SmtpTransport("127.0.0.1", port))
    columns = (invitation.c.sent_at, invitation.c.expires_at, sending.c.lease_until, sending.c.reference)
    assert rows(engine, *columns) == [(DUE, DUE + 14 * DAY, None, "250 2.0.0 queued as 42")]
    assert deliver(engine, Outbox(), DUE + DAY) == 0


def test_the_newest_known_language_is_spoken(engine: Engine) -> None:
    take(engine, [delivered(language="he"), replace(delivered("2", NOW + HOUR, language="fa"), type="crm")], NOW)
    outbox = Outbox()
    deliver(engine, outbox)
    assert [mail.language for mail in outbox.mails] == ["fa"]


# When


def test_nothing_leaves_before_it_is_due_and_the_most_important_first(engine: Engine) -> None:
    change(engine, {"purchase/a": asking(on="x"), "purchase/b": asking(on="x", priority=9),
                    "purchase/c": asking(on="x", after="1 minute", priority=99)})  # fmt: skip
    take(engine, [replace(delivered(), type="x")], NOW)
    assert deliver(engine, Outbox(), NOW - timedelta(seconds=1)) == 0
    outbox = Outbox()
    assert deliver(engine, outbox, NOW) == 2
    kept = dict(cast(list[tuple[str, str]], rows(engine, invitation.c.id, invitation.c.survey)))
    assert [kept[mail.key] for mail in outbox.mails] == ["b", "a"]


@pytest.mark.parametrize(("delay", "expected"), [(7 * DAY - HOUR, "sent"), (7 * DAY, "late")])
def test_an_invitation_that_is_held_up_too_long_is_late(engine: Engine, delay: timedelta, expected: str) -> None:
    take(engine, [delivered()], NOW)
    deliver(engine, Outbox(), DUE + delay)
    assert states(engine) == [expected]


def test_after_an_outage_a_customer_does_not_get_everything_at_once(engine: Engine) -> None:
    change(engine, {}, cooldown="1 day")
    take(engine, [delivered("1", NOW), delivered("2", NOW + DAY), delivered("3", NOW + 2 * DAY)], NOW)
    take(engine, [delivered("4", NOW + DAY, customer="c-18")], NOW)
    assert deliver(engine, Outbox(), DUE + 2 * DAY) == 4
    assert states(engine) == ["cooldown", "cooldown", "sent", "sent"]


def test_after_an_outage_the_newest_leave_first_and_not_all_at_once(engine: Engine) -> None:
    change(engine, {}, cooldown=0, per_minute=2)
    take(engine, [delivered(str(n), NOW + n * HOUR, f"c-{n}") for n in range(6)], NOW)
    outbox, now, minute = Outbox(), DUE + 5 * HOUR, timedelta(minutes=1)
    post = by_mail(engine, outbox, ADDRESS)

    def leave(at: datetime) -> list[str]:
        before = len(outbox.mails)
        while deliver_one(post, at):
            pass
        return [mail.to.partition("@")[0] for mail in outbox.mails[before:]]

    assert leave(now) == ["c-5", "c-4", "c-3"]  # the first of them was on time
    assert leave(now + minute / 2) == []
    take(engine, [delivered("new", NOW + 5 * HOUR, "c-new")], NOW)
    assert leave(now + minute / 2) == ["c-new"]
    assert leave(now + minute) == ["c-2", "c-1"]
    change(engine, {}, cooldown=0, per_minute=3)
    assert leave(now + minute) == ["c-0"]


def test_what_is_refused_does_not_count_against_the_pace(engine: Engine) -> None:
    change(engine, {}, cooldown=0, per_minute=1, late="1 day")
    take(engine, [delivered(str(n), NOW + n * HOUR, f"c-{n}") for n in range(4)], NOW)
    post, now = by_mail(engine, Outbox(), ADDRESS), DUE + DAY + 2 * HOUR
    assert [bool(deliver_one(post, now)) for _ in range(2)] == [True, False]
    assert [bool(deliver_one(post, now + timedelta(minutes=1))) for _ in range(4)] == [True] * 3 + [False]
    assert states(engine) == ["late", "late", "late", "sent"]


def test_an_invitation_that_left_some_minutes_late_does_not_cost_the_next_one(engine: Engine) -> None:
    change(engine, {}, cooldown="1 day", at_most={"1 day": 1})
    take(engine, [delivered("1", NOW), delivered("2", NOW + DAY)], NOW)
    deliver(engine, Outbox(), DUE + timedelta(minutes=9))
    deliver(engine, Outbox(), DUE + DAY)
    assert states(engine) == ["sent", "sent"]


def test_what_would_leave_in_quiet_hours_waits_for_the_morning(engine: Engine) -> None:
    change(engine, {}, cooldown=0, quiet_hours=["20:00", "09:00"])
    take(engine, [delivered(time=NOW - 12 * HOUR)], NOW)
    outbox, morning = Outbox(), datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
    assert deliver(engine, outbox, datetime(2026, 11, 20, 19, 0, tzinfo=UTC)) == 1
    assert (rows(engine, sending.c.next_at), outbox.mails) == ([(morning,)], [])
    assert deliver(engine, outbox, morning) == 1
    assert states(engine) == ["sent"]


# What came between


def test_what_came_between_is_looked_at_again(engine: Engine) -> None:
    whole = [delivered(str(number), customer=f"c-{number}") for number in range(5)]
    change(engine, {}, cooldown=0, test_only=["c-0@example.com", "C-1@example.com", "c-2@example.com"])
    take(engine, whole, NOW)
    assert states(engine) == ["planned", "planned", "planned", "test_only", "test_only"]
    ids = [id for (id,) in rows(engine, invitation.c.id)]
    opt_out(engine, unsubscribe_token(engine.secret, ids[0]), NOW)
    change(engine, {}, cooldown=0, test_only=["c-0@example.com", "c-1@example.com"])
    outbox = Outbox()
    deliver(engine, outbox)
    assert states(engine) == ["opted_out", "sent", "test_only", "test_only", "test_only"]
    assert [mail.to for mail in outbox.mails] == ["c-1@example.com"]


def test_a_survey_that_was_closed_sends_nothing_more(engine: Engine) -> None:
    take(engine, [delivered()], NOW)
    change(engine, {"purchase/delivery": asking(closed=True)})
    deliver(engine, Outbox())
    assert states(engine) == ["closed"]


def test_a_survey_that_was_edited_is_sent_and_opened_as_it_stands(engine: Engine) -> None:
    take(engine, [delivered()], NOW)
    change(engine, {"purchase/delivery": asking(subject={"en": "New", "he": "חדש", "fa": "تازه"})})
    outbox = Outbox()
    deliver(engine, outbox)
    assert outbox.mails[0].subject == "חדש"
    assert rows(engine, invitation.c.digest) == [(engine.library.surveys["delivery"].digest,)]


EDITS = [  # of the survey's file while an invitation waits
    (asking(), "sent"),
    (asking(when={"total": {"at_least": 100}}), "sent"),
    (asking(when={"total": {"at_least": 1_000}}), "no_longer_asked"),
    (asking(on="order.paid"), "no_longer_asked"),
    (asking(cancel_on=["order.seen"]), "cancelled"),
    (asking(closed=True), "closed"),
    (asking(channels=["sms"]), "unreachable"),
    (asking().replace("[invite]\non", "goal"), "no_longer_asked"),
]


@pytest.mark.parametrize(("edited", "expected"), EDITS)
@pytest.mark.parametrize("moment", ["before it is claimed", "while the mail server has not the end of the mail"])
def test_the_newest_file_decides_until_the_very_end(engine: Engine, edited: str, expected: str, moment: str) -> None:
    seen = replace(delivered("seen", NOW), type="order.seen", data={"order": "A-1"})
    take(engine, [delivered(total=249), seen], NOW)
    outbox = Outbox(before=lambda mail: change(engine, {"purchase/delivery": edited}))
    if moment.startswith("before"):
        change(engine, {"purchase/delivery": edited})
        outbox = Outbox()
    deliver(engine, outbox)
    assert (states(engine), len(outbox.mails)) == ([expected], int(expected == "sent"))


def test_a_return_that_comes_to_light_while_the_mail_server_listens_stops_the_mail(engine: Engine) -> None:
    take(engine, [delivered()], NOW)
    outbox = Outbox(before=lambda mail: take(engine, [returned(time=DUE)], DUE))
    deliver(engine, outbox)
    assert (states(engine), outbox.mails) == (["cancelled"], [])


def test_an_address_that_changes_while_the_mail_server_listens_is_written_to_instead(engine: Engine) -> None:
    take(engine, [delivered()], NOW)
    new = replace(delivered("new", NOW + HOUR), type="order.paid", customer=Customer("c-17", "new@example.com"))
    outbox = Outbox(before=lambda mail: take(engine, [new], DUE))
    for now in (DUE, DUE + HOUR):
        deliver(engine, outbox, now)
    assert (states(engine), [mail.to for mail in outbox.mails]) == (["sent"], ["new@example.com"])


def test_a_brake_stops_what_is_still_to_be_sent(engine: Engine) -> None:
    take(engine, [delivered(str(number), customer=f"c-{number}") for number in range(6)], NOW)

    def brake(mail: Mail) -> None:
        if len(outbox.mails) == 2:
            change(engine, {"purchase/delivery": asking(closed=True)})

    outbox = Outbox(before=brake)
    deliver(engine, outbox)
    assert (len(outbox.mails), Counter(states(engine))) == (2, {"sent": 2, "closed": 4})


def test_a_return_while_the_invitation_waits_for_another_try_cancels_it(engine: Engine) -> None:
    take(engine, [delivered()], NOW)
    outbox = Outbox(before=raising(DeliveryError("later", permanent=False)))
    deliver(engine, outbox)
    take(engine, [returned(time=DUE)], DUE)
    assert (deliver(engine, Outbox(), DUE + DAY), states(engine)) == (0, ["cancelled"])


def test_a_return_that_is_noticed_while_the_mail_is_claimed_stops_it(engine: Engine) -> None:
    take(engine, [delivered()], NOW)
    with engine.database.write() as connection:
        sendings.claim(connection, DUE, LEASE)
    take(engine, [returned(time=DUE)], DUE)
    recover(by_mail(engine, Outbox(), ADDRESS), DUE, alone=True)
    deliver(engine, Outbox())
    assert states(engine) == ["cancelled"]


# Faults


@pytest.mark.parametrize("fault", [{"RCPT": "451 greylisted"}, {"dot": "451 later"}])
def test_what_failed_for_now_is_tried_again_after_a_pause(engine: Engine, fault: dict[str, str]) -> None:
    take(engine, [delivered()], NOW)
    for expected in PAUSES[:2]:
        with scripted(**fault) as (script, smtp):
            deliver(engine, smtp)
        assert rows(engine, invitation.c.state, sending.c.next_at) == [("planned", DUE + expected)]
        with engine.database.write() as connection:
            connection.execute(update(sending).values(next_at=DUE))
    with scripted() as (script, smtp):
        assert deliver(engine, smtp) == 1
    assert (states(engine), len(script.accepted)) == (["sent"], 1)


OURS = [DeliveryError("not you", False, blame=Blame.US), DeliveryError("nobody is there", False, blame=Blame.SERVER)]


@pytest.mark.parametrize("fault", [{"greeting": "421"}, {"DATA": DROP}, {"MAIL": HANG}, {"MAIL": "550 not you"},
                                   {"RCPT": "554 5.7.1 blocklisted"}, {"dot": "552 too much"}])  # fmt: skip
def test_what_is_not_the_mails_fault_spends_none_of_its_tries(engine: Engine, fault: dict[str, str]) -> None:
    take(engine, [delivered()], NOW)
    with scripted(**fault) as (_, smtp):
        assert deliver(engine, smtp) == 1
    waiting = (invitation.c.state, sending.c.attempt, sending.c.next_at, sending.c.reason.is_not(None))
    assert rows(engine, *waiting) == [("planned", 0, DUE + timedelta(minutes=1), True)]
    with scripted() as (script, smtp):
        assert deliver(engine, smtp, DUE + timedelta(minutes=1)) == 1
    assert (states(engine), len(script.accepted)) == (["sent"], 1)


@pytest.mark.parametrize("fault", OURS)
def test_a_weekend_without_a_mail_server_loses_nothing_that_is_in_time(
    engine: Engine, caplog: pytest.LogCaptureFixture, fault: DeliveryError
) -> None:
    take(engine, [delivered(str(n), NOW, f"c-{n}") for n in range(8)], NOW)
    outbox, now, tried = Outbox(), DUE, 0
    outbox.before = raising(fault)
    post = by_mail(engine, outbox, ADDRESS)
    while now < DUE + 2 * DAY:
        while deliver_one(post, now):
            tried += 1
        now += timedelta(minutes=30)
    assert TOLERATED < tried <= TOLERATED + 4 * 24
    outbox.before = lambda mail: None
    while deliver_one(post, now) or now < DUE + 3 * DAY:
        now += timedelta(minutes=5)
    assert (states(engine), len(outbox.mails)) == (["sent"] * 8, 8)
    told = [record.message for record in caplog.records if "the mail server" in record.message]
    left_alone = f"the mail server is left alone, and mails wait until it takes them: {fault}"
    assert told == [left_alone, "the mail server takes mails again"]


@pytest.mark.parametrize("fault", [*OURS, RuntimeError("a mistake of ours")])
def test_what_waited_too_long_for_the_server_is_late(engine: Engine, fault: Exception) -> None:
    take(engine, [delivered()], NOW)
    outbox, now, tried = Outbox(before=raising(fault)), DUE, [DUE]
    while rows(engine, sending.c.state) == [("planned",)]:
        deliver(engine, outbox, now)
        now = rows(engine, sending.c.next_at)[0][0] if fault is not OURS[1] else now + 12 * HOUR
        tried.append(now)
    assert states(engine) == ["late"]
    assert DUE + 7 * DAY in tried


def test_the_pause_of_a_server_grows_and_a_clock_set_back_does_not_prolong_it() -> None:
    breaker, pauses = Breaker(), []
    for _ in range(TOLERATED - 1):
        breaker.failed(DUE, "?")
    assert breaker.lets_through(DUE)
    for _ in range(50):
        breaker.failed(DUE, "?")
        assert breaker.open_until
        pauses.append(breaker.open_until - DUE)
    assert pauses[:3] == [timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2)]
    assert (pauses == sorted(pauses), pauses[-1], pause(10**6)) == (True, timedelta(minutes=15), pauses[-1])
    at = [(-DAY, True), (timedelta(minutes=14), False), (timedelta(minutes=15), True)]
    assert [(after, breaker.lets_through(DUE + after)) for after, _ in at] == at
    breaker.took()
    assert breaker == Breaker(last="")


def test_one_mail_that_is_refused_again_and_again_does_not_stop_the_others() -> None:
    breaker = Breaker()
    for _ in range(9):
        breaker.failed(DUE, "550 5.7.1 by the recipient's own rule", "one")
    assert breaker.lets_through(DUE)


def test_mails_that_are_all_refused_are_hardly_all_at_fault(engine: Engine) -> None:
    take(engine, [delivered(str(n), NOW, f"c-{n}") for n in range(20)], NOW)
    outbox = Outbox(before=raising(DeliveryError("554 no", permanent=True)))
    post = by_mail(engine, outbox, ADDRESS)
    while deliver_one(post, DUE):
        pass
    assert Counter(states(engine)) == {"failed": SUSPECT, "planned": 20 - SUSPECT}
    assert not post.outlets["email"].breaker.lets_through(DUE)


def test_what_keeps_failing_is_given_up(engine: Engine) -> None:
    take(engine, [delivered()], NOW)
    outbox, now, tries = Outbox(before=raising(DeliveryError("later", permanent=False))), DUE, 0
    while deliver(engine, outbox, now):
        now, tries = rows(engine, sending.c.next_at)[0][0], tries + 1
    assert (tries, now - DUE) == (len(PAUSES) + 1, sum(PAUSES, timedelta()))
    assert rows(engine, invitation.c.state, sending.c.reason) == [("failed", "later")]


@pytest.mark.parametrize("fault", [{"RCPT": "550 no such user"}, {"dot": "554 spam"}])
def test_what_is_refused_for_good_has_failed(engine: Engine, fault: dict[str, str]) -> None:
    take(engine, [delivered()], NOW)
    with scripted(**fault) as (_, smtp):
        deliver(engine, smtp)
    assert states(engine) == ["failed"]
    assert "refused" in rows(engine, sending.c.reason)[0][0]


def test_a_mailbox_that_a_server_does_not_know_is_not_written_to_again(
    engine: Engine, loop: asyncio.AbstractEventLoop
) -> None:
    take(engine, [delivered(str(number), customer=f"c-{number}") for number in (1, 2)], NOW)
    with serving(loop) as (sink, port):
        sink.unknown.add("c-1@example.com")
        smtp = SmtpTransport("127.0.0.1", port)
        deliver(engine, smtp)
        later = delivered("3", NOW + DAY)
        shared = [replace(later, id=id, customer=Customer(id, "C-1@Example.com")) for id in ("c-1", "c-3")]
        take(engine, shared, NOW + DAY)
        deliver(engine, smtp, NOW + 2 * DAY)
        assert len(sink.mails) == 1
    assert states(engine) == ["failed", "sent", "unreachable", "unreachable"]
    told = explain(engine, "c-3", NOW + DAY)
    assert any("2026-11-21 02:00" in line and "5.1.1 <…>: Recipient address rejected" in line for line in told)


@pytest.mark.parametrize("fault", [DROP, RESET, HANG, "what?"])
def test_what_may_have_been_accepted_is_not_sent_again(engine: Engine, fault: str) -> None:
    take(engine, [delivered()], NOW)
    with scripted(dot=fault) as (script, smtp):
        deliver(engine, smtp)
    assert (states(engine), len(script.accepted)) == (["uncertain"], 1)
    assert rows(engine, invitation.c.sent_at, invitation.c.expires_at) == [(DUE, DUE + 14 * DAY)]
    recover(by_mail(engine, Outbox(), ADDRESS), DUE + DAY, alone=True)
    assert deliver(engine, Outbox(), DUE + DAY) == 0


@pytest.mark.parametrize(("channel", "expected"), [(Outbox, "uncertain"), (Folder, "planned")])
def test_an_error_of_ours_after_the_handing_over_does_not_send_a_mail_twice(
    engine: Engine, channel: type[Outbox], expected: str
) -> None:
    take(engine, [delivered()], NOW)
    deliver(engine, channel(after=raising(RuntimeError("a mistake of ours"))))
    assert states(engine) == [expected]
    assert rows(engine, sending.c.reason) == [("a fault of the engine itself: RuntimeError('a mistake of ours')",)]
    deliver(engine, channel(), DUE + DAY)
    assert states(engine) == ["uncertain" if channel is Outbox else "sent"]


def test_the_log_names_the_invitation_that_was_not_sent_and_why(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    faults: dict[str, Callable[[Mail], object]] = {
        "not sent: 450 busy": raising(DeliveryError("450 busy", permanent=False)),
        "it is uncertain whether it was sent: it hung up": raising(Uncertain("it hung up")),
        "not sent, because it was not right any more": lambda mail: take(
            engine, [returned(order="A-3", customer="c-3")], DUE
        ),
        "not sent": raising(RuntimeError("a fault of ours")),
        "the claim ran out before the mail server took the mail": lambda mail: recover(
            by_mail(engine, Outbox(), ADDRESS), DUE, alone=True
        ),
    }
    caplog.set_level("INFO")
    for number, fault in enumerate(faults.values(), 1):
        take(engine, [delivered(f"{number}", customer=f"c-{number}")], NOW)
        deliver_one(by_mail(engine, Outbox(before=fault), ADDRESS), DUE)
    ids = [id for (id,) in rows(engine, invitation.c.id)]
    assert [record.getMessage() for record in caplog.records if record.getMessage().startswith("invitation")] == [
        f"invitation {id}: {why}" for id, why in zip(ids, faults, strict=True)
    ]


def test_an_invitation_that_cannot_be_sent_does_not_stand_in_the_way_of_others(engine: Engine) -> None:
    nameless = replace(delivered("2"), customer=Customer("c-2", "not an address"))
    take(engine, [delivered("1", NOW - HOUR), nameless, delivered("3", NOW, "c-3")], NOW)
    with engine.database.write() as connection:
        connection.execute(update(event).where(event.c.id == "o-1").values(data=["not", "a", "table"]))
    with scripted() as (script, smtp):
        assert deliver(engine, smtp) == 2
    assert states(engine) == ["planned", "unreachable", "sent"]
    assert rows(engine, sending.c.attempt, sending.c.next_at)[0] == (0, DUE + HOUR / 2)


def test_a_customer_without_an_address_any_more_is_unreachable(engine: Engine) -> None:
    take(engine, [delivered()], NOW)
    change(engine, {"purchase/delivery": asking(channels=["sms"])})
    take(engine, [delivered("2")], NOW)
    assert states(engine) == ["planned", "unreachable"]


def test_sending_turns_invitations_into_refusals_and_loses_none(engine: Engine) -> None:
    chance = random.Random(5)
    packing = asking(priority=1, sample=0.7, after="2 days")
    change(engine, {"purchase/packing": packing}, cooldown=0, at_most={"1 day": 1}, late=0)
    events = [random_event(chance, number) for number in range(60)]
    take(engine, events[:40], NOW)
    kinds = Counter(one.type for one in events)
    deliver(engine, Outbox(before=lambda mail: mail.key < "J" and raising(DeliveryError("no", True))(mail)), NOW)
    take(engine, events[40:], NOW + DAY)
    deliver(engine, Outbox(), NOW + 4 * DAY)
    (stage,) = plain(query.report(engine, query.ReportQuery(), NOW))["stages"]
    for funnel in (touchpoint["funnel"] for touchpoint in stage["touchpoints"]):
        assert funnel["eligible"] == funnel["invited"] + sum(funnel["refused"].values()) == kinds["shipment.delivered"]
        assert 0 < funnel["sent"] <= funnel["invited"]
    assert "planned" not in states(engine)


# Several workers, and dead ones


def test_two_workers_never_send_the_same_invitation(engine: Engine) -> None:
    n = 40
    take(engine, [delivered(str(number), customer=f"c-{number}") for number in range(n)], NOW)
    outbox, start = Outbox(), threading.Barrier(4)

    def work() -> int:
        start.wait()
        return sum(deliver(engine, outbox) for _ in range(3))

    with ThreadPoolExecutor(4) as pool:
        settled = [worker.result() for worker in [pool.submit(work) for _ in range(4)]]
    assert sum(settled) == n
    assert Counter(mail.key for mail in outbox.mails).most_common(1)[0][1] == 1
    assert Counter(states(engine)) == {"sent": n}


def test_two_workers_do_not_write_to_a_customer_at_the_same_time(engine: Engine) -> None:
    change(engine, {}, cooldown="1 day")
    take(engine, [delivered("1", NOW), delivered("2", NOW + DAY), delivered("3", NOW, "c-3")], NOW)
    second = Outbox()
    first = Outbox(before=lambda mail: deliver(engine, second, DUE + 2 * DAY))
    deliver(engine, first, DUE + 2 * DAY)
    assert Counter(mail.to for mail in first.mails + second.mails) == {"c-17@example.com": 1, "c-3@example.com": 1}
    assert states(engine) == ["cooldown", "sent", "sent"]


def test_a_worker_whose_lease_ran_out_may_not_hand_over(engine: Engine) -> None:
    take(engine, [delivered()], NOW)
    second = Outbox()

    def meanwhile(mail: Mail) -> None:
        other, later = by_mail(engine, second, ADDRESS), DUE + LEASE + timedelta(seconds=1)
        assert recover(other, DUE + LEASE - timedelta(seconds=1), alone=False) == 0
        assert recover(other, later, alone=False) == 1
        assert deliver_one(other, later)

    first = Outbox(before=meanwhile)
    assert deliver(engine, first) == 1
    assert (len(first.mails), len(second.mails), states(engine)) == (0, 1, ["sent"])
    assert rows(engine, sending.c.fence) == [(2,)]


def test_a_worker_whose_claim_was_taken_back_may_not_hand_over_either(engine: Engine) -> None:
    take(engine, [delivered()], NOW)
    first = Outbox(before=lambda mail: recover(by_mail(engine, first, ADDRESS), DUE + 2 * LEASE, alone=False))
    deliver_one(by_mail(engine, first, ADDRESS), DUE)
    assert (first.mails, states(engine)) == ([], ["planned"])


def test_a_mail_that_a_slow_server_has_is_given_the_time_of_another_lease(engine: Engine) -> None:
    take(engine, [delivered()], NOW)
    other = by_mail(engine, Outbox(), ADDRESS)
    slow = Outbox(after=lambda mail: recover(other, DUE + LEASE + timedelta(seconds=30), alone=False))
    deliver(engine, slow)
    assert states(engine) == ["sent"]


@pytest.mark.parametrize("failure", [DeliveryError("no", permanent=False), Uncertain("?"), RuntimeError("?")])
def test_a_worker_that_lost_its_claim_records_nothing(engine: Engine, failure: Exception) -> None:
    take(engine, [delivered()], NOW)

    def meanwhile(mail: Mail) -> None:
        recover(by_mail(engine, Folder(), ADDRESS), DUE + 3 * LEASE, alone=False)
        deliver(engine, Folder(), DUE + 3 * LEASE)
        raise failure

    deliver_one(by_mail(engine, Folder(after=meanwhile), ADDRESS), DUE)
    assert rows(engine, invitation.c.state, invitation.c.sent_at) == [("sent", DUE + 3 * LEASE)]


class Killed(BaseException):
    """Nothing of ours catches it, as nothing catches a kill."""


@pytest.mark.parametrize(
    ("channel", "expected"),
    [
        (Outbox(before=raising(Killed())), "sent"),
        (Outbox(after=raising(Killed())), "uncertain"),
        (Folder(before=raising(Killed())), "sent"),
        (Folder(after=raising(Killed())), "sent"),
    ],
)
@pytest.mark.parametrize("alone", [True, False])
def test_what_a_killed_worker_leaves_is_sent_unless_it_may_have_been_sent(
    engine: Engine, channel: Outbox, expected: str, alone: bool
) -> None:
    take(engine, [delivered()], NOW)
    with pytest.raises(Killed):
        deliver(engine, channel)
    later = DUE if alone else DUE + 3 * LEASE
    healthy = type(channel)()
    post = by_mail(engine, healthy, ADDRESS)
    assert deliver(engine, healthy) == 0
    assert recover(post, later, alone) == 1
    assert recover(post, later, alone) == 0
    deliver(engine, healthy, later)
    assert states(engine) == [expected]
    assert rows(engine, sending.c.attempt) == [(0,)]
    assert len(healthy.mails) == (expected == "sent")


# Tests, and all at once


def test_a_test_is_sent_to_the_trusted_only_and_counts_nowhere(engine: Engine) -> None:
    change(engine, {}, cooldown="30 days", test_only=["c-17@example.com"])
    trial = replace(delivered("2"), test=True)
    take(engine, [delivered(), trial, replace(trial, id="3", customer=Customer("c-9", "other@example.com"))], NOW)
    outbox = Outbox()
    deliver(engine, outbox)
    assert (sorted(states(engine)), len(outbox.mails)) == (["sent", "sent", "test"], 2)
    (stage,) = plain(query.report(engine, query.ReportQuery(), NOW))["stages"]
    assert stage["touchpoints"][0]["funnel"]["eligible"] == 1


def test_the_worker_does_once_all_that_is_due(engine: Engine) -> None:
    today = datetime.now(UTC)
    take(engine, [delivered(str(number), today - DAY, f"c-{number}") for number in range(3)], today)
    take(engine, [delivered("later", today, "c-9")], today)
    with engine.database.write() as connection:
        sendings.claim(connection, today, LEASE)
    settled = work_once(engine, ADDRESS)["sent"]
    outbox = list((engine.root / "data" / "outbox").glob("*.eml"))
    if engine.database.is_sqlite:  # there, whoever holds the lock knows that no other worker is alive
        assert (settled, len(outbox), Counter(states(engine))) == (3, 3, {"sent": 3, "planned": 1})
    else:
        assert (settled, len(outbox), Counter(states(engine))) == (2, 2, {"sent": 2, "planned": 2})
    assert work_once(engine, ADDRESS).total() == 0
