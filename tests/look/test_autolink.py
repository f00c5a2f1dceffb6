"""A word that a customer chose is no link in a mail, in whichever signs it is written, and looks as it did."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyengine.channels.message import invitation
from surveyengine.definitions.text import Values
from surveyengine.look.autolink import JOINER, parted
from tests.support.samples import LANGUAGES, TITLE, content, question, survey

# As eager as any mail program: it takes every sign for the full stop, the @ or the colon that it is by NFKC or UTS 46.
NEAR = f"[^\\s{JOINER}]"
EAGER = re.compile(rf"(?i)[a-z]:{NEAR}|\bwww\.{NEAR}|\w\.\d*[^\W\d]|{NEAR}@{NEAR}")
EVIL = [
    "Evil.Com", "evil.com", "EVIL.COM", "evil．com", "Evil。Com", "evil｡com", "evil․com", "www.evil", "www.1",
    "WWW．evil",
    "https://evil.example/x", "HTTPS：//evil．example", "mailto:a@b", "a@evil.example", "a＠evil．com",
    "evil.co.il now",
    "evil.\u2068com", "evil.\u200bcom", "evil.2com", "אתר.קום", "سایت.ایران", "tel:+15551234567",
]  # fmt: skip
HARMLESS = [
    "Dana Cohen-Levi", "Dr. Cohen", "249.9", "20.11.2026", "16:03", "۱٬۲۴۹٫۹", "v2.0", "ד״ר דנה", "A-1001", "1.2.3.4",
]  # fmt: skip


def links(text: str) -> list[str]:
    seen = "".join(char for char in text if char == JOINER or unicodedata.category(char) != "Cf")
    return EAGER.findall(unicodedata.normalize("NFKC", seen).replace("。", "."))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("evil", EVIL)
def test_what_somebody_chose_is_no_link_in_a_mail(evil: str, language: str) -> None:
    hole = "{name|–} {product|–}"
    head = TITLE + f"[invite]\non = 'x'\nsubject = {{ en = '{hole}', he = '{hole}', fa = '{hole}' }}\n"
    asked = survey(question("satisfaction", "csat"), head=head)
    values: Values = {"name": evil, "product": (evil, "a")}
    subject, text, html = invitation(replace(content(asked, language, values), link="", unsubscribe_link=""))
    shown = unescape(re.sub("<style>.*?</style>|<[^>]*>", " ", html, flags=re.DOTALL))
    assert links(evil)
    for told in (subject, text, shown):
        assert links(told) == [], told
    visible = "".join(char for char in evil if unicodedata.category(char) != "Cf")
    assert visible in "".join(char for char in subject if unicodedata.category(char) != "Cf")


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_address_is_left_as_it_is(text: str) -> None:
    assert parted(text) == text


@given(st.text(st.sampled_from("evilw EW5.．。｡․@＠:：/-_\u200b\u2066אش")))
def test_no_text_is_read_as_an_address_and_all_look_as_before(text: str) -> None:
    found = parted(text)
    assert links(found) == []
    assert found.replace(JOINER, "") == text
