from __future__ import annotations

import re
from decimal import Decimal
from html import unescape

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from surveyengine.definitions.text import Said
from surveyengine.i18n.speech import speech
from surveyengine.look.markup import ENVIRONMENT, bare, plain, render, sentence

ENGLISH, PERSIAN = speech("en"), speech("fa")


def test_a_value_is_isolated_and_what_surrounds_it_is_escaped() -> None:
    found = sentence("a < {order}?", {"order": "A-1001"}, ENGLISH)
    assert found == Markup('a &lt; <bdi class="value">A-1001</bdi>?')


@pytest.mark.parametrize("value", ["<script src=//x>", '"><img src=x>', "{order}", "&amp;", "</bdi>"])
def test_a_value_is_never_markup_and_never_expanded(value: str) -> None:
    found = sentence("{order}", {"order": value}, ENGLISH)
    assert found.count("<") == 2
    assert unescape(found.removeprefix('<bdi class="value">').removesuffix("</bdi>")) == value


def test_the_same_text_in_a_mail_is_between_isolates() -> None:
    assert plain("order {order}.", {"order": "A-1001"}, ENGLISH) == "order \u2068A-1001\u2069."


def test_a_value_cannot_end_its_own_isolate_nor_its_line() -> None:
    assert plain("{name}", {"name": "\u2069\u202eDana\r\nBcc: x"}, ENGLISH) == "\u2068Dana Bcc: x\u2069"
    assert bare("{name}!", {"name": "\u2069Dana"}, ENGLISH) == "Dana!"


@pytest.mark.parametrize(
    ("value", "said"), [(1001, "۱٬۰۰۱"), (2.5, "۲٫۵"), (Decimal("2.50"), "۲٫۵"), ("1001", "1001")]
)
def test_counts_speak_the_language_and_texts_stay_as_they_are(value: Said, said: str) -> None:
    assert bare("{it}", {"it": value}, PERSIAN) == said


@pytest.mark.parametrize(
    ("language", "items", "said"),
    [
        ("en", ("a",), "⁨a⁩"), ("en", ("a", "b"), "⁨a and b⁩"), ("en", ("a", "b", "c"), "⁨a, b, and c⁩"),
        ("he", ("כוס", "צלחת", "קערה"), "⁨כוס, צלחת וקערה⁩"), ("fa", ("لیوان", "بشقاب"), "⁨لیوان و بشقاب⁩"),
        ("he", ("כוס", "iPhone 15", "7"), "⁨כוס, ⁨iPhone 15⁩ ו7⁩"), ("en", ("mug", "כוס"), "⁨mug and ⁨כוס⁩⁩"),
        ("en", ("a\u2069b\nc", "d"), "⁨ab c and d⁩"),
    ],
)  # fmt: skip
def test_a_list_is_an_enumeration_whose_items_do_not_turn_each_other_around(
    language: str, items: tuple[str, ...], said: str
) -> None:
    spoken = speech(language)
    assert plain("{it}", {"it": items}, spoken) == said
    assert unescape(sentence("{it}", {"it": items}, spoken).striptags()) == said[1:-1]
    assert bare("{it}", {"it": items}, spoken) == re.sub("[\u2068\u2069]", "", said)


@pytest.mark.parametrize("value", [None, "", "missing"])
def test_a_missing_value_leaves_the_fallback(value: str | None) -> None:
    values: dict[str, Said | None] = {} if value == "missing" else {"name": value}
    assert sentence("Dear {name|customer}", values, ENGLISH) == "Dear customer"
    assert plain("Dear {name}.", values, ENGLISH) == "Dear ."


def test_only_short_values_are_kept_on_one_line() -> None:
    assert 'class="value"' in sentence("{it}", {"it": "x" * 24}, ENGLISH)
    assert 'class="value long"' in sentence("{it}", {"it": "x" * 25}, ENGLISH)


def test_a_template_that_asks_for_too_much_fails_loudly() -> None:
    with pytest.raises(UndefinedError):
        render("notice.html", ENGLISH)


def test_text_is_not_escaped_and_html_is() -> None:
    assert ENVIRONMENT.autoescape("invitation.txt") is False  # type: ignore[operator]  # it is a function of the name
    assert ENVIRONMENT.autoescape("form.html") is True  # type: ignore[operator]  # the same
