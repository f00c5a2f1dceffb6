from __future__ import annotations

from datetime import timedelta

import pytest

from surveyengine.definitions.survey import digest, draft
from surveyengine.definitions.toml.document import parse
from tests.support.drafts import TEXT, TITLE, errors, question, read

CSAT = question("a", "csat")
INVITE = '[invite]\non = "order.paid"\n'
SPAN = 'must be a span of time; write one such as "90 minutes", "12 hours", "2 weeks"'


def test_a_file_becomes_a_survey() -> None:
    survey = read(
        'title = { en = "Delivery", he = "משלוח" }\ntarget = { csat = 85 }\nmode = "anonymous"\n'
        '[invite]\non = "order.paid"\nafter = "12 hours"\nwhen = { total = { at_least = 100 } }\nsample = 0.5\n'
        + question("a", "csat", "core = true")
        + question("b", "text", "show_if = { a = { at_most = 3 } }")
    ).survey()
    assert (survey.id, survey.stage, survey.touchpoint, survey.head.mode) == (
        "delivery", "purchase", "delivery", "anonymous",
    )  # fmt: skip
    assert survey.invite
    assert (survey.invite.after, survey.invite.expires) == (timedelta(hours=12), timedelta(days=14))
    assert survey.core is survey.question("a")
    assert survey.question("c") is None


def test_a_survey_has_the_touchpoint_that_it_names() -> None:
    assert read('touchpoint = "parcel"\n' + TITLE + CSAT).survey().touchpoint == "parcel"


def test_a_file_with_faults_is_no_survey() -> None:
    with pytest.raises(ValueError, match="f has faults"):
        read(TITLE + question("a", "csat", "requird = true")).survey()


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ('tilte = "x"\n', ["1:1: unknown key `tilte`; did you mean `title`?"]),
        ('after = "1 day"\n', ["1:1: unknown key `after`; move it below [invite]"]),
        ("required = true\n", ["1:1: unknown key `required`; move it below [[question]]"]),
        ("options = []\n", ["1:1: unknown key `options`; move it below [[question]]"]),
        ("x = 1\n",
         ["1:1: unknown key `x`; known are `closed`, `goal`, `intro`, `invite`, `keep_answers`, `keep_contacts`,"
          " `mode`, `name`, `question`, `scored`, `target`, `thanks`, `title`, `touchpoint`, `was`"]),
        ('closed = "yes"\n', ["1:1: `closed` is a text; write true, without quotes"]),
        ("goal = 5\n", ['1:1: `goal` is a number; write it in quotes: "5"']),
        ("goal = 2026-01-01\n", ['1:1: `goal` is a date or a time; write it in quotes: "2026-01-01"']),
        ('mode = "anon"\n', ["1:1: `mode` cannot be `anon`; did you mean `anonymous`?"]),
        ('touchpoint = "The parcel"\n',
         ['1:1: `touchpoint` cannot be `The parcel`; write "the-parcel" (small letters a-z, digits and hyphens)']),
        ("target = 85\n", ["1:1: `target` is a number; write target = { csat = 85 }"]),
        ("target = { cast = 85 }\n",
         ["1:1: `csat` is missing; add `csat = …`", "1:12: unknown key `cast`; did you mean `csat`?"]),
        ("target = { csat = 101 }\n", ["1:12: `csat` is too large; 100 is the most"]),
        ('target = { csat = "85" }\n', ["1:12: `csat` is a text; write 85, without quotes"]),
        ("invite = 5\n", ["1:1: `invite` is a number; write a table: { … }"]),
    ],
)  # fmt: skip
def test_a_fault_of_the_head_says_where_it_is_and_what_would_be_right(head: str, said: list[str]) -> None:
    assert errors(head + TITLE + CSAT) == said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('cooldwn = "1 day"', ["5:1: unknown key `cooldwn`; did you mean `cooldown`?"]),
        ("target = { csat = 85 }",
         ["5:1: unknown key `target`; move it to the top of the file, before the first [table]"]),
        ('after = "12 ours"', ['5:1: `after` must be a span of time; write "12 hours"']),
        ("after = 12", ['5:1: `after` must be a span of time; say in which unit: "12 hours", "12 days"']),
        ('cooldown = "-1 days"', [f"5:1: `cooldown` {SPAN}"]),
        ('expires = "101 years"', ["5:1: `expires` is longer than a hundred years; write a shorter span"]),
        ('expires = "0 days"', ["5:1: `expires` must be longer than 0; leave it out for 14 days"]),
        ('remind = "3 days"', ["5:1: `remind` is a text; write a list: [\"3 days\"]"]),
        ('remind = ["3 days", "x", 5]', [f"5:21: `remind` {SPAN}",
          '5:26: `remind` must be a span of time; say in which unit: "5 hours", "5 days"']),
        ("sample = 1.5", ["5:1: `sample` is too large; 1 is the most"]),
        ("sample = -0.1", ["5:1: `sample` is too small; 0 is the least"]),
        ('sample = "50%"', ["5:1: `sample` must be a share between 0 and 1; write sample = 0.5 for 50 %"]),
        ("sample = true", ["5:1: `sample` is true or false; write a number, such as 3.5"]),
        ("priority = 1.5", ["5:1: `priority` must be a whole number, such as 3"]),
        ('exempt = "no"', ["5:1: `exempt` is a text; write false, without quotes"]),
        ('draw = ""', ["5:1: `draw` is empty; write at least one character"]),
        (f'draw = "{"x" * 65}"', ["5:1: `draw` is too long; 64 characters are the most"]),
        ("channels = []", ["5:1: `channels` is empty; give 1 or more"]),
        ('channels = "email"', ["5:1: `channels` is a text; write a list: [\"email\"]"]),
        ('channels = ["email", "emial"]', ["5:22: `channels` cannot be `emial`; did you mean `email`?"]),
        ('subject = "Hello"', ['5:1: `subject` does not say in which language it is;'
                                ' write { en = "Hello", he = "…" }']),
        ('subject = { en = "Hi\\nBcc: a@b.example", he = "ה" }',
         ["5:1: `subject` stands in one line of the mail; write it without line breaks"]),
        ('from_name = { en = "Dana\\u2028", he = "דנה" }', []),
        ('from_name = { en = "Da\\u2028na", he = "דנה" }',
         ["5:1: `from_name` stands in one line of the mail; write it without line breaks"]),
        ('from_name = { en = "{name|Dana}", he = "דנה" }',
         ["5:1: `from_name` has no placeholders; write the name itself, because it must not change with the event"]),
        ('from_name = { en = "Dana <d@b.example>", he = "דנה" }',
         ["5:1: `from_name` holds an address; write the name alone; the address is `email.from` in config.toml"]),
        (f'from_name = {{ en = "{"Dana " * 13}", he = "דנה" }}',
         ["5:1: `from_name` is 65 characters long; 60 are the most"]),
        ('body = { he = "ה" }', ['5:1: `body` has no text in en; add en = "…"']),
        ('subject = { en = "Hello" }', ['5:1: `subject` has no text in he; add he = "…"']),
        ('when = "IL"', ["5:1: `when` is a text; write a table of names and tests, such as"
                         " { satisfaction = { at_most = 3 } }"]),
        ("when = { total = { at_leest = 1 } }", ["5:20: unknown key `at_leest`; did you mean `at_least`?"]),
    ],
)  # fmt: skip
def test_a_fault_of_the_invitation_says_where_it_is_and_what_would_be_right(line: str, said: list[str]) -> None:
    assert errors(TITLE + INVITE + line + "\n" + CSAT) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("",
         ['1:1: `title` is missing; add `title = { en = "…", he = "…" }` before the first table',
          "1:1: the survey asks nothing; add a [[question]] table"]),
        (TITLE, ["1:1: the survey asks nothing; add a [[question]] table"]),
        (TITLE + "question = []", ["3:1: the survey asks nothing; add a [[question]] table"]),
        (TITLE + f'[question]\nid = "a"\nkind = "csat"\n{TEXT}',
         ["3:2: `question` must be a list of tables; write [[question]], with two brackets"]),
        (TITLE + 'question = "a"', ["3:1: `question` must be a list of tables; write [[question]], with two brackets"]),
        (TITLE + 'question = [5, []]',
         ["3:13: a question must be a table; write [[question]], and its keys below",
          "3:16: a question must be a table; write [[question]], and its keys below"]),
        (TITLE + question("a", "note"), ["3:3: the survey asks nothing; add a question that can be answered"]),
    ],
)  # fmt: skip
def test_a_survey_asks_something(text: str, said: list[str]) -> None:
    assert errors(text) == said


def test_every_fault_of_a_file_is_told_at_once() -> None:
    file = (
        'titel = { en = "Delivery" }\nclosed = "no"\n[invite]\nonn = "order.paid"\nafter = 5\n'
        + question("a", "csat", "core = true", 'required = "true"')
        + question("a", "nsp", "show_if = { c = 1 }")
        + question("c", "csat", "core = true", "hint = { en = '{', xx = 'x' }")
    )
    assert errors(file) == [
        '1:1: `title` is missing; add `title = { en = "…", he = "…" }` before the first table',
        "1:1: unknown key `titel`; did you mean `title`?",
        "2:1: `closed` is a text; write false, without quotes",
        '3:2: an invitation has one occasion: either `on` or `every`; write on = "…" with the type of an event,'
        ' or every = "180 days"',
        "4:1: unknown key `onn`; did you mean `on`?",
        '5:1: `after` must be a span of time; say in which unit: "5 hours", "5 days"',
        "11:1: `required` is a text; write true, without quotes",
        "13:1: the id `a` is taken in line 7; give each an id of its own",
        "14:1: questions of the kind `nsp` do not exist; did you mean `nps`?",
        "16:13: the question `c` comes later; a condition looks back: move this question below `c`",
        "21:1: a survey can have only one core question; the question of line 10 is core already",
        '22:1: `hint` has no text in he; add he = "…"',
        "22:10: `hint` has a `{` that belongs to no placeholder; a placeholder is written {name} or {name|fallback},"
        " and no other brace can stand in a text",
        "22:20: the engine does not speak `xx`; it speaks en, he, fa; it learns `xx` from its words in"
        " translations/xx/LC_MESSAGES/surveyengine.po",
    ]


def test_comments_and_layout_do_not_make_another_version() -> None:
    plain, dressed = (
        draft("x", "purchase", parse(text.encode(), "f"), {}).document.data
        for text in ('a = 1\nb = { c = "d" }', '# comment\nb.c = "d"  # another\n\na = 0x1\n')
    )
    assert digest("x", "purchase", plain) == digest("x", "purchase", dressed)


def test_an_id_a_stage_a_type_and_the_order_of_questions_make_another_version() -> None:
    data = {"a": 1, "question": [1, 2]}
    others = [
        digest("x", "purchase", data),
        digest("y", "purchase", data),
        digest("x", "post-purchase", data),
        digest("x", "purchase", {**data, "a": True}),
        digest("x", "purchase", {**data, "a": "1"}),
        digest("x", "purchase", {**data, "question": [2, 1]}),
    ]
    assert len(set(others)) == len(others)
