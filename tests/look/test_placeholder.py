"""What stands in texts for what an event or a link carries: decided, and as it arrives in mails and on pages."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from surveyengine.app import create_app
from surveyengine.engine import start
from surveyengine.events.event import Event, event
from surveyengine.i18n.speech import speech
from surveyengine.invitations.delivery import deliver_one
from surveyengine.invitations.link import LinkRequest, path
from surveyengine.invitations.planning import take
from surveyengine.look.markup import bare, plain, sentence
from surveyengine.look.placeholders import Reader, placeholder_values
from surveyengine.settings.config import Config
from tests.invitations.test_delivery import Outbox
from tests.support import business
from tests.support.posts import by_mail
from tests.support.samples import BUSINESS, LANGUAGES, TITLE, question, survey

CONFIG = Config.model_validate({
    "business": {"name": dict(BUSINESS.name), "languages": LANGUAGES, "timezone": "Asia/Jerusalem"},
    "events": {"order.paid": {"fields": ["order", "total"], "amounts": ["total"]}},
})
PAID = survey(question("a", "csat"), head=f'{TITLE}[invite]\non = "order.paid"\n')
RETURNED = survey(question("a", "csat"), head=f'{TITLE}[invite]\non = "return.refunded"\n')
OPEN = survey(question("a", "csat"))


def said(value: object, language: str, field: str = "it", about: Any = PAID, zone: str | None = None) -> str:
    """What stands in a text for a field of that value."""
    spoken = speech(language)
    values = placeholder_values(CONFIG, about, {field: value}, Reader(spoken, None, zone))
    return bare(f"{{{field}|fallback}}", values, spoken)


def test_the_business_and_the_customer_are_known_to_texts_whatever_the_event_says() -> None:
    event = {"business": "Other", "order": "A-1", "name": "x"}
    values = placeholder_values(CONFIG, PAID, event, Reader(speech("he"), "Dana"))
    assert values == {"business": "נאווה הום", "name": "Dana", "language": "עברית", "order": "A-1"}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Dana Cohen-Levi", True), ("J. R. O'Hara", True), ("Dr.Cohen", True), ("ד״ר דנה כהן", True), ("x" * 60, True),
        ("https://evil.example click", False), ("evil.example", False), ("EVIL.COM", False), ("WWW.evil", False),
        ("ftp://x", False), ("a@evil", False), ("win at evil.co.il now", False), ("x" * 61, False),
        ("evil．com", False), ("evil。com", False), ("evil｡com", False), ("ＷＷＷ．evil", False), ("a＠evil", False),
    ],
)  # fmt: skip
def test_a_name_that_could_become_a_link_is_not_known_to_texts(name: str, shown: bool) -> None:
    assert placeholder_values(CONFIG, PAID, {}, Reader(speech("en"), name))["name"] == (name if shown else None)


IDENTIFIERS: list[tuple[object, str, str]] = [  # as it was sent, in Hebrew and English, in Persian
    (18472, "18472", "۱۸۴۷۲"), (0, "0", "۰"), (10**18, "1" + "0" * 18, "۱" + "۰" * 18),
    (2**127, str(2**127), "۱۷۰۱۴۱۱۸۳۴۶۰۴۶۹۲۳۱۷۳۱۶۸۷۳۰۳۷۱۵۸۸۴۱۰۵۷۲۸"),
    (18472.0, "18472", "۱۸۴۷۲"), (1e16, "1" + "0" * 16, "۱" + "۰" * 16), (249.9, "249.9", "۲۴۹٫۹"),
    (0.00001, "0.00001", "۰٫۰۰۰۰۱"), (1.23456789, "1.23456789", "۱٫۲۳۴۵۶۷۸۹"), (-0.0, "0", "۰"),
    ("18472", "18472", "۱۸۴۷۲"), ("007", "007", "۰۰۷"), ("A-1001", "A-1001", "A-1001"), ("12.50", "12.50", "12.50"),
    ("1.00123E+11", "1.00123E+11", "1.00123E+11"), ("True", "True", "True"), ("[1]", "[1]", "[1]"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "plainly", "persian"), IDENTIFIERS)
def test_an_identifier_stands_as_it_was_sent(value: object, plainly: str, persian: str) -> None:
    found = {language: said(value, language) for language in LANGUAGES}
    assert found == {"en": plainly, "he": plainly, "fa": persian}


@pytest.mark.parametrize("language", LANGUAGES)
def test_below_zero_an_identifier_and_an_amount_have_one_sign(language: str) -> None:
    mark = "" if language == "en" else "\u200e"
    assert said(-12, language) == said(-12, language, "total") == mark + speech(language).digits("-12")


@pytest.mark.parametrize(
    ("value", "plainly", "persian"),
    [(18472, "18,472", "۱۸٬۴۷۲"), (1249.9, "1,249.9", "۱٬۲۴۹٫۹"), (1200.0, "1,200", "۱٬۲۰۰"),
     ("1249.90", "1,249.9", "۱٬۲۴۹٫۹"),
     ("1,249.9", "1,249.9", "۱٬۲۴۹٫۹"), ("۱۲۴۹", "1,249", "۱٬۲۴۹"), ("about 1200", "about 1200", "about 1200")],
)  # fmt: skip
def test_only_what_is_declared_as_an_amount_has_separators(value: object, plainly: str, persian: str) -> None:
    found = {language: said(value, language, "total") for language in LANGUAGES}
    assert found == {"en": plainly, "he": plainly, "fa": persian}
    others = [said(value, "en", "order"), said(value, "en", "total", RETURNED), said(value, "en", "total", OPEN)]
    assert "18,472" not in others
    assert len(set(others)) == 1


@pytest.mark.parametrize(
    ("language", "value", "day"),
    [("fa", "2026-11-22", "۱ آذر ۱۴۰۵"), ("he", "2026-11-22", "22 בנובמבר 2026"), ("en", "2026-02-30", "2026-02-30"),
     ("fa", "A-2026-11-22", "A-2026-11-22")],
)  # fmt: skip
def test_a_day_is_said_in_the_calendar_of_the_language(language: str, value: str, day: str) -> None:
    assert said(value, language) == day


@pytest.mark.parametrize(
    ("language", "zone", "value", "local"),
    [
        ("en", None, "2026-11-20T14:03:00Z", "November 20, 2026, 4:03 PM"),
        ("he", None, "2026-11-20T14:03:00Z", "20 בנובמבר 2026, 16:03"),
        ("fa", "Asia/Tehran", "2026-11-20T14:03:00Z", "۲۹ آبان ۱۴۰۵، ساعت ۱۷:۳۳"),
        ("en", "America/New_York", "2026-11-20T14:03:00+02:00", "November 20, 2026, 7:03 AM"),
        ("en", "Pacific/Kiritimati", "2026-11-20T14:03:00Z", "November 21, 2026, 4:03 AM"),
        ("he", None, "2026-07-20T14:03:59.123456789Z", "20 ביולי 2026, 17:03"),
        ("he", None, "2026-11-20T14:03+0200", "20 בנובמבר 2026, 14:03"),
        ("he", None, "2026-11-20 14:03:00 +02:00", "20 בנובמבר 2026, 14:03"),
        ("he", "America/New_York", "2026-11-20t14:03:00z", "20 בנובמבר 2026, 9:03"),
        ("he", "America/New_York", "2026-11-20T14:03:00", "20 בנובמבר 2026, 14:03"),  # is by the reader's clock
        ("en", None, "2026-11-20T25:03:00Z", "2026-11-20T25:03:00Z"),
        ("en", None, "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00"),
        ("en", None, "at 2026-11-20T14:03:00Z", "at 2026-11-20T14:03:00Z"),
    ],
)
def test_a_moment_is_told_by_the_clock_of_the_reader(language: str, zone: str | None, value: str, local: str) -> None:
    assert said(value, language, zone=zone) == local


WORDLESS: list[object] = [None, True, False, {}, {"a": 1}, [], [None, True, {}], "", "\u200b", float("nan"), 1e300]


@pytest.mark.parametrize("value", WORDLESS)
def test_what_has_no_words_leaves_the_fallback(value: object) -> None:
    assert {said(value, language, field) for language in LANGUAGES for field in ("order", "total")} == {"fallback"}


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("items", ["mug", "bowl"], {"en": "mug and bowl", "he": "mug וbowl", "fa": "mug و bowl"}),
        ("items", ["mug"], {"en": "mug", "he": "mug", "fa": "mug"}),
        ("items", [18472, "A-1", True], {"en": "18472 and A-1", "he": "18472 וA-1", "fa": "۱۸۴۷۲ و A-1"}),
        ("items", [["a", ["b"]], "c"], {"en": "a, b, and c", "he": "a, b וc", "fa": "a،\u200f b، و c"}),
        ("total", [1200, 3400.5], {"en": "1,200 and 3,400.5", "he": "1,200 ו3,400.5", "fa": "۱٬۲۰۰ و ۳٬۴۰۰٫۵"}),
    ],
)
def test_a_list_is_the_enumeration_of_the_language(field: str, value: object, words: dict[str, str]) -> None:
    assert {language: said(value, language, field) for language in LANGUAGES} == words


WORDS = st.text(st.sampled_from("abc xyz אבג می‌شود é漢"), max_size=8)
NUMBERS = st.integers(-(2**128), 2**128) | st.floats() | st.integers().map(float)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | WORDS,
    lambda inner: st.lists(inner) | st.dictionaries(WORDS, inner),
    max_leaves=6,
)
PYTHON = re.compile(r"True|False|None|[\[\]{}']|[0-9۰-۹][eE][+-]?[0-9۰-۹]|\.0\b|(?i:\bnan\b|\binf)|Decimal|datetime")


@given(JSON)
@example(True)
@example(None)
@example([1, "a", None])
@example({"a": [1]})
@example(1e16)
@example(1e21)
@example(249.0)
@example(float("inf"))
def test_nothing_is_ever_spelt_as_python_spells_it(value: object) -> None:
    for language in LANGUAGES:
        spoken, event = speech(language), {"order": value, "total": value}
        values = placeholder_values(CONFIG, PAID, event, Reader(spoken))
        for write in (plain, sentence, bare):
            found = write("{order|–} {total|–}", values, spoken)
            assert not PYTHON.search(re.sub("<[^>]*>", "", found)), found


# As it arrives

SENTENCE = "{{order|-}} / {{total|-}} / {{paid_at|-}} / {{items|-}} / {{gift|-}} / {{box|-}}"
PAYMENT = """
title = {{ en = "A {0}", he = "א {0}", fa = "ب {0}" }}
[invite]
on = "order.paid"
subject = {{ en = "B {0}", he = "ב {0}", fa = "پ {0}" }}
[[question]]
id = "satisfaction"
kind = "csat"
core = true
text = {{ en = "C {0}", he = "ג {0}", fa = "ت {0}" }}
""".format(SENTENCE.replace("{{", "{").replace("}}", "}"))
DECLARED = """
[events."order.paid"]
fields  = ["order", "total", "paid_at", "items", "gift", "box"]
amounts = ["total"]
"""
DATA = {"order": 18472, "total": 1249.0, "paid_at": "2026-11-20T11:03:00Z", "items": ["A-1", "B-2"], "gift": True,
        "box": {"size": [1, None]}}  # fmt: skip
TOLD = {
    "en": "18472 / 1,249 / November 20, 2026, 2:33 PM / A-1 and B-2 / - / -",
    "he": "18472 / 1,249 / 20 בנובמבר 2026, 14:33 / A-1 וB-2 / - / -",
    "fa": "۱۸۴۷۲ / ۱٬۲۴۹ / ۲۹ آبان ۱۴۰۵، ساعت ۱۴:۳۳ / A-1 و B-2 / - / -",
}
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def read_by_people(text: str) -> str:
    return " ".join(unescape(re.sub("<[^>]*>|[\u2068\u2069]", "", text)).split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_mails_and_pages_tell_an_event_alike(tmp_path: Path, database_url: str, language: str) -> None:
    config = business.CONFIG + DECLARED
    root = business.write(tmp_path / "shop", {"purchase/payment": PAYMENT}, config, database=database_url)
    customer = {"id": "c-17", "email": "dana@example.com", "language": language, "timezone": "Asia/Tehran"}
    attributes = {"specversion": "1.0", "type": "order.paid", "source": "shop", "id": "1"}
    paid = event({**attributes, "data": {**DATA, "customer": customer}}, NOW)
    assert isinstance(paid, Event)
    engine = start(root)
    outbox = Outbox()
    [outcome] = take(engine, [paid], NOW)
    assert outcome["planned"], outcome
    assert deliver_one(by_mail(engine, outbox, "https://feedback.example.com"), NOW)
    [mail] = outbox.mails
    link = re.search(r"https://feedback\.example\.com(/r/[^?\s]+)", mail.text)
    assert link
    page = create_app(engine).test_client().get(f"{link[1]}?lang={language}").text
    assert read_by_people(mail.subject)[2:] == TOLD[language]
    for written in (mail.text, mail.html, page):
        assert TOLD[language] in read_by_people(written)
    engine.close()


def test_an_address_on_the_web_is_shown_and_is_no_link_whatever_field_it_came_in(tmp_path: Path) -> None:
    engine, outbox, evil = start(business.write(tmp_path / "shop")), Outbox(), "https://evil.example/x"
    hole = "{ en = '{product|–}', he = '{product|–}', fa = '{product|–}' }"
    asked = f"intro = {hole}\n" + re.sub("(?m)^subject .*$", f"subject = {hole}", business.DELIVERY)
    business.change(engine, {"purchase/delivery": asked})
    attributes = {"specversion": "1.0", "type": "shipment.delivered", "source": "shop", "id": "1"}
    customer = {"id": "c-17", "email": "dana@example.com", "language": "en", "name": evil}
    came = event({**attributes, "data": {"order": evil, "product": evil, "customer": customer}}, NOW)
    assert isinstance(came, Event)
    assert take(engine, [came], NOW)[0]["planned"]
    assert deliver_one(by_mail(engine, outbox, "https://feedback.example.com"), NOW + timedelta(hours=13))
    [mail] = outbox.mails
    assert evil not in mail.to_name + mail.subject + mail.text + mail.html
    assert mail.to_name.replace("\u2060", "") == evil
    link = re.search(r"https://feedback\.example\.com(/r/[^?\s]+)", mail.text)
    assert link
    page = create_app(engine).test_client().get(f"{link[1]}?lang=en").text
    assert evil in page
    assert not re.search(rf"<a[^>]*{re.escape(evil)}", page)
    engine.close()


def test_a_signed_link_tells_what_it_carries_as_the_event_would(tmp_path: Path) -> None:
    root = business.write(tmp_path / "shop", {"purchase/payment": PAYMENT}, business.CONFIG + DECLARED)
    engine = start(root)
    carried = (("order", "18472"), ("total", "1249.0"), ("paid_at", DATA["paid_at"]))
    below = path(engine, LinkRequest("payment", language="fa", context=carried), NOW)  # type: ignore[arg-type]  # texts all
    page = create_app(engine).test_client().get(f"/{below}").text
    assert "۱۸۴۷۲ / ۱٬۲۴۹ / ۲۹ آبان ۱۴۰۵، ساعت ۱۳:۰۳ / - / - / -" in read_by_people(page)
    engine.close()
