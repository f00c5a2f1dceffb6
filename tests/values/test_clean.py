from __future__ import annotations

import string
import time
import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyengine.values import clean


@pytest.mark.parametrize(("given", "kept"), [
    ("  Dana  ", "Dana"),
    ("e\u0301", "é"),
    ("می\u200cخواهم", "می\u200cخواهم"),
    ("👩\u200d👧", "👩\u200d👧"),
    ("a\u200eb\u200fc", "a\u200eb\u200fc"),
    ("a\u202eb\u2066c\u2069", "abc"),
    ("a\x07\x1b[31mb\x9f", "a[31mb"),
    ("a\r\nBcc: b\tc", "a Bcc: b c"),
    ("a\u2028b\x85c", "a b c"),
    ("\ufdfa", "\ufdfa"),
    ("", ""),
])
def test_a_line_of_text_keeps_what_people_write_and_nothing_else(given: str, kept: str) -> None:
    assert clean.text(given) == kept


def test_many_lines_keep_their_breaks_in_one_spelling() -> None:
    assert clean.text("\r\na\r\nb\rc\u2029d\te\n", lines=True) == "a\nb\nc\nd\te"


@pytest.mark.parametrize(("given", "reason"), [
    ("a\0b", "NUL"),
    ("a\ud800", "surrogate"),
    ("\udfff", "surrogate"),
    ("a" * 11, "longer than 10 characters"),
    ("\u0958" * 10, "longer than 10 characters"),  # grows in NFC
])
def test_text_that_cannot_be_stored_faithfully_is_refused(given: str, reason: str) -> None:
    with pytest.raises(clean.Unclean, match=reason):
        clean.text(given, limit=10)


def test_the_limit_counts_what_is_kept() -> None:
    assert clean.text(" a\r\nb ", limit=3, lines=True) == "a\nb"


def test_a_long_run_of_accents_is_quick() -> None:
    started = time.process_time()
    clean.text("a" + "\u0301\u0316" * 4_999)
    assert time.process_time() - started < 1


@given(st.text())
def test_cleaning_twice_changes_nothing_more(value: str) -> None:
    try:
        once = clean.text(value, lines=True)
    except clean.Unclean:
        return
    assert clean.text(once, lines=True) == once
    assert unicodedata.is_normalized("NFC", once)
    once.encode()


@pytest.mark.parametrize(("given", "value"), [
    ("12", "12"),
    (" 12.5 ", "12.5"),
    ("۱۲٫۵", "12.5"),
    ("١٢٣", "123"),
    ("１２", "12"),
    ("1,234,567.8", "1234567.8"),
    ("۱٬۲۳۴", "1234"),
    ("-3", "-3"),
    ("\u22123", "-3"),
    ("\u200e-\u06f3", "-3"),
    ("+7", "7"),
    ("-0", "0"),
    (".5", "0.5"),
    ("5.", "5"),
    ("007", "7"),
    ("9" * 30, "9" * 30),
    ("1" + " " * 2000, "1"),
])
def test_a_number_is_read_in_every_script(given: str, value: str) -> None:
    assert str(clean.number(given)) == str(Decimal(value))


@pytest.mark.parametrize("given", [
    "", " ", "1_000", "²", "⑤", "1e400", "nan", "inf", "Infinity", "1,5", "12,34,567", ",123", "1,,000", "1,2345",
    "5٪", "٥٪", "12：30", "1ۺ",
    "1.2.3", "--1", "1-", "+", ".", "0x10", "1 000", "9" * 31, "9" * 5000, "०", "twelve", "1\0", "\ud800",
])
def test_what_is_not_clearly_a_number_is_refused(given: str) -> None:
    with pytest.raises(clean.Unclean):
        clean.number(given)


def test_a_whole_number_has_no_fraction() -> None:
    assert clean.integer("۳") == 3
    assert clean.integer("3.0") == 3
    with pytest.raises(clean.Unclean, match="whole number"):
        clean.integer("3.5")


@given(st.text(max_size=40))
def test_any_text_is_a_number_or_is_refused(value: str) -> None:
    try:
        read = clean.number(value)
    except clean.Unclean:
        return
    assert read.is_finite()


@pytest.mark.parametrize("given", ["A-17", "سفارش ۱۲", "הזמנה־3", "1e5", "100123000000", "E+11", ""])
def test_an_identifier_stays_as_it_is(given: str) -> None:
    assert clean.identity(given) == given


def test_what_is_seen_is_no_invisible_mark() -> None:
    seen = string.ascii_letters + string.digits + string.punctuation + "אבגדאָ ابپچ می‌آید é 你 😀".replace("\u200c", "")
    assert clean.unmarked(seen) == clean.identity(seen) == seen
    assert clean.unmarked(f"\u2066{seen}\u2069\ufeff") == seen


@pytest.mark.parametrize(("given", "reason"), [
    ("A\u200e17", "holds U+200E LEFT-TO-RIGHT MARK, which cannot be seen; delete it"),
    ("\ufeffA\u200e17", "holds U+FEFF ZERO WIDTH NO-BREAK SPACE, which cannot be seen; delete it"),
    ("A\u206517", "holds U+2065, which cannot be seen; delete it"),
    (" 1.00123E+11", "is 1.00123E+11: a spreadsheet has shortened a long number; "
     "format the column as text and export again"),
    ("۱٫۰۰۱۲۳E+11", "is ۱٫۰۰۱۲۳E+11: a spreadsheet has shortened a long number; "
     "format the column as text and export again"),
])
def test_what_is_not_surely_an_identifier_is_refused(given: str, reason: str) -> None:
    with pytest.raises(clean.Unclean) as refused:
        clean.identity(given)
    assert (refused.value.reason, str(refused.value)) == (reason, reason)
