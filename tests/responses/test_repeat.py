"""A form that is sent again: with the same answers it is one answer, and no other answer is thanked for and dropped."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from surveyengine.app import create_app
from surveyengine.engine import Engine
from surveyengine.project.files import read
from surveyengine.responses.form import Answer, ParsedAnswers
from surveyengine.responses.storing import repeated
from surveyengine.store.engine.database import Connection, Limit
from surveyengine.store.responses import Stored
from surveyengine.store.schema import invitation, response
from tests.responses.test_posting import Customer, hidden, saved
from tests.responses.test_posting import shop as paged_shop
from tests.support import business
from tests.support.business import CONFIG, DELIVERY, token
from tests.support.samples import Tags
from tests.web.test_respond import LOTS, OPEN, OTHER, at_once, browser, checked, invite, stored

LANGUAGES = ("he", "fa", "en")
NOT_SAVED = {"he": "מה שנשלח עכשיו לא נשמר", "fa": "آنچه اکنون فرستادید ثبت نشد",
             "en": "hat you sent now was not saved"}  # fmt: skip
AT = {"he": "תשובה מהטופס הזה נשמרה בשעה 14:03", "fa": "پاسخی از این فرم ساعت ۱۴:۰۳ ثبت شده است",
      "en": "An answer from this form was saved at 14:03"}  # fmt: skip
ON = {"he": "ב־20 בנובמבר 2020 בשעה 14:03", "fa": "در ۳۰ آبان ۱۳۹۹، ساعت ۱۴:۰۳", "en": "on November 20, 2020 at 14:03"}
EARLIER = {"he": "קודם לכן", "fa": "پیش‌تر", "en": "earlier"}
ANSWERED = {"he": "תשובה לסקר הזה התקבלה", "fa": "پاسخ این نظرسنجی", "en": "This survey was answered"}
ANONYMOUS = 'mode = "anonymous"\n'

__all__ = ["paged_shop"]


def said(html: str) -> str:
    """What a page says, without its markup."""
    return unescape(re.sub(r"<[^>]+>", "", html.partition("<main>")[2]))


def times(html: str) -> list[str]:
    return re.findall(r"[0-9۰-۹]{1,2}:[0-9۰-۹]{2}", said(html))


def local(engine: Engine, hour: int = 14, minute: int = 3) -> datetime:
    """That time today by the business's clock."""
    return datetime.now(engine.config.business.zone).replace(hour=hour, minute=minute, second=0, microsecond=0)


def was_saved(engine: Engine, at: datetime) -> None:
    """Let what is stored be stored at that moment."""
    with engine.database.write() as connection:
        connection.execute(update(response).where(response.c.answered_at.is_not(None)).values(answered_at=at))
        connection.execute(update(invitation).where(invitation.c.answered_at.is_not(None)).values(answered_at=at))


def twice(client: FlaskClient, link: str, *posts: dict[str, Any], language: str = "en") -> list[TestResponse]:
    """Send one form several times, as a browser does that goes back."""
    path, form = link.partition("?")[0], token(client.get(link).text)
    more = link.partition("?")[2]
    return [
        client.post(f"{path}?form=sent&lang={language}{'&' if more else ''}{more}", data={"form": form, **one})
        for one in posts
    ]


def continued(client: FlaskClient, page: TestResponse) -> TestResponse:
    """Press the button of a page that offers a new form."""
    (form,) = Tags(page.text).named("form")
    return client.post(OPEN + unescape(form["action"]), data=MultiDict([*hidden(page.text), ("form.go", "stay")]))


def publish(engine: Engine, text: str, config: str = CONFIG) -> None:
    urls = {"database": engine.config.database.url, "email": engine.config.email.url}
    business.write(engine.root, {"purchase/delivery": text}, config, **urls)
    project = read(engine.root, engine.catalogs.languages)
    assert project.errors == ()
    engine.library.publish(project, datetime.now(UTC))


# ── An open link


@pytest.mark.parametrize("language", LANGUAGES)
def test_other_answers_from_the_same_form_are_said_not_to_be_saved(engine: Engine, language: str) -> None:
    client = browser(engine)
    form = token(client.get(OPEN).text)
    first = {"form": form, "satisfaction": "2", "reason": "slow"}
    assert client.post(f"{OPEN}?lang={language}", data=first).status_code == 303
    was_saved(engine, local(engine))
    page = client.post(f"{OPEN}?lang={language}", data={"form": form, "satisfaction": "5"})
    assert page.status_code == 409
    assert page.headers["Cache-Control"] == "no-store"
    assert AT[language] in said(page.text)
    assert NOT_SAVED[language] in said(page.text)
    assert f'href="/s/delivery?lang={language}"' in page.text
    assert stored(engine) == [{"satisfaction": ["2"], "reason": ["slow"]}]


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_answer_of_another_day_is_told_with_its_day(engine: Engine, language: str) -> None:
    client = browser(engine)
    form = token(client.get(OPEN).text)
    client.post(OPEN, data={"form": form, "satisfaction": "2"})
    was_saved(engine, datetime(2020, 11, 20, 12, 3, tzinfo=UTC))
    page = client.post(f"{OPEN}?lang={language}", data={"form": form, "satisfaction": "5"})
    assert ON[language] in said(page.text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_an_anonymous_answer_no_time_is_told(engine: Engine, language: str) -> None:
    publish(engine, ANONYMOUS + DELIVERY)
    client, link = browser(engine), invite(engine)
    for where in (OPEN, link):
        form = token(client.get(where).text)
        posts = [client.post(f"{where}?lang={language}", data={"form": form, "satisfaction": value}) for value in "225"]
        assert [post.status_code for post in posts] == [303, 303, 409 if where == OPEN else 200]
        assert EARLIER[language] in said(posts[2].text)
        assert NOT_SAVED[language] in said(posts[2].text)
        assert times(posts[2].text) == []
    assert times(client.get(f"{link}?lang={language}").text) == []
    assert EARLIER[language] in said(client.get(f"{link}?lang={language}").text)
    assert len(stored(engine)) == 2


def test_what_was_sent_goes_on_in_a_new_form_and_is_an_answer_of_its_own(engine: Engine) -> None:
    client = browser(engine)
    words = 'דיר\n"<b>&'
    other = {"satisfaction": "1", "timing": "late", "reason": words}
    _, page = twice(client, OPEN, {"satisfaction": "5"}, other)
    again = continued(client, page)
    assert (again.status_code, checked(again.text, "satisfaction"), checked(again.text, "timing")) == (
        200, ["1"], ["late"]
    )  # fmt: skip
    assert "&lt;b&gt;&amp;</textarea>" in again.text
    assert len(stored(engine)) == 1
    sent = {"form": token(again.text), **other}
    assert [client.post(OPEN, data=sent).status_code for _ in range(2)] == [303, 303]
    assert sorted(stored(engine), key=len) == [
        {"satisfaction": ["5"]}, {"satisfaction": ["1"], "timing": ["late"], "reason": [words]}
    ]  # fmt: skip


SETS = [
    ({"likes": ["early", "late"]}, {"likes": ["early"]}),
    ({"likes": ["early"]}, {"likes": ["early", "late"]}),
    ({"likes": ["early"]}, {"likes": ["late"]}),
    ({"likes": ["early"]}, {"likes": ["early"], "why": "because"}),
    ({"likes": ["early"], "why": "because"}, {"likes": ["early"]}),
    ({"why": "because"}, {"why": "Because"}),
    ({"why": "1"}, {"cost": "1"}),
    ({"cost": "1"}, {"cost": "10"}),
]


@pytest.mark.parametrize(("first", "second"), SETS)
def test_whatever_differs_makes_another_answer(engine: Engine, first: dict[str, Any], second: dict[str, Any]) -> None:
    publish_lots(engine)
    assert [page.status_code for page in twice(browser(engine), OTHER, first, second, first)] == [303, 409, 303]
    assert len(stored(engine)) == 1


SAME = [
    ({"why": "because"}, {"why": " because\r\n"}),
    ({"why": "e\u0301"}, {"why": "\u00e9"}),
    ({"cost": "12"}, {"cost": "۱۲"}),
    ({"cost": "12"}, {"cost": "12", "stranger": "x"}),
]


@pytest.mark.parametrize(("first", "second"), SAME)
def test_what_is_stored_alike_is_the_same_answer(engine: Engine, first: dict[str, Any], second: dict[str, Any]) -> None:
    publish_lots(engine)
    pages = twice(browser(engine), OTHER, first, second)
    assert [(page.status_code, page.headers["Location"]) for page in pages] == [(303, "/s/lots/thanks?lang=en")] * 2
    assert len(stored(engine)) == 1


def publish_lots(engine: Engine) -> None:
    business.change(engine, {"purchase/delivery": DELIVERY, "purchase/lots": LOTS})


def test_a_fault_in_a_form_that_was_sent_is_shown_before_it_is_judged(engine: Engine) -> None:
    pages = twice(browser(engine), OPEN, {"satisfaction": "4"}, {"satisfaction": "9"}, {})
    assert [page.status_code for page in pages] == [303, 422, 422]


def test_fifty_answers_from_one_form_at_once_are_one_and_every_other_is_told(engine: Engine) -> None:
    app = create_app(engine)
    form = token(app.test_client().get(OPEN).text)
    posts = at_once(
        50, lambda n: app.test_client().post(OPEN, data={"form": form, "satisfaction": str(1 + n % 5)}), threads=50
    )
    (kept,) = stored(engine)
    for n, post in enumerate(posts):
        assert post.status_code == (303 if kept["satisfaction"] == [str(1 + n % 5)] else 409)
    assert sum(post.status_code == 303 for post in posts) == 10


def test_a_repeat_costs_an_answer_nothing(engine: Engine) -> None:
    """The usual answer is still one statement, or on SQLite one transaction, and reads nothing."""
    client = browser(engine)
    form = token(client.get(OPEN).text)
    reads: list[int] = []
    original = engine.database.read

    def read(*limit: Limit) -> AbstractContextManager[Connection]:
        reads.append(1)
        return original(*limit)

    engine.database.read = read  # type: ignore[assignment, method-assign]  # every read passes it
    assert client.post(OPEN, data={"form": form, "satisfaction": "4"}).status_code == 303
    assert reads == []
    assert client.post(OPEN, data={"form": form, "satisfaction": "4"}).status_code == 303
    assert reads == [1]


# ── Where a form stands


def test_a_frame_stays_a_frame(engine: Engine) -> None:
    shop = "https://shop.example.com"
    publish(engine, DELIVERY, CONFIG + f'[web]\nembed_origins = ["{shop}"]\n')
    client, link = browser(engine), f"{OPEN}?embed=1&form.host={shop}&order=A-1"
    _, page = twice(client, link, {"satisfaction": "5"}, {"satisfaction": "1"})
    assert page.status_code == 409
    assert 'class="embed"' in page.text
    assert f"frame-ancestors {shop}" in page.headers["Content-Security-Policy"]
    assert 'data-state="submitted"' not in page.text
    again = continued(client, page)
    assert 'class="embed"' in again.text
    (form,) = Tags(again.text).named("form")
    sent = client.post(OPEN + unescape(form["action"]), data={"form": token(again.text), "satisfaction": "1"})
    assert (sent.status_code, "embed=1" in sent.headers["Location"]) == (303, True)
    (empty,) = re.findall(r'class="again"><a href="([^"]+)"', page.text)
    assert "embed=1" in empty
    with engine.database.read() as connection:
        rows = connection.execute(select(response.c.layout, response.c.context)).all()
    assert [tuple(row) for row in rows] == [("embed", {"order": "A-1"})] * 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_tablet_tells_it_and_shows_nothing_of_what_was_sent(engine: Engine, language: str) -> None:
    client, link = browser(engine), f"{OPEN}?kiosk=1&lang={language}"
    first, same, other, faulty = twice(
        client, link, {"satisfaction": "1", "reason": "Private"}, {"satisfaction": "1", "reason": "Private"},
        {"satisfaction": "5", "reason": "Private"}, {"reason": "Private"}, language=language,
    )  # fmt: skip
    assert [page.status_code for page in (first, same, other, faulty)] == [303, 303, 409, 409]
    for page in (other, faulty):
        assert NOT_SAVED[language] in said(page.text)
        assert "Private" not in page.text
        assert f'href="/s/delivery?kiosk={language}&amp;lang={language}"' in page.text
        assert 'http-equiv="refresh"' in page.text
    assert len(stored(engine)) == 1


# ── A personal link


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_answered_link_says_when_and_that_the_first_answer_stands(engine: Engine, language: str) -> None:
    link, client = f"{invite(engine)}?lang={language}", browser(engine)
    path = link.partition("?")[0]
    forms = [token(client.get(link).text) for _ in range(2)]
    assert client.post(path, data={"form": forms[0], "satisfaction": "4"}).status_code == 303
    was_saved(engine, local(engine))
    seen = client.get(link)
    assert ANSWERED[language] in said(seen.text)
    assert times(seen.text) == [{"fa": "۱۴:۰۳"}.get(language, "14:03")]
    assert NOT_SAVED[language] not in said(seen.text)
    others = [{"form": forms[0], "satisfaction": "5"}, {"form": forms[1], "satisfaction": "4"},
              {"form": forms[0], "satisfaction": "9"}, {"form": forms[0]}, {"form": "forged", "satisfaction": "4"}]
    for other in others:
        page = client.post(link, data=other)
        assert (page.status_code, "<form" in page.text) == (200, False)
        assert times(page.text) == times(seen.text)
        assert NOT_SAVED[language] in said(page.text)
    assert client.post(link, data={"form": forms[0], "satisfaction": "4"}).status_code == 303
    assert stored(engine) == [{"satisfaction": ["4"]}]


def test_a_form_that_was_taken_up_again_may_be_sent_twice(paged_shop: Engine) -> None:
    link = invite(paged_shop)
    Customer(paged_shop, link).sends(satisfaction="2", reason="late").sends(unhappy="late")
    later = Customer(paged_shop, link)
    before = later.text
    assert saved(paged_shop)
    assert later.sends(again="5").page.status_code == 303
    client = browser(paged_shop)
    for again, status in (("5", 303), ("4", 200)):
        posted = MultiDict([*hidden(before), ("again", again)])
        assert client.post(link, data=posted).status_code == status
    assert stored(paged_shop)[0]["reason"] == ["late"]


# ── Judged


ANSWERS = st.lists(
    st.tuples(st.sampled_from(["a", "b", "b.other"]), st.integers(0, 1), st.sampled_from(["x", "y"])),
    unique_by=lambda one: one[:2], min_size=1,
)  # fmt: skip


@given(ANSWERS, ANSWERS)
def test_an_answer_is_repeated_exactly_where_nothing_differs(
    one: list[tuple[str, int, str]], other: list[tuple[str, int, str]]
) -> None:
    kept = Stored(None, frozenset((question, place, "s", value) for question, place, value in one))
    sent = ParsedAnswers(tuple(Answer(question, place, "s", True, value) for question, place, value in other), {}, {})
    assert (repeated(kept, sent) is None) == (set(one) == set(other))
    lacks = {question for question, _, _ in set(one) - set(other)}
    assert (repeated(kept, sent, ["b"]) is None) == (set(other) <= set(one) and lacks <= {"b", "b.other"})
