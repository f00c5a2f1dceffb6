"""The messages behind the numbers of the sending, and how failed and uncertain ones are sent again from there."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from sqlalchemy import select, update

from surveyengine.channels.refusal import DeliveryError, Uncertain
from surveyengine.engine import Engine
from surveyengine.invitations.planning import take
from surveyengine.store.schema import invitation, sending
from surveyengine.values.enumeration import Role
from surveyengine.web.staff import message_list, retrying
from tests.invitations.test_delivery import Outbox, deliver, raising
from tests.support import business, staff
from tests.support.reading import words
from tests.support.samples import LANGUAGES
from tests.web.staff.test_sending import NOW, shop

__all__ = ["shop"]

HERE = "/staff/sending/messages"
HAPPENED = NOW - timedelta(hours=13)
ROW = re.compile(r'<li class="message">.*?</li>', re.DOTALL)
AGAIN = re.compile(r'action="(/staff/sending/messages/(\d+)/again)"')


def states(engine: Engine) -> dict[int, str]:
    with engine.database.read() as connection:
        return {key: state for key, state in connection.execute(select(sending.c.key, sending.c.state))}


def failing(engine: Engine, n: int, fault: Exception) -> None:
    """Have so many messages of today not leave."""
    take(engine, [business.delivered(f"f{i}", HAPPENED, f"f-{i}") for i in range(n)], NOW)
    deliver(engine, Outbox(after=raising(fault)), NOW)


def test_a_count_leads_to_exactly_the_messages_that_it_counts(shop: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_list, "PAGE", 2)
    operator, day = staff.client(shop, Role.OPERATOR), NOW.astimezone(shop.config.business.zone).date()
    pages = [operator.get("/staff/sending/").text, operator.get(f"/staff/sending/?day={day}").text]
    links = {(unescape(url), int(n)) for one in pages for url, n in re.findall(rf'href="({HERE}\?[^"]+)">(\d+)<', one)}
    told = " ".join(url for url, _ in links)
    assert all(f"state={name}" in told for name in ("failed", "uncertain", "left"))
    for url, n in links:
        rows, path = list[str](), url
        while path:
            page = operator.get(path).text
            assert f"{n} message" in page
            rows += ROW.findall(page)
            older = re.search(r'class="onward" href="([^"]*after=[^"]*)"', page)
            path = unescape(older[1]) if older else ""
        assert len(rows) == len({*rows}) == n, url
    viewer = staff.client(shop, Role.VIEWER)
    assert HERE not in viewer.get("/staff/sending/").text
    assert "viewed" in [action for _, action, _ in staff.told(shop)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_row_says_why_since_when_and_when_it_is_tried_next_in_the_readers_language(
    shop: Engine, language: str
) -> None:
    operator = staff.client(shop, Role.OPERATOR, language)
    held = [operator.get(f"{HERE}?state={state}").text for state in ("later", "due", "late")]
    assert any("greylisted" in page and "<dl" in page for page in held)
    for state in ("later", "late", "failed", "uncertain"):
        page = operator.get(f"{HERE}?state={state}").text
        if language != "en":
            assert not re.search(r"\b(since|next try|Send again|sent again|mended)\b", words(page))


def test_one_is_sent_again_once_however_often_it_is_pressed(shop: Engine) -> None:
    operator = staff.client(shop, Role.OPERATOR)
    (url, key), = AGAIN.findall(operator.get(f"{HERE}?state=failed").text)
    first = staff.send(operator, f"{HERE}?state=failed", url, state="failed")
    assert (first.status_code, states(shop)[int(key)]) == (303, "planned")
    assert "1 message is sent again." in operator.get(first.headers["Location"]).text
    before = states(shop)
    again = staff.send(operator, HERE, url, state="failed")
    assert "somebody else was quicker" in operator.get(again.headers["Location"]).text
    assert states(shop) == before
    assert [one[1:] for one in staff.told(shop) if one[1] == "sent_again"] == [("sent_again", "failed · 1 of 1")]
    assert deliver(shop, Outbox(), datetime.now(UTC)) >= 1
    assert states(shop)[int(key)] == "sent"


def test_all_of_a_survey_since_a_day_are_sent_again_and_each_is_decided_anew(
    shop: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrying, "MOST", 3)
    failing(shop, 5, DeliveryError("full", permanent=True))
    with shop.database.write() as connection:
        late = update(invitation).where(invitation.c.customer == "f-4")
        connection.execute(late.values(due_at=NOW - timedelta(days=9)))
    operator = staff.client(shop, Role.OPERATOR)
    none = staff.send(operator, HERE, f"{HERE}/again", state="failed", survey="visit")
    assert "again=0" in none.headers["Location"]
    tomorrow = (NOW + timedelta(days=2)).date().isoformat()
    later = staff.send(operator, HERE, f"{HERE}/again", state="failed", survey="delivery", since=tomorrow)
    assert "again=0" in later.headers["Location"]
    said = list[str]()
    for _ in range(2):
        done = staff.send(operator, HERE, f"{HERE}/again", state="failed", survey="delivery")
        said.append(words(operator.get(done.headers["Location"]).text))
    assert "more wait for the next press" in said[0]
    assert any("These are not, because" in one and "late: 1" in one for one in said)
    assert [*states(shop).values()].count("failed") == 1


def test_an_uncertain_one_is_sent_again_only_by_who_says_that_some_may_arrive_twice(shop: Engine) -> None:
    operator = staff.client(shop, Role.OPERATOR)
    assert "the same message twice" in operator.get(f"{HERE}?state=uncertain").text
    refused = staff.send(operator, HERE, f"{HERE}/again", state="uncertain")
    assert (refused.status_code, "uncertain" in states(shop).values()) == (400, True)
    assert staff.send(operator, HERE, f"{HERE}/again", state="uncertain", accepted="1").status_code == 303
    assert "uncertain" not in states(shop).values()


@pytest.mark.parametrize("mode", ["confidential", "anonymous"])
def test_of_a_survey_that_keeps_persons_apart_nobody_is_shown(engine: Engine, mode: str) -> None:
    business.change(engine, {"purchase/delivery": f'mode = "{mode}"\n{business.DELIVERY}'}, cooldown="0 days")
    failing(engine, 2, DeliveryError("full", permanent=True))
    operator = staff.client(engine, Role.OPERATOR)
    page, sent = operator.get(f"{HERE}?state=failed").text, operator.get("/staff/sending/").text
    assert page.count("No person is shown") == 2
    for one in (page, sent):
        assert not re.search(r">f-\d|/staff/invitations/[\w-]{16}", one)
        assert one.count("Dana") == operator.get("/staff/surveys/").text.count("Dana")    # who has signed in
    assert "viewed" not in [one[1] for one in staff.told(engine)]
    url = AGAIN.findall(page)[0][0]
    assert staff.send(operator, HERE, url, state="failed").status_code == 303


def test_nothing_is_sent_again_while_the_clock_is_doubted(shop: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(shop.timekeeper), "moment", lambda _: None)
    done, before = staff.send(staff.client(shop, Role.OPERATOR), HERE, f"{HERE}/again", state="failed"), states(shop)
    assert (done.status_code, "a clock is not believed" in done.text, states(shop)) == (400, True, before)


BAD = ("state=none", "survey=none", "since=yesterday", "after=x", "state=left", "state=left&hour=now",
       "state=left&hour=0001-01-01T00:00%2B05:00", "state=left&hour=9999-12-31T23:00-05:00")    # fmt: skip


@pytest.mark.parametrize("query", BAD)
def test_an_address_that_means_nothing_is_refused_in_words(shop: Engine, query: str) -> None:
    page = staff.client(shop, Role.OPERATOR).get(f"{HERE}?{query}")
    assert (page.status_code, "To the sending of today" in page.text) == (400, True)


def test_what_an_address_says_of_the_outcome_is_read_with_care(shop: Engine) -> None:
    page = staff.client(shop, Role.OPERATOR).get(f"{HERE}?again=x&kept=late:2,<b>:3,late:1,cancelled:y&left=-1").text
    assert "late: 3" in words(page)
    assert "<b>" not in page


@pytest.mark.parametrize("mode", ["identified", "confidential", "anonymous"])
def test_a_list_tells_by_no_moment_and_no_button_who_has_not_answered(engine: Engine, mode: str) -> None:
    reminding = business.asking(remind=["3 days", "5 days"]).replace("closed =", f'mode = "{mode}"\nclosed =')
    business.change(engine, {"purchase/delivery": reminding})
    take(engine, [business.delivered(f"s{i}", HAPPENED, f"s-{i}") for i in range(2)], NOW)
    broken = Outbox(after=raising(Uncertain("broke off")))
    assert deliver(engine, broken, NOW) == 2
    with engine.database.write() as connection:
        answered = update(invitation).where(invitation.c.customer == "s-0")
        connection.execute(answered.values(answered_at=NOW + timedelta(days=1)))
    assert deliver(engine, broken, NOW + timedelta(days=3)) == 2  # one of which is not right any more
    operator, tells = staff.client(engine, Role.OPERATOR), mode == "identified"
    pages = {state: operator.get(f"{HERE}?state={state}").text for state in ("uncertain", "later", "due", "late")}
    rows = [row for page in pages.values() for row in ROW.findall(page)]
    assert len(rows) == 4
    assert [("<dl" in row) for row in rows] == [tells] * 4
    said = pages["uncertain"]
    assert (len(AGAIN.findall(said)), "settled meanwhile" in said, "reminders are not sent again" in said) == (
        tells, tells, tells,
    )  # fmt: skip
