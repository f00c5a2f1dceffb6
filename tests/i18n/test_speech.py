from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyengine.i18n.digits import native
from surveyengine.i18n.speech import BrokenCatalog, Catalogs, speech

PROBLEMS = ("There is {count} problem on this page.", "There are {count} problems on this page.")
HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'


def catalog(project: Path, language: str, entries: str, name: str = "own.po") -> Path:
    path = project / "translations" / language / "LC_MESSAGES" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEADER + entries, encoding="utf-8")
    return path


@pytest.mark.parametrize(("language", "direction", "send"), [
    ("en", "ltr", "Send"), ("he", "rtl", "שליחה"), ("fa", "rtl", "ارسال"),
])
def test_a_language_has_words_and_a_direction(language: str, direction: str, send: str) -> None:
    spoken = speech(language)
    assert (spoken.language, spoken.direction, spoken.gettext("Send")) == (language, direction, send)


@pytest.mark.parametrize(("language", "count", "sentence"), [
    ("en", 1, "There is 1 problem on this page."),
    ("en", 2, "There are 2 problems on this page."),
    ("he", 1, "יש בעמוד שגיאה אחת."),
    ("he", 2, "יש בעמוד שתי שגיאות."),
    ("he", 11, "יש בעמוד 11 שגיאות."),
    ("fa", 1, "در این صفحه ۱ خطا وجود دارد."),
    ("fa", 12, "در این صفحه ۱۲ خطا وجود دارد."),
])
def test_a_count_takes_the_plural_form_of_the_language(language: str, count: int, sentence: str) -> None:
    assert speech(language).ngettext(*PROBLEMS, count, count=count) == sentence


def test_without_values_the_sentence_keeps_its_placeholders() -> None:
    assert speech("he").ngettext(*PROBLEMS, 5) == "יש בעמוד {count} שגיאות."
    assert speech("he").gettext("A short survey from {business}") == "סקר קצר מאת {business}"


@pytest.mark.parametrize("value", ["{value}", "%(value)s", "%s%n", "{0.__class__}", "{business}", "\\1\\g<0>"])
def test_a_value_is_put_in_once_as_it_is(value: str) -> None:
    assert speech("en").gettext("You chose {value}. Send this answer?", value=value, business="X") == (
        f"You chose {value}. Send this answer?"
    )


def test_a_translation_is_no_format_string(tmp_path: Path) -> None:
    catalog(tmp_path, "he", 'msgid "Send"\nmsgstr "{send.__class__} %d {0} {unknown} 100%"\n')
    assert speech("he", tmp_path).gettext("Send", send="x") == "{send.__class__} %d {0} {unknown} 100%"


def test_words_are_a_text_of_the_survey_or_a_word_of_the_engine() -> None:
    assert speech("fa").words({"en": "On time", "fa": "سر موعد"}) == "سر موعد"
    assert speech("fa").words({"en": "On time", "he": "במועד"}) == "On time"
    assert speech("fa").words("Very easy") == "بسیار آسان"
    assert speech("fa").words("") == ""
    assert speech("fa").words({}) == ""


@pytest.mark.parametrize(("language", "value", "decimals", "shown"), [
    ("en", 1234.5, None, "1,234.5"),
    ("en", 12.5, 0, "13"),
    ("en", 2.5, 0, "3"),
    ("en", 4.0, 2, "4.00"),
    ("en", -0.04, 1, "0.0"),
    ("he", 1234.5, 1, "1,234.5"),
    ("fa", 12.5, None, "۱۲٫۵"),
    ("fa", 1234567, None, "۱٬۲۳۴٬۵۶۷"),
    ("fa", Decimal("0.125"), 2, "۰٫۱۳"),
    ("en", 1e300, None, "1e+300"),
    ("en", float("nan"), None, "NaN"),
    ("en", -5, None, "-5"),
    ("he", -5, None, "\u200e-5"),
    ("fa", -1234.5, 1, "\u200e-۱٬۲۳۴٫۵"),
])
def test_a_number_has_the_digits_of_the_language(
    language: str, value: float, decimals: int | None, shown: str
) -> None:
    assert speech(language).number(value, decimals) == shown


@given(st.floats() | st.integers() | st.decimals(), st.none() | st.integers(0, 3), st.sampled_from(["en", "he", "fa"]))
def test_any_number_can_be_shown(value: float, decimals: int | None, language: str) -> None:
    assert speech(language).number(value, decimals)


@given(st.floats(allow_nan=False) | st.integers() | st.decimals(allow_nan=False), st.sampled_from(["he", "fa"]))
def test_in_a_right_to_left_sentence_a_mark_keeps_the_minus_before_its_digits(value: float, language: str) -> None:
    spoken = speech(language)
    forms = [spoken.number(value), spoken.number(value, 1), spoken.gettext("mean {mean}", mean=value)]
    if Decimal(str(value)).is_finite():
        forms += [spoken.percent(value), spoken.identifier(value)]
    for one in forms:
        before, minus, _ = one.partition("-")
        assert not minus or before.endswith(("\u200e", "e")), one


@pytest.mark.parametrize(("language", "value", "decimals", "shown"), [
    ("en", 80.0, 0, "80%"), ("en", 0.5, 0, "1%"), ("he", 80.0, 0, "80%"),
    ("fa", 80.0, 0, "۸۰٪"), ("fa", 71.12, 1, "۷۱٫۱٪"),
])
def test_a_percentage_runs_to_100(language: str, value: float, decimals: int, shown: str) -> None:
    assert speech(language).percent(value, decimals) == shown


@pytest.mark.parametrize(("language", "shown"), [
    ("en", "November 22, 2026"), ("he", "22 בנובמבר 2026"), ("fa", "۱ آذر ۱۴۰۵"),
])
def test_a_date_is_written_out(language: str, shown: str) -> None:
    assert speech(language).date(date(2026, 11, 22)) == shown


@pytest.mark.parametrize(("system", "shown"), [("latn", "A-1001"), ("arabext", "A-۱۰۰۱"), ("arab", "A-١٠٠١")])
def test_digits_are_transliterated(system: str, shown: str) -> None:
    assert native("A-1001", system) == shown


@given(st.text())
def test_transliterated_digits_mean_the_same(text: str) -> None:
    assert [char.isdigit() for char in native(text, "arabext")] == [char.isdigit() for char in text]


def test_a_project_adds_to_the_words_and_overrides_them(tmp_path: Path) -> None:
    catalog(tmp_path, "he", 'msgid "Send"\nmsgstr "שיגור"\n')
    catalog(tmp_path, "de", 'msgid "Send"\nmsgstr "Senden"\n')
    catalog(tmp_path, "en", 'msgid "Send"\nmsgstr "Submit"\n')
    catalogs = Catalogs(tmp_path)
    assert catalogs.languages == ("en", "de", "fa", "he")
    assert [catalogs.speech(language).gettext("Send") for language in catalogs.languages] == [
        "Submit", "Senden", "ارسال", "שיגור",
    ]
    assert catalogs.speech("he").gettext("Not applicable") == "לא רלוונטי"
    assert catalogs.speech("he").ngettext(*PROBLEMS, 2) == "יש בעמוד שתי שגיאות."
    assert catalogs.speech("de").gettext("Not applicable") == "Not applicable"


def test_the_words_of_one_project_are_not_those_of_another(tmp_path: Path) -> None:
    catalog(tmp_path, "he", 'msgid "Send"\nmsgstr "שיגור"\n')
    assert speech("he", tmp_path).gettext("Send") == "שיגור"
    assert speech("he").gettext("Send") == "שליחה"


@pytest.mark.parametrize("language", ["", "de", "HE", "../he", "he/../fa", "he\0", "/etc"])
def test_only_a_language_of_ours_is_spoken(language: str) -> None:
    with pytest.raises(LookupError, match="there are en, fa, he"):
        speech(language)


@pytest.mark.parametrize("folder", ["__pycache__", "he-IL", "HE", "x", "qq"])
def test_a_folder_that_is_no_language_is_left_alone(tmp_path: Path, folder: str) -> None:
    catalog(tmp_path, folder, 'msgid "Send"\nmsgstr "X"\n')
    assert Catalogs(tmp_path).languages == ("en", "fa", "he")


def test_a_fuzzy_translation_is_not_used(tmp_path: Path) -> None:
    catalog(tmp_path, "he", '#, fuzzy\nmsgid "Send"\nmsgstr "טיוטה"\n')
    assert Catalogs(tmp_path).speech("he").gettext("Send") == "שליחה"


@pytest.mark.parametrize("entries", [
    "msgid Send\n", "stray\n", "\x00\x01", 'msgid "Send"\nmsgstr[x] "y"\n',
])
def test_a_broken_catalog_is_named(tmp_path: Path, entries: str) -> None:
    path = catalog(tmp_path, "he", entries)
    with pytest.raises(BrokenCatalog) as caught:
        Catalogs(tmp_path)
    assert str(path) in str(caught.value)


def test_a_catalog_in_another_encoding_is_named(tmp_path: Path) -> None:
    path = catalog(tmp_path, "he", "")
    path.write_bytes(HEADER.encode() + 'msgid "Send"\nmsgstr "שליחה"\n'.encode("cp1255"))
    with pytest.raises(BrokenCatalog):
        Catalogs(tmp_path)
