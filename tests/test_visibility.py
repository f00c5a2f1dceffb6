from __future__ import annotations

from random import Random
from typing import Any

import pytest

from surveyengine.definitions.condition import holds
from surveyengine.definitions.question import NOT_APPLICABLE, Choices, Question, Scale
from surveyengine.definitions.survey import Survey
from surveyengine.web.page import form_html
from surveyengine.web.visibility import condition_css
from tests.samples import form, question, survey

SHOWN_IF = {
    "low": "{ satisfaction = { at_most = 3 } }",
    "between": "{ satisfaction = { above = 1, below = 4 } }",
    "exact": "{ satisfaction = 5 }",
    "one_of": "{ timing = ['late', 'never'] }",
    "none_of": "{ timing = { not_in = ['late', 'never'] } }",
    "other": "{ timing = { is_not = 'late' } }",
    "holding": "{ liked = { contains = 'late' } }",
    "without": "{ liked = { is_not = 'late' } }",
    "some": "{ liked = ['early', 'never'] }",
    "given": "{ timing = { answered = true } }",
    "open": "{ timing = { answered = false } }",
    "consented": "{ agreed = 'yes' }",
    "aside": "{ recommend = 'na' }",
    "both": "{ satisfaction = { at_least = 4 }, timing = 'early' }",
    "either": "{ any = [{ satisfaction = 1 }, { timing = 'never' }] }",
    "mixed": "{ agreed = 'yes', any = [{ recommend = { at_most = 6 } }, { recommend = { answered = false } }] }",
    "child": "{ why = 'late' }",
    "childless": "{ why = { answered = false } }",
    "grandchild": "{ child = { at_least = 2 }, satisfaction = { at_most = 2 } }",
}
KINDS = {"child": "csat"}


@pytest.fixture(scope="module")
def asked() -> Survey:
    """Questions that are always asked, one that hangs on them, and one for each condition of the table."""
    always = [
        question("satisfaction", "csat"),
        question("recommend", "nps", "not_applicable = true"),
        question("timing", "choice"),
        question("liked", "choices"),
        question("agreed", "consent"),
        question("why", "choice", "show_if = { satisfaction = { at_most = 3 } }"),
    ]
    return survey(*always, *(question(id, KINDS.get(id, "yes_no"), f"show_if = {how}") for id, how in SHOWN_IF.items()))


def typed(question: Question, checked: list[str]) -> object:
    if isinstance(question, Choices):
        return tuple(checked)
    value = checked[0] if checked else None
    return int(value) if value and isinstance(question, Scale) and value != NOT_APPLICABLE else value


def expected(survey: Survey, checked: dict[str, list[str]]) -> set[str]:
    """Return what is asked of somebody who answers so, as the server decides it."""
    values: dict[str, object] = {}
    for one in survey.questions:
        if holds(one.show_if, values):
            values[one.id] = typed(one, checked.get(one.id, []))
    return set(values)


def some_answers(survey: Survey, random: Random) -> dict[str, list[str]]:
    answers = {}
    for one in survey.questions:
        offered = [option.value for option in one.offered]
        most = len(offered) if isinstance(one, Choices) else 1
        answers[one.id] = random.sample(offered, random.randint(0, most))
    return answers


CHECK = """answers => {
  for (const input of document.querySelectorAll('[type=radio], [type=checkbox]'))
    input.checked = (answers[input.name] || []).includes(input.value)
  return [...document.querySelectorAll('[data-question]')]
    .filter(one => getComputedStyle(one).display !== 'none').map(one => one.dataset.question)
}"""


def test_what_is_visible_is_what_the_conditions_ask(page: Any, asked: Survey) -> None:
    page.set_content(form_html(form(asked)))
    random = Random(7)
    for _ in range(150):
        answers = some_answers(asked, random)
        assert set(page.evaluate(CHECK, answers)) == expected(asked, answers), answers


def test_the_answers_reach_each_condition_both_ways(asked: Survey) -> None:
    random = Random(7)
    found = [expected(asked, some_answers(asked, random)) for _ in range(150)]
    assert [id for id in SHOWN_IF if {id in one for one in found} != {True, False}] == []


@pytest.mark.parametrize(
    "how",
    [
        "{ reason = { answered = true } }",
        "{ reason = { answered = false } }",
        "{ parcels = { at_least = 2 } }",
        "{ any = [{ satisfaction = 1 }, { reason = 'x' }] }",
    ],
)
def test_what_hangs_on_something_written_stays_shown(how: str) -> None:
    written = [question("satisfaction", "csat"), question("reason", "text"), question("parcels", "number")]
    assert condition_css(survey(*written, question("more", "yes_no", f"show_if = {how}"))) == ""


def test_a_survey_without_conditions_needs_no_css() -> None:
    assert condition_css(survey(question("satisfaction", "csat"))) == ""


def test_a_browser_without_has_shows_everything(asked: Survey) -> None:
    css = condition_css(asked)
    assert css.startswith("@supports selector(:has(*)){")
    assert css.endswith("}")
