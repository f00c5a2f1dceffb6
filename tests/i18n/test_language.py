from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyengine.i18n.language import accepted, base, choose, name, understood

CONFIGURED = ("he", "fa", "en")


@pytest.mark.parametrize(("tag", "language"), [
    ("he", "he"), ("HE", "he"), ("he-IL", "he"), ("fa_IR", "fa"), ("iw", "he"), ("iw_IL", "he"), ("en-Latn-US", "en"),
    (" fa ", "fa"), ("fil-PH", "fil"), ("in", "id"), ("per", "fa"), ("FAS-IR", "fa"), ("heb", "he"), ("eng", "en"),
])
def test_a_tag_has_a_base_language(tag: str, language: str) -> None:
    assert base(tag) == language


@pytest.mark.parametrize("tag", [
    "", "*", "h", "hebrew", "../he", "he/../../etc", "he\0", "%2e%2e", "he-", "-he", "עברית", "he;q=1", "he-" + "x" * 9,
])
def test_what_is_no_tag_has_no_language(tag: str) -> None:
    assert base(tag) == ""


@pytest.mark.parametrize(("candidates", "chosen"), [
    (["fa", "en"], "fa"), (["iw-IL"], "he"), (["de", None, "", "en-GB"], "en"),
    ([], "he"), (["de"], "he"), (["../en"], "he"),
])
def test_the_first_configured_candidate_is_chosen(candidates: list[str | None], chosen: str) -> None:
    assert choose(candidates, CONFIGURED) == chosen


@pytest.mark.parametrize(("words", "tag"), [
    ("he", "he"), ("HE", "he"), (" fa_IR ", "fa_IR"), ("he-IL", "he-IL"), ("en_US.UTF-8", "en_US"), ("iw-IL", "he"),
    ("per", "fa"), ("fas", "fa"), ("heb", "he"), ("ENG", "en"), ("fre", "fr"), ("rum", "ro"), ("per-IR", "fa"),
    ("Persian", "fa"), ("farsi", "fa"), ("Hebrew", "he"), ("ivrit", "he"), ("english", "en"), ("Arabic", "ar"),
    ("עברית", "he"), ("فارسی", "fa"), ("العربية", "ar"), ("русский", "ru"), ("Deutsch", "de"), ("français", "fr"),
    ("פרסית", "fa"), ("אנגלית", "en"), ("عبری", "he"), ("انگلیسی", "en"),
    ("Persian (Iran)", "fa"), ("English (United States)", "en"), ("עברית (ישראל)", "he"), ("English - UK", "en"),
    ("klingon", None), ("xx", None), ("", None), ("he-", None), ("1", None), ("../he", None), ("none", None),
])  # fmt: skip
def test_a_language_is_understood_by_its_tag_and_by_its_name(words: str, tag: str | None) -> None:
    assert understood(words) == tag


@given(st.text())
def test_any_words_are_a_known_language_or_none(words: str) -> None:
    found = understood(words)
    assert found is None or base(found)


@given(st.lists(st.none() | st.text(), max_size=5))
def test_nothing_but_a_configured_language_is_ever_chosen(candidates: list[str | None]) -> None:
    assert choose(candidates, CONFIGURED) in CONFIGURED


@pytest.mark.parametrize(("header", "tags"), [
    ("", []),
    ("he", ["he"]),
    ("en;q=0.7, he-IL, fa;q=0.8", ["he-IL", "fa", "en"]),
    ("he;q=0, en", ["en"]),
    ("*, fa;q=0.5", ["fa"]),
    ("he;q=nan, en;q=9, fa;q=0.1", ["fa"]),
    ("en,fa,he", ["en", "fa", "he"]),
    (";;;, ,=,he", ["he"]),
])
def test_accepted_languages_come_by_quality(header: str, tags: list[str]) -> None:
    assert accepted(header) == tags


def test_a_long_header_costs_little() -> None:
    assert len(accepted("he," * 100_000)) <= 20


@given(st.text())
def test_any_header_can_be_read(header: str) -> None:
    assert all(base(tag) for tag in accepted(header))


@pytest.mark.parametrize(("language", "own"), [
    ("en", "English"), ("he", "עברית"), ("fa", "فارسی"), ("qq", "qq"), ("../etc", "../etc"), ("", ""),
])
def test_a_language_has_its_own_name(language: str, own: str) -> None:
    assert name(language) == own
