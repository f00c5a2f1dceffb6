"""The script shows what the server would ask."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from surveyengine.definitions.survey import Survey
from surveyengine.responses.form import read
from surveyengine.responses.paging import leaf
from surveyengine.web.forms.conditions_js import rules
from surveyengine.web.forms.form_page import form_html
from surveyengine.web.forms.script import Script
from tests.support.samples import form, question, survey

WORDS = ("", " ", "broken", " it is\u202e broken ", "א\u200fב", "۱۲", "12", "cafe\u0301", "\tbro\rken\n",
         "\ufeffbroken", "3")  # fmt: skip
FIGURES = ("", "much", "۱۲", "12", "12.0", " 1,200.5 ", "-۱۲٫۵", "0.1", "0.10000000000000000000000000001", ".5", "1e3",
           "9007199254740993", "1_000", "1,5", "+3", "\u061c−3")  # fmt: skip
SHOWN_IF = {
    "said": "{ reason = { answered = true } }",
    "silent": "{ reason = { answered = false } }",
    "exact": "{ reason = 'broken' }",
    "one_of": "{ reason = ['12', 'café'] }",
    "holding": "{ reason = { contains = 'broken' } }",
    "no_number": "{ reason = { is_not = 3 } }",
    "differing": "{ reason = { not_in = ['broken', 'אב'] } }",
    "dear": "{ cost = { above = 12.0 } }",
    "tenth": "{ cost = { at_least = 0.1, at_most = 0.1 } }",
    "more": "{ cost = { above = 0.1, below = 1 } }",
    "dozen": "{ cost = 12 }",
    "large": "{ cost = { is = 9007199254740993 } }",
    "tiny": "{ cost = { above = 5e-324, below = 1.7976931348623157e308 } }",
    "halves": "{ cost = [0.5, -12.5, 1200.5] }",
    "unsaid": "{ cost = { answered = false } }",
    "both": "{ satisfaction = { at_most = 3 }, reason = { contains = 'b' } }",
    "either": "{ any = [{ satisfaction = 5 }, { cost = { below = 0 } }] }",
    "listed": "{ liked = 'late', cost = { at_least = 1 } }",
    "free": "{ liked = { is_not = 'late' }, reason = { answered = true } }",
    "child": "{ holding = 'yes' }",
    "childless": "{ holding = { answered = false }, said = { answered = true } }",
    "grandchild": "{ child = 'no', cost = { answered = true } }",
    "early": "{ satisfaction = { at_least = 4 } }",
    "after_early": "{ early = 'yes', reason = { answered = true } }",
    "other_words": "{ 'timing.other' = { contains = 'b' } }",
    "row": "{ 'matrix.speed' = { at_least = 2 }, reason = { answered = true } }",
    "addressed": "{ mail = { answered = true } }",
}
WRITTEN = {"reason": WORDS, "cost": FIGURES, "timing.other": WORDS, "mail": ("", "dana@example.com")}


@pytest.fixture(scope="module")
def asked() -> Survey:
    """Questions that are always asked, and one for each condition of the table."""
    always = [
        question("satisfaction", "csat"), question("reason", "text"), question("cost", "number"),
        question("liked", "choices"), question("timing", "choice", "other = true"), question("mail", "email"),
        question("matrix", "matrix"),
    ]  # fmt: skip
    return survey(*always, *(question(id, "yes_no", f"show_if = {how}") for id, how in SHOWN_IF.items()))


FILL = """answers => {
  const boxes = document.querySelectorAll('[type=radio], [type=checkbox]')
  for (const box of boxes) box.checked = (answers[box.name] || []).includes(box.value)
  for (const field of document.querySelectorAll('[type=text], [type=email], textarea'))
    field.value = (answers[field.name] || [''])[0]
  boxes[0].dispatchEvent(new Event('input', {bubbles: true}))
  const shown = [...document.querySelectorAll('[data-question]')].filter(one => one.offsetParent)
  return shown.map(one => one.dataset.question)
}"""


def some_answers(survey: Survey, random: Random) -> dict[str, list[str]]:
    answers = {name: [random.choice(values)] for name, values in WRITTEN.items()}
    for part in (part for one in survey.questions for part in one.parts if part.offered):
        most = len(part.offered) if part.several else 1
        answers[part.id] = random.sample([option.value for option in part.offered], random.randint(0, most))
    if answers["timing.other"] != [""] and not answers["timing"]:
        answers["timing"] = ["other"]
    return answers


def expected(survey: Survey, answers: dict[str, list[str]]) -> set[str]:
    """What the server would ask of somebody who answers so."""
    values = read(survey, MultiDict([(name, one) for name, given in answers.items() for one in given])).values
    return {one.id for one in survey.questions if {part.id for part in one.parts} <= values.keys()}


def test_the_script_shows_what_the_server_asks(page: Any, asked: Survey) -> None:
    here = leaf(asked, 1, {})
    assert here.late == SHOWN_IF.keys() - {"early"}
    page.set_content(form_html(form(asked, scripts=(Script("form.js", {"rules": rules(here)}),))))
    random, reached = Random(7), dict[str, set[bool]]()
    for _ in range(250):
        answers = some_answers(asked, random)
        shown = expected(asked, answers)
        assert set(page.evaluate(FILL, answers)) == shown, answers
        for id in SHOWN_IF:
            reached.setdefault(id, set()).add(id in shown)
    assert [id for id, both in reached.items() if len(both) < 2] == []


def test_what_the_script_cannot_know_is_left_to_the_server() -> None:
    form = survey(question("mail", "email"), question("a", "csat", "show_if = { mail = 'dana@example.com' }"))
    assert rules(leaf(form, 1, {})) == '{"rules":[["a",null]],"read":{"mail":"any"}}'
