from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from surveyengine.i18n.speech import speech
from surveyengine.invitations.message import asked_in_mail, invitation
from tests.samples import BUSINESS, LANGUAGES, TITLE, Tags, every_kind, question, survey

LINK = "https://feedback.example.com/r/abc?lang=en"
STOP = "https://feedback.example.com/u/abc?lang=en"
SUBJECT = f"""{TITLE}
[invite]
on = "shipment.delivered"
subject = {{ en = "How did {{order|it}} go?", he = "איך עבר המשלוח {{order|}}?", fa = "تحویل {{order|}} چطور بود؟" }}
"""


def mail(*questions: str, language: str = "en", head: str = SUBJECT, **values: Any) -> tuple[str, str, str]:
    languages = [(code, f"https://feedback.example.com/r/abc?lang={code}") for code in LANGUAGES if code != language]
    asked = survey(*(questions or (question("satisfaction", "csat"),)), head=head)
    return invitation(asked, speech(language), BUSINESS, values, LINK, STOP, languages)


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
    subject, text, html = mail(order='A-1 & "<b>"')
    assert subject == 'How did \u2068A-1 & "<b>"\u2069 go?'
    assert subject in text
    assert '<bdi class="value">A-1 &amp; &#34;&lt;b&gt;&#34;</bdi>' in html
    assert "<b>" not in re.sub(r"<b>\d", "", html)


def test_a_survey_without_a_subject_says_who_asks() -> None:
    assert mail(head=TITLE)[0] == "A short survey from \u2068Nava Home\u2069"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mail_says_why_it_came_and_how_to_stop_more(language: str) -> None:
    _, text, html = mail(language=language)
    assert STOP in text
    assert STOP in [one["href"] for one in Tags(html).named("a")]
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


def test_every_kind_can_be_in_a_survey_that_is_mailed() -> None:
    for language in LANGUAGES:
        subject, text, html = invitation(every_kind(), speech(language), BUSINESS, {}, LINK, STOP)
        assert subject
        assert text.strip()
        assert html.strip().endswith("</html>")
