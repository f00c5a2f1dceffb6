"""The MIME message of a mail, and what may stand in its headers."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveyengine.channels.logo import logo
from surveyengine.channels.mime import LOGO, Mail, Picture, as_bytes, header_text, is_sender, message, sender
from tests.support import mails
from tests.support.mails import NOW

URL = "https://feedback.example.com/u/" + "a" * 300
MAIL = replace(
    mails.MAIL,
    to_name="דנה כהן",
    text="שלום דנה,\nhttps://feedback.example.com/r/abc\n",
    html="<p dir='rtl'>שלום דנה</p>",
    unsubscribe_url=URL,
)
HEADERS = {
    "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "List-Unsubscribe", "List-Unsubscribe-Post",
    "MIME-Version", "Content-Type", "Content-Language",
}  # fmt: skip
ATTACK = "Hi =?UTF-8?Q?=0A?=Bcc: x@y 😀"
HOSTILE = [
    ATTACK, "a\r\nBcc: x@y", "a\nBcc: x@y", "a\rBcc: x@y", "a\u2028Bcc: x@y", "a\u2029Bcc: x@y", "a\x85Bcc: x@y",
    "a\x00b", "a\x0b\x0cBcc: x@y", "a\x1cBcc: x@y", "\ud800", "=?utf-8?b?CkJjYzogeEB5?=", "==??=", "a,b@c, <d@e>",
    '"; <x@y>', "\\", "(comment)", "\u202eevil", "x" * 5000, "ש" * 5000, "", " ", "\n.\r\n", "=?" * 40,
]  # fmt: skip


def received(mail: Mail, seven_bit: bool = False) -> EmailMessage:
    return message_from_bytes(as_bytes(message(mail, NOW, seven_bit)), policy=default)


def bodies(mail: EmailMessage) -> list[str]:
    return [part.get_content().replace("\r\n", "\n") for part in mail.iter_parts()]


def decoded(mail: Mail, header: str) -> str:
    """The header as a reader of RFC 2047 sees it, without the email package's newer parser."""
    return str(make_header(decode_header(message_from_bytes(as_bytes(message(mail, NOW)))[header].replace("\r\n", ""))))


def assert_exact(mail: Mail) -> None:
    raw = as_bytes(message(mail, NOW, seven_bit=True))
    head = raw.partition(b"\r\n\r\n")[0]
    plain = message_from_bytes(raw)
    assert sorted(plain.keys()) == sorted(HEADERS)
    assert head.isascii()
    assert max(map(len, head.split(b"\r\n"))) <= 998
    assert b"\n" not in head.replace(b"\r\n", b"")
    assert str(make_header(decode_header(plain["Subject"].replace("\r\n", "")))) == header_text(mail.subject)
    modern = message_from_bytes(raw, policy=default)
    assert modern["Subject"] == header_text(mail.subject)
    assert [each.addr_spec for each in modern["To"].addresses] == [mail.to]


def test_a_mail_has_text_and_html_and_exactly_its_headers() -> None:
    mail = received(MAIL)
    assert {*mail.keys()} == HEADERS
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert bodies(mail) == [MAIL.text, MAIL.html + "\n"]
    assert mail["Content-Language"] == "he"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert parsedate_to_datetime(mail["Date"]) == NOW


def test_a_mail_for_the_wire_is_pure_ascii_and_says_the_same() -> None:
    wire, file = received(MAIL, seven_bit=True), received(MAIL)
    assert as_bytes(message(MAIL, NOW, seven_bit=True)).isascii()
    assert [part.get_content() for part in wire.iter_parts()] == [part.get_content() for part in file.iter_parts()]
    assert bodies(wire) == [MAIL.text, MAIL.html + "\n"]


def test_a_mail_in_a_file_can_be_read_as_it_is() -> None:
    raw = as_bytes(message(MAIL, NOW)).decode("utf-8")
    assert "שלום דנה,\r\nhttps://feedback.example.com/r/abc\r\n" in raw


def test_the_same_mail_at_the_same_time_is_the_same_bytes() -> None:
    assert as_bytes(message(MAIL, NOW)) == as_bytes(message(MAIL, NOW))


def test_the_message_id_depends_on_the_key_and_the_senders_domain_only() -> None:
    first, later = received(MAIL)["Message-ID"], message(replace(MAIL, subject="x"), NOW.replace(hour=20))["Message-ID"]
    assert first == later
    assert first.endswith("@example.com>")
    assert received(replace(MAIL, key="invitation-18"))["Message-ID"] != first


def test_a_long_unsubscribe_link_stays_on_one_line() -> None:
    raw = as_bytes(message(MAIL, NOW)).decode()
    assert f"\r\nList-Unsubscribe: <{URL}>\r\n" in raw
    assert "\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw


@pytest.mark.parametrize(
    ("url", "unsubscribe", "one_click"),
    [
        (None, None, None),
        ("http://localhost:8000/u/x", "<http://localhost:8000/u/x>", "List-Unsubscribe=One-Click"),
        ("mailto:stop@example.com", "<mailto:stop@example.com>", None),
        (
            "https://a.example/u/x>\r\nBcc: <y",
            "<https://a.example/u/x%3E%0D%0ABcc:%20%3Cy>",
            "List-Unsubscribe=One-Click",
        ),
        ("https://a.example/ש%20", "<https://a.example/%D7%A9%20>", "List-Unsubscribe=One-Click"),
    ],
)
def test_unsubscribing_takes_one_click_where_there_is_a_web_address(
    url: str | None, unsubscribe: str | None, one_click: str | None
) -> None:
    mail = received(replace(MAIL, unsubscribe_url=url))
    assert (mail["List-Unsubscribe"], mail["List-Unsubscribe-Post"]) == (unsubscribe, one_click)


@pytest.mark.parametrize(
    "subject",
    [
        "איך עבר המשלוח?",
        "می‌خواهیم نظر شما را دربارهٔ تحویل سفارش بدانیم",
        "سفارش \u2068A-1001\u2069 چطور بود؟ نظرتان را بنویسید، بیش از یک دقیقه طول نمی‌کشد",
        "How did it go?",
        "A long ASCII subject that does not fit into one line of a mail as old programs know it, at all",
        "😀" * 60,
    ],
)
def test_a_subject_arrives_exactly(subject: str) -> None:
    assert decoded(replace(MAIL, subject=subject), "Subject") == subject
    assert received(replace(MAIL, subject=subject))["Subject"] == subject


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_header_text_adds_no_header_and_no_recipient(text: str) -> None:
    assert_exact(replace(MAIL, subject=text, to_name=text, key=text or "k", text=text, html=text))


@given(st.text(), st.text())
def test_any_subject_and_name_give_the_same_headers_and_one_recipient(subject: str, name: str) -> None:
    assert_exact(replace(MAIL, subject=subject, to_name=name))


@settings(max_examples=50)
@given(
    st.lists(
        st.sampled_from(
            [
                *(text for text in HOSTILE if len(text) < 100),
                "ש",
                "=?utf-8?q?",
                "?=",
                "=0A",
                "=",
                "?",
                " ",
                '"',
                "<",
                ",",
            ]
        )
    )
)
def test_any_mixture_of_attacks_gives_the_same_headers_and_one_recipient(pieces: list[str]) -> None:
    assert_exact(replace(MAIL, subject="".join(pieces), to_name="".join(reversed(pieces))))


@given(st.text())
def test_header_text_is_settled_after_one_pass(text: str) -> None:
    once = header_text(text)
    assert header_text(once) == once
    assert "=?" not in once
    assert len(once.splitlines()) <= 1


@settings(max_examples=50)
@given(st.text(), st.text())
def test_any_body_arrives_but_for_control_characters(text: str, html: str) -> None:
    parts = list(received(replace(MAIL, text=text, html=html), seven_bit=True).iter_parts())
    assert len(parts) == 2
    assert "\x00" not in parts[0].get_content() + parts[1].get_content()


def test_an_email_language_that_is_no_language_is_left_out() -> None:
    assert "Content-Language" not in message(replace(MAIL, language="he\r\nBcc: x@y"), NOW)


@pytest.mark.parametrize(
    ("name", "to"),
    [
        ("Dana", "Dana <dana@example.com>"),
        ("Cohen, Dana", '"Cohen, Dana" <dana@example.com>'),
        ('Dana "D" Cohen', '"Dana \\"D\\" Cohen" <dana@example.com>'),
        ("\u2068Dana\u2069", "Dana <dana@example.com>"),
        ("\u2068\u2069", "dana@example.com"),
        ("", "dana@example.com"),
        ("x@y.example>, <z@y.example", '"x@y.example>, <z@y.example" <dana@example.com>'),
    ],
)
def test_a_name_is_quoted_and_never_an_address(name: str, to: str) -> None:
    assert message_from_bytes(as_bytes(message(replace(MAIL, to_name=name), NOW)))["To"] == to


@pytest.mark.parametrize("name", ["דנה כהן", "شرکت می‌رود, تهران", 'חברה בע"מ', "ש" * 60])
def test_a_name_in_another_script_arrives_exactly(name: str) -> None:
    assert decoded(replace(MAIL, to_name=name), "To") == f"{name} <dana@example.com>"


def test_an_international_domain_is_mailed_in_ascii() -> None:
    assert message(replace(MAIL, to="a@bücher.example", to_name=""), NOW)["To"] == "a@xn--bcher-kva.example"


@given(st.text())
def test_any_text_is_a_sender_or_not(text: str) -> None:
    assert is_sender(text) in {True, False}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("hello@example.com", ("", "hello@example.com")),
        ("Nava Home <hello@example.com>", ("Nava Home", "hello@example.com")),
        ('"Home, Nava" <hello@example.com>', ("Home, Nava", "hello@example.com")),
        ('חברה בע"מ <hello@example.com>', ('חברה בע"מ', "hello@example.com")),
        ('"a \\"b\\"" <hello@bücher.example>', ('a "b"', "hello@xn--bcher-kva.example")),
        ("<hello@example.com>", ("", "hello@example.com")),
    ],
)
def test_a_sender_is_an_address_with_or_without_a_name(text: str, parts: tuple[str, str]) -> None:
    assert sender(text) == parts
    assert is_sender(text)


@pytest.mark.parametrize(
    "text",
    ["", "Nava Home", "Nava <hello>", "a@example.com, b@example.com", "a@example.com, Nava <b@example.com>",
     "Nava\r\nBcc: x@y <b@example.com>", "Nava <a@example.com> <b@example.com>", "Nava\u2028 <a@example.com>",
     "Nava <a@example.com", "hello@example.com>"],
)  # fmt: skip
def test_what_is_not_one_sender_is_no_sender(text: str) -> None:
    assert not is_sender(text)


@pytest.mark.parametrize(("field", "value"), [("to", "a@b"), ("from_", "Nava"), ("to", "x@y.example, z@y.example")])
def test_a_mail_with_an_unusable_address_cannot_be_composed(field: str, value: str) -> None:
    faulty: dict[str, Any] = {field: value}
    with pytest.raises(ValueError, match="dana@example.com"):
        message(replace(MAIL, **faulty), NOW)


def test_a_logo_travels_inside_a_mail() -> None:
    mail = replace(MAIL, html=f"<img src='cid:{LOGO}' alt=''>", logo=Picture(b"\x89PNG\r\n\x1a\n", "png"))
    for seven_bit in (False, True):
        text, related = received(mail, seven_bit).iter_parts()
        assert related.get_content_type() == "multipart/related"
        html, picture = related.iter_parts()
        assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
        assert (picture["Content-ID"], picture.get_content_disposition()) == (f"<{LOGO}>", "inline")
        assert (picture.get_content_type(), picture.get_content()) == ("image/png", b"\x89PNG\r\n\x1a\n")
    assert as_bytes(message(mail, NOW)) == as_bytes(message(mail, NOW))


@pytest.mark.parametrize(
    ("name", "size", "type"),
    [("a.png", 9, "png"), ("a.JPG", 9, "jpeg"), ("a.gif", 9, "gif"), ("a.svg", 9, None), ("a.webp", 9, None),
     ("a.png", 50_001, None), ("none.png", 0, None), (None, 0, None)],
)  # fmt: skip
def test_a_mail_has_a_logo_that_mail_programs_show(
    tmp_path: Path, name: str | None, size: int, type: str | None
) -> None:
    if name and size:
        (tmp_path / name).write_bytes(b"x" * size)
    found = logo(tmp_path, name)
    assert (found and found.type) == type
