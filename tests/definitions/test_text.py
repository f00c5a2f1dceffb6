from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyengine.definitions.kinds.registry import Choice, Rating
from surveyengine.definitions.survey import Head
from surveyengine.definitions.text import LONGEST, Placeholder, Value, faults, fill, parts, texts
from surveyengine.definitions.toml.document import Path, parse
from surveyengine.settings.config import Config

BRACE = (
    "error: `title` has a `%s` that belongs to no placeholder; "
    "a placeholder is written {name} or {name|fallback}, and no other brace can stand in a text"
)


@pytest.mark.parametrize(
    ("sentence", "pieces"),
    [
        ("", []),
        ("How was it?", ["How was it?"]),
        ("{order}", [Placeholder("order")]),
        ("Order {order|}?", ["Order ", Placeholder("order", ""), "?"]),
        ("{name|friend}, {a1_b}", [Placeholder("name", "friend"), ", ", Placeholder("a1_b")]),
        ("שלום {name|לקוחות יקרים}!", ["שלום ", Placeholder("name", "לקוחות יקרים"), "!"]),
        ("{a|b|c}", [Placeholder("a", "b|c")]),
        ("{Name} {1a} { a}", ["{Name} {1a} { a}"]),
        ("{a.b} {a!r} {a:>9}", ["{a.b} {a!r} {a:>9}"]),
        ("{{a}}", ["{", Placeholder("a"), "}"]),
    ],
)
def test_a_sentence_falls_into_words_and_placeholders(sentence: str, pieces: list[str | Placeholder]) -> None:
    assert list(parts(sentence)) == pieces


@pytest.mark.parametrize(
    ("sentence", "pieces"),
    [
        ("Hi {name|friend}", ["Hi ", Value("Dana")]),
        ("Hi {nobody|friend}", ["Hi ", "friend"]),
        ("Hi {nobody}!", ["Hi ", "!"]),
        ("Hi {nobody|}!", ["Hi ", "!"]),
        ("Hi {blank|friend}", ["Hi ", "friend"]),
        ("{zero} {no}", [Value(0), " ", Value(False)]),
        ("{sly}", [Value("{name} <b>")]),
    ],
)
def test_a_placeholder_is_filled_once_and_a_missing_value_gives_its_fallback(
    sentence: str, pieces: list[str | Value]
) -> None:
    values = {"name": "Dana", "blank": "", "none": None, "zero": 0, "no": False, "sly": "{name} <b>"}
    assert list(fill(sentence, values)) == pieces


@given(st.text(st.sampled_from("ab{}|_1 א")))
def test_no_piece_of_a_sentence_is_lost(sentence: str) -> None:
    def written(part: str | Placeholder) -> str:
        if isinstance(part, str):
            return part
        return f"{{{part.name}}}" if part.fallback is None else f"{{{part.name}|{part.fallback}}}"

    assert "".join(map(written, parts(sentence))) == sentence


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{ en = "A", he = "B", fa = "C" }', []),
        ('{ en = "A", he = "B {name|}", fa = "C" }', []),
        ('{ en = "A" }', ['1:1: error: `title` has no text in he, fa; add he = "…", fa = "…"']),
        ('{ en = "A", he = "  ", fa = "C" }', ['1:1: error: `title` has no text in he; add he = "…"']),
        ("{}", ['1:1: error: `title` has no text in en, he, fa; add en = "…", he = "…", fa = "…"']),
        (
            '{ en = "A", hb = "B", fa = "C" }',
            [
                '1:1: error: `title` has no text in he; add he = "…"',
                "1:21: error: the engine does not speak `hb`; it speaks en, fa, he; "
                "it learns `hb` from its words in translations/hb/LC_MESSAGES/surveyengine.po",
            ],
        ),
        (
            '{ en = "A {", he = "}", fa = "{Name}" }',
            [
                f"1:11: {BRACE % '{'}",
                f"1:23: {BRACE % '}'}",
                "1:33: error: `title` has `{Name}`, but the name of a placeholder is made of small letters a-z, digits "
                "and _; write {name}",
            ],
        ),
        (
            f'{{ en = "{"x" * (LONGEST + 1)}", he = "B", fa = "C" }}',
            ["1:11: error: `title` is 2001 characters long; 2000 are the most"],
        ),
    ],
)
def test_a_text_is_complete_and_well_formed_in_every_language(text: str, said: list[str]) -> None:
    document = parse(f"title = {text}".encode(), "f")
    found = faults(document.at("title"), document.data["title"], ("en", "he", "fa"), ("en", "fa", "he"))
    assert [str(fault).removeprefix("f:") for fault in found] == said


@pytest.mark.parametrize(
    ("model", "table", "paths"),
    [
        (Head, {"title": {"en": "A"}, "goal": "x", "invite": {"subject": {"en": "S"}}}, ["title", "invite.subject"]),
        (Head, {"title": "A", "invite": 5, "target": {"csat": {"en": "no text"}}}, []),
        (Choice, {"text": {}, "hint": {}, "options": [{"text": {}}, 5, {"id": "a"}, {"text": {}}]},
         ["text", "hint", "options.0.text", "options.3.text"]),
        (Choice, {"show_if": {"hi": "yes", "any": [{"me": "no"}]}}, []),
        (Rating, {"low": {}, "middle": {}, "high": {}}, ["low", "middle", "high"]),
        (Config, {"business": {"name": {}}, "journey": {"purchase": {"name": {}}, "x": 5}},
         ["business.name", "journey.purchase.name"]),
    ],
)  # fmt: skip
def test_texts_are_found_by_their_model_whatever_their_keys_look_like(
    model: type[Head], table: dict[str, object], paths: list[str]
) -> None:
    def dotted(path: Path) -> str:
        return ".".join(map(str, path))

    assert [dotted(path) for path, _ in texts(model, table)] == paths
