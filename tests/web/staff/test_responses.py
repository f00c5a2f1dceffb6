"""Responses on pages: what export and report say, to whom it may be said, and nothing that could do harm."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from surveyengine.engine import Engine, start
from surveyengine.invitations.planning import take
from surveyengine.look.replies import Interpreter
from surveyengine.store.export_rows import AnswerRow
from surveyengine.store.schema import audit, customer, event, invitation, sending
from surveyengine.values.bidi import CONTROLS
from surveyengine.values.enumeration import Role
from surveyengine.web.staff import responses
from tests.results.test_export import give, table
from tests.support import business, staff
from tests.support.samples import LANGUAGES, every_kind

NOW = datetime.now(UTC).replace(microsecond=0)
OPEN = business.ASKING.replace("{closed}", "false").replace("[invite]\n{invite}\n", "")
SECRET, QUIET = (f'mode = "{mode}"\n{OPEN}' for mode in ("anonymous", "confidential"))
WRITTEN = {"number": "12.5", "date": "2026-11-22", "email": "a@example.com", "phone": "+972501234567"}
POLYGLOTS = (
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'-alert(1)-'", "{{7*7}}${7*7}", "=1+1", "@SUM(A1)",
    "\u202eגדול\u202c", "\u2066a\u2069", "</bdi></dd><b>", "%s %(x)s {x}", "`code`",
)  # fmt: skip


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Responses of two identified customers, one by an open link, and of surveys that show none by itself."""
    files = {"purchase/delivery": business.DELIVERY, "purchase/secret": SECRET, "purchase/quiet": QUIET}
    engine = start(business.write(tmp_path_factory.mktemp("responses") / "shop", files))
    take(engine, [business.delivered(str(n), NOW - timedelta(days=1), f"c-{n}", courier="Kav") for n in (1, 2)], NOW)
    with engine.database.read() as connection:
        ids = list(connection.execute(select(invitation.c.id).order_by(invitation.c.key)).scalars())
    for number, id in enumerate(ids):
        said = {"satisfaction": str(number + 2), "timing": "late", "reason": f"why {number}"}
        give(engine, number, "delivery", said, NOW, invitation=id)
    give(engine, 7, "delivery", {"satisfaction": "5"}, NOW, context=(("campaign", "spring"),), claimed=True)
    give(engine, 8, "secret", {"satisfaction": "1"}, NOW)
    give(engine, 9, "quiet", {"satisfaction": "1"}, NOW)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def operator(shop: Engine) -> FlaskClient:
    return staff.client(shop, Role.OPERATOR)


def ids(page: str) -> list[str]:
    return re.findall(r'href="/staff/responses/(r\d+)"', page)


def audited(engine: Engine, action: str) -> list[str]:
    with engine.database.read() as connection:
        query = select(audit.c.subject).where(audit.c.action == action).order_by(audit.c.at, audit.c.key)
        return list(connection.execute(query).scalars())


def test_the_list_and_its_files_hold_what_an_export_holds_of_it(shop: Engine, operator: FlaskClient) -> None:
    page = operator.get("/staff/responses/").text
    shown = set(ids(page))
    assert shown == {"r000000", "r000001", "r000007"}
    rows = {row["response"]: row for row in csv.DictReader(io.StringIO(operator.get("/staff/responses.csv").text[1:]))}
    exported = {row["response"]: row for row in table(shop)}
    assert set(rows) == shown
    for id, row in rows.items():
        assert {name: value for name, value in exported[id].items() if name in row} == row
    told = json.loads(operator.get("/staff/responses.json?score=dissatisfied").data)["responses"]
    assert [(row["response"], row["satisfaction"], row["customer"]) for row in told] == [("r000000", 2, "c-1")]
    assert audited(shop, "exported")[-2:] == ["responses.csv", "responses.json?score=dissatisfied"]


@pytest.mark.parametrize("id", ["r000008", "r000009", "r999999"])
def test_a_response_that_is_not_shown_is_as_one_that_is_not_there(operator: FlaskClient, id: str) -> None:
    assert operator.get(f"/staff/responses/{id}").status_code == 404


@pytest.mark.parametrize("language", LANGUAGES)
def test_surveys_that_show_no_answer_are_named_with_the_reason(shop: Engine, language: str) -> None:
    page = staff.client(shop, Role.OPERATOR, language).get("/staff/responses/").text
    foot = page[page.index('class="foot"') :]
    assert foot.count({"en": "Your visit", "he": "הביקור שלך", "fa": "بازدید شما"}[language]) == 2


def test_a_page_leads_to_the_next_and_keeps_the_filter(
    shop: Engine, operator: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(responses, "PAGE", 1)
    found, where = [], "/staff/responses/?survey=delivery&language=he"
    while where:
        page = operator.get(where).text
        found += ids(page)
        older = re.search(r'class="onward" href="([^"]+after=[^"]+)"', page)
        where = unescape(older[1]) if older else ""
        assert not where or "survey=delivery&language=he" in where
    assert sorted(found) == ["r000000", "r000001", "r000007"]


def test_one_response_tells_all_of_it_and_looking_is_recorded(shop: Engine, operator: FlaskClient) -> None:
    page = operator.get("/staff/responses/r000000").text
    told = ("2 of 5", "Dissatisfied", "Late", "why 0", "Dana", "c-1@example.com", "courier", "Kav", "A-1", "by e-mail")
    assert [one for one in told if one not in page] == []
    looked = audited(shop, "viewed")
    assert looked[-1] == "response r000000"
    claimed = operator.get("/staff/responses/r000007").text
    assert [one for one in ("campaign", "spring", "Claimed by the link", "by an open link") if one not in claimed] == []
    assert audited(shop, "viewed") == looked    # nobody knows whose that other one is


def test_every_kind_of_question_is_put_into_words(tmp_path: Path) -> None:
    asked = every_kind()
    engine = start(business.write(tmp_path / "shop"))
    given = {part.id: part.offered[0].value if part.offered else WRITTEN.get(part.series, "words")
             for question in asked.questions for part in question.parts}    # fmt: skip
    interpreter = Interpreter(engine.catalogs.speech("en"), {})
    rows = tuple(AnswerRow(id, 0, "text" if id.endswith("other") else "x", value) for id, value in given.items())
    found = list(interpreter.questions(asked, rows))
    engine.close()
    assert [one for one in found if not one.replies] == []
    assert all(reply.words or reply.chip for one in found for reply in one.replies)


@pytest.mark.parametrize("page", ["responses/?score=happy", "responses/?from=2026-13-01", "responses/?language=xx",
                                  "responses/?from=2026-02-01&to=2026-01-01", "responses/?survey=none",
                                  "responses/?after=here", "responses.csv?score=happy"])  # fmt: skip
def test_what_nobody_can_mean_is_said_and_leads_on(operator: FlaskClient, page: str) -> None:
    answer = operator.get(f"/staff/{page}")
    assert answer.status_code == 400
    assert 'class="onward" href="/staff/responses/"' in answer.text


def test_a_filter_without_responses_says_so_and_can_be_taken_off(operator: FlaskClient) -> None:
    page = operator.get("/staff/responses/?language=fa&score=neither").text
    assert "No response is like this" in page
    assert 'href="/staff/responses/?score=neither"' in page
    assert 'href="/staff/responses/?language=fa"' in page


def test_the_first_day_says_what_is_missing(tmp_path: Path) -> None:
    engine = start(business.write(tmp_path / "shop"))
    try:
        operator = staff.client(engine, Role.OPERATOR)
        assert "No event has arrived, so nobody was asked" in operator.get("/staff/responses/").text
        take(engine, [business.delivered("1", NOW)], NOW)
        assert "Events arrive, and customers are asked" in operator.get("/staff/responses/").text
    finally:
        engine.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_others_wrote_is_inert_on_every_page(tmp_path: Path, language: str) -> None:
    """Stored by whoever could: in answers, names, identifiers, facts, replies of mail servers, and files."""
    bad = " ".join(POLYGLOTS)
    files = {"purchase/delivery": business.DELIVERY.replace("On time", "On <i>time</i>")}
    engine = start(business.write(tmp_path / "shop", files))
    take(engine, [business.delivered("1", NOW, courier=bad)], NOW)
    with engine.database.write() as connection:
        connection.execute(update(customer).values(name=bad, phone=bad[:64]))
        connection.execute(update(event).values(source=bad[:60], type=bad[:60], id=bad[60:120]))
        connection.execute(update(sending).values(state="failed", reason=bad))
        connection.execute(update(invitation).values(state="failed"))
        (id,) = connection.execute(select(invitation.c.id)).scalars()
    give(engine, 1, "delivery", {"satisfaction": "2", "reason": bad}, NOW, invitation=id)
    (engine.root / "surveys/purchase/odd.toml").write_text(f'title = "<script>{POLYGLOTS[0]}\u2067"', encoding="utf-8")
    operator = staff.client(engine, Role.OPERATOR, language)
    paths = ("responses/", "responses/r000001", "journey/purchase/delivery/comments?from=2026-01-01", "surveys/",
             "surveys/delivery", "sending/?who=c-17", f"invitations/{id}")    # fmt: skip
    pages = [operator.get(f"/staff/{path}") for path in (*paths, f"invitations/{bad[:30]}x", f"surveys/{bad[:20]}x")]
    pages.append(operator.get("/staff/sending/", query_string={"who": bad}))
    engine.close()
    for page in pages:
        text = page.text
        assert page.status_code in (200, 404)
        assert [one for one in ("<script", "<img", "<b>", "<i>", "onerror=\"", "49$") if one in text] == []
        assert not CONTROLS & set(text) - {"\u2068", "\u2069"}
        assert "style=" not in text
    assert pages[0].text.count("alert(1)") >= 2
