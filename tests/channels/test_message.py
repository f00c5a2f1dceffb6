from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest

from surveyengine.channels.email import EMAIL
from surveyengine.channels.message import asked_in_mail, invitation
from surveyengine.channels.mime import sender as parse
from surveyengine.i18n.speech import speech
from surveyengine.settings.config import EmailSettings
from tests.support.samples import (
    ANSWER_LINK,
    LANGUAGES,
    TITLE,
    UNSUBSCRIBE_LINK,
    Tags,
    content,
    every_kind,
    question,
    survey,
)  # fmt: skip

LINK = f"{ANSWER_LINK}?lang=en"
SUBJECT = f"""{TITLE}
[invite]
on = "shipment.delivered"
subject = {{ en = "How did {{order|it}} go?", he = "איך עבר המשלוח {{order|}}?", fa = "تحویل {{order|}} چطور بود؟" }}
"""


def mail(*questions: str, language: str = "en", head: str = SUBJECT, **values: Any) -> tuple[str, str, str]:
    asked = survey(*(questions or (question("satisfaction", "csat"),)), head=head)
    return invitation(content(asked, language, values))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mail_reads_in_its_direction_even_where_clients_drop_the_html_tag(language: str) -> None:
    _, text, html = mail(language=language)
    direction = "ltr" if language == "en" else "rtl"
    tags = Tags(html)
    assert list(tags.named("html", lang=language, dir=direction))
    assert {one.get("dir") for one in tags.named("table")} == {direction}
    assert speech(language).gettext("Answer the survey") in html
    assert speech(language).gettext("Answer the survey") in text


def test_each_step_of_the_first_scale_is_a_link_that_only_preselects() -> None:
    _, text, html = mail(question("open", "text"), question("satisfaction", "csat"), question("recommend", "nps"))
    links = [one["href"] for one in Tags(html).named("a")]
    wanted = [f"{LINK}&satisfaction={value}" for value in range(1, 6)]
    assert links[:6] == [*wanted, LINK]
    assert re.findall(r"\S+satisfaction=\S+", text) == wanted


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_numbers_of_a_long_scale_stand_in_two_rows(language: str) -> None:
    html = mail(question("recommend", "nps", "not_applicable = true"), language=language)[2]
    rows = [len(re.findall("recommend=", row)) for row in html.split("<tr>")]
    assert [count for count in rows if count] == [6, 5]
    assert speech(language).number(10) in html
    # Each end's words stand at their end: before the first number, and after the last.
    low, high = (speech(language).words(words) for words in ("Not at all likely", "Extremely likely"))
    places = [html.index(low), html.index("recommend=0"), html.index("recommend=10"), html.index(high)]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "About half a minute. Your answer helps us do better."),
        ("he", "כחצי דקה. התשובה שלך תעזור לנו להשתפר."),
        ("fa", "حدود نیم دقیقه. پاسخ شما به ما کمک می‌کند بهتر شویم."),
    ],
)
def test_a_mail_says_what_the_page_is_called_and_how_long_it_takes(language: str, said: str) -> None:
    _, text, html = mail(language=language)
    title = speech(language).words(survey(question("a", "csat"), head=SUBJECT).head.title)
    assert re.findall(r"<h1[^>]*>(.*?)</h1>", html) == [title]
    assert text.startswith(f"{title}\n\n{said}\n")
    assert said in html


def test_a_number_and_its_words_are_apart_without_styles() -> None:
    assert re.search(r">1</span> Very dissatisfied</a>", mail()[2])


def test_the_steps_outweigh_the_way_to_the_page_where_there_are_any() -> None:
    filled = 'class="button"'
    assert filled not in mail()[2]
    assert filled in mail(question("why", "text"))[2]


@pytest.mark.parametrize(
    ("questions", "asked"),
    [
        ([question("a", "csat"), question("b", "csat", "core = true")], "b"),
        ([question("a", "text"), question("b", "nps")], "b"),
        ([question("a", "csat"), question("b", "csat", "core = true\nshow_if = { a = 1 }")], "a"),
        ([question("a", "text"), question("b", "yes_no")], None),
    ],
)
def test_a_mail_asks_the_core_question_or_the_first_scale_that_everybody_is_asked(
    questions: list[str], asked: str | None
) -> None:
    found = asked_in_mail(survey(*questions))
    assert (found and found.id) == asked


def test_without_a_scale_there_is_the_button_alone() -> None:
    _, text, html = mail(question("why", "text"))
    assert "why" not in html
    assert LINK in unescape(html)
    assert "confirm" not in text


def test_values_are_isolated_in_the_subject_the_text_and_the_html() -> None:
    asked = question("satisfaction", "csat").replace("About satisfaction?", "About {order}")
    subject, text, html = mail(asked, order='A-1 & "<b>"')
    assert subject == 'How did \u2068A-1 & "<b>"\u2069 go?'
    assert 'About \u2068A-1 & "<b>"\u2069' in text
    assert '<bdi class="value">A-1 &amp; &#34;&lt;b&gt;&#34;</bdi>' in html
    assert "<b>" not in re.sub(r"<b>\d", "", html)


@pytest.mark.parametrize(
    ("language", "body", "sender"),
    [
        ("en", "Did \u2068A-1\u2069 fit?", "Dana, Nava Home"),
        ("he", "האם \u2068A-1\u2069 התאים?", "דנה מנאווה הום"),
        ("fa", "آیا \u2068A-1\u2069 مناسب بود؟", "دانا از ناوا هوم"),
    ],
)
def test_a_survey_has_words_and_a_sender_of_its_own(language: str, body: str, sender: str) -> None:
    own = SUBJECT + (
        'body = { en = "Did {order|it} fit?", he = "האם {order|} התאים?", fa = "آیا {order|} مناسب بود؟" }\n'
        'from_name = { en = "Dana, Nava Home", he = "דנה מנאווה הום", fa = "دانا از ناوا هوم" }\n'
    )
    asked = content(survey(question("a", "csat"), head=own), language, {"order": "A-1"})
    from_ = EmailSettings.model_validate({"from": "Shop <hello@example.com>"})
    sent = EMAIL.compose(replace(asked, config=asked.config.model_copy(update={"email": from_})))
    assert parse(sent.from_) == (sender, "hello@example.com")
    assert body in sent.text
    assert unescape(body.replace("\u2068", '<bdi class="value">').replace("\u2069", "</bdi>")) in sent.html
    assert speech(language).gettext("Your answer helps us do better.") not in sent.text + sent.html


def test_a_survey_without_a_subject_says_who_asks() -> None:
    assert mail(head=TITLE)[0] == "A short survey from \u2068Nava Home\u2069"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mail_says_why_it_came_and_how_to_stop_more(language: str) -> None:
    _, text, html = mail(language=language)
    stop = f"{UNSUBSCRIBE_LINK}?lang={language}"
    assert stop in text
    assert stop in [one["href"] for one in Tags(html).named("a")]
    assert speech(language).gettext("Stop survey invitations") in text


def test_other_languages_are_offered_in_their_own_names() -> None:
    _, text, html = mail(language="he")
    links = [one for one in Tags(html).named("a") if one.get("hreflang")]
    assert [(one["lang"], one["href"][-7:]) for one in links] == [("fa", "lang=fa"), ("en", "lang=en")]
    assert "فارسی" in text
    assert "English" in html


def test_nothing_in_a_mail_is_loaded_from_elsewhere() -> None:
    for language in LANGUAGES:
        tags = {tag for tag, _ in Tags(mail(language=language)[2]).found}
        assert not tags & {"img", "script", "link", "iframe"}
    with_logo = invitation(content(survey(question("a", "csat"))), "cid:logo")[2]
    assert [one["src"] for one in Tags(with_logo).named("img")] == ["cid:logo"]


def test_every_kind_can_be_in_a_survey_that_is_mailed() -> None:
    for language in LANGUAGES:
        subject, text, html = invitation(content(every_kind(), language))
        assert subject
        assert text.strip()
        assert html.strip().endswith("</html>")
