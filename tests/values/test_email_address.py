"""Which addresses can be written to, and which spellings are one address."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyengine.values.email_address import ascii_address, is_address, normal


@pytest.mark.parametrize(
    "text",
    ["dana@example.com", "a.b+c@sub.example.co.il", "DANA@Example.COM", "o'neil@example.com", "a@bücher.example",
     "a@דוגמה.example", "a@xn--bcher-kva.example", "a@example.com.", '"a"@example.com', "a@straße.example",
     "a@می\u200cرود.example", "a@xn--i-7iq.example", "a@ab--cd.example", "a" * 64 + "@example.com"],
)  # fmt: skip
def test_one_deliverable_address_is_an_address(text: str) -> None:
    assert is_address(text)


@pytest.mark.parametrize(
    "text",
    ["", "dana", "@", "dana@", "@example.com", "dana@localhost", "a@b@example.com", "a＠example.com",
     "a@b＠example.com", "a@example.com,b@example.com", "a@example.com b", " a@example.com", "a@example.com\n",
     "a@example.com\r\nBcc: x", "a\x00@example.com", "a@exam\x85ple.com", "a@example.com\u2028", "<a@example.com>",
     '"a b"@example.com', '"a"b@example.com', 'a."b"@example.com', '""@example.com', "a(b)@example.com",
     ".a@example.com", "a.@example.com", "a..b@example.com",
     "a@.example.com", "a@example..com", "a@example.com..", "a@-example.com", "a@example-.com", "a@exa_mple.com",
     "a@127.0.0.1", "a@[127.0.0.1]", "דנה@example.com", "ı@example.com", "a@ｅxample.com", "a@example。com",
     "a@ﬁ.example", "a@a\u200cb.example", "a@☃.example", "a@\ud800.example", "a" * 65 + "@example.com",
     "a@" + "b." * 126 + "com", "a@" + "b" * 64 + ".com", "a@" + "é" * 60 + ".com", "a@" + "é." * 100 + "com"],
)  # fmt: skip
def test_what_may_reach_another_or_nobody_is_no_address(text: str) -> None:
    assert not is_address(text)


@given(st.text())
def test_any_text_is_an_address_or_not(text: str) -> None:
    assert is_address(text) in {True, False}


@pytest.mark.parametrize(
    ("text", "sent_to"),
    [
        ("Dana.Levi+shop@Example.COM", "Dana.Levi+shop@example.com"),
        ('"Dana"@example.com.', "Dana@example.com"),
        ('"d\\an\\a"@example.com', "dana@example.com"),
        ("a@BÜCHER.example", "a@xn--bcher-kva.example"),
        ("a@bu\u0308cher.example", "a@xn--bcher-kva.example"),
        ("a@straße.example", "a@xn--strae-oqa.example"),  # IDNA 2003 would send it to strasse.example
        ("a@دوگمه.example", "a@xn--ugb8bgc92c.example"),
    ],
)
def test_an_address_goes_out_as_smtp_takes_it(text: str, sent_to: str) -> None:
    assert ascii_address(text) == sent_to


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("dana@example.com", "DANA@Example.COM"),
        ("dana@example.com", '"dana"@example.com'),
        ("dana@example.com", '"D\\ana"@example.com.'),
        ("dana@example.com", " dana@example.com "),
        ("a@bücher.example", "a@xn--bcher-kva.example"),
        ("a@bücher.example", "A@BU\u0308CHER.example."),
        ("a@דוגמה.example", "a@XN--6dbbec0c.example"),
        ("e\u0301@example.com", "É@example.com"),
        ("straße@example.com", "STRASSE@example.com"),
        ('"a b"@example.com', '"A\\ b"@example.com'),
    ],
)
def test_two_spellings_are_one_address(one: str, other: str) -> None:
    assert normal(one) == normal(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("dana@example.com", "dana@example.org"),
        ("dana.levi@example.com", "danalevi@example.com"),
        ("dana@example.com", "dana+shop@example.com"),
        ("a@straße.example", "a@strasse.example"),
        ("a@می\u200cرود.example", "a@میرود.example"),
        ('"a b"@example.com', "ab@example.com"),
        ('"a@b"@example.com', "a@b@example.com"),
    ],
)
def test_two_addresses_stay_two(one: str, other: str) -> None:
    assert normal(one) != normal(other)


Spelling = Callable[[str, str], str]
LOCALS = st.from_regex(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-zA-Z0-9+-]+){0,2}", fullmatch=True)
LABELS = st.from_regex(r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,8}[a-zA-Z0-9])?|bücher|BÜCHER|דוגמה|نمونه|straße", fullmatch=True)
DOMAINS = st.lists(LABELS, min_size=1, max_size=3).map(lambda labels: ".".join([*labels, "example"]))
SPELLINGS: st.SearchStrategy[Spelling] = st.sampled_from(
    [
        lambda local, domain: f"{local}@{domain}",
        lambda local, domain: f"{local}@{domain}.",
        lambda local, domain: f'"{local}"@{domain}',
        lambda local, domain: f"{local.upper()}@{domain}",
        lambda local, domain: f"{local}@{''.join(one.upper() if one != 'ß' else one for one in domain)}",
        lambda local, domain: f"{local}@{unicodedata.normalize('NFD', domain)}",
        lambda local, domain: ascii_address(f"{local}@{domain}"),
        lambda local, domain: "".join(rf"\{one}" for one in local).join(('"', '"')) + f"@{domain}",
    ]
)


@given(LOCALS, DOMAINS, SPELLINGS, SPELLINGS)
def test_every_way_to_write_an_address_has_the_same_normal_form(
    local: str, domain: str, one: Spelling, two: Spelling
) -> None:
    plain = f"{local}@{domain}"
    if len(local) > 60 or not is_address(plain):
        return
    assert normal(one(local, domain)) == normal(two(local, domain)) == normal(plain)
    assert is_address(one(local, domain))


@given(st.text() | st.builds("{}@{}".format, st.text(), st.text()) | st.builds('"{}"@{}'.format, st.text(), st.text()))
def test_a_normal_form_is_its_own(text: str) -> None:
    assert normal(normal(text)) == normal(text)
    if is_address(text):
        assert is_address(normal(text))
