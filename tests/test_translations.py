"""The engine's words and those of the example surveys: complete, and well written in every language."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from gettext import c2py
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from surveyengine.definitions.kinds.anchors import ANCHORS
from surveyengine.definitions.kinds.registry import KINDS
from surveyengine.definitions.wording import faults
from surveyengine.i18n.speech import shipped
from surveyengine.invitations.decision import REASONS
from surveyengine.results.terminal.reasons import REASONS as WORDS
from tests.support.documents import ROOT, marked

PACKAGE = ROOT / "surveyengine"
LANGUAGES = ("he", "fa")
# Modules that keep their sentences apart from where they are said.
KEEPING = (
    "responses/errors.py", "web/forms/notice.py", "web/forms/form_page.py", "web/forms/question_view.py",
    "channels/message.py",
)
SENTENCE = re.compile(r"[A-Z].* .*[.?]", re.DOTALL)
PLACEHOLDER = re.compile(r"\{\w+\}|%\(\w+\)s")


@cache
def catalog(language: str) -> Catalog:
    with (shipped() / language / "LC_MESSAGES" / "surveyengine.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def messages(language: str) -> list[Message]:
    return [message for message in catalog(language) if message.id]


def ids(message: Message) -> tuple[str, ...]:
    return message.id if isinstance(message.id, tuple) else (str(message.id),)


def forms(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, list | tuple) else (str(message.string),)


def constants(node: ast.AST) -> Iterator[str]:
    for one in ast.walk(node):
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one.value


def docstrings(module: ast.Module) -> set[str | None]:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
    return {ast.get_docstring(node, clean=False) for node in ast.walk(module) if isinstance(node, kinds)}


@cache
def used() -> frozenset[str]:
    """Every msgid that the engine may ask a translation of, as the documented command extracts them."""
    (command,) = marked("extract")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "surveyengine.pot"
        command = command.replace("-o surveyengine.pot", f"-o {path}")
        command = command.replace(".venv/bin/pybabel", f"{sys.executable} -m babel.messages.frontend")
        subprocess.run(command.split(), cwd=ROOT, check=True, capture_output=True)
        with path.open("rb") as file:
            return frozenset(id for message in read_po(file) if message.id for id in ids(message))


@pytest.mark.parametrize("path", KEEPING)
def test_every_sentence_that_is_kept_apart_is_marked(path: str) -> None:
    module = ast.parse((PACKAGE / path).read_text(encoding="utf-8"))
    assert {text for text in constants(module) if SENTENCE.fullmatch(text)} - docstrings(module) - used() == set()


def test_every_reason_has_a_word_in_the_table() -> None:
    assert set(WORDS) == set(REASONS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_the_engine_is_translated(language: str) -> None:
    translated = {msgid for message in messages(language) for msgid in ids(message) if all(forms(message))}
    assert used() - translated == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_has_outlived_its_word(language: str) -> None:
    assert {msgid for message in messages(language) for msgid in ids(message)} - used() == set()
    assert not catalog(language).obsolete


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_a_guess(language: str) -> None:
    assert [message.id for message in messages(language) if message.fuzzy] == []


def test_all_languages_translate_the_same_words() -> None:
    assert len({frozenset(map(ids, messages(language))) for language in LANGUAGES}) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_placeholders_of_its_word(language: str) -> None:
    for message in messages(language):
        wanted = sorted(PLACEHOLDER.findall(ids(message)[-1]))
        spelled_out = numbers_of_one_form(language) if message.pluralizable else set()
        for index, form in enumerate(forms(message)):
            allowed = [wanted, sorted({*wanted} - {"{count}"})] if index in spelled_out else [wanted]
            assert sorted(PLACEHOLDER.findall(form)) in allowed, form


def numbers_of_one_form(language: str) -> set[int]:
    """The plural forms that go with a single whole number, which may be spelled out: "one question"."""
    plural = c2py(catalog(language).plural_expr)
    seen = [plural(n) for n in range(200)]
    return {form for form in seen if seen.count(form) == 1}


@pytest.mark.parametrize("language", LANGUAGES)
def test_plural_forms_are_those_of_cldr(language: str) -> None:
    names = [*Locale.parse(language).plural_form.rules, "other"]
    plural = c2py(catalog(language).plural_expr)
    assert [names[plural(n)] for n in range(1000)] == [Locale.parse(language).plural_form(n) for n in range(1000)]
    assert all(len(forms(message)) == len(names) for message in messages(language) if message.pluralizable)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_engine_writes_well(language: str) -> None:
    assert [(form, faults(language, form)) for message in messages(language) for form in forms(message)
            if faults(language, form)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_english_is_left_in_a_translation(language: str) -> None:
    names = re.compile(r"\b(?:CSAT|NPS|CES|CSI|name@example\.com)\b")
    left = [form for message in messages(language) for form in forms(message)
            if re.search("[A-Za-z]", names.sub("", PLACEHOLDER.sub("", form)))]
    assert left == []


def test_every_anchored_kind_exists() -> None:
    assert set(ANCHORS) < set(KINDS)


def texts(value: Any) -> Iterator[dict[str, str]]:
    """Every text of a file: a table of languages."""
    if isinstance(value, list):
        for one in value:
            yield from texts(one)
    elif isinstance(value, dict):
        if {"en", *LANGUAGES} & set(value):
            yield value
        else:
            yield from texts(list(value.values()))


@pytest.mark.parametrize("path", ["config.toml", *(
    str(path.relative_to(ROOT)) for path in sorted((ROOT / "surveys").rglob("*.toml"))
)])
def test_the_example_business_writes_well(path: str) -> None:
    found = list(texts(tomllib.loads((ROOT / path).read_text(encoding="utf-8"))))
    assert found
    for text in found:
        assert set(text) == {"en", *LANGUAGES}
        assert [(sentence, faults(language, sentence)) for language, sentence in text.items()
                if faults(language, sentence)] == []


@pytest.mark.parametrize(("language", "sentence"), [
    ("he", "לקוח/ה"), ("he", "לקוח.ה"), ("he", "כמה אתה מרוצה?"), ("he", "כשאתה כאן"), ("he", "בחר תשובה"),
    ("he", "אנא הקדש רגע"), ("he", "לקוח יקר,"), ("he", "מה דעתך על ה{product}?"), ("he", "שלום \u202eאבג"),
    ("fa", "راضي هستيد"), ("fa", "كالا"), ("fa", "می کنید"), ("fa", "نمی دانم"), ("fa", "پرسش ها"), ("fa", "چرا?"),
    ("fa", "بله, خیر"), ("fa", "٣ پرسش"), ("fa", "ســلام"), ("en", "name \u2066x"),
])
def test_bad_wording_is_noticed(language: str, sentence: str) -> None:
    assert len(faults(language, sentence)) == 1


@pytest.mark.parametrize(("language", "sentence"), [
    ("he", "מהי מידת שביעות הרצון שלך מהמוצר {product}?"), ("he", "מהי דעתך על מ־{brand}?"), ("he", "מבחר המוצרים"),
    ("he", "תשובה. עוד תשובה"), ("he", "נא לבחור"), ("he", "מ-3.5 עד 4"), ("he", "https://example.com/א/ב"),
    ("fa", "می‌کنید"), ("fa", "قدیمی است"), ("fa", "پرسش‌ها"), ("fa", "نشانی https://a.example/?lang=fa، همین"),
    ("fa", "سفارش {order|}"), ("fa", "های و هوی"), ("en", "Did it work? If not, why; and/or where?"),
    ("de", "a/b ?"),
])
def test_good_wording_is_left_alone(language: str, sentence: str) -> None:
    assert faults(language, sentence) == []


def test_a_complaint_shows_the_place() -> None:
    assert [complaint.partition(" ")[0] for complaint in faults("he", "שאלה: בחירת לקוח/ה?")] == ["`לקוח/ה`"]
