from __future__ import annotations

import pytest

from surveyengine.definitions.kinds.registry import KINDS, Question
from tests.support.drafts import TEXT, TITLE, errors, question, read

WORDS = '{ en = "A", he = "א" }'
ENDS = (f"low = {WORDS}", f"high = {WORDS}")
OPTIONS = f'options = [ {{ id = "early", text = {WORDS} }}, {{ id = "late", text = {WORDS} }} ]'
ROWS = f'rows = [ {{ id = "speed", text = {WORDS} }}, {{ id = "care", text = {WORDS} }} ]'
NEEDS = {
    "choice": (OPTIONS,), "choices": (OPTIONS,), "rating": ENDS, "ranking": (OPTIONS,), "matrix": (ROWS,),
}  # fmt: skip
KNOWN = "known are " + ", ".join(f"`{kind}`" for kind in sorted(KINDS))
COLUMNS = "`question` has its answers from either `scale` or `options`; write scale = \"csat\", or options = [ … ]"
NO_ID = "write small letters a-z, digits and _, with a letter first, such as on_time"
LISTED = '[ { id = "…", text = { en = "…", he = "…" } }, … ]'
NO_KIND = '`kind` must be a text in quotes; write one such as kind = "csat"'
IS_ID = "small letters a-z, digits and _, with a letter first"
ONE_TO_FIVE, ONE_TO_SEVEN = [*"12345"], [*"1234567"]


def asked(kind: str, *lines: str) -> Question:
    draft = read(TITLE + question("a", kind, *NEEDS.get(kind, ()), *lines))
    assert not draft.faults, draft.faults
    return draft.questions[0]


@pytest.mark.parametrize(
    ("kind", "lines", "series", "values"),
    [
        ("csat", [], "csat", ONE_TO_FIVE),
        ("csat", ["not_applicable = true"], "csat", [*ONE_TO_FIVE, "na"]),
        ("nps", [], "nps", [str(value) for value in range(11)]),
        ("ease", [], "ease", ONE_TO_SEVEN),
        ("ces", [], "ces", ONE_TO_SEVEN),
        ("expectation", [], "expectation", ONE_TO_FIVE),
        ("amount", [], "amount", ONE_TO_FIVE),
        ("likely", [], "likely", ONE_TO_FIVE),
        ("rating", [], "rating:1-5", ONE_TO_FIVE),
        ("rating", ["min = 0", "max = 10"], "rating:0-10", [str(value) for value in range(11)]),
        ("yes_no", [], "yes_no", ["yes", "no"]),
        ("yes_partly_no", ["not_applicable = true"], "yes_partly_no", ["yes", "partly", "no", "na"]),
        ("choice", [], "choice", ["early", "late"]),
        ("choices", ["not_applicable = true"], "choices", ["early", "late", "na"]),
        ("choice", ["other = true", "not_applicable = true"], "choice", ["early", "late", "other", "na"]),
        ("choices", ["other = true"], "choices", ["early", "late", "other"]),
        ("ranking", [], "ranking", ["early", "late"]),
        ("matrix", ['scale = "csat"'], "matrix:csat", ONE_TO_FIVE),
        ("matrix", ['scale = "yes_no"', "not_applicable = true"], "matrix:yes_no", ["yes", "no", "na"]),
        ("matrix", [OPTIONS], "matrix", ["early", "late"]),
        ("date", ["min = 2026-01-01", 'max = "2026-01-01"'], "date", []),
        ("email", [], "email", []),
        ("phone", [], "phone", []),
        ("consent", [], "consent", ["yes"]),
        ("text", [], "text", []),
        ("number", ["min = 0", "max = 0"], "number", []),
        ("note", [], "note", []),
    ],
)
def test_a_kind_offers_its_answers_in_reading_order(
    kind: str, lines: list[str], series: str, values: list[str]
) -> None:
    read = asked(kind, *lines)
    assert (read.series, [option.value for option in read.offered]) == (series, values)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_asks_but_a_note(kind: str) -> None:
    read = asked(kind, *(['scale = "ease"'] if kind == "matrix" else []))
    assert read.asks is (kind != "note")
    assert bool(read.parts) is read.asks


def test_what_is_answered_by_itself_has_a_name_of_its_own() -> None:
    rows, beside = asked("matrix", 'scale = "ease"', "required = true").parts, asked("choice", "other = true").parts
    assert [(row.id, row.required, row.measured, row.counted) for row in rows] == [
        ("a.speed", True, True, True), ("a.care", True, True, True),
    ]  # fmt: skip
    assert [(part.id, part.series, part.required, bool(part.offered)) for part in beside] == [
        ("a", "choice", False, True), ("a.other", "text", False, False),
    ]  # fmt: skip
    assert asked("choice", "other = true").parts == beside
    assert asked("choice").parts != beside
    assert asked("date").fields == ("a", "a.day", "a.month", "a.year")
    assert asked("choice", "other = true").written == ("a.other",)


def test_only_a_question_that_is_marked_is_core() -> None:
    assert [asked("csat", "core = true").core, asked("csat").core, asked("nps").core] == [True, False, False]


def test_a_rating_is_named_at_its_ends_and_in_its_middle() -> None:
    rating = asked("rating", f"middle = {WORDS.replace('A', 'M')}", "min = 0", "max = 4")
    words = [option.text and dict(option.text)["en"] for option in rating.offered if not isinstance(option.text, str)]
    assert (words, rating.offered[1].text) == (["A", "M", "A"], "")


@pytest.mark.parametrize(
    ("kind", "lines", "said"),
    [
        ("cast", ["requird = true", 'required = "yes"'],
         ["5:1: questions of the kind `cast` do not exist; did you mean `csat`?",
          "8:1: `required` is a text; write true, without quotes"]),
        ("CSAT", [], ['5:1: questions of the kind `CSAT` do not exist; write kind = "csat"']),
        ("", [], [f"5:1: questions of the kind `` do not exist; {KNOWN}"]),
        ("matrix", ["rows = []", 'scale = "cast"'],
         ["7:1: `rows` is empty; give 2 or more", "8:1: `scale` cannot be `cast`; did you mean `csat`?"]),
        ("matrix", ['scale = "csat"'], [f"3:3: `rows` is missing; add `rows = {LISTED}`"]),
        ("matrix", [ROWS], [f"3:3: {COLUMNS}"]),
        ("matrix", [ROWS, OPTIONS, 'scale = "csat"'], [f"3:3: {COLUMNS}"]),
        ("matrix", [ROWS.replace("care", "speed"), 'scale = "csat"'],
         ["7:61: the id `speed` is taken in line 7; give each an id of its own"]),
        ("matrix", [ROWS.replace("care", "c" * 63), 'scale = "csat"'],
         [f"7:61: `a.{'c' * 63}` is too long a name for a row's answers; 64 characters are the most;"
          " shorten one of its two ids"]),
        ("matrix", [ROWS, 'scale = "csat"', "shuffle = true"],
         ["9:1: unknown key `shuffle`; it belongs to the kind choice, choices, ranking"]),
        ("ranking", [OPTIONS, "other = true"], ["8:1: unknown key `other`; it belongs to the kind choice, choices"]),
        ("choice", [OPTIONS.replace("late", "other"), "other = true"],
         ["7:64: `other` cannot be the id of an option; `other = true` adds it; delete this option, or name it"
          " otherwise"]),
        ("date", ['min = "soon"', "max = 2026-11-22T10:00:00"],
         ["7:1: `min` must be a day, such as 2026-11-22", "8:1: `max` must be a day, such as 2026-11-22"]),
        ("date", ["min = 2026-11-22", "max = 2026-11-21"],
         ["8:1: `max` is below `min`; make it at least as large"]),
        ("csat", ["requird = true"], ["7:1: unknown key `requird`; did you mean `required`?"]),
        ("csat", ["is_core = true"], ["7:1: unknown key `is_core`; did you mean `core`?"]),
        ("csat", ['core = "true"'], ["7:1: `core` is a text; write true, without quotes"]),
        ("csat", ["required = 1"], ["7:1: `required` is a number; write true, without quotes"]),
        ("csat", ["hint = true"], ['7:1: `hint` is true or false; write a text: { en = "…", he = "…" }']),
        ("csat", ['hint.en = "A"'], ['7:1: `hint` has no text in he; add he = "…"']),
        ("csat", ['hint = { en = "A", he = 5 }'], ['7:20: `he` is a number; write it in quotes: "5"']),
        ("nps", ["core = true"], ["7:1: unknown key `core`; it belongs to the kind csat"]),
        ("text", ["options = []"],
         ["7:1: unknown key `options`; it belongs to the kind choice, choices, ranking, matrix"]),
        ("text", ["limit = 0"], ["7:1: `limit` is too small; 1 is the least"]),
        ("text", ["limit = 10_001"], ["7:1: `limit` is too large; 10000 is the most"]),
        ("number", ["min = 3", "max = 2.5"], ["8:1: `max` is below `min`; make it at least as large"]),
        ("number", ["min = inf", "max = nan"],
         ["7:1: `min` must be a finite number, such as 3.5",
          "8:1: `max` must be a finite number, such as 3.5"]),
        ("rating", [],
         [f"3:3: `{end}` is missing; add `{end} = {{ en = \"…\", he = \"…\" }}`" for end in ("high", "low")]),
        ("rating", [*ENDS, "min = 2", "max = 11"],
         ["9:1: `min` is too large; 1 is the most", "10:1: `max` is too large; 10 is the most"]),
        ("rating", [*ENDS, "min = 1.0", 'max = "5"'],
         ["9:1: `min` must be a whole number, such as 3",
          "10:1: `max` is a text; write 5, without quotes"]),
        ("rating", [*ENDS, 'look = "star"'], ["9:1: `look` cannot be `star`; write `stars`"]),
        ("rating", [*ENDS, "look = 5"], ['9:1: `look` is a number; write a text in quotes: "numbers"']),
        ("rating", [*ENDS, f"middle = {WORDS}", "max = 4"],
         ["9:1: `middle` needs a value in the middle of the scale; make `min` and `max` both even or both odd"]),
        ("choice", [], [f"3:3: `options` is missing; add `options = {LISTED}`"]),
        ("choice", ["options = []"], ["7:1: `options` is empty; give 2 or more"]),
        ("choice", ["options = { a = 1 }"], [f"7:1: `options` is a table; write a list of tables: {LISTED}"]),
        ("choice", ['options = ["a", "b"]'],
         ['7:12: `options` is a text; write { id = "a", text = { en = "a", he = "…" } }',
          '7:17: `options` is a text; write { id = "b", text = { en = "b", he = "…" } }']),
        ("choice", [f'options = [ {{ id = "a", text = {WORDS} }} ]'],
         ["7:1: `options` has too few entries; give 2 or more"]),
        ("choice", ["options = [", f'{{ id = "A b", text = {WORDS} }},', f'{{ id = "b", txt = {WORDS} }},', "]"],
         [f'8:3: `id` cannot be `A b`; write "a_b" ({IS_ID})',
          '9:1: `text` is missing; add `text = { en = "…", he = "…" }`',
          "9:13: unknown key `txt`; did you mean `text`?"]),
        ("choice", ["options = [", *(f'{{ id = "{id}", text = {WORDS} }},' for id in ("a", "b", "a", "na")), "]"],
         ["10:3: the id `a` is taken in line 8; give each an id of its own",
          "11:3: `na` cannot be the id of an option; write `not_applicable = true` instead of this option,"
          " or name it otherwise"]),
    ],
)  # fmt: skip
def test_a_fault_of_a_question_says_where_it_is_and_what_would_be_right(
    kind: str, lines: list[str], said: list[str]
) -> None:
    assert errors(TITLE + question("a", kind, *lines)) == said


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (f'kind = "csat"\n{TEXT}', ['3:3: `id` is missing; add `id = "…"`']),
        (f'id = "a"\n{TEXT}', [f"3:3: `kind` is missing; {KNOWN}"]),
        ('id = "a"\nkind = "csat"', ['3:3: `text` is missing; add `text = { en = "…", he = "…" }`']),
        (f'id = "a"\nkind = 5\n{TEXT}', [f"5:1: {NO_KIND}"]),
        (f'id = "a"\nkind = ["csat"]\n{TEXT}', [f"5:1: {NO_KIND}"]),
        (f'id = "Late-1"\nkind = "csat"\n{TEXT}', [f'4:1: `id` cannot be `Late-1`; write "late_1" ({IS_ID})']),
        (f'id = "{"a" * 65}"\nkind = "csat"\n{TEXT}', [f"4:1: `id` cannot be `{'a' * 64}…`; {NO_ID}"]),
        (f'id = "שם"\nkind = "csat"\n{TEXT}', [f"4:1: `id` cannot be `שם`; {NO_ID}"]),
        (f'id = "a\\n"\nkind = "csat"\n{TEXT}', [f'4:1: `id` cannot be `a\\n`; write "a" ({IS_ID})']),
        (f'id = "form"\nkind = "csat"\n{TEXT}',
         ["4:1: `form` cannot be the id of a question; the engine keeps any, embed, form, kiosk, lang for itself"]),
    ],
)  # fmt: skip
def test_a_question_needs_an_id_a_kind_and_a_text(table: str, said: list[str]) -> None:
    assert errors(f"{TITLE}[[question]]\n{table}\n") == said
