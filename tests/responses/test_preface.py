"""What stands around the questions: how long a form is, what it needs, what waits to be sent, and the thanks."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from surveyengine.app import create_app
from surveyengine.definitions import effort
from surveyengine.definitions.effort import Needed
from surveyengine.engine import Engine, start
from surveyengine.i18n.speech import speech
from surveyengine.invitations.link import LinkRequest, path
from surveyengine.invitations.planning import take
from surveyengine.web.forms.preface import length
from tests.support import business
from tests.support.business import DELIVERY, answer, change, delivered, token
from tests.support.samples import Tags, question, survey
from tests.web.test_page import text_of

NOW = datetime.now(UTC)
OPEN = "/s/delivery"
REQUIRED, LATER = "required = true", "show_if = { a = { at_most = 2 } }"


@pytest.fixture
def shop(tmp_path: Path) -> Any:
    with closing(start(business.write(tmp_path))) as engine:
        yield engine


@pytest.fixture
def client(shop: Engine) -> FlaskClient:
    return create_app(shop).test_client()


# ── How long it is, and what it needs


@pytest.mark.parametrize(
    ("asked", "needed", "said"),
    [
        ([("a", "csat", "")], Needed.NONE, "One question, about half a minute."),
        ([("a", "csat", REQUIRED)], Needed.ALL, "One question, about half a minute."),
        ([("a", "csat", REQUIRED), ("b", "text", "")], Needed.FIRST,
         "2 questions, about half a minute. Only the first needs an answer."),
        ([("n", "note", ""), ("a", "csat", REQUIRED), ("b", "csat", "")], Needed.FIRST,
         "2 questions, about half a minute. Only the first needs an answer."),
        ([("a", "csat", ""), ("b", "text", "")], Needed.NONE,
         "2 questions, about half a minute. Answer as many as you like."),
        ([("a", "csat", REQUIRED), ("b", "csat", REQUIRED)], Needed.ALL,
         "2 questions, about half a minute. Please answer all of them."),
        ([("a", "csat", ""), ("b", "csat", REQUIRED)], Needed.SOME,
         "2 questions, about half a minute. Only the one marked needs an answer."),
        ([("a", "csat", ""), ("b", "csat", REQUIRED), ("c", "csat", REQUIRED)], Needed.SOME,
         "3 questions, about half a minute. Only those marked need an answer."),
        # What only some are asked is neither counted nor timed.
        ([("a", "csat", REQUIRED), ("b", "csat", ""), ("c", "text", LATER), ("d", "text", LATER)], Needed.FIRST,
         "2 questions, about half a minute. Only the first needs an answer."),
        ([("a", "csat", REQUIRED), *((f"b{n}", "csat", "") for n in range(7))], Needed.FIRST,
         "8 questions, about a minute. Only the first needs an answer."),
    ],
)  # fmt: skip
def test_a_form_says_how_long_it_is_and_what_it_needs(
    asked: list[tuple[str, str, str]], needed: Needed, said: str
) -> None:
    made = survey(*(question(*one) for one in asked))
    assert effort.needed(made) is needed
    assert length(made, speech("en")) == said


@pytest.mark.parametrize(
    ("language", "count", "said"),
    [("he", 14, "14 שאלות, כשתי דקות."), ("he", 24, "24 שאלות, כ־3 דקות."), ("fa", 14, "۱۴ پرسش، حدود ۲ دقیقه.")],
)
def test_minutes_have_the_plural_of_the_language(language: str, count: int, said: str) -> None:
    made = survey(*(question(f"q{number}", "csat") for number in range(count)))
    assert length(made, speech(language)).startswith(said)


def test_only_where_it_is_not_said_once_are_questions_marked(shop: Engine, client: FlaskClient) -> None:
    assert "(required)" not in client.get(f"{OPEN}?lang=en").text
    change(shop, {"purchase/delivery": DELIVERY.replace('kind    = "text"', 'kind    = "text"\nrequired = true')})
    assert client.get(f"{OPEN}?lang=en").text.count("(required)") == 2


# ── Whoever comes with an answer that a link has chosen


def sends(page: str) -> list[str]:
    """The questions and the buttons that send, in their order."""
    return [one.get("data-question", "Send") for tag, one in Tags(page).found
             if "data-question" in one or (tag == "button" and "name" not in one)]  # fmt: skip



@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "You chose Satisfied. Send this answer?"),
        ("he", "בחרת מרוצה. לשלוח את התשובה?"),
        ("fa", "گزینهٔ راضی را انتخاب کردید. این پاسخ ارسال شود؟"),
    ],
)
def test_a_chosen_answer_waits_and_can_be_sent_at_once(
    shop: Engine, client: FlaskClient, language: str, said: str
) -> None:
    page = client.get(f"{OPEN}?satisfaction=4&lang={language}").text
    assert said in text_of(page)
    assert sends(page) == ["satisfaction", "Send", "timing", "reason", "Send"]
    reply = client.post(OPEN, data={"form": token(page), "satisfaction": "4", "timing": "late"})
    assert reply.status_code == 303


def test_a_form_without_a_choice_has_one_button(client: FlaskClient) -> None:
    for query in ("", "?satisfaction=9", "?order=A-1"):
        page = client.get(f"{OPEN}{query}").text
        assert sends(page) == ["satisfaction", "timing", "reason", "Send"]
        assert "arrival" not in page


@pytest.mark.parametrize(
    ("query", "said", "buttons"),
    [
        ("timing=late", "You chose Late. It is sent when you press Send.", 1),  # something is needed first
        ("satisfaction=4&timing=late", "Your answers are filled in. They are sent when you press Send.", 1),
    ],
)
def test_what_cannot_be_sent_at_once_says_that_it_waits(
    client: FlaskClient, query: str, said: str, buttons: int
) -> None:
    page = client.get(f"{OPEN}?{query}&lang=en").text
    assert said in text_of(page)
    assert sends(page).count("Send") == buttons


def test_who_sends_too_soon_is_asked_once_more_at_the_same_place(client: FlaskClient) -> None:
    page = client.get(f"{OPEN}?satisfaction=4&lang=en").text
    again = client.post(f"{OPEN}?lang=en", data={"form": token(page), "satisfaction": "4"})
    assert "Please choose it again and press Send." in text_of(again.text)
    assert sends(again.text) == ["satisfaction", "Send", "timing", "reason", "Send"]


# ── What a survey says of its own

OWN = """
intro.en = "It is about order {order|you made}."
intro.he = "זה לגבי ההזמנה {order|שלך}."
intro.fa = "دربارهٔ سفارش {order|شما} است."
thanks.en = "We look at order {order|you made} today, {name|friend} <3"
thanks.he = "ההזמנה {order|שלך} תיבדק היום."
thanks.fa = "سفارش {order|شما} امروز بررسی می‌شود."
"""


def test_a_survey_has_its_own_intro_and_thanks(shop: Engine, client: FlaskClient) -> None:
    change(shop, {"purchase/delivery": OWN + DELIVERY})
    take(shop, [delivered(time=NOW - timedelta(hours=13), language="en")], NOW)
    link = "/" + path(shop, LinkRequest(survey="delivery", customer="c-17"), NOW)
    for where, intro, thanks in (
        (f"{OPEN}?lang=en", "It is about order you made.", "We look at order you made today, friend <3"),
        (link, "It is about order", "We look at order"),
    ):
        assert intro in text_of(client.get(where).text)
        done = client.get(answer(client, where, satisfaction="4").location)
        assert done.status_code == 200
        assert thanks in text_of(done.text).replace("&lt;", "<")
        assert "Thank you, that helps." in text_of(done.text)
        assert "Your answer was saved" not in done.text
    assert client.get("/r/nobody/thanks").status_code == 404


def test_a_preview_shows_the_thanks_and_says_that_nothing_was_saved(shop: Engine, client: FlaskClient) -> None:
    change(shop, {"purchase/delivery": OWN + DELIVERY})
    link = "/" + path(shop, LinkRequest(survey="delivery", preview=True), NOW)
    done = text_of(client.get(answer(client, link, satisfaction="4").location).text)
    assert "ההזמנה שלך תיבדק היום." in done
    assert "שום דבר לא נשמר" in done
