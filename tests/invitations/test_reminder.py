"""Whoever does not answer is reminded: by another message of the same invitation, and never once there is no need."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from sqlalchemy import select

from surveyengine.app import create_app
from surveyengine.channels.channel import Reminder
from surveyengine.channels.message import invitation as composed
from surveyengine.channels.mime import as_bytes
from surveyengine.channels.mime import message as mime
from surveyengine.channels.refusal import DeliveryError, Uncertain
from surveyengine.engine import Engine
from surveyengine.invitations import state
from surveyengine.invitations.delivery import LEASE, deliver_one, recover
from surveyengine.invitations.explain import explain
from surveyengine.invitations.planning import take
from surveyengine.invitations.recurring import plan_turns
from surveyengine.invitations.revival import revive_uncertain
from surveyengine.invitations.unsubscribe import opt_out
from surveyengine.people.caller import Caller
from surveyengine.privacy.erasure import erase
from surveyengine.results import query
from surveyengine.results.export.extract import RowFilter, Source, extract
from surveyengine.results.export.shape import FIELDS
from surveyengine.results.record import plain
from surveyengine.serving.worker import work_once
from surveyengine.store import addresses, drafts, messages
from surveyengine.store.drafts import BegunForm, Draft
from surveyengine.store.schema import invitation, sending
from surveyengine.values.enumeration import Role
from surveyengine.values.link_tokens import unsubscribe_token
from tests.invitations.test_delivery import (
    ADDRESS,
    DAY,
    DUE,
    HOUR,
    NOW,
    Folder,
    Killed,
    Outbox,
    deliver,
    raising,
)
from tests.invitations.test_intake import returned
from tests.support import samples, staff
from tests.support.business import answer, asking, change, delivered
from tests.support.drafts import TITLE, faults, question
from tests.support.posts import by_mail
from tests.support.samples import LANGUAGES, content, survey
from tests.web import test_lists as lists
from tests.web.test_api import Api

FIRST, SECOND = DUE + 3 * DAY, DUE + 6 * DAY  # when reminders are due
# The pages' own clock must find the links of 2026 working.
TWICE: dict[str, Any] = {
    "after": "12 hours", "cancel_on": ["return.requested", "case.opened"], "remind": ["3 days", "6 days"],
    "expires": "36500 days",
}  # fmt: skip


@pytest.fixture
def outbox(engine: Engine) -> Outbox:
    """What left for a customer who was invited, and who is to be reminded twice."""
    change(engine, {"purchase/delivery": asking(**TWICE)})
    take(engine, [delivered()], NOW)
    sent = Outbox()
    deliver(engine, sent)
    return sent


def sendings(engine: Engine) -> list[tuple[int, str, str | None]]:
    with engine.database.read() as connection:
        found = select(sending.c.number, sending.c.state, sending.c.reason).order_by(sending.c.number)
        return [tuple(row) for row in connection.execute(found)]


def invited(engine: Engine) -> Any:
    with engine.database.read() as connection:
        return connection.execute(select(invitation)).one()


def test_a_reminder_is_another_message_of_the_same_invitation(engine: Engine, outbox: Outbox) -> None:
    before = invited(engine)
    assert sendings(engine) == [(1, "sent", None), (2, "planned", None)]
    assert deliver(engine, outbox, FIRST - HOUR) == 0
    assert deliver(engine, outbox, FIRST) == 1
    assert deliver(engine, outbox, SECOND) == 1
    assert deliver(engine, outbox, SECOND + 3 * DAY) == 0
    first, second, third = (message_from_bytes(as_bytes(mime(one, NOW)), policy=default) for one in outbox.mails)
    linked = {tuple(re.findall(r"https://\S+/[ru]/\w\S*", one.text)) for one in outbox.mails}
    assert len(linked) == 1
    assert len({one["Message-ID"] for one in (first, second, third)}) == 3
    assert [one["In-Reply-To"] for one in (first, second, third)] == [None, *[first["Message-ID"]] * 2]
    assert second["References"] == first["Message-ID"]
    assert second["Subject"] == f"תזכורת: {first['Subject']}"
    assert "עוד לא התקבלה תשובה ממך. הקישור תקף עד " in outbox.mails[1].text
    assert second["List-Unsubscribe"] == first["List-Unsubscribe"]
    after = invited(engine)
    assert (after.sent_at, after.expires_at, after.state) == (before.sent_at, before.expires_at, "sent")
    (stage,) = plain(query.report(engine, query.ReportQuery(), SECOND))["stages"]
    funnel = stage["touchpoints"][0]["funnel"]
    assert (funnel["eligible"], funnel["invited"], funnel["sent"]) == (1, 1, 1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reminder_says_so_in_every_language(language: str) -> None:
    asked = content(survey(samples.question("a", "csat")), language)
    until = date(2026, 12, 4)
    subject, text, html = composed(replace(asked, reminder=Reminder("abc", until)))
    said, day = {
        "en": ("We have not had your answer yet.", "December 4, 2026"),
        "he": ("עוד לא התקבלה תשובה ממך.", "4 בדצמבר 2026"),
        "fa": ("هنوز پاسخی از شما نرسیده است.", "۱۳ آذر ۱۴۰۵"),
    }[language]
    for one in (text, html):
        assert said in one
        assert day in one
    assert subject.endswith(composed(asked)[0])
    assert subject != composed(asked)[0]


def answers(engine: Engine, sent: Outbox) -> None:
    link = re.findall(r"/r/[^\s?]+", sent.mails[0].text)[0]
    assert answer(create_app(engine).test_client(), link, satisfaction="5").status_code == 303


def begins(engine: Engine, sent: Outbox) -> None:
    with engine.database.write() as connection:
        drafts.save(connection, BegunForm(invited(engine).key, invited(engine).digest), Draft({}, 2), DUE)


def leaves(engine: Engine, sent: Outbox) -> None:
    opt_out(engine, unsubscribe_token(engine.secret, invited(engine).id), DUE)


def bounces(engine: Engine, sent: Outbox) -> None:
    with engine.database.write() as connection:
        addresses.note_undeliverable(connection, engine.hasher.hash("c-17@example.com"), DUE, "550 5.1.1")


def returns(engine: Engine, sent: Outbox) -> None:
    take(engine, [returned(time=DUE)], DUE)


def complains(engine: Engine, sent: Outbox) -> None:
    take(engine, [replace(returned(time=DUE), type="case.opened")], DUE)


def edits(engine: Engine, sent: Outbox) -> None:
    change(engine, {"purchase/delivery": asking(**{**TWICE, "remind": []})})


def closes(engine: Engine, sent: Outbox) -> None:
    change(engine, {"purchase/delivery": asking(closed=True, **TWICE)})


ENDS: list[tuple[Callable[[Engine, Outbox], None], str]] = [
    (answers, "answered"), (begins, "begun"), (leaves, "opted_out"), (bounces, "unreachable"), (returns, "cancelled"),
    (complains, "cancelled"), (edits, "no_longer_asked"), (closes, "closed"),
]  # fmt: skip


@pytest.mark.parametrize(("happening", "reason"), ENDS)
def test_nobody_is_reminded_of_what_needs_no_answer_any_more(
    engine: Engine, outbox: Outbox, happening: Callable[[Engine, Outbox], None], reason: str
) -> None:
    happening(engine, outbox)
    deliver(engine, outbox, FIRST)
    deliver(engine, outbox, SECOND)
    assert len(outbox.mails) == 1
    assert [one[1] for one in sendings(engine)] in (["sent"], ["sent", "withdrawn"])
    assert invited(engine).state == "sent"


@pytest.mark.parametrize(("happening", "reason"), ENDS)
def test_what_happens_while_the_mail_server_listens_still_stops_a_reminder(
    engine: Engine, outbox: Outbox, happening: Callable[[Engine, Outbox], None], reason: str
) -> None:
    last = Outbox(before=lambda mail: happening(engine, outbox))
    deliver(engine, last, FIRST)
    assert last.mails == []
    assert sendings(engine) == [(1, "sent", None), (2, "withdrawn", reason)]


def test_a_customer_who_answered_after_a_reminder_is_not_reminded_again(engine: Engine, outbox: Outbox) -> None:
    deliver(engine, outbox, FIRST)
    answers(engine, outbox)
    deliver(engine, outbox, SECOND)
    assert len(outbox.mails) == 2
    deliver(engine, Outbox(after=lambda mail: answers(engine, outbox)), FIRST)
    assert [one[:2] for one in sendings(engine)] == [(1, "sent"), (2, "sent")]


def test_an_answer_that_comes_while_a_reminder_leaves_ends_them_all(engine: Engine, outbox: Outbox) -> None:
    deliver(engine, Outbox(after=lambda mail: answers(engine, outbox)), FIRST)
    assert [one[:2] for one in sendings(engine)] == [(1, "sent"), (2, "sent")]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (DeliveryError("550 no", permanent=True), [(1, "failed", "550 no")]),
        (Uncertain("broke off"), [(1, "uncertain", "broke off"), (2, "planned", None)]),
    ],
)
def test_only_what_may_have_arrived_is_followed(
    engine: Engine, fault: Exception, expected: list[tuple[int, str, str | None]]
) -> None:
    change(engine, {"purchase/delivery": asking(**TWICE)})
    take(engine, [delivered()], NOW)
    deliver(engine, Outbox(after=raising(fault)))
    assert sendings(engine) == expected


def test_a_reminder_that_arrives_settles_what_was_uncertain(engine: Engine) -> None:
    change(engine, {"purchase/delivery": asking(**TWICE)})
    take(engine, [delivered()], NOW)
    deliver(engine, Outbox(after=raising(Uncertain("broke off"))))
    assert invited(engine).state == "uncertain"
    deliver(engine, Outbox(), FIRST)
    assert (invited(engine).state, invited(engine).sent_at) == ("sent", DUE)
    assert revive_uncertain(engine, None, None, FIRST).again == 0


def test_an_uncertain_invitation_that_is_sent_again_is_reminded_of_from_then_on(engine: Engine) -> None:
    change(engine, {"purchase/delivery": asking(**TWICE)})
    take(engine, [delivered()], NOW)
    deliver(engine, Outbox(after=raising(Uncertain("broke off"))))
    assert revive_uncertain(engine, None, None, DUE + DAY).again == 1
    assert [one[:2] for one in sendings(engine)] == [(1, "planned")]
    again = Outbox()
    deliver(engine, again, DUE + DAY)
    assert deliver(engine, again, FIRST) == 0
    assert deliver(engine, again, FIRST + DAY) == 1


@pytest.mark.parametrize(
    ("channel", "expected"),
    [
        (Outbox(before=raising(Killed())), [(2, "sent"), (3, "planned")]),
        (Outbox(after=raising(Killed())), [(2, "uncertain"), (3, "planned")]),
        (Folder(before=raising(Killed())), [(2, "sent"), (3, "planned")]),
        (Folder(after=raising(Killed())), [(2, "sent"), (3, "planned")]),
    ],
)
def test_what_a_killed_worker_leaves_of_a_reminder_is_settled_like_an_invitation(
    engine: Engine, outbox: Outbox, channel: Outbox, expected: list[tuple[int, str]]
) -> None:
    with pytest.raises(Killed):
        deliver(engine, channel, FIRST)
    healthy, later = type(channel)(), FIRST + 3 * LEASE
    assert recover(by_mail(engine, healthy, ADDRESS), later, alone=False) == 1
    deliver(engine, healthy, later)
    assert [one[:2] for one in sendings(engine)] == [(1, "sent"), *expected]
    assert len(healthy.mails) == (expected[0][1] == "sent")
    assert invited(engine).state == "sent"


def test_a_worker_that_lost_its_claim_on_a_reminder_may_not_hand_it_over(engine: Engine, outbox: Outbox) -> None:
    def meanwhile(mail: object) -> None:
        later = FIRST + 3 * LEASE
        recover(by_mail(engine, Outbox(), ADDRESS), later, alone=False)
        deliver(engine, outbox, later)

    slow = Outbox(before=meanwhile)
    deliver_one(by_mail(engine, slow, ADDRESS), FIRST)
    assert (len(outbox.mails), slow.mails) == (2, [])
    assert [one[:2] for one in sendings(engine)] == [(1, "sent"), (2, "sent"), (3, "planned")]


@pytest.mark.parametrize(("expires", "days"), [("5 days", [4]), ("4 days", [])])
def test_a_reminder_waits_for_the_quiet_hours_to_end_and_not_beyond_the_links_end(
    engine: Engine, expires: str, days: list[int]
) -> None:
    files = {"purchase/delivery": asking(after="12 hours", expires=expires, remind=["90 hours"])}
    change(engine, files, cooldown="0 days", quiet_hours=["20:00", "09:00"])
    take(engine, [delivered()], NOW)
    morning = datetime(2026, 11, 21, 7, 0, tzinfo=DUE.tzinfo)  # 9:00 in Jerusalem
    deliver(engine, Outbox(), morning)
    with engine.database.read() as connection:
        planned = connection.execute(select(sending.c.next_at).where(sending.c.number == 2)).scalars()
        assert [*planned] == [morning + n * DAY for n in days]


def test_limits_do_not_count_reminders(engine: Engine) -> None:
    files = {"purchase/delivery": asking(**TWICE), "purchase/visit": asking(on="order.paid")}
    change(engine, files, cooldown="0 days", at_most={"30 days": 2})
    take(engine, [delivered()], NOW)
    sent = Outbox()
    deliver(engine, sent)
    deliver(engine, sent, FIRST)
    later = replace(delivered("2", FIRST), type="order.paid")
    assert take(engine, [later], FIRST)[0]["refused"] == []
    deliver(engine, sent, FIRST)
    deliver(engine, sent, SECOND)  # and they are not held back by limits
    assert len(sent.mails) == 4


def test_a_recurring_survey_reminds_too(engine: Engine) -> None:
    yearly = asking(every="30 days", remind=["3 days"]).replace('on = "shipment.delivered"\n', "")
    change(engine, {"purchase/delivery": asking(on="nothing"), "relationship/yearly": yearly})
    take(engine, [delivered()], NOW)
    turn = NOW + 31 * DAY
    plan_turns(engine, turn)
    sent = Outbox()
    assert deliver(engine, sent, turn) == 1
    assert deliver(engine, sent, turn + 3 * DAY) == 1
    assert sent.mails[1].after == sent.mails[0].key


def test_what_became_of_a_reminder_is_told(engine: Engine, outbox: Outbox) -> None:
    def told() -> str:
        return next(line for line in explain(engine, "c-17", FIRST + HOUR) if "visit" in line or "delivery" in line)

    assert "to be reminded on 2026-11-24" in told()
    deliver(engine, outbox, FIRST)
    assert "reminded on 2026-11-24 02:00, to be reminded on 2026-11-27" in told()
    leaves(engine, outbox)
    deliver(engine, outbox, SECOND)
    assert "reminded on 2026-11-24 02:00, not reminded, because the customer asked not to be invited" in told()
    with engine.database.read() as connection:
        (hour,) = messages.hourly(connection, [FIRST, FIRST + HOUR])
    assert hour == (1, 1)
    assert state.status(engine, SECOND).reminders == (0, 0, 0, 0, 0)


@pytest.mark.parametrize(("mode", "expected"), [("identified", 1), ("confidential", 0), ("anonymous", 0)])
def test_a_list_of_invitations_tells_who_was_reminded_where_it_may(engine: Engine, mode: str, expected: int) -> None:
    change(engine, {"purchase/delivery": asking(**TWICE).replace("closed =", f'mode = "{mode}"\nclosed =')})
    take(engine, [delivered()], NOW)
    sent = Outbox()
    deliver(engine, sent)
    deliver(engine, sent, FIRST)
    browser = staff.client(engine, Role.OPERATOR)
    page = browser.get("/staff/invitations/?step=sent&from=2026-11-20&to=2026-11-20").text
    assert page.count("sent, and reminded") == expected
    assert browser.get(f"/staff/invitations/{invited(engine).id}").text.count("Reminder") == 2 * expected
    (listed,) = lists.rows(Api(engine, "read"), lists.INVITATIONS)
    (exported,) = extract(Source(engine, RowFilter(), FIRST), "invitations").rows
    columns = [one.name for one in FIELDS["invitations"]]
    told = (1, FIRST) if expected else (None, None)
    assert tuple(exported[columns.index(name)] for name in ("reminders", "reminded_at")) == told
    assert (listed["reminders"], listed["reminded_at"]) == (told[0], told[1] and told[1].isoformat())


def test_an_invitation_that_nobody_was_reminded_of_says_so(engine: Engine, outbox: Outbox) -> None:
    (row,) = (row for _, row in Source(engine, RowFilter(), DUE).invitations())
    assert (row.reminders, row.reminded_at) == (0, None)
    deliver(engine, outbox, FIRST)
    deliver(engine, outbox, SECOND)
    (row,) = (row for _, row in Source(engine, RowFilter(), SECOND).invitations())
    assert (row.reminders, row.reminded_at) == (2, SECOND)


def test_nobody_is_told_who_was_reminded_where_nobody_is_told_who_answered(engine: Engine) -> None:
    change(engine, {"purchase/delivery": asking(**TWICE).replace("closed =", 'mode = "confidential"\nclosed =')})
    take(engine, [delivered()], NOW)
    sent = Outbox()
    deliver(engine, sent)
    deliver(engine, sent, FIRST)
    assert len(sent.mails) == 2
    assert not any("remind" in line for line in explain(engine, "c-17", FIRST + HOUR))


def test_an_erased_customer_is_not_reminded(engine: Engine) -> None:
    change(engine, {"purchase/delivery": asking(**TWICE)})
    today = datetime.now(DUE.tzinfo)
    take(engine, [delivered(time=today - DAY)], today - DAY)
    work_once(engine, ADDRESS)
    folder = engine.root / "data" / "outbox"
    assert len([*folder.glob("*.eml")]) == 1
    with engine.database.write() as connection:
        connection.execute(sending.update().where(sending.c.number == 2).values(next_at=today, due_at=today))
    work_once(engine, ADDRESS)
    assert len([*folder.glob("*.eml")]) == 2
    gone = erase(engine, "c-17", Caller(today + DAY))
    assert (gone.sendings, gone.files) == (3, 2)
    assert [*folder.glob("*.eml")] == []
    assert sendings(engine) == []


REMINDING = f'{TITLE}[invite]\non = "order.paid"\nexpires = "7 days"\nremind = [%s]\n' + question("a", "csat")


@pytest.mark.parametrize(
    ("waits", "said"),
    [
        ('"3 days"', []),
        ('"7 days"', ["6:11: error: a reminder after 7 days comes too late: the link works for 7 days; remind earlier,"
                      " or write a longer `expires`"]),
        ('"0 days"', ["6:11: error: a reminder cannot leave with its invitation; write how long after the invitation,"
                      ' such as "3 days"']),
        ('"3 days", "2 days"',
         ["6:1: warning: 2 reminders bother those who do not want to answer, and bring few answers; one is usual after"
          " an event",
          "6:21: error: this reminder does not come after the one before it, at 3 days; each counts from the"
          " invitation; write the earlier one first"]),
    ],
)  # fmt: skip
def test_check_looks_at_when_reminders_leave(waits: str, said: list[str]) -> None:
    assert faults(REMINDING % waits) == said


def test_a_relationship_bears_two_reminders() -> None:
    file = REMINDING.replace('on = "order.paid"', 'every = "365 days"') % '"2 days", "4 days"%s'
    assert faults(file % "") == []
    assert len(faults(file % ', "5 days"')) == 1
