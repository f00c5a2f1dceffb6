"""Sending on a page: the numbers of `status` and of the report, and who may see whom."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import ColumnElement, func, select, true, update

from surveyengine.channels.refusal import Blame, DeliveryError, SmtpStep, Uncertain, refusal
from surveyengine.engine import Engine
from surveyengine.invitations import state
from surveyengine.invitations.explain import explain, explain_on_page
from surveyengine.invitations.planning import take
from surveyengine.results.query import ReportQuery, report
from surveyengine.store.schema import invitation, sending
from surveyengine.values.enumeration import Role
from surveyengine.web.staff import hours, invitation_list
from surveyengine.web.staff.coded import coded
from tests.invitations.test_delivery import Outbox, deliver, raising
from tests.results.test_export import give
from tests.support import business, staff
from tests.support.reading import words
from tests.support.samples import LANGUAGES

NOW = datetime.now(UTC).replace(microsecond=0)
FAILED = invitation.c.state == "failed"


@pytest.fixture
def shop(engine: Engine) -> Engine:
    """Nine customers of today: some were mailed, one mail failed, one is uncertain, some wait; two were not asked."""
    asked = business.asking(sample=0)
    business.change(engine, {"purchase/visit": asked}, cooldown="0 days", per_minute=60)
    happened = NOW - timedelta(hours=13)
    take(engine, [business.delivered(str(n), happened, f"c-{n}") for n in range(7)], NOW)
    take(engine, [business.delivered("8", NOW, "c-8")], NOW)
    take(engine, [business.delivered("9", NOW - timedelta(days=30), "c-9")], NOW)
    faults = iter([
        DeliveryError("full", permanent=True), Uncertain("broke off"), DeliveryError("greylisted", permanent=False),
        DeliveryError("nobody is there", permanent=False, blame=Blame.SERVER), *[None] * 9,
    ])  # fmt: skip

    def falter(mail: object) -> object:
        fault = next(faults)
        return raising(fault)(mail) if fault else None  # type: ignore[arg-type]

    deliver(engine, Outbox(after=falter), NOW)
    return engine


LISTS = r'<a href="(/staff/invitations/\?[^"]+)">([\d,]+)</a>'


@pytest.mark.parametrize(("page", "least"), [
    ("/staff/sending/?day={day}", 6), ("/staff/journey/purchase/delivery?from={day}&to={day}", 5),
])
def test_a_number_of_the_funnel_leads_to_exactly_those_it_counts(
    shop: Engine, monkeypatch: pytest.MonkeyPatch, page: str, least: int
) -> None:
    monkeypatch.setattr(invitation_list, "PAGE", 3)
    happened = (NOW - timedelta(hours=13)).astimezone(shop.config.business.zone).date()
    operator, address = staff.client(shop, Role.OPERATOR), page.format(day=happened)
    found = re.findall(LISTS, operator.get(address).text)
    assert len(found) >= least
    for url, n in found:
        listed, path = list[str](), unescape(url)
        while path:
            html = operator.get(path).text
            assert f"{n} event" in html
            listed += re.findall(r'href="/staff/invitations/([\w-]{16,})"', html)
            older = re.search(r'href="(\?[^"]*after=[^"]*)"', html)
            path = f"/staff/invitations/{unescape(older[1])}" if older else ""
        assert len(set(listed)) == len(listed) == int(n)
    assert not re.findall(LISTS, staff.client(shop, Role.VIEWER).get(address).text)


def test_each_thing_that_limits_a_list_can_be_taken_off_alone(shop: Engine) -> None:
    operator, all_of_it = staff.client(shop, Role.OPERATOR), "touchpoint=visit&from=2026-01-01&step=refused"
    page = operator.get(f"/staff/invitations/?{all_of_it}&reason=not_sampled").text
    left = [unescape(url) for url in re.findall(r'<a href="/staff/invitations/\?([^"]*)" aria-label="Without', page)]
    assert left == [
        "touchpoint=visit&from=2026-01-01", all_of_it, "from=2026-01-01&step=refused&reason=not_sampled",
        "touchpoint=visit&step=refused&reason=not_sampled",
    ]  # fmt: skip
    assert "aria-label=\"Without" not in operator.get("/staff/invitations/").text


@pytest.mark.parametrize(("query", "sentence"), [
    ("step=opened", "There is no step “opened” between an event and its answer."),
    ("touchpoint=moon", "There is no touchpoint “moon”."), ("from=soon", "“soon” is no day."),
    ("after=x", "“x” is no place in this list."), ("from=2026-10-02&to=2026-10-01", "is after its last one"),
])
def test_a_list_that_nobody_can_mean_says_so(shop: Engine, query: str, sentence: str) -> None:
    page = staff.client(shop, Role.OPERATOR).get(f"/staff/invitations/?{query}")
    assert (page.status_code, sentence in words(page.text)) == (400, True)


@pytest.mark.parametrize("mode", ["confidential", "anonymous"])
def test_no_list_tells_who_answered_where_that_was_promised(engine: Engine, mode: str) -> None:
    business.change(engine, {"purchase/visit": f'mode = "{mode}"\n{business.asking(sample=0)}'})
    take(engine, [business.delivered("1", NOW - timedelta(hours=13))], NOW)
    deliver(engine, Outbox(), NOW)
    operator = staff.client(engine, Role.OPERATOR)
    page = operator.get("/staff/journey/purchase/visit?from=2026-01-01&to=2030-01-01").text
    steps = {re.findall("step=(\\w+)", url)[0] for url, _ in re.findall(LISTS, page)}
    assert steps == {"events", "refused"}    # of the others there are none
    assert operator.get("/staff/invitations/?touchpoint=visit&step=answered").status_code == 400
    assert operator.get("/staff/invitations/?step=answered").status_code == 400


def test_of_two_surveys_about_an_event_the_list_does_not_tell_which_was_answered(engine: Engine) -> None:
    asked = f'mode = "confidential"\ntouchpoint = "visit"\n{business.asking(sample=0)}'
    business.change(engine, {"purchase/visit": asked, "purchase/again": asked}, cooldown="0 days")
    take(engine, [business.delivered("1", NOW - timedelta(hours=13))], NOW)
    deliver(engine, Outbox(), NOW)
    operator, listed = staff.client(engine, Role.OPERATOR), list[list[str]]()
    sent = {"state": "sent", "reason": None, "due_at": NOW, "sent_at": NOW, "expires_at": NOW + timedelta(days=9)}
    with engine.database.write() as connection:    # as an earlier engine, that knew no limits, may have sent both
        both = invitation.c.survey.in_(["visit", "again"])
        connection.execute(update(invitation).where(both).values(sent))
        keys = connection.execute(select(invitation.c.key).where(both)).scalars().all()
    assert len(keys) == 2
    for key in (None, *keys):
        with engine.database.write() as connection:
            connection.execute(update(invitation).values(answered_at=None))
            connection.execute(update(invitation).where(invitation.c.key == key).values(answered_at=NOW))
        page = operator.get("/staff/invitations/?touchpoint=visit&step=sent").text
        listed.append(re.findall(r'href="/staff/invitations/([\w-]{16,})"', page))
    assert listed[0] == listed[1] == listed[2]
    assert len(listed[0]) == 1


def cells(page: str) -> dict[str, str]:
    """The rows of the page's tables with one number each."""
    found = re.findall(r'<th scope="row">([^<]+)</th><td class="n">(?:<a [^>]*>)?([^<]+)(?:</a>)?</td>', page)
    return {unescape(name): n for name, n in found}


def content(page: str) -> str:
    """A page without what is around it, which differs each time."""
    return page[page.index("<main") :]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_every_number_is_that_of_status_or_of_the_report(shop: Engine, role: Role) -> None:
    counts = [state.status(shop, datetime.now(UTC)).counts]
    day = (NOW - timedelta(hours=13)).astimezone(shop.config.business.zone).date()
    page = staff.client(shop, role).get(f"/staff/sending/?day={day}").text
    counts.append(state.status(shop, datetime.now(UTC)).counts)    # between the two a message may have come to be due
    found = cells(page)
    now = [int(found[name]) for name in ("Planned for later", "Due", "Late", "Failed", "Uncertain")]
    assert now in [[one.later, one.due, one.late, one.failed, one.uncertain] for one in counts]
    funnels = [one.funnel for one in report(shop, ReportQuery(day, day), datetime.now(UTC)).touchpoints]
    told = {"Events": sum(one.eligible for one in funnels), "Invited": sum(one.invited for one in funnels),
            "Not asked": sum(sum(one.refused.values()) for one in funnels), "Sent": sum(one.sent for one in funnels),
            "not sampled": sum(one.refused.get("not_sampled", 0) for one in funnels)}    # fmt: skip
    assert {name: int(found[name]) for name in told} == told
    assert told["not sampled"] >= 7
    for one in state.status(shop, datetime.now(UTC)).held:
        assert (one.reason in page) == (role is Role.OPERATOR)    # a server may name an address in it
    left = shop.database
    with left.read() as connection:
        sent = len(connection.execute(select(sending.c.key).where(sending.c.sent_at.is_not(None))).all())
    at = NOW.astimezone(shop.config.business.zone).date()
    today = staff.client(shop, role).get(f"/staff/sending/?day={at}").text
    assert f"{sent} messages left on this day" in today
    hours = re.findall(r'<th scope="row">\d\d:00</th><td class="n">(?:<a[^>]*>)?(\d+)', today)
    assert sum(map(int, hours)) == sent


def test_the_numbers_are_files_too(shop: Engine) -> None:
    browser = staff.client(shop, Role.VIEWER)
    day = f"?day={NOW.astimezone(shop.config.business.zone).date()}"
    earlier = json.loads(browser.get(f"/staff/sending.json{day}").data)
    page, told = browser.get(f"/staff/sending/{day}").text, json.loads(browser.get(f"/staff/sending.json{day}").data)
    assert int(cells(page)["Sent"]) == told["events"]["sent"]
    # A message may come to be due while we look.
    assert told["now"]["later"] <= int(cells(page)["Planned for later"]) <= earlier["now"]["later"]
    assert f"{sum(told['hours'].values())} messages left" in page
    rows = browser.get(f"/staff/sending.csv{day}").text.splitlines()
    hours = [(at, int(n), int(reminders)) for at, n, reminders in (row.split(",") for row in rows[1:])]
    assert {at: n for at, n, _ in hours} == told["hours"]
    assert sum(reminders for *_, reminders in hours) == told["reminders"] == 0
    assert ElementTree.fromstring(browser.get("/staff/sending.svg").text).tag.endswith("svg")  # noqa: S314  # ours
    assert browser.get("/staff/sending.csv?day=x").status_code == 400


def test_viewers_see_counts_and_no_customer(shop: Engine) -> None:
    page = staff.client(shop, Role.VIEWER).get("/staff/sending/?who=c-1").text
    assert not re.search(r"c-\d|full", content(page))  # around it are random letters
    assert "Why was this customer" not in page
    page = staff.client(shop, Role.OPERATOR).get("/staff/sending/").text
    assert "broke off" in page
    assert len(re.findall(r'href="/staff/invitations/\w', page)) == 2


def test_why_somebody_was_asked_is_what_explain_says(shop: Engine) -> None:
    for language, who in zip(LANGUAGES, ("c-1", "c-1@example.com", "shop/o-9"), strict=True):
        browser = staff.client(shop, Role.OPERATOR, language)
        text = browser.get("/staff/sending/", query_string={"who": who}).text
        told = explain_on_page(shop, who, datetime.now(UTC), shop.catalogs.speech(language))
        lines = [line.strip() for line in told if line.strip()]
        assert len(lines) == len([line for line in explain(shop, who, datetime.now(UTC), language) if line.strip()])
        assert [line for line in lines if coded(line) not in text and " ".join(line.split()) not in text] == []
    missed = browser.get("/staff/sending/", query_string={"who": "c-11"}).text
    assert re.search(r'href="\?who=c-\d+#why"', missed)


def test_whoever_asks_about_a_customer_is_in_the_log_and_the_address_that_was_typed_is_not(shop: Engine) -> None:
    with shop.database.read() as connection:
        id = connection.execute(select(invitation.c.id).where(invitation.c.customer == "c-1")).scalars().first()
    operator, viewer = staff.client(shop, Role.OPERATOR), staff.client(shop, Role.VIEWER)
    for who in ("c-1", "c-1@example.com", "shop/o-9", "nobody", "nobody@example.com"):
        operator.get("/staff/sending/", query_string={"who": who})
    viewer.get("/staff/sending/?who=c-2")
    for page in (f"invitations/{id}", "invitations/none", "sending/"):
        operator.get(f"/staff/{page}")
    viewed = [subject for _, action, subject in staff.told(shop) if action == "viewed"]
    assert viewed == ["why customer c-1", "why customer c-1", "why customer c-9", f"invitation {id}"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_says_until_when_nothing_is_sent_and_because_of_what(engine: Engine, language: str) -> None:
    weekday = f"{NOW.astimezone(engine.config.business.zone):%A}".lower()
    business.change(engine, {}, cooldown=0, closed=[weekday])
    page = words(content(staff.client(engine, Role.VIEWER, language).get("/staff/sending/").text))
    assert {"en": "because of a day without sending", "he": "בגלל יום ללא שליחה", "fa": "به دلیل روز بدون ارسال"}[
        language
    ] in page


def test_invitations_that_do_not_leave_are_what_the_map_says_first(engine: Engine) -> None:
    """Twelve were due an hour ago: they wait, one for quiet hours to end; or after a failure; or were given up."""
    happened = NOW - timedelta(hours=13)
    take(engine, [business.delivered(f"m{n}", happened, f"m-{n}") for n in range(12)], happened)
    day, browser = happened.astimezone(engine.config.business.zone).date(), staff.client(engine, Role.VIEWER)

    def first() -> str:
        page = words(content(browser.get(f"/staff/?from={day}&to={day}").text))
        return "".join(re.findall(r"(\w+) have not left in time", page))

    def put(where: ColumnElement[bool], **values: object) -> None:
        with engine.database.write() as connection:
            connection.execute(update(sending).where(where).values(**values))

    one = sending.c.key == select(func.min(sending.c.key)).scalar_subquery()
    assert first() == "12"
    put(one, next_at=NOW + timedelta(hours=9))
    assert first() == "11"
    put(true(), next_at=NOW + timedelta(hours=9))
    assert first() == ""
    put(~one, reason="450 busy")
    assert first() == "11"
    put(~one, state="withdrawn", reason="late")
    with engine.database.write() as connection:
        refused = {"state": "refused", "reason": "late", "folded": False}
        connection.execute(update(invitation).where(invitation.c.customer != "m-0").values(**refused))
    assert first() == "11"


def test_an_invitation_tells_its_messages_and_leads_to_its_answer(shop: Engine) -> None:
    with shop.database.write() as connection:
        rows = connection.execute(select(invitation).where(invitation.c.state == "sent")).all()
        failed = connection.execute(select(invitation.c.id).where(invitation.c.state == "failed")).scalar_one()
    give(shop, 1, "delivery", {"satisfaction": "4"}, datetime.now(UTC), invitation=rows[0].id)
    browser = staff.client(shop, Role.OPERATOR)
    page = browser.get(f"/staff/invitations/{rows[0].id}").text
    for told in ("Asked by e-mail on", "answered on", "shop/o-", "shipment.delivered", "/staff/responses/r000001"):
        assert told in page
    assert "full" in browser.get(f"/staff/invitations/{failed}").text
    for address in (f"invitations/{rows[0].id}", "sending/?who=c-1"):    # one form of moments, and of days, on a page
        assert not re.search(r"\d{4}-\d\d-\d\d", words(content(browser.get(f"/staff/{address}").text)))
    assert browser.get("/staff/invitations/nothing").status_code == 404


@pytest.mark.parametrize(("language", "refused"), [("he", "השרת סירב לנמען"), ("fa", "سرور گیرنده را نپذیرفت")])
def test_why_a_mail_failed_is_told_in_the_readers_language(shop: Engine, language: str, refused: str) -> None:
    with shop.database.write() as connection:
        reason = str(refusal(SmtpStep.RECIPIENT, 550, "5.1.1", "550 5.1.1 <b>No such user"))
        connection.execute(update(sending).where(sending.c.state == "failed").values(reason=reason))
        id, who = connection.execute(select(invitation.c.id, invitation.c.customer).where(FAILED)).one()
    browser = staff.client(shop, Role.OPERATOR, language)
    for address in ("sending/", f"sending/?who={who}", f"invitations/{id}"):
        page = browser.get(f"/staff/{address}").text
        assert f"{refused}: <code>550 5.1.1 &lt;b&gt;No such user</code>" in page


@pytest.mark.parametrize("mode", ["confidential", "anonymous"])
def test_an_invitation_does_not_tell_of_an_answer_that_is_not_shown(engine: Engine, mode: str) -> None:
    business.change(engine, {"purchase/delivery": f'mode = "{mode}"\n{business.DELIVERY}'})
    take(engine, [business.delivered("1", NOW - timedelta(hours=13))], NOW)
    deliver(engine, Outbox(), NOW)
    with engine.database.read() as connection:
        (id,) = connection.execute(select(invitation.c.id)).scalars()
    browser = staff.client(engine, Role.OPERATOR)
    before = content(browser.get(f"/staff/invitations/{id}").text)
    give(engine, 1, "delivery", {"satisfaction": "4"}, NOW, invitation=id)
    assert content(browser.get(f"/staff/invitations/{id}").text) == before
    assert "whether it was answered is not told" in before


def test_the_first_day_says_how_events_arrive_and_an_unknown_day_leads_on(engine: Engine) -> None:
    browser = staff.client(engine, Role.VIEWER)
    page = browser.get("/staff/sending/").text
    assert "No event has arrived yet" in page
    assert "https://feedback.example.com/api/v1/events" in page
    for day in ("yesterday", "0001-01-01", "9999-12-31"):
        answer = browser.get(f"/staff/sending/?day={day}")
        assert answer.status_code == 400
        assert 'class="onward" href="/staff/sending/"' in answer.text
    assert browser.get("/staff/sending/?day=2020-01-01").status_code == 200


@pytest.mark.parametrize(("day", "n", "first"), [
    (date(2026, 3, 27), 23, "00:00"), (date(2026, 10, 25), 25, "00:00"), (date(2026, 11, 26), 24, "00:00"),
])  # fmt: skip
def test_a_day_has_the_hours_that_its_clocks_have(day: date, n: int, first: str) -> None:
    zone = ZoneInfo("Asia/Jerusalem")
    moments = hours.hours(day, zone)
    assert len(moments) == n + 1
    assert f"{moments[0].astimezone(zone):%H:%M}" == f"{moments[-1].astimezone(zone):%H:%M}" == first
