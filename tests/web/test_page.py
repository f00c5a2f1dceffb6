from __future__ import annotations

import re
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from surveyengine.definitions.kinds.registry import KINDS
from surveyengine.i18n.speech import speech
from surveyengine.look.markup import ENVIRONMENT
from surveyengine.responses.form import read
from surveyengine.web.assets import asset
from surveyengine.web.forms import notice
from surveyengine.web.forms.form_page import form_html, privacy, style, style_hash
from surveyengine.web.forms.question_view import LAYOUTS, LOOKS, QuestionRenderer
from tests.support.samples import BUSINESS, LANGUAGES, LINKS, TITLE, Tags, every_kind, form, question, survey

SPEECHES = [speech(language) for language in LANGUAGES]


def text_of(html: str) -> str:
    return re.sub(r"<[^>]+>", "", html)


def styled(html: str) -> str:
    """Return the page with its stylesheet inside, so that a browser needs no server."""
    sheet = asset("style.css")
    assert sheet
    return re.sub(r'<link rel="stylesheet"[^>]*>', lambda _: f"<style>{sheet.content.decode()}</style>", html)


def test_every_kind_has_a_layout_and_every_layout_a_macro() -> None:
    assert LAYOUTS.keys() == KINDS.keys()
    macros = ENVIRONMENT.get_template("fields.html").module
    assert [name for name in {*LAYOUTS.values(), *LOOKS.values()} if not callable(getattr(macros, name, None))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_is_on_the_page_in_every_language(language: str) -> None:
    html = form_html(form(every_kind(), language))
    tags = Tags(html)
    direction = "ltr" if language == "en" else "rtl"
    assert list(tags.named("html", lang=language, dir=direction))
    shown_ids = [attributes["data-question"] for _, attributes in tags.found if "data-question" in attributes]
    assert shown_ids == [one.id for one in every_kind().questions]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_kth_place_to_press_holds_the_kth_value_in_every_layout(language: str) -> None:
    tags = Tags(form_html(form(every_kind(), language)))
    for one in every_kind().questions:
        for part in (part for part in one.parts if part.offered and one.kind != "ranking"):
            fields = tags.named("input", name=part.id)
            assert [field["value"] for field in fields] == [option.value for option in part.offered]


def test_what_the_page_posts_is_what_is_stored() -> None:
    survey = every_kind()
    for tag in Tags(form_html(form(survey))).named("input"):
        if tag["type"] in ("radio", "checkbox"):
            answers = read(survey, MultiDict({tag["name"]: tag["value"]})).answers
            assert [(one.question, one.value) for one in answers] == [(tag["name"], tag["value"])]


def test_a_scale_shows_its_values_and_nothing_else() -> None:
    page = form_html(form(survey(question("recommend", "nps"))))
    values = [attributes["value"] for attributes in Tags(page).named("input", type="radio")]
    assert values == [str(value) for value in range(11)]


def test_answers_so_far_are_kept() -> None:
    given = {"csat": ("۴",), "choices": ("early", "never"), "consent": ("yes",)}
    given |= {"text": ("\nTwo\n<lines>",), "number": ("many",)}
    html = form_html(form(every_kind(), given=given))
    checked = {(one["name"], one["value"]) for one in Tags(html).named("input") if "checked" in one}
    assert checked == {("csat", "4"), ("choices", "early"), ("choices", "never"), ("consent", "yes")}
    assert ">\n\nTwo\n&lt;lines&gt;</textarea>" in html
    assert list(Tags(html).named("input", name="number", value="many"))


def test_faults_are_counted_linked_and_said_at_their_question() -> None:
    errors = {"csat": "Please choose.", "number": "No number.", "text": "Too long."}
    html = form_html(form(every_kind(), errors=errors))
    tags = Tags(html)
    assert "There are 3 problems on this page." in text_of(html)
    assert list(tags.named("div", role="alert", tabindex="-1"))
    ids = {attributes["id"] for _, attributes in tags.found if "id" in attributes}
    links = [attributes["href"] for attributes in tags.named("a") if attributes["href"].startswith("#")]
    assert links == ["#csat-1", "#text", "#number"]
    assert {link[1:] for link in links} <= ids
    assert list(tags.named("input", name="number", **{"aria-invalid": "true", "aria-describedby": "number-error"}))
    faulty = {"data-question": "csat", "aria-invalid": "true", "aria-describedby": "csat-error"}
    assert list(tags.named("fieldset", **faulty))
    assert re.search(r"<title>There are 3 problems on this page\. How was it\? – Nava Home</title>", html)


def test_every_description_exists_and_no_id_is_used_twice() -> None:
    hints = 'hint = { en = "H", he = "ר", fa = "ر" }'
    asked = survey(*(question(kind, kind, hints) for kind in KINDS))
    tags = Tags(form_html(form(asked, errors=dict.fromkeys(KINDS, "Wrong."))))
    ids = [attributes["id"] for _, attributes in tags.found if "id" in attributes]
    described = [id for _, one in tags.found for id in one.get("aria-describedby", "").split()]
    assert len(ids) == len(set(ids))
    assert set(described) <= set(ids)
    assert len(set(described)) == 2 * (len(KINDS) - 1)  # a note is not answered


@pytest.mark.parametrize(
    ("restart", "own", "remembered"), [(None, "", {"email", "tel", ""}), ("/s/sample?kiosk=1", "off", {"off", ""})]
)
def test_a_browser_gives_back_everything_that_was_filled_in_or_on_a_tablet_nothing(
    restart: str | None, own: str, remembered: set[str]
) -> None:
    tags = Tags(form_html(form(every_kind(), restart=restart)))
    assert [one.get("autocomplete", "") for one in tags.named("form")] == [own]
    fields = [one for tag in ("input", "textarea", "select") for one in tags.named(tag)]
    assert {one.get("autocomplete", "") for one in fields} == remembered    # where it is silent, the form decides


def test_inserted_values_are_isolated_and_never_markup() -> None:
    text = 'text = { en = "Order {order}", he = "הזמנה {order}", fa = "سفارش {order}" }'
    asked = survey(f'[[question]]\nid = "it"\nkind = "csat"\n{text}\n')
    html = form_html(form(asked, values={"order": "<b>A-1"}, languages=()))
    assert '<legend>Order <bdi class="value">&lt;b&gt;A-1</bdi>' in html


def test_the_token_stands_once_so_that_a_page_can_be_kept_and_split_there() -> None:
    before, after = form_html(form(every_kind(), token="T-O-K-E-N")).split("T-O-K-E-N")
    assert before.endswith('<input type="hidden" name="form" value="')
    assert after.startswith('">')


def test_the_style_in_the_page_is_the_one_its_hash_allows() -> None:
    asked = survey(question("a", "csat"), question("b", "text", "show_if = { a = { at_most = 3 } }"))
    css = style(BUSINESS, asked)
    assert f"<style>{css}</style>" in form_html(form(asked))
    assert re.fullmatch(r"'sha256-[A-Za-z0-9+/]{43}='", style_hash(css))
    assert style_hash("") == "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_on_a_page_needs_scripts_or_strangers(language: str) -> None:
    html = form_html(form(every_kind(), language))
    assert "<script" not in html
    assert " style=" not in html
    assert not re.search(r"\son\w+=", html)
    assert "//" not in re.sub(r"<style>.*</style>", "", html)


@pytest.mark.parametrize(
    ("mode", "values", "personal", "said"),
    [
        ("anonymous", {"order": "A-1"}, True, "Your answer is not linked to you."),
        ("identified", {"order": "A-1"}, True, "Your answer is linked to your order; only the service team sees it."),
        ("identified", {}, True, "Your answer is linked to you; only the service team sees it."),
        ("identified", {}, False, "Only the service team sees your answer."),
        ("confidential", {"order": "A-1"}, True,
         "Your answer is linked to your order; only the service team sees it, without your name or order."),
        ("confidential", {}, True, "Your answer is linked to you; only the service team sees it, without your name."),
        ("confidential", {}, False, "Only the service team sees your answer, together with those of others."),
    ],
)
def test_the_page_says_what_happens_with_an_answer(mode: str, values: Any, personal: bool, said: str) -> None:
    asked = survey(question("a", "csat"), head=f'{TITLE}mode = "{mode}"\n')
    page = form(asked, values=values, personal=personal)
    assert privacy(page) == said
    assert said in form_html(page)


@pytest.mark.parametrize(
    ("language", "count", "said"),
    [
        ("en", 1, "One question, about half a minute."),
        ("en", 3, "3 questions, about half a minute."),
        ("en", 8, "8 questions, about a minute."),
        ("en", 20, "20 questions, about 3 minutes."),
        ("fa", 3, "۳ پرسش"),
        ("he", 2, "שתי שאלות"),
    ],
)
def test_one_line_says_how_long_it_takes(language: str, count: int, said: str) -> None:
    asked = survey(*(question(f"q{number}", "csat") for number in range(count)))
    assert said in text_of(form_html(form(asked, language)))


def test_one_language_needs_no_links_to_others() -> None:
    assert "<nav" not in form_html(form(every_kind(), languages=LINKS[:1]))
    links = list(Tags(form_html(form(every_kind()))).named("a"))
    assert [(one["lang"], one["href"], one.get("aria-current")) for one in links] == [
        ("he", "?lang=he", "true"),
        ("fa", "?lang=fa", None),
        ("en", "?lang=en", None),
    ]


@pytest.mark.parametrize(("language", "low", "high"), [
    ("en", "-20", "-5"), ("he", "\u200e-20", "\u200e-5"), ("fa", "\u200e-۲۰", "\u200e-۵"),
])  # fmt: skip
def test_a_negative_number_stands_alike_in_the_hint_and_in_the_error(language: str, low: str, high: str) -> None:
    asked, spoken = survey(question("cold", "number", "min = -20\nmax = -5")), speech(language)
    error = read(asked, MultiDict({"cold": "7"})).errors["cold"].said(spoken)
    html = form_html(form(asked, language, errors={"cold": error}))
    told = text_of(html.partition("<main>")[2])
    assert (told.count(low), told.count(high), told.count("-")) == (1, 3, 4)  # the hint, and twice the error


def test_bounds_are_said_in_the_digits_of_the_language() -> None:
    asked = survey(question("n", "number", "min = 1\nmax = 12.5"))
    assert "۱۲٫۵" in QuestionRenderer(speech("fa"), {}, {}, {}).shown(asked.questions[0]).limits


@pytest.mark.parametrize("kind", sorted(notice.NOTICES.keys() - notice.ABOVE_A_FORM))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_notice_speaks_every_language(kind: str, language: str) -> None:
    said = speech(language)
    view = notice.NoticeView(kind=kind, speech=said, business=BUSINESS, languages=LINKS, when="14:03")
    html = notice.notice_html(view)
    values = {"business": said.words(BUSINESS.name), "when": "14:03"}
    words = notice.notice_text(kind, said).format(**values)
    assert "".join(words.split()) in "".join(text_of(html).split())
    assert (language == "en") == (notice.NOTICES[kind] == notice.notice_text(kind, speech(language)))


@pytest.mark.parametrize("kind", sorted(notice.ABOVE_A_FORM))
def test_a_page_without_a_form_never_says_that_answers_are_on_it(kind: str) -> None:
    html = notice.notice_html(notice.NoticeView(kind=kind, speech=speech("en"), business=BUSINESS))
    assert "answer" not in text_of(html)
    kept = form_html(form(every_kind(), notice=notice.notice_text(kind, speech("en")), given={"text": ("Kept",)}))
    assert "Kept</textarea>" in kept
    assert notice.NOTICES[kind] in kept


def test_unsubscribing_is_a_post_that_needs_no_more_than_its_address() -> None:
    tags = Tags(notice.notice_html(notice.NoticeView(kind="unsubscribe", speech=speech("en"), business=BUSINESS)))
    assert [one.get("action") for one in tags.named("form", method="post")] == [None]
    assert list(tags.named("input", name="List-Unsubscribe", value="One-Click"))


# In a browser.


def rectangles(page: Any, selector: str) -> list[dict[str, float]]:
    """Return where the elements stand."""
    found: list[dict[str, float]] = page.evaluate(
        "wanted => [...document.querySelectorAll(wanted)].map(one => one.getBoundingClientRect().toJSON())", selector
    )
    return found


@pytest.mark.parametrize(
    ("language", "first", "satisfied"),
    [
        ("en", "0, Not at all likely", "Satisfied"),
        ("he", "0, כלל לא סביר", "מרוצה"),
        ("fa", "۰، اصلاً محتمل نیست", "راضی"),
    ],
)
def test_places_to_press_have_names_that_tell_what_they_mean(
    page: Any, language: str, first: str, satisfied: str
) -> None:
    page.set_content(styled(form_html(form(survey(question("csat", "csat"), question("nps", "nps")), language))))
    for name, value in ((first, "0"), (satisfied, "4")):
        radio = page.get_by_role("radio", name=name, exact=True)
        radio.check()
        assert radio.get_attribute("value") == value
    assert page.get_by_role("radiogroup").count() == 2
    assert "nps" in (page.get_by_role("radiogroup").nth(1).aria_snapshot())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [320, 360, 600, 1100])
def test_nothing_is_too_wide_and_every_place_to_press_is_large_enough(page: Any, language: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    given = {"choice_other": ("other",), "choices_other": ("other",)}
    page.set_content(styled(form_html(form(every_kind(), language, given=given))))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    boxes = rectangles(page, "label:is(.option, .cell), button, nav a, textarea, select, [type=text], .line")
    assert min(min(box["width"], box["height"]) for box in boxes) >= 44


@pytest.mark.parametrize(("width", "rows"), [(1100, [11]), (360, [6, 5]), (320, [6, 5])])
def test_eleven_numbers_stand_in_one_row_or_in_two_with_a_fixed_break(page: Any, width: int, rows: list[int]) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.set_content(styled(form_html(form(survey(question("nps", "nps")), "he"))))
    boxes = rectangles(page, ".cell")
    tops = [box["top"] for box in boxes]
    assert [tops.count(top) for top in sorted(set(tops))] == rows
    assert boxes[0]["right"] == max(box["right"] for box in boxes)  # zero is where reading begins


def test_the_first_tab_reaches_the_page_in_reading_order(page: Any) -> None:
    page.set_content(styled(form_html(form(survey(question("a", "csat"), question("b", "text")), languages=()))))
    reached = []
    for _ in range(3):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.type"))
    assert reached == ["a-1", "b", "submit"]
