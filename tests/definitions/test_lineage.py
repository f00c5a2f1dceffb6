"""What a survey of today continues, and which older ids it may name."""

from __future__ import annotations

import json

import pytest

from surveyengine.definitions.check import between
from surveyengine.definitions.lineage import lineage
from surveyengine.definitions.survey import draft
from surveyengine.definitions.toml.document import parse
from tests.support.drafts import TITLE, errors, question, read

WORDS = '{ en = "A", he = "א" }'


def option(id: str, *was: str) -> str:
    former = f", was = {json.dumps(was[0] if len(was) == 1 else was)}" if was else ""
    return f'{{ id = "{id}", text = {WORDS}{former} }}'


def listed(key: str, *options: str) -> str:
    return f"{key} = [{', '.join(options)}]"


def test_older_ids_lead_to_those_of_today() -> None:
    choice = listed("options", option("late", "tardy", "slow"), option("early"))
    rows = listed("rows", option("speed", "haste"), option("care"))
    marks = listed("options", option("good", "ok"), option("bad"))
    survey = read(
        'was = ["shipping", "parcels"]\n'
        + TITLE
        + question("rating", "csat", 'was = "satisfaction"', "core = true")
        + question("why", "choice", 'was = ["reason", "cause"]', choice, "other = true")
        + question("marks", "matrix", 'was = "grades"', rows, marks)
    ).survey()
    found = lineage(survey)
    assert survey.was == ("shipping", "parcels")
    assert survey.ids == found.surveys == ("delivery", "shipping", "parcels")
    assert found.parts == {
        "satisfaction": "rating",
        "reason": "why",
        "cause": "why",
        "reason.other": "why.other",
        "cause.other": "why.other",
        "grades": "marks",
        "marks.haste": "marks.speed",
        "grades.speed": "marks.speed",
        "grades.haste": "marks.speed",
        "grades.care": "marks.care",
    }
    assert found.options == {
        ("why", "tardy"): "late",
        ("why", "slow"): "late",
        ("marks.speed", "ok"): "good",
        ("marks.care", "ok"): "good",
    }
    assert (found.part("satisfaction"), found.part("why"), found.part("gone")) == ("rating", "why", "gone")
    assert (found.value("why", "slow"), found.value("why", "early")) == ("late", "early")


def test_a_survey_that_continues_nothing_has_its_own_ids() -> None:
    found = lineage(read(TITLE + question("a", "csat")).survey())
    assert (found.surveys, found.parts, found.options) == (("delivery",), {}, {})


@pytest.mark.parametrize(
    ("was", "said"),
    [
        ("3", ['1:1: `was` holds older ids; write one in quotes, or a list of them: [ "…", "…" ]']),
        ("[]", ["1:1: `was` is empty; give 1 or more"]),
        ('["a", 3]', ['1:13: `was` is a number; write it in quotes: "3"']),
        ('"The old"', ['1:1: `was` cannot be `The old`; write "the-old" (small letters a-z, digits and hyphens)']),
    ],
)
def test_older_ids_of_a_survey_are_ids(was: str, said: list[str]) -> None:
    assert errors(f"was = {was}\n" + TITLE + question("a", "csat")) == said


def used(what: str) -> str:
    return f"the {what} is in use today; only an id that is gone can be continued; take it out of `was`"


TWICE = "`z` is continued in line 7 already; only one id can continue an older one"
SCALE = 'scale = "csat"'


@pytest.mark.parametrize(
    ("questions", "said"),
    [
        (question("b", "text", 'was = "Old"'),
         ['7:1: `was` cannot be `Old`; write "old" (small letters a-z, digits and _, with a letter first)']),
        (question("b", "text", 'was = "b"'), [f"7:1: {used('question `b`')}"]),
        (question("b", "text", 'was = "c"') + question("c", "text"), [f"7:1: {used('question `c`')}"]),
        (question("b", "text", 'was = ["z", "z"]'), [f"7:13: {TWICE}"]),
        (question("b", "text", 'was = "z"') + question("c", "text", 'was = "z"'), [f"12:1: {TWICE}"]),
        (question("b", "text", 'was = "z"') + question("c", "choice", listed("options", option("z"), option("y"))), []),
        (question("b", "choice", listed("options", option("x", "y"), option("y"))), [f"7:55: {used('option `y`')}"]),
        (question("b", "choice", listed("options", option("x", "other"), option("y"))), []),
        (question("b", "choice", listed("options", option("x", "other"), option("y")), "other = true"),
         [f"7:55: {used('option `other`')}"]),
        (question("b", "choice", listed("options", option("x", "na"), option("y"))),
         ["7:55: `na` was never the id of an option; the engine keeps it for what does not apply to a customer;"
          " take it out of `was`"]),
        (question("b", "matrix", listed("rows", option("x", "z"), option("y", "z")), SCALE), [f"7:108: {TWICE}"]),
        (question("b", "matrix", listed("rows", option("x", "y"), option("y")), SCALE), [f"7:52: {used('row `y`')}"]),
    ],
)  # fmt: skip
def test_an_older_id_leads_to_one_place(questions: str, said: list[str]) -> None:
    assert errors(TITLE + questions) == said


def test_a_survey_continues_none_that_has_a_file() -> None:
    heads = (("a", 'was = ["b", "gone"]'), ("b", ""), ("c", 'was = ["gone", "broken"]'))
    drafts = [draft(id, "purchase", parse(head.encode(), f"{id}.toml"), {}) for id, head in heads]
    assert [str(fault) for fault in between(drafts, {"a", "b", "c", "broken"})] == [
        f"a.toml:1:8: error: {used('survey `b`')}",
        "c.toml:1:8: error: `gone` is continued in a.toml:1 already; only one id can continue an older one",
        f"c.toml:1:16: error: {used('survey `broken`')}",
    ]
