"""Links that are asked for: to everybody, to one customer, as a picture, and for a look that stores nothing."""

from __future__ import annotations

import re
import struct
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from sqlalchemy import func, select

from surveyengine.app import create_app
from surveyengine.cli import main
from surveyengine.engine import Engine
from surveyengine.invitations.link import LinkRequest, NoLink, path
from surveyengine.invitations.planning import take
from surveyengine.invitations.unsubscribe import opt_out
from surveyengine.results import query
from surveyengine.results.record import plain
from surveyengine.store.schema import invitation, response
from surveyengine.values.link_tokens import preview_token, unsubscribe_token
from tests.support import business
from tests.support.business import answer, asking, change, delivered, token

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@pytest.fixture
def client(engine: Engine) -> FlaskClient:
    return create_app(engine).test_client()


def rows(engine: Engine, *columns: Any) -> list[tuple[Any, ...]]:
    with engine.database.read() as connection:
        return [tuple(row) for row in connection.execute(select(*columns))]


def funnel(engine: Engine) -> dict[str, Any]:
    report = plain(query.report(engine, query.ReportQuery(), NOW))
    return next(stage["touchpoints"][0]["funnel"] for stage in report["stages"] if stage["stage"] == "purchase")


def known(engine: Engine, customer: str = "c-17", **data: Any) -> None:
    """Make a customer known, of whom nothing is asked."""
    take(engine, [delivered(customer=customer, time=NOW - 30 * DAY, **data)], NOW)


def linked(engine: Engine, **wanted: Any) -> str:
    return "/" + path(engine, LinkRequest(**{"survey": "delivery", **wanted}), NOW)


def thanks(client: FlaskClient, reply: Any) -> str:
    """The page that an answer was sent on to."""
    assert reply.status_code == 303
    page = client.get(reply.location)
    assert page.status_code == 200
    return str(page.text)


# Links to everybody


def test_an_open_link_leads_to_the_form(engine: Engine, client: FlaskClient) -> None:
    assert linked(engine) == "/s/delivery"
    assert linked(engine, language="fa") == "/s/delivery?lang=fa"
    assert 'lang="fa"' in client.get(linked(engine, language="fa")).text


def test_a_survey_that_does_not_exist_is_named_with_the_one_that_was_meant(engine: Engine) -> None:
    with pytest.raises(NoLink, match="no survey `delivry`; did you mean `delivery`"):
        linked(engine, survey="delivry")


# Links to one customer


def test_a_personal_link_is_an_invitation_that_was_sent(engine: Engine, client: FlaskClient) -> None:
    known(engine)
    link = linked(engine, customer="c-17")
    assert link.startswith("/r/")
    assert link.endswith("?lang=he")
    reply = answer(client, link, satisfaction="5")
    assert "התשובה נשמרה" in thanks(client, reply)
    columns = invitation.c["customer", "state", "channel", "event", "test", "day"]
    today = NOW.astimezone(engine.config.business.zone).date()
    assert ("c-17", "sent", "link", None, False, today) in rows(engine, *columns)
    assert rows(engine, response.c.customer, response.c.test) == [("c-17", False)]
    counted = funnel(engine)    # whom the operator hands a link was not invited by us
    assert (counted["eligible"], counted["refused"], counted["sent"], counted["answered"]) == (1, {"late": 1}, 0, 0)


def test_a_personal_link_is_good_as_long_as_the_survey_says(engine: Engine) -> None:
    change(engine, {"purchase/delivery": asking(expires="3 days")})
    known(engine)
    linked(engine, customer="c-17")
    [(sent, expires)] = [row for row in rows(engine, invitation.c.sent_at, invitation.c.expires_at) if row[0]]
    assert (sent, expires) == (NOW, NOW + 3 * DAY)


def test_the_language_of_a_personal_link_can_be_said(engine: Engine) -> None:
    known(engine)
    assert linked(engine, customer="c-17", language="en").endswith("?lang=en")


@pytest.mark.parametrize(("language", "end"), [("fa-IR", "?lang=fa"), ("de", ""), (None, "")])
def test_a_personal_link_speaks_as_the_customer_does(engine: Engine, language: str | None, end: str) -> None:
    known(engine, language=language)
    assert linked(engine, customer="c-17").partition("?")[1:] == end.partition("?")[1:]


def test_asked_for_again_it_is_the_same_link_until_it_is_answered(engine: Engine, client: FlaskClient) -> None:
    known(engine)
    first = linked(engine, customer="c-17")
    assert linked(engine, customer="c-17") == first
    answer(client, first, satisfaction="4")
    assert linked(engine, customer="c-17") != first
    assert [row[0] for row in rows(engine, invitation.c.channel)].count("link") == 2


def test_two_customers_have_two_links(engine: Engine) -> None:
    known(engine)
    known(engine, "c-18", id="2")
    assert linked(engine, customer="c-17") != linked(engine, customer="c-18")


def test_limits_on_how_often_do_not_hold_for_a_link_but_count_it(engine: Engine) -> None:
    change(engine, {"purchase/delivery": asking(cooldown="90 days")}, cooldown="30 days")
    take(engine, [delivered(time=NOW)], NOW)
    linked(engine, customer="c-17")
    take(engine, [delivered("2", time=NOW + DAY)], NOW + DAY)
    assert sorted(rows(engine, invitation.c.state, invitation.c.reason), key=str) == [
        ("planned", None), ("refused", "cooldown"), ("sent", None),
    ]  # fmt: skip


def test_a_customer_who_opted_out_has_no_personal_link(engine: Engine) -> None:
    known(engine)
    [(id,)] = rows(engine, invitation.c.id)
    opt_out(engine, unsubscribe_token(engine.secret, id), NOW)
    with pytest.raises(NoLink, match=r"customer `c-17` asked on [0-9-]{10} not to be invited"):
        linked(engine, customer="c-17")
    assert rows(engine, func.count(invitation.c.sent_at)) == [(0,)]


def test_neither_has_another_customer_at_the_same_address(engine: Engine) -> None:
    known(engine)
    [(id,)] = rows(engine, invitation.c.id)
    opt_out(engine, unsubscribe_token(engine.secret, id), NOW)
    twin = delivered("2", time=NOW - 30 * DAY)
    assert twin.customer
    take(engine, [type(twin)(**{**vars(twin), "customer": type(twin.customer)("c-18", twin.customer.email)})], NOW)
    with pytest.raises(NoLink, match="customer `c-18` asked not to be invited"):
        linked(engine, customer="c-18")


@pytest.mark.parametrize(
    ("customer", "said"), [("C-71", "did you mean `c-17`"), ("zz", "customers come with their events"), ("", "")]
)
def test_a_customer_who_does_not_exist_has_no_link(engine: Engine, customer: str, said: str) -> None:
    known(engine)
    with pytest.raises(NoLink, match=f"there is no customer `{customer}`; .*{said}"):
        linked(engine, customer=customer)


def test_a_closed_survey_has_no_personal_link(engine: Engine) -> None:
    known(engine)
    change(engine, {"purchase/delivery": asking(closed=True)})
    with pytest.raises(NoLink, match="survey `delivery` is closed"):
        linked(engine, customer="c-17")


# A look that stores nothing


def test_a_look_goes_as_far_as_an_answer_and_stores_nothing(engine: Engine, client: FlaskClient) -> None:
    link = linked(engine, preview=True, language="he")
    assert "זוהי תצוגה מקדימה. שום דבר לא נשמר." in client.get(link).text
    reply = answer(client, link, satisfaction="5")
    assert "זו הייתה תצוגה מקדימה, ושום דבר לא נשמר." in thanks(client, reply)
    assert rows(engine, response.c.id) == rows(engine, invitation.c.id) == []


@pytest.mark.parametrize(("language", "said"), [("en", "This is a preview."), ("fa", "این یک پیش‌نمایش است.")])
def test_a_look_says_what_it_is_in_the_language_of_the_page(
    engine: Engine, client: FlaskClient, language: str, said: str
) -> None:
    assert said in client.get(linked(engine, preview=True), headers={"Accept-Language": language}).text


def test_the_form_itself_does_not_say_that_it_is_a_look(engine: Engine, client: FlaskClient) -> None:
    for link in (linked(engine, preview=True), linked(engine), linked(engine, preview=True)):
        assert ("preview" in client.get(f"{link}?lang=en").text) == link.startswith("/t/")


def test_a_look_shows_what_is_wrong_with_an_answer(engine: Engine, client: FlaskClient) -> None:
    reply = answer(client, linked(engine, preview=True, language="en"), timing="late")
    assert reply.status_code == 422
    assert "This is a preview." in reply.text
    assert re.search(r'value="late"[^>]*checked', reply.text)


def test_a_closed_survey_can_be_looked_at(engine: Engine, client: FlaskClient) -> None:
    change(engine, {"purchase/delivery": asking(closed=True)})
    link = linked(engine, preview=True)
    assert client.get(linked(engine)).status_code == 410
    assert client.get(link).status_code == 200
    assert "preview" in thanks(client, answer(client, f"{link}?lang=en", satisfaction="5"))


def test_a_survey_that_only_events_lead_to_can_be_looked_at(engine: Engine, client: FlaskClient) -> None:
    change(engine, {"purchase/new": asking()})
    assert client.get(linked(engine, survey="new", preview=True)).status_code == 200


def test_a_look_ends_after_a_day(engine: Engine, client: FlaskClient) -> None:
    for age, status in ((timedelta(hours=23), 200), (timedelta(hours=25), 410)):
        link = f"/t/{preview_token(engine.secret, 'delivery', NOW + DAY - age)}"
        assert client.get(link).status_code == status
    form = token(client.get(linked(engine, preview=True)).text)
    assert client.post(link, data={"form": form, "satisfaction": "5"}).status_code == 410


@pytest.mark.parametrize(
    "change_token",
    [
        lambda genuine: genuine[:-1] + ("A" if genuine[-1] != "A" else "Q"),
        lambda genuine: genuine.replace("delivery", "checkout"),
        lambda genuine: re.sub(r"\.(\d)", r".9\1", genuine),
        lambda genuine: "delivery.9999999999.",
        lambda genuine: "delivery",
        lambda genuine: "é.1.é",
    ],
)  # fmt: skip
def test_a_look_cannot_be_guessed(engine: Engine, client: FlaskClient, change_token: Any) -> None:
    change(engine, {"purchase/checkout": asking()})
    genuine = preview_token(engine.secret, "delivery", NOW + DAY)
    for page in ("", "/thanks"):
        assert client.get(f"/t/{genuine}{page}").status_code == 200
        assert client.get(f"/t/{change_token(genuine)}{page}").status_code == 404


def test_neither_form_counts_for_the_other(engine: Engine, client: FlaskClient) -> None:
    look, real = linked(engine, preview=True), linked(engine)
    for shown, sent in ((look, real), (real, look)):
        form = token(client.get(shown).text)
        reply = client.post(sent, data={"form": form, "satisfaction": "5"})
        assert reply.status_code == 422
    assert rows(engine, response.c.id) == []


def test_looks_do_not_use_up_what_a_network_may_answer(engine: Engine, client: FlaskClient) -> None:
    look = linked(engine, preview=True)
    for _ in range(3):
        assert answer(client, look, satisfaction="5").status_code == 303


# The command


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return business.write(tmp_path / "project")


def run(project: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--project", str(project), "link", *arguments])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), r"https://feedback\.example\.com/s/delivery\n"),
        (("--language", "he-IL"), r"https://feedback\.example\.com/s/delivery\?lang=he\n"),
        (("--test",), r"https://feedback\.example\.com/t/delivery\.\d+\.[\w-]{22}\n"),
        (("--qr", "-"), r"https://feedback\.example\.com/s/delivery\n"),
    ],
)
def test_the_link_is_alone_on_standard_output(project: Path, arguments: tuple[str, ...], said: str) -> None:
    done = run(project, "delivery", *arguments)
    assert done.exit_code == 0
    assert re.fullmatch(said, done.stdout)
    assert ("█" in done.stderr) == ("-" in arguments)


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("nothing",), 1, "there is no survey `nothing`"),
        (("delivery", "--customer", "c-1"), 1, "there is no customer `c-1`"),
        (("delivery", "--customer", "c-1\x1b[31m"), 1, "there is no customer `c-1\\x1b"),
        (("delivery", "--language", "de"), 2, "the business speaks he, fa, en"),
        (("delivery", "--qr", "code.gif"), 2, "ends in .svg or .png"),
        (("delivery", "--test", "--customer", "c-1"), 2, "leave out --customer"),
        (("delivery", "--qr", "nowhere/code.png"), 1, "No such file or directory"),
        ((), 2, "Missing argument 'SURVEY'"),
    ],
)
def test_what_is_wrong_is_said(
    project: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], status: int, said: str
) -> None:
    monkeypatch.chdir(project)
    done = run(project, *arguments)
    assert (done.exit_code, said in done.stderr) == (status, True), done.stderr
    assert done.stdout == ""


def test_a_picture_is_large_and_has_a_quiet_zone(project: Path, tmp_path: Path) -> None:
    assert run(project, "delivery", "--qr", str(tmp_path / "code.svg")).exit_code == 0
    assert run(project, "delivery", "--qr", str(tmp_path / "code.PNG")).exit_code == 0
    drawing = ET.parse(tmp_path / "code.svg").getroot()  # noqa: S314  # we wrote it
    assert float(drawing.attrib["width"].removesuffix("mm")) >= 60
    ground, code = drawing.iter("{http://www.w3.org/2000/svg}path")
    assert ground.attrib["fill"] == "#fff"
    assert code.attrib["d"].startswith("M4 4.5h7")  # the corner's square begins behind four modules of silence
    raw = (tmp_path / "code.PNG").read_bytes()
    assert raw.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", raw[16:24])
    assert width == height >= 500


# Links that say what they are about


def test_a_link_says_what_it_is_about_and_we_vouch_for_it(engine: Engine) -> None:
    link = linked(engine, context=(("order", "A-1"),), language="fa")
    assert re.fullmatch(r"/s/delivery\?order=A-1&form\.signed=order\.[\w-]{22}&lang=fa", link)


@pytest.mark.parametrize(
    ("pair", "reason"),
    [
        (("Order", "A-1"), "`Order` cannot be the name"),
        (("satisfaction", "5"), "no question of the survey"),
        (("lang", "he"), "cannot be the name"),
        (("order", "x" * 201), "cannot be context"),
        (("order", ""), "cannot be context"),
    ],
)
def test_context_that_would_not_arrive_is_refused(engine: Engine, pair: Any, reason: str) -> None:
    with pytest.raises(NoLink, match=reason):
        linked(engine, context=(pair,))


def test_context_is_said_as_name_and_value(project: Path) -> None:
    ran = run(project, "delivery", "--context", "order=A=1", "--context", "shop = Haifa")
    assert "?order=A%3D1&shop=Haifa&form.signed=order.shop." in ran.stdout
    assert run(project, "delivery", "--context", "order").exit_code == 2
    assert run(project, "delivery", "--context", "a=1", "--test").exit_code == 2
    assert "`Order`" in run(project, "delivery", "--context", "Order=1").stderr
