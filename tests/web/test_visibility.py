from __future__ import annotations

from random import Random
from typing import Any

import pytest

from surveyengine.definitions.condition import holds
from surveyengine.definitions.kinds.registry import NOT_APPLICABLE, Part
from surveyengine.definitions.survey import Survey
from surveyengine.web.forms.conditions_css import condition_css
from surveyengine.web.forms.form_page import form_html
from tests.support.samples import OPTIONS, form, question, survey

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
    "fast": '{ "rows.speed" = { at_least = 4 } }',
    "careless": '{ any = [{ "rows.care" = { at_most = 2 } }, { "rows.care" = "na" }] }',
    "unrated": '{ "rows.speed" = { answered = false } }',
    "own_row": '{ "own.care" = ["late", "never"] }',
    "elsewhere": '{ where = "other" }',
    "ranked": "{ best = { contains = 'late' } }",
    "unranked": "{ best = { answered = false } }",
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
        question("rows", "matrix", "not_applicable = true"),
        question("own", "matrix").replace('scale = "csat"', OPTIONS),
        question("where", "choice", "other = true"),
        question("best", "ranking"),
        question("why", "choice", "show_if = { satisfaction = { at_most = 3 } }"),
    ]
    return survey(*always, *(question(id, KINDS.get(id, "yes_no"), f"show_if = {how}") for id, how in SHOWN_IF.items()))


def typed(part: Part, checked: list[str]) -> object:
    if part.several:
        return tuple(checked) or None
    value = checked[0] if checked else None
    return int(value) if value and part.measured and value != NOT_APPLICABLE else value


def expected(survey: Survey, checked: dict[str, list[str]]) -> set[str]:
    """Return what is asked of somebody who answers so, as the server decides it."""
    values: dict[str, object] = {}
    asked = set()
    for one in survey.questions:
        if holds(one.show_if, values):
            values |= {part.id: typed(part, checked.get(part.id, [])) for part in one.parts}
            asked.add(one.id)
    return asked


def some_answers(survey: Survey, random: Random) -> dict[str, list[str]]:
    answers = {}
    for part in (part for one in survey.questions for part in one.parts):
        offered = [option.value for option in part.offered]
        most = len(offered) if part.several else min(len(offered), 1)
        answers[part.id] = random.sample(offered, random.randint(0, most))
    return answers


CHECK = """answers => {
  for (const input of document.querySelectorAll('[type=radio], [type=checkbox]'))
    input.checked = (answers[input.name] || []).includes(input.value)
  for (const select of document.querySelectorAll('select'))
    select.value = (answers[select.name] || [])[Number(select.id.split('-').pop()) - 1] || ''
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
        "{ day = { answered = true } }",
        '{ "where.other" = { answered = true } }',
    ],
)
def test_what_hangs_on_something_written_stays_shown(how: str) -> None:
    written = [question("satisfaction", "csat"), question("reason", "text"), question("parcels", "number")]
    written += [question("day", "date"), question("where", "choice", "other = true")]
    assert condition_css(survey(*written, question("more", "yes_no", f"show_if = {how}"))) == ""


def test_a_survey_without_conditions_needs_no_css() -> None:
    assert condition_css(survey(question("satisfaction", "csat"))) == ""


def test_a_browser_without_has_shows_everything(asked: Survey) -> None:
    css = condition_css(asked)
    assert css.startswith("@supports selector(:has(*)){")
    assert css.endswith("}")
