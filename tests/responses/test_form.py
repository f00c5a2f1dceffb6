from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from surveyengine.definitions.kinds.registry import KINDS
from surveyengine.definitions.survey import Survey, draft
from surveyengine.definitions.toml.document import parse
from surveyengine.responses import form
from surveyengine.responses.errors import (
    ANSWER,
    CHOOSE,
    NO_NUMBER,
    NOT_OFFERED,
    NOTHING,
    RANK,
    TICK,
    TOO_LARGE,
    TOO_LONG,
    TOO_SMALL,
    TWICE,
)
from surveyengine.responses.fields import FIELDS
from surveyengine.responses.form import ParsedAnswers

OPTIONS = 'options = [{ id = "red", text = { en = "Red" } }, { id = "blue", text = { en = "Blue" } }]'
ENDS = 'low = { en = "Bad" }\nhigh = { en = "Good" }'
ROWS = 'scale = "csat"\nrows = [{ id = "one", text = { en = "One" } }, { id = "two", text = { en = "Two" } }]'
EXTRA = {"choice": OPTIONS, "choices": OPTIONS, "rating": ENDS, "ranking": OPTIONS, "matrix": ROWS}
WRITTEN = {"text": "a", "number": "4", "date": "2026-11-22", "email": "a@example.com", "phone": "+972501234567"}
SCALES = {
    "csat": (1, 5), "nps": (0, 10), "ease": (1, 7), "ces": (1, 7), "expectation": (1, 5), "amount": (1, 5),
    "likely": (1, 5), "rating": (1, 5),
}
SCRIPTS = {"ascii": "0123456789", "arabic": "٠١٢٣٤٥٦٧٨٩", "persian": "۰۱۲۳۴۵۶۷۸۹", "fullwidth": "０１２３４５６７８９"}


def question(id: str, kind: str, *lines: str) -> str:
    head = f'[[question]]\nid = "{id}"\nkind = "{kind}"\ntext = {{ en = "?" }}'
    return "\n".join((head, *filter(None, [EXTRA.get(kind)]), *lines))


def survey(*questions: str) -> Survey:
    text = "\n".join(('title = { en = "T" }', *questions))
    read = draft("s", "purchase", parse(text.encode(), "s.toml"), {"languages": ["en"], "known": ["en"]})
    assert read.faults == ()
    return read.survey()


def sent(asked: Survey, *pairs: tuple[str, str], **fields: str) -> ParsedAnswers:
    return form.read(asked, MultiDict([*pairs, *fields.items()]))


def stored(submission: ParsedAnswers) -> dict[str, list[str]]:
    assert submission.errors == {}
    values: dict[str, list[str]] = {}
    for answer in submission.answers:
        assert answer.position == len(values.setdefault(answer.question, []))
        values[answer.question].append(answer.value)
    return values


def complaints(submission: ParsedAnswers) -> dict[str, str]:
    return {id: complaint.msgid for id, complaint in submission.errors.items()}


def one(kind: str, value: str, *lines: str) -> ParsedAnswers:
    """What comes of one posted value to a question of that kind."""
    return sent(survey(question("q", kind, *lines)), q=value)


def test_every_kind_that_asks_has_a_field() -> None:
    assert {kind for kind, build in FIELDS.items() if build} == {kind for kind, one in KINDS.items() if one.asks}
    assert FIELDS.keys() == KINDS.keys()


@pytest.mark.parametrize("kind", SCALES)
def test_a_scale_takes_its_own_numbers_and_no_others(kind: str) -> None:
    low, high = SCALES[kind]
    taken = [value for value in range(-2, 14) if not one(kind, str(value)).errors]
    assert taken == list(range(low, high + 1))


@pytest.mark.parametrize("digits", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_a_scale_takes_digits_of_any_script(digits: str) -> None:
    for value in range(11):
        posted = "".join(digits[int(digit)] for digit in str(value))
        assert stored(one("nps", posted)) == {"q": [str(value)]}


@pytest.mark.parametrize("value", ["4.7", "4.0001", "²", "⑤", "1_0", "nan", "1e400", "1e0", "Ⅳ", "४", "x", "4;5",
                                   "true", "4,5", "-1", "99999999999999999999999999999999", "na"])
def test_a_scale_refuses_what_is_not_one_of_its_numbers(value: str) -> None:
    assert complaints(one("csat", value)) == {"q": NOT_OFFERED}


@pytest.mark.parametrize("value", [" 4 ", "04", "+4", "4.0", "\u200f4"])
def test_a_scale_takes_a_number_however_it_is_typed(value: str) -> None:
    assert stored(one("csat", value)) == {"q": ["4"]}


@pytest.mark.parametrize(
    ("kind", "good"),
    [
        ("yes_no", ["yes", "no"]), ("yes_partly_no", ["yes", "partly", "no"]), ("choice", ["red", "blue"]),
        ("choices", ["red", "blue"]), ("consent", ["yes"]),
    ],
)  # fmt: skip
def test_a_choice_takes_what_is_offered(kind: str, good: list[str]) -> None:
    for value in good:
        assert stored(one(kind, value)) == {"q": [value]}
    for value in ("maybe", "RED", "Yes", "1", "on", "na", "red,blue", "red\u202e"):
        assert complaints(one(kind, value)) == {"q": NOT_OFFERED}


@pytest.mark.parametrize("kind", ["csat", "rating", "yes_no", "choice", "choices"])
def test_not_applicable_is_stored_and_not_counted(kind: str) -> None:
    submission = one(kind, "na", "not_applicable = true")
    assert stored(submission) == {"q": ["na"]}
    assert [answer.counted for answer in submission.answers] == [False]


def test_what_is_chosen_is_counted_and_what_is_written_is_not() -> None:
    asked = survey(question("a", "csat"), question("b", "choice"), question("c", "text"), question("d", "number"))
    submission = sent(asked, a="4", b="red", c="4", d="4")
    assert [(one.question, one.counted) for one in submission.answers] == [
        ("a", True), ("b", True), ("c", False), ("d", False),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", [kind for kind, build in FIELDS.items() if build and not build.several])
def test_a_single_value_sent_twice_is_a_fault(kind: str) -> None:
    asked = survey(question("q", kind))
    good = {**WRITTEN, "choice": "red", "matrix": "4"}.get(kind, "yes" if kind not in SCALES else "4")
    field = "q.two" if kind == "matrix" else "q"
    for pairs in ([(field, good), (field, good)], [(field, ""), (field, good)]):
        assert complaints(sent(asked, *pairs)) == {"q": TWICE, field: TWICE}


def test_several_choices_are_kept_in_order_and_each_once() -> None:
    asked = survey(question("q", "choices"))
    assert stored(sent(asked, ("q", "blue"), ("q", "red"), ("q", "blue"))) == {"q": ["blue", "red"]}


def test_one_unlisted_choice_among_several_spoils_them_all() -> None:
    asked, posted = survey(question("q", "choices")), MultiDict([("q", "blue"), ("q", "green")])
    submission = form.read(asked, posted)
    assert complaints(submission) == {"q": NOT_OFFERED}
    assert submission.answers == ()
    assert form.given(asked, posted) == {"q": ("blue", "green")}


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("12", "12"), ("۱۲٫۵", "12.5"), ("١٬٢٠٠", "1200"), ("1,200.50", "1200.5"), ("-3", "-3"), ("-0", "0"),
        ("0.0", "0"), ("100", "100"), (".5", "0.5"), ("5.", "5"), ("１２", "12"), ("−7", "-7"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("0.12345678901234567890123456789", "0.12345678901234567890123456789"),
    ],
)  # fmt: skip
def test_a_number_is_kept_exactly(value: str, kept: str) -> None:
    assert stored(one("number", value)) == {"q": [kept]}


@pytest.mark.parametrize("value", ["1_000", "²", "1e400", "1e3", "nan", "inf", "0x10", "1,5", "12 34", "twelve", "--1",
                                   "1" * 31, "1/2"])
def test_what_is_no_number_is_refused(value: str) -> None:
    assert complaints(one("number", value)) == {"q": NO_NUMBER}


@pytest.mark.parametrize(
    ("value", "complaint"),
    [("0.1", None), ("0.09", TOO_SMALL), ("-1", TOO_SMALL), ("10", None), ("10.0", None), ("10.01", TOO_LARGE)],
)
def test_the_bounds_of_a_number_are_within(value: str, complaint: str | None) -> None:
    submission = one("number", value, "min = 0.1", "max = 10.0")
    assert complaints(submission) == ({"q": complaint} if complaint else {})
    if complaint:
        assert submission.errors["q"].values == {"limit": 0.1 if complaint == TOO_SMALL else 10.0}


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ("12345", True), ("123456", False), ("  12345  ", True), ("1\r\n34\r\n", True), ("é" * 5, True),
        ("e\u0301" * 5, False), ("אבגדה", True), ("😀" * 5, True), ("\ufb2a" * 5, False), ("\u202e12345\u202c", True),
    ],
)  # fmt: skip
def test_a_text_is_measured_in_characters_as_it_is_shown(value: str, fits: bool) -> None:
    submission = one("text", value, "limit = 5")
    assert complaints(submission) == ({} if fits else {"q": TOO_LONG})
    if not fits:
        assert submission.errors["q"].values == {"limit": 5}


def test_a_text_keeps_lines_and_letters_and_loses_what_could_mislead() -> None:
    assert stored(one("text", " نمی\u200cدانم\r\nשלום\x07\u202e ")) == {"q": ["نمی\u200cدانم\nשלום"]}


def test_a_text_may_be_long_but_not_longer() -> None:
    assert not one("text", "a" * 10_000).errors
    assert complaints(one("text", "a" * 10_001)) == {"q": TOO_LONG}


@pytest.mark.parametrize("value", ["", " ", "\n\t", "\u202e", "\x07", "\u2066 \u2069"])
def test_a_text_of_nothing_visible_is_no_answer(value: str) -> None:
    assert complaints(one("text", value)) == {"q": NOTHING}
    assert complaints(one("text", value, "required = true")) == {"q": ANSWER}


@pytest.mark.parametrize("kind", [kind for kind, build in FIELDS.items() if build])
def test_a_required_question_wants_an_answer(kind: str) -> None:
    asked = survey(question("q", kind, "required = true"), question("other", "csat"))
    wanted = ANSWER if kind in WRITTEN else {"ranking": RANK, "consent": TICK}.get(kind, CHOOSE)
    at = ["q", "q.one", "q.two"] if kind == "matrix" else ["q"]
    assert complaints(sent(asked, other="4")) == dict.fromkeys(at, wanted)
    assert complaints(sent(asked, **dict.fromkeys(at, ""), other="4")) == dict.fromkeys(at, wanted)


def test_a_form_without_any_answer_is_complained_about_at_its_first_question() -> None:
    asked = survey(question("hello", "note"), question("a", "csat"), question("b", "text"))
    for fields in ({}, {"a": "", "b": "  "}, {"stranger": "4"}, {"form": "x", "hello": "4"}):
        assert complaints(sent(asked, **fields)) == {"a": NOTHING}


CHAIN = survey(
    question("a", "csat"),
    question("b", "yes_no", "show_if = { a = { at_most = 3 } }", "required = true"),
    question("c", "text", 'show_if = { b = "no" }', "required = true"),
    question("d", "text", "show_if = { c = { answered = false } }"),
)


def test_a_hidden_question_is_as_if_it_had_not_been_asked() -> None:
    assert stored(sent(CHAIN, a="5", b="no")) == {"a": ["5"]}
    assert complaints(sent(CHAIN, a="5", b="rubbish")) == {}


def test_what_hangs_on_a_hidden_question_is_hidden_too() -> None:
    assert stored(sent(CHAIN, a="5", b="no", c="because", d="x")) == {"a": ["5"], "d": ["x"]}
    assert stored(sent(CHAIN, a="2", b="no", c="because", d="x")) == {"a": ["2"], "b": ["no"], "c": ["because"]}


def test_a_question_is_required_only_while_it_is_shown() -> None:
    assert complaints(sent(CHAIN, a="4")) == {}
    assert complaints(sent(CHAIN, a="2")) == {"b": CHOOSE}
    assert complaints(sent(CHAIN, a="2", b="no")) == {"c": ANSWER}
    assert complaints(sent(CHAIN, a="۲", b="yes")) == {}


def test_words_beside_other_choose_it_wherever_they_are_given_back() -> None:
    asked = survey(question("a", "csat"), question("b", "choice", "other = true\nshow_if = { a = { is = 1 } }"))
    shown = form.given(asked, MultiDict({"a": "5", "b.other": "a gift"}))
    assert shown == {"a": ("5",), "b": ("other",), "b.other": ("a gift",)}


def test_what_was_posted_is_given_back_hidden_or_not() -> None:
    posted = MultiDict([("a", "7"), ("b", "no"), ("c", "x "), ("c", "y"), ("stranger", "1")])
    assert form.given(CHAIN, posted) == {"a": ("7",), "b": ("no",), "c": ("x ", "y"), "d": ()}


@pytest.mark.parametrize(
    ("condition", "values", "shown"),
    [
        ('{ q = { contains = "red" } }', ["blue", "red"], True), ('{ q = { contains = "red" } }', ["blue"], False),
        ('{ q = { is_not = "red" } }', ["blue"], True), ('{ q = { is_not = "red" } }', ["blue", "red"], False),
        ('{ q = ["red", "green"] }', ["blue", "red"], True), ("{ q = { answered = true } }", [], False),
    ],
)  # fmt: skip
def test_a_condition_sees_all_that_was_chosen(condition: str, values: list[str], shown: bool) -> None:
    asked = survey(question("q", "choices"), question("why", "text", f"show_if = {condition}"), question("z", "csat"))
    answers = stored(sent(asked, *(("q", value) for value in values), why="x", z="4"))
    assert ("why" in answers) is shown


def test_a_condition_compares_numbers_exactly() -> None:
    asked = survey(question("q", "number"), question("why", "text", "show_if = { q = { above = 3 } }"))
    assert "why" in stored(sent(asked, q="۳٫۱", why="x"))
    assert "why" not in stored(sent(asked, q="3.0", why="x"))


def test_not_applicable_is_an_answer_without_a_size() -> None:
    asked = survey(
        question("q", "csat", "not_applicable = true"),
        question("low", "text", "show_if = { q = { at_most = 3 } }"),
        question("any_answer", "text", "show_if = { q = { answered = true } }"),
    )
    assert stored(sent(asked, q="na", low="x", any_answer="y")) == {"q": ["na"], "any_answer": ["y"]}


@pytest.mark.parametrize("id", ["data", "errors", "process", "validate", "meta", "populate_obj", "filter_q", "items",
                                "name", "question", "label", "cleaned"])
def test_a_question_may_have_any_name(id: str) -> None:
    assert stored(sent(survey(question(id, "csat"), question("q", "text")), **{id: "4"})) == {id: ["4"]}


WORDS: Any = st.text(max_size=8) | st.sampled_from(
    ["4", "۴", "yes", "no", "red", "na", "", "12.5", "4.7", "other", "2026-11-22", "۱۴۰۵/۹/۱", "31", "a@b.example",
     "+972501234567", "050-123-4567"]
)  # fmt: skip
ALL = survey(
    *(question(f"q_{kind}", kind) for kind in KINDS),
    question("q_own", "choice", "other = true"), question("q_owns", "choices", "other = true"),
)  # fmt: skip
NAMES = [name for asked in ALL.questions for name in asked.fields]


@given(st.lists(st.tuples(st.sampled_from([*NAMES, *string.ascii_lowercase]), WORDS)))
def test_whatever_is_posted_is_stored_as_offered_or_complained_about(pairs: list[tuple[str, str]]) -> None:
    submission = form.read(ALL, MultiDict(pairs), "IL")
    assert submission.answers or submission.errors
    for answer in submission.answers:
        part = ALL.part(answer.question)
        assert part
        offered = {option.value for option in part.offered}
        assert answer.value in offered if offered else answer.value
        assert len(answer.question) <= 64
        answer.value.encode()
        assert "\0" not in answer.value


@given(st.lists(st.tuples(st.sampled_from(NAMES), WORDS)))
def test_what_is_given_back_and_posted_again_says_the_same(pairs: list[tuple[str, str]]) -> None:
    posted = MultiDict(pairs)
    shown = form.given(ALL, posted, "IL")
    again = MultiDict([(name, value) for name, values in shown.items() for value in values])
    first, second = form.read(ALL, posted, "IL"), form.read(ALL, again, "IL")
    assert (second.answers, second.errors) == (first.answers, first.errors)
    assert form.given(ALL, again, "IL") == shown
