from __future__ import annotations

import hashlib
import re
import sqlite3
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg
import pytest
from flask.testing import FlaskClient
from sqlalchemy import create_engine, select, text, update

from surveyengine.app import create_app
from surveyengine.channels.email import EMAIL
from surveyengine.engine import Engine, start
from surveyengine.invitations.delivery import deliver_one
from surveyengine.invitations.planning import take
from surveyengine.responses.ticket import FormTokens
from surveyengine.results import query
from surveyengine.results.record import plain
from surveyengine.store import invitations, responses
from surveyengine.store.engine.connections import AnswerConnections
from surveyengine.store.engine.database import Unavailable
from surveyengine.store.schema import answer as answers
from surveyengine.store.schema import invitation, metadata, response
from surveyengine.values.link_tokens import answer_token, unsubscribe_token
from tests.support import business
from tests.support.business import CONFIG, DELIVERY, answer, delivered, token
from tests.support.posts import by_mail
from tests.support.samples import TITLE, question

DAY = timedelta(days=1)
FORM = "application/x-www-form-urlencoded"
LOTS = (
    TITLE
    + question("likes", "choices")
    + question("why", "text", "limit = 500")
    + question("cost", "number", "max = 100.0")
)
OPEN, OTHER = "/s/delivery", "/s/lots"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Engine]:
    """A business with two surveys, on SQLite, for what has nothing to do with the database."""
    surveys = {"purchase/delivery": DELIVERY, "purchase/lots": LOTS}
    engine = start(business.write(tmp_path / "shop", surveys))
    yield engine
    engine.close()


def browser(engine: Engine) -> FlaskClient:
    return create_app(engine).test_client()


def invite(engine: Engine, ago: timedelta = DAY, **event: Any) -> str:
    """Invite a customer about a delivery some time ago; return the personal link."""
    happened = datetime.now(UTC) - ago
    happening = delivered(time=happened, **event)
    take(engine, [happening], happened)
    post = by_mail(engine, EMAIL.open("file:data/outbox", engine.root), "https://feedback.example.com")
    assert deliver_one(post, happened + timedelta(hours=13))
    with engine.database.read() as connection:
        id = connection.execute(select(invitation.c.id).order_by(invitation.c.key.desc())).scalars().first()
    assert id
    return f"/r/{answer_token(engine.secret, id)}"


def content(engine: Engine) -> Mapping[str, list[str]]:
    """Everything that the database holds."""
    with engine.database.read() as connection:
        return {table.name: sorted(map(repr, connection.execute(select(table)))) for table in metadata.sorted_tables}


def stored(engine: Engine) -> list[dict[str, list[str]]]:
    """The answers of each response."""
    found: dict[str, dict[str, list[str]]] = {}
    with engine.database.read() as connection:
        for row in connection.execute(select(answers).order_by(answers.c.response, answers.c.position)):
            found.setdefault(row.response, {}).setdefault(row.question, []).append(row.value)
    return list(found.values())


def counts(engine: Engine) -> Mapping[str, int]:
    report = plain(query.report(engine, query.ReportQuery(), datetime.now(UTC)))
    found: Mapping[str, int] = report["stages"][0]["touchpoints"][0]["counts"]
    return {value: n for value, n in found.items() if n}


def ticket(client: FlaskClient, link: str = OPEN) -> str:
    return token(client.get(link).text)


def checked(html: str, name: str) -> list[str]:
    """The values that are checked in a page."""
    return re.findall(rf'name="{name}" value="([^"]*)"[^>]* checked', html)


@contextmanager
def away(engine: Engine) -> Iterator[None]:
    """The database cannot be reached, as its driver says it."""
    database = engine.database
    error: Exception = sqlite3.OperationalError("disk I/O error")
    if not database.is_sqlite:
        error = psycopg.OperationalError("server closed the connection unexpectedly")

    def refuse() -> Any:
        raise error

    url = "sqlite+pysqlite://" if database.is_sqlite else "postgresql+psycopg://"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "engine", create_engine(url, creator=refuse))
        patch.setattr(database, "_connections", AnswerConnections(database.engine, database._hangup))
        if database._local:
            patch.setattr(database._local, "connect", refuse)
            patch.setattr(database._local, "_writer", None)
        yield


# ── An answer


def test_an_answer_by_an_open_link_is_counted(engine: Engine) -> None:
    response = answer(browser(engine), OPEN, satisfaction="4")
    assert response.status_code == 303
    assert response.headers["Location"] == "/s/delivery/thanks?lang=he"
    assert counts(engine) == {"4": 1}


def test_an_answer_by_a_personal_link_is_counted_once_and_for_all(engine: Engine) -> None:
    link, client = invite(engine), browser(engine)
    early = ticket(client, link)
    assert answer(client, link, satisfaction="۲", reason="دیر رسید").status_code == 303
    again = client.get(link)
    assert (again.status_code, "<form" in again.text) == (200, False)
    for late in ({"satisfaction": "5"}, {"satisfaction": "9"}, {}):
        second = client.post(link, data={"form": early, **late})
        assert (second.status_code, "<form" in second.text) == (200, False)
    assert client.post(link, data={"form": "forged", "satisfaction": "5"}).status_code == 200
    assert stored(engine) == [{"satisfaction": ["2"], "reason": ["دیر رسید"]}]
    with engine.database.read() as connection:
        row = connection.execute(select(response)).one()
    assert (row.customer, row.language, row.direction, row.context) == ("c-17", "he", "rtl", {"order": "A-1"})


def test_the_thank_you_page_needs_nothing(engine: Engine) -> None:
    thanks = browser(engine).get("/s/delivery/thanks?lang=en")
    assert thanks.status_code == 200
    assert "Your answer was saved" in thanks.text


def test_a_form_that_is_sent_again_counts_once_and_thanks_again(engine: Engine) -> None:
    link, client = invite(engine), browser(engine)
    for where in (OPEN, link):
        posted = {"form": ticket(client, where), "satisfaction": "4"}
        replies = [client.post(where, data=posted) for _ in range(3)]
        assert {(reply.status_code, reply.headers["Location"]) for reply in replies} == {
            (303, "/s/delivery/thanks?lang=he")
        }
    assert counts(engine) == {"4": 2}


def test_the_same_form_with_other_answers_is_still_the_same_form(engine: Engine) -> None:
    client = browser(engine)
    form = ticket(client)
    posts = [client.post(OPEN, data={"form": form, "satisfaction": value}) for value in ("2", "5", "2")]
    assert [post.status_code for post in posts] == [303, 409, 303]
    assert counts(engine) == {"2": 1}


def test_answers_to_hidden_questions_are_not_stored(engine: Engine) -> None:
    answer(browser(engine), OPEN, satisfaction="5", reason="left over", stranger="x")
    assert stored(engine) == [{"satisfaction": ["5"]}]


def test_any_text_comes_back_as_it_was_written(engine: Engine) -> None:
    words = "می‌خواهم <b>שלום</b> 😀 100% 'a' \"b\" \\ \u200f & שבת־שלום\nשורה"
    answer(browser(engine), OPEN, satisfaction="1", reason=words)
    assert stored(engine) == [{"satisfaction": ["1"], "reason": [words]}]


def test_nothing_sets_a_cookie(engine: Engine) -> None:
    link, client = invite(engine), browser(engine)
    replies = [client.get(OPEN), client.get(link), answer(client, link, satisfaction="4"), client.get("/s/nowhere")]
    assert [reply.headers.getlist("Set-Cookie") for reply in replies] == [[]] * 4


# ── Language


@pytest.mark.parametrize(
    ("query", "header", "language", "direction"),
    [
        ("", "", "he", "rtl"), ("?lang=en", "fa", "en", "ltr"), ("?lang=he-IL", "en", "he", "rtl"),
        ("?lang=iw", "en", "he", "rtl"), ("?lang=fa_IR", "en", "fa", "rtl"), ("", "fa-IR,en;q=0.5", "fa", "rtl"),
        ("", "de, en;q=0.2, fa;q=0.8", "fa", "rtl"), ("?lang=de", "en", "en", "ltr"), ("?lang=xx", "", "he", "rtl"),
        ("?lang=../../etc", "en;q=x,,;", "he", "rtl"), ("?lang=%00%ff", "*", "he", "rtl"),
        ("?lang=", "EN", "en", "ltr"),
    ],
)  # fmt: skip
def test_a_page_speaks_the_language_asked_for(
    shop: Engine, query: str, header: str, language: str, direction: str
) -> None:
    for path in (OPEN, "/s/delivery/thanks", "/s/nowhere"):
        page = browser(shop).get(path + query, headers={"Accept-Language": header})
        assert f'<html lang="{language}" dir="{direction}">' in page.text


@pytest.mark.parametrize(
    ("known", "query", "header", "language"),
    [("fa_IR", "", "en", "fa"), ("fa", "?lang=en", "he", "en"), ("de", "", "en", "en"), ("iw", "", "en", "he")],
)
def test_a_personal_page_speaks_the_customers_language(
    shop: Engine, known: str, query: str, header: str, language: str
) -> None:
    link = invite(shop, language=known)
    page = browser(shop).get(link + query, headers={"Accept-Language": header})
    assert f'<html lang="{language}"' in page.text


def test_an_answer_is_stored_with_the_language_of_its_page(shop: Engine) -> None:
    client = browser(shop)
    client.post(f"{OPEN}?lang=en", data={"form": ticket(client), "satisfaction": "4"})
    with shop.database.read() as connection:
        row = connection.execute(select(response)).one()
    assert (row.language, row.direction) == ("en", "ltr")


def test_a_browser_may_keep_the_open_form_and_nothing_else(shop: Engine) -> None:
    client, link = browser(shop), invite(shop)
    assert client.get(OPEN).headers["Cache-Control"] == "private, no-cache"
    assert 'action="?form=sent&amp;lang=he"' in client.get(OPEN).text
    others = [client.get(where) for where in (link, f"{OPEN}/thanks", "/api/v1/report")]
    for page in (*others, client.post(OPEN, data={})):
        assert page.headers["Cache-Control"] == "no-store"


def test_the_links_to_other_languages_keep_what_was_chosen(shop: Engine) -> None:
    page = browser(shop).get(f"{OTHER}?likes=early&likes=late&lang=en")
    assert 'href="?likes=early&amp;likes=late&amp;lang=he"' in page.text


# ── What a link has chosen


@pytest.mark.parametrize("value", ["4", "۴", "４"])
def test_a_link_chooses_beforehand_and_saves_nothing(shop: Engine, value: str) -> None:
    before = content(shop)
    page = browser(shop).get(f"{OPEN}?satisfaction={value}")
    assert checked(page.text, "satisfaction") == ["4"]
    assert content(shop) == before


@pytest.mark.parametrize("query", ["satisfaction=9", "satisfaction=4&satisfaction=5", "reason=x", "form=x&embed=1",
                                   "satisfaction=%00", "timing=%ff", "satisfaction"])
def test_a_link_cannot_choose_what_is_not_offered(shop: Engine, query: str) -> None:
    page = browser(shop).get(f"{OPEN}?{query}")
    assert page.status_code == 200
    assert " checked" not in page.text
    assert 'class="problems"' not in page.text


@pytest.mark.parametrize(
    ("link", "posted"),
    [
        (f"{OPEN}?satisfaction=4", {"satisfaction": "4"}),
        (f"{OPEN}?satisfaction=۴&timing=late", {"satisfaction": "4", "timing": "late"}),
        (f"{OTHER}?likes=late&likes=early", {"likes": ["late", "early"]}),
        (f"{OTHER}?why=+because+", {"why": "because"}),
    ],
)  # fmt: skip
def test_a_form_that_a_machine_sends_on_is_shown_again_before_it_counts(
    shop: Engine, link: str, posted: dict[str, Any]
) -> None:
    client = browser(shop)
    first = answer(client, link, **posted)
    assert (first.status_code, stored(shop)) == (200, [])
    assert " checked" not in first.text
    assert "because" not in first.text
    path = link.partition("?")[0]
    assert client.post(path, data={"form": token(first.text)}).status_code == 422
    assert client.post(path, data={"form": token(first.text), **posted}).status_code == 303
    assert len(stored(shop)) == 1


def test_a_person_who_changes_the_choice_or_takes_time_is_not_asked_again(shop: Engine) -> None:
    client, tickets = browser(shop), FormTokens(shop.secret)
    assert answer(client, f"{OPEN}?satisfaction=4", satisfaction="5").status_code == 303
    found = tickets.read(ticket(client, f"{OPEN}?satisfaction=4"))
    assert found
    slow = tickets.sign(type(found)(**{**vars(found), "issued_at": found.issued_at - timedelta(seconds=5)}))
    assert client.post(OPEN, data={"form": slow, "satisfaction": "4"}).status_code == 303


# ── Faults


def test_a_fault_comes_back_with_everything_still_filled_in(engine: Engine) -> None:
    link, client = invite(engine), browser(engine)
    for where in (OPEN, link):
        page = answer(client, f"{where}", satisfaction="9", timing="late", reason='<"דיר">')
        assert page.status_code == 422
        assert checked(page.text, "timing") == ["late"]
        assert "&lt;&#34;דיר&#34;&gt;</textarea>" in page.text
        assert 'href="#satisfaction-1"' in page.text
        assert 'id="satisfaction-error"' in page.text
        right = client.post(where, data={"form": token(page.text), "satisfaction": "4", "timing": "late"})
        assert right.status_code == 303
    assert stored(engine) == [{"satisfaction": ["4"], "timing": ["late"]}] * 2


FAULTY: list[tuple[str, dict[str, Any], str]] = [
    (OPEN, {}, "satisfaction"), (OPEN, {"timing": "late"}, "satisfaction"), (OTHER, {}, "likes"),
    (OPEN, {"satisfaction": ["4", "4"]}, "satisfaction"), (OPEN, {"satisfaction": "4", "timing": "never"}, "timing"),
    (OPEN, {"satisfaction": "1", "reason": "x" * 10_001}, "reason"), (OTHER, {"why": "x" * 501}, "why"),
    (OTHER, {"cost": "100.01"}, "cost"), (OTHER, {"cost": "۱e400"}, "cost"),
    (OTHER, {"likes": ["early", "x"]}, "likes"),
]  # fmt: skip


@pytest.mark.parametrize("language", ["he", "fa", "en"])
@pytest.mark.parametrize(("link", "posted", "question"), FAULTY)
def test_a_fault_is_shown_at_its_question(
    shop: Engine, link: str, posted: dict[str, Any], question: str, language: str
) -> None:
    client = browser(shop)
    page = client.post(f"{link}?lang={language}", data={"form": ticket(client, link), **posted})
    assert page.status_code == 422
    assert re.findall(r'id="(\w+)-error"', page.text) == [question]
    assert stored(shop) == []


UNREADABLE = {
    "cp1255": (b"reason=" + "שלום".encode("cp1255"), FORM),
    "cp1255, escaped": (b"reason=%F9%EC%E5%ED", FORM),
    "NUL": (b"reason=a%00b", FORM),
    "NUL in a name": (b"rea%00son=x", FORM),
    "half a character": (b"reason=%ED%A0%80", FORM),
    "overlong": (b"reason=%C0%AF", FORM),
    "cut off": (b"reason=%D7", FORM),
    "too many fields": (b"&".join(b"x%d=1" % n for n in range(10**5)), FORM),
    "no type": (b"reason=x", ""),
    "text": (b"reason=x", "text/plain"),
}


@pytest.mark.parametrize(("more", "kind"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_could_be_read_of_a_broken_form_is_kept(shop: Engine, more: bytes, kind: str) -> None:
    client = browser(shop)
    first = urlencode({"form": ticket(client), "satisfaction": "2", "timing": "late"}).encode()
    page = client.post(OPEN, data=first + b"&" + more, content_type=kind)
    assert page.status_code == 400
    assert (checked(page.text, "satisfaction"), checked(page.text, "timing")) == (["2"], ["late"])
    assert stored(shop) == []
    assert client.post(OPEN, data={"form": token(page.text), "satisfaction": "2"}).status_code == 303


EMPTY = {
    "nothing": (b"", FORM), "nothing at all": (b"", ""), "ampersands": (b"&&&", FORM),
    "json": (b'{"satisfaction": 4}', "application/json"), "binary": (bytes(range(256)), FORM),
    "multipart without a boundary": (b"--x\r\n\r\n", "multipart/form-data"),
    "empty multipart": (b"--x--\r\n", "multipart/form-data; boundary=x"),
    "broken multipart": (b"--x\r\nContent-Disposition: form-data; name=a", "multipart/form-data; boundary=x"),
}  # fmt: skip


@pytest.mark.parametrize(("sent", "kind"), EMPTY.values(), ids=EMPTY.keys())
def test_a_body_that_holds_no_form_is_refused(shop: Engine, sent: bytes, kind: str) -> None:
    for link in (OPEN, invite(shop)):
        page = browser(shop).post(link, data=sent, content_type=kind)
        assert page.status_code == 400
        assert 'name="satisfaction"' in page.text
    assert stored(shop) == []


def multipart(value: bytes, name: bytes = b"reason", more: bytes = b"") -> bytes:
    return b'--x\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n' % (name, more, value)


def test_a_multipart_form_is_as_good(shop: Engine) -> None:
    client = browser(shop)
    data = {"form": ticket(client), "satisfaction": "1", "reason": "שלום"}
    assert client.post(OPEN, data=data, content_type="multipart/form-data").status_code == 303
    assert stored(shop) == [{"satisfaction": ["1"], "reason": ["שלום"]}]


@pytest.mark.parametrize("part", [multipart("שלום".encode("cp1255")), multipart(b"a\0b"),
                                  multipart(b"x", b"file", b'; filename="a.txt"')])
def test_a_multipart_form_is_read_as_strictly(shop: Engine, part: bytes) -> None:
    client = browser(shop)
    whole = multipart(ticket(client).encode(), b"form") + multipart(b"1", b"satisfaction") + part + b"--x--\r\n"
    page = client.post(OPEN, data=whole, content_type="multipart/form-data; boundary=x")
    assert (page.status_code, checked(page.text, "satisfaction")) == (400, ["1"])
    assert stored(shop) == []


@pytest.mark.parametrize("kind", [FORM, "multipart/form-data; boundary=x", "application/json"])
def test_more_than_a_megabyte_is_too_much(shop: Engine, kind: str) -> None:
    for link in (OPEN, invite(shop)):
        client = browser(shop)
        assert client.post(link, data=b"reason=" + b"x" * 999_993, content_type=FORM).status_code != 413
        page = client.post(link, data=b"reason=" + b"x" * 999_994, content_type=kind)
        assert page.status_code == 413
        assert page.mimetype == "text/html"


# ── Tokens


@pytest.mark.parametrize("link", ["/s/nowhere", "/s/../config.toml", "/s/%00", "/r/x", "/r/%FF%00",
                                  "/r/" + "a" * 22, "/u/x", "/u/" + "a" * 38, "/static/../app.py", "/s/"])
def test_an_unknown_link_leads_nowhere_politely(shop: Engine, link: str) -> None:
    for page in (browser(shop).get(f"{link}?lang=en"), browser(shop).post(f"{link}?lang=en", data={"x": "1"})):
        assert page.status_code in (404, 405)
        assert page.status_code == 405 or "There is no survey at this address" in page.text


def flipped(whole: str) -> Iterator[str]:
    for place, letter in enumerate(whole):
        yield whole[:place] + ("A" if letter != "A" else "B") + whole[place + 1 :]


def test_a_forged_personal_link_is_unknown_whichever_letter_is_changed(shop: Engine) -> None:
    link, client = invite(shop), browser(shop)
    pages = {client.get(f"/r/{one}").text for one in (*flipped(link[3:]), link[3:-1], link[3:] + "A", "x")}
    assert len(pages) == 1
    assert client.get(link).status_code == 200


def test_a_forged_form_is_not_counted_whichever_letter_is_changed(shop: Engine) -> None:
    client = browser(shop)
    form = ticket(client)
    longer = (form + more for more in ("A", "=", ".", "\u05d0"))
    for forged in (*flipped(form), *longer, form[:-1], "", ".", "x.y", form.upper()):
        page = client.post(OPEN, data={"form": forged, "satisfaction": "4"})
        assert (page.status_code, checked(page.text, "satisfaction")) == (422, ["4"]), forged
        assert token(page.text) != forged
    assert stored(shop) == []


def test_a_signature_has_one_spelling_only(shop: Engine) -> None:
    tickets = FormTokens(shop.secret)
    form = ticket(browser(shop))
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    assert [form[:-1] + letter for letter in alphabet if tickets.read(form[:-1] + letter)] == [form]


def test_a_form_of_another_survey_link_or_engine_is_shown_again(shop: Engine, tmp_path: Path) -> None:
    client, link, other = browser(shop), invite(shop), invite(shop, id="2", customer="c-18")
    stranger = start(business.write(tmp_path / "stranger"))
    forms = {
        OPEN: [ticket(client, OTHER), ticket(client, link), ticket(browser(stranger))],
        link: [ticket(client, OPEN), ticket(client, other), ticket(client, OTHER)],
    }
    stranger.close()
    for where, wrong in forms.items():
        for form in wrong:
            page = client.post(where, data={"form": form, "satisfaction": "4"})
            assert (page.status_code, checked(page.text, "satisfaction")) == (422, ["4"])
        doubled = client.post(where, data={"form": [ticket(client, where)] * 2, "satisfaction": "4"})
        assert doubled.status_code == 422
        assert stored(shop) == []
    assert client.post(link, data={"form": token(page.text), "satisfaction": "4"}).status_code == 303


# ── Endings


def test_an_expired_link_says_so_and_takes_nothing(engine: Engine) -> None:
    link, client = invite(engine), browser(engine)
    form = ticket(client, link)
    assert client.get(link).status_code == 200
    with engine.database.write() as connection:
        connection.execute(update(invitation).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    pages = [client.get(link), client.post(link, data={"form": form, "satisfaction": "4"})]
    assert [page.status_code for page in pages] == [410, 410]
    assert [page.status_code for page in (client.get(OPEN), client.head(link))] == [200, 410]
    assert stored(engine) == []


def test_an_answered_link_is_answered_even_when_it_has_expired(engine: Engine) -> None:
    link, client = invite(engine), browser(engine)
    posted = {"form": ticket(client, link), "satisfaction": "4"}
    assert client.post(link, data=posted).status_code == 303
    with engine.database.write() as connection:
        connection.execute(update(invitation).values(expires_at=datetime.now(UTC) - DAY))
    assert client.get(link).status_code == 200
    assert client.post(link, data=posted).status_code == 303


def edit(engine: Engine, text: str, name: str = "purchase/delivery") -> None:
    """Save a survey file anew, and let the engine see it."""
    path = engine.root / "surveys" / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    engine.library._looked = 0.0    # files are looked at once a second
    engine.library.refresh(datetime.now(UTC) + timedelta(minutes=1))


def test_a_closed_survey_says_so_and_takes_nothing(engine: Engine) -> None:
    link, client = invite(engine), browser(engine)
    forms = {where: ticket(client, where) for where in (OPEN, link)}
    edit(engine, f"closed = true\n{DELIVERY}")
    for where, form in forms.items():
        pages = [client.get(where), client.post(where, data={"form": form, "satisfaction": "4"})]
        assert [page.status_code for page in pages] == [410, 410]
    assert stored(engine) == []


def test_a_form_of_an_older_version_still_answers_and_is_stored_as_such(engine: Engine) -> None:
    link, client = invite(engine), browser(engine)
    forms = {where: ticket(client, where) for where in (OPEN, link)}
    old = engine.library.surveys["delivery"].digest
    edit(engine, DELIVERY.replace('id      = "timing"', 'id      = "moment"').replace("at_most = 3", "at_most = 1"))
    assert engine.library.surveys["delivery"].digest != old
    assert 'name="moment"' in client.get(OPEN).text
    for where, form in forms.items():
        page = client.post(where, data={"form": form, "satisfaction": "2", "timing": "never", "reason": "slow"})
        assert (page.status_code, 'name="timing"' in page.text) == (422, True)
        again = {"form": token(page.text), "satisfaction": "2", "timing": "late", "reason": "slow"}
        assert client.post(where, data=again).status_code == 303
    assert stored(engine) == [{"satisfaction": ["2"], "timing": ["late"], "reason": ["slow"]}] * 2
    with engine.database.read() as connection:
        assert set(connection.execute(select(response.c.digest)).scalars()) == {old}
    assert counts(engine) == {"2": 2}


def test_a_form_of_a_version_that_nobody_knows_is_shown_again_as_it_is_now(shop: Engine) -> None:
    client, tickets = browser(shop), FormTokens(shop.secret)
    found = tickets.read(ticket(client))
    assert found
    unknown = tickets.sign(type(found)(**{**vars(found), "digest": "0" * 64}))
    page = client.post(OPEN, data={"form": unknown, "satisfaction": "4"})
    assert (page.status_code, checked(page.text, "satisfaction")) == (422, ["4"])


# ── Looking changes nothing


def test_looking_changes_nothing(engine: Engine) -> None:
    link, client = invite(engine), browser(engine)
    with engine.database.read() as connection:
        id = connection.execute(select(invitation.c.id)).scalar_one()
    way_out = f"/u/{unsubscribe_token(engine.secret, id)}"
    before = content(engine)
    for where in (OPEN, f"{OPEN}?satisfaction=4", f"{OPEN}/thanks", link, f"{link}?satisfaction=1&lang=fa", way_out,
                  "/healthz", "/readyz", "/api/v1/report", "/static/style.css"):
        for method in ("GET", "HEAD", "OPTIONS"):
            assert client.open(where, method=method, buffered=True).status_code in (200, 401), where
    assert content(engine) == before


# ── How often


def limited(tmp_path: Path, *lines: str) -> Engine:
    return start(business.write(tmp_path / "limited", config="\n".join((CONFIG, "[web]", *lines, ""))))


def posted_from(client: FlaskClient, address: str, **headers: str) -> int:
    data = {"form": ticket(client), "satisfaction": "4"}
    return client.post(OPEN, data=data, environ_base={"REMOTE_ADDR": address}, headers=headers).status_code


def test_a_network_that_answers_too_often_has_to_wait(tmp_path: Path) -> None:
    engine = limited(tmp_path, "answers_per_hour = 2")
    client = browser(engine)
    assert [posted_from(client, "192.0.2.7") for _ in range(3)] == [303, 303, 429]
    assert posted_from(client, "192.0.2.8") == 303
    assert [posted_from(client, f"2001:db8::{n}:1") for n in range(3)] == [303, 303, 429]
    assert posted_from(client, "2001:db8:0:1::1") == 303
    assert posted_from(client, "::ffff:192.0.2.7") == 429
    data = {"form": ticket(client), "satisfaction": "4", "timing": "late"}
    page = client.post(OPEN, data=data, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert checked(page.text, "timing") == ["late"]
    assert 0 < int(page.headers["Retry-After"]) <= 3600
    assert client.post(invite(engine), data={}, environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 400
    assert len(stored(engine)) == 6
    engine.close()


def test_nobody_chooses_the_network_they_come_from(tmp_path: Path) -> None:
    engine = limited(tmp_path, "answers_per_hour = 1")
    client = browser(engine)
    came = [posted_from(client, "192.0.2.7", **{"X-Forwarded-For": f"198.51.100.{n}"}) for n in range(2)]
    assert came == [303, 429]
    engine.close()


def test_a_trusted_proxy_says_where_an_answer_comes_from(tmp_path: Path) -> None:
    engine = limited(tmp_path, "answers_per_hour = 1", "trusted_proxies = 1")
    client = browser(engine)
    chains = ["203.0.113.9, 198.51.100.1", "203.0.113.9, 198.51.100.2", "203.0.113.10, 198.51.100.1"]
    assert [posted_from(client, "10.0.0.1", **{"X-Forwarded-For": chain}) for chain in chains] == [303, 303, 429]
    engine.close()


@pytest.mark.parametrize("port", ["{0}:{1}", "[2001:db8::7]:{1}", '"[2001:db8::7]:{1}"', "[2001:db8::7]"])
def test_the_port_that_a_proxy_tells_makes_nobody_another_client(tmp_path: Path, port: str) -> None:
    engine = limited(tmp_path, "answers_per_hour = 1", "trusted_proxies = 1")
    client = browser(engine)
    told = [port.format("203.0.113.9", number) for number in (5001, 5002)]
    came = [posted_from(client, "10.0.0.1", **{"X-Forwarded-For": one}) for one in told]
    assert came == [303, 429]
    bare = "203.0.113.9" if "{0}" in port else "2001:db8::8"  # of the same /64
    assert posted_from(client, "10.0.0.1", **{"X-Forwarded-For": bare}) == 429
    engine.close()


# ── Headers


def test_every_answer_is_secured(shop: Engine) -> None:
    client = browser(shop)
    paths = (OPEN, f"{OPEN}?satisfaction=4", f"{OPEN}/thanks", f"{OPEN}/", "/s/nowhere", "/healthz", "/api/v1/report",
             "/api/nowhere", "/api/v1/nowhere", "/static/style.css")
    pages = [client.get(path, buffered=True) for path in paths]
    pages += [client.post(OPEN, data={}), client.delete(OPEN), client.post(OPEN, data=b"x" * 1_000_001)]
    for page in pages:
        assert page.headers["X-Content-Type-Options"] == "nosniff", page.request.path
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
        policy = page.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; ")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy


def test_a_page_that_breaks_says_so_and_tells_no_secrets(shop: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: Any) -> Any:
        raise RuntimeError("a secret")

    monkeypatch.setattr("surveyengine.web.forms.rendering.form_html", breaks)
    page = browser(shop).get(f"{OPEN}?lang=en")
    assert page.status_code == 500
    assert "Something went wrong on our side" in page.text
    assert "secret" not in page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src")


def test_the_policy_allows_the_style_in_the_page_and_no_other(shop: Engine) -> None:
    client = browser(shop)
    for page in (client.get(OPEN), client.get(OTHER), client.get(f"{OPEN}/thanks"), client.post(OPEN, data={"a": "b"})):
        (style,) = re.findall(r"<style>(.*?)</style>", page.text, re.S)
        hashed = b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert re.findall(r"'sha256-([^']+)'", page.headers["Content-Security-Policy"]) == [hashed]
        assert not re.search(r"<[^>]+ style=|<script|javascript:|<[^>]+ on\w+=", page.text)


def test_only_named_origins_may_frame_a_page(tmp_path: Path) -> None:
    engine = limited(tmp_path, 'embed_origins = ["https://shop.example.com"]')
    policy = browser(engine).get(OPEN).headers["Content-Security-Policy"]
    assert "frame-ancestors https://shop.example.com" in policy
    engine.close()


# ── The database is away


def test_while_the_database_is_away_a_form_is_shown_and_an_answer_stays_on_the_page(engine: Engine) -> None:
    link, client = invite(engine), browser(engine)
    forms = {where: ticket(client, where) for where in (OPEN, link)}
    with away(engine):
        assert client.get(OPEN).status_code == 200
        for path in (link, "/readyz"):
            page = client.get(path)
            assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
        kept = {}
        for where, form in forms.items():
            page = client.post(where, data={"form": form, "satisfaction": "2", "timing": "late", "reason": "דיר"})
            assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
            assert (checked(page.text, "satisfaction"), checked(page.text, "timing")) == (["2"], ["late"])
            assert ">דיר</textarea>" in page.text.replace("\n", "")
            kept[where] = token(page.text)
        assert kept == forms
    for where, form in kept.items():
        assert client.post(where, data={"form": form, "satisfaction": "2", "timing": "late"}).status_code == 303
    assert len(stored(engine)) == 2


def test_while_the_database_is_away_a_forged_form_gives_nothing_away(engine: Engine) -> None:
    link, client = invite(engine), browser(engine)
    form = ticket(client)
    with away(engine):
        for wrong in ("forged", form):
            page = client.post(link, data={"form": wrong, "satisfaction": "2"})
            assert (page.status_code, "<form" in page.text) == (503, False)
        assert client.post("/r/unknown", data={"form": form, "satisfaction": "2"}).status_code == 503


def test_while_the_database_is_away_a_form_of_an_older_version_keeps_its_questions(engine: Engine) -> None:
    client = browser(engine)
    form = ticket(client)
    edit(engine, DELIVERY.replace('id      = "timing"', 'id      = "moment"'))
    with away(engine):
        page = client.post(OPEN, data={"form": form, "satisfaction": "2", "timing": "late"})
        assert (page.status_code, checked(page.text, "timing")) == (503, ["late"])


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_a_database_that_hangs_up_is_called_again(engine: Engine) -> None:
    client = browser(engine)
    link = invite(engine)
    form = ticket(client, link)
    with engine.database.engine.connect() as connection:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        connection.execute(text(f"{others} AND pid <> pg_backend_pid()"))
    assert client.post(link, data={"form": form, "satisfaction": "4"}).status_code == 303
    assert len(stored(engine)) == 1


def test_an_answer_that_the_database_hangs_up_on_stays_on_the_page(engine: Engine) -> None:
    client = browser(engine)
    form = ticket(client)
    assert client.post(OPEN, data={"form": ticket(client), "satisfaction": "1"}).status_code == 303
    if not engine.database.is_sqlite:
        others = create_engine(engine.database.url)
        with others.connect() as connection:
            ours = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            connection.execute(text(f"{ours} AND pid <> pg_backend_pid()"))
        others.dispose()
        page = client.post(OPEN, data={"form": form, "satisfaction": "4"})
        assert (page.status_code, checked(page.text, "satisfaction")) == (503, ["4"])
    assert client.post(OPEN, data={"form": form, "satisfaction": "4"}).status_code == 303
    assert counts(engine) == {"1": 1, "4": 1}


def test_an_answer_that_postgresql_has_no_more_patience_with_stays_on_the_page(engine: Engine) -> None:
    if engine.database.is_sqlite:
        pytest.skip("SQLite has no limit for a transaction")
    client = browser(engine)
    form, database = ticket(client), engine.database
    with database.engine.connect() as connection:
        if (connection.dialect.server_version_info or ()) < (17,):
            pytest.skip("this PostgreSQL has none either")
        name = connection.dialect.identifier_preparer.quote(str(database.url.database))
        connection.execute(text(f"ALTER DATABASE {name} SET transaction_timeout = '300ms'"))
    database.engine.dispose()
    others = create_engine(database.url, connect_args={"options": "-c transaction_timeout=0"})
    with others.begin() as connection:
        connection.execute(text("LOCK TABLE response IN EXCLUSIVE MODE"))
        page = client.post(OPEN, data={"form": form, "satisfaction": "4"})
    others.dispose()
    assert (page.status_code, checked(page.text, "satisfaction")) == (503, ["4"])
    assert client.post(OPEN, data={"form": form, "satisfaction": "4"}).status_code == 303


@pytest.mark.parametrize("fault", [ValueError, sqlite3.OperationalError, KeyboardInterrupt])
def test_what_was_not_finished_has_not_happened(shop: Engine, fault: type[BaseException]) -> None:
    row = {"survey": "delivery", "digest": shop.library.surveys["delivery"].digest, "language": "he"}

    def begin() -> None:
        with shop.database.direct() as connection:
            responses.add(connection, {"id": "1", **row, "direction": "rtl", "day": date.today(), "context": {}}, [])
            raise fault

    with pytest.raises((fault, Unavailable)):
        begin()
    assert content(shop)["response"] == []
    assert answer(browser(shop), OPEN, satisfaction="4").status_code == 303


# ── Many at once


def at_once(n: int, job: Callable[[int], Any], threads: int = 8) -> list[Any]:
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(job, range(n)))


def test_the_same_form_fifty_times_at_once_counts_once(engine: Engine) -> None:
    app, link = create_app(engine), invite(engine)
    for where in (OPEN, link):
        form = ticket(app.test_client(), where)
        data = {"form": form, "satisfaction": "4"}
        statuses = at_once(50, lambda _: app.test_client().post(where, data=data).status_code, threads=50)  # noqa: B023
        assert set(statuses) == {303}
    assert counts(engine) == {"4": 2}


def test_fifty_forms_of_one_invitation_at_once_give_one_answer(engine: Engine) -> None:
    app, link = create_app(engine), invite(engine)
    forms = [ticket(app.test_client(), link) for _ in range(50)]
    posts = at_once(
        50, lambda n: app.test_client().post(link, data={"form": forms[n], "satisfaction": str(1 + n % 5)}), threads=50
    )
    assert sorted(post.status_code for post in posts) == [200] * 49 + [303]
    (kept,) = stored(engine)
    winner = next(n for n, post in enumerate(posts) if post.status_code == 303)
    assert kept["satisfaction"] == [str(1 + winner % 5)]


def test_eight_clients_with_two_hundred_answers_each_are_all_counted(engine: Engine) -> None:
    app = create_app(engine)
    tickets, form = FormTokens(engine.secret), ticket(app.test_client())
    first = tickets.read(form)
    assert first

    def client(number: int) -> set[int]:
        seen, browser = set(), app.test_client()
        for n in range(200):
            own = tickets.sign(type(first)(**{**vars(first), "submission": f"{number}-{n}"}))
            seen.add(browser.post(OPEN, data={"form": own, "satisfaction": str(1 + n % 5)}).status_code)
        return seen

    assert at_once(8, client) == [{303}] * 8
    assert counts(engine) == {str(value): 320 for value in range(1, 6)}


def test_a_link_leads_to_its_form_once_it_was_given_to_somebody(shop: Engine) -> None:
    client, happened = browser(shop), datetime.now(UTC) - DAY
    take(shop, [delivered(time=happened)], happened)
    with shop.database.read() as connection:
        [(id, stored)] = connection.execute(select(invitation.c.id, invitation.c.token_hash)).all()
    link = f"/r/{answer_token(shop.secret, id)}"
    assert (stored, client.get(link).status_code) == (None, 404)
    post = by_mail(shop, EMAIL.open("file:data/outbox", shop.root), "https://feedback.example.com")
    assert deliver_one(post, happened + timedelta(hours=13))
    assert client.get(link).status_code == 200
    with shop.database.write() as connection:    # as by a worker that was frozen since before it was given out
        given = invitations.by_id(connection, id)
        assert given
        assert given.recipient
        invitations.renew(connection, given._replace(token_hash=None), given.recipient, {"token_hash": "0" * 64})
    assert client.get(link).status_code == 200
