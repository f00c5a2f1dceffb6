from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from surveyengine.definitions.condition import Condition
from surveyengine.responses import paging as steps
from surveyengine.responses.form import ParsedAnswers, read
from surveyengine.responses.paging import FormPage, NextPage, carried, leaf, sent
from tests.support.samples import question, survey

FORM = survey(
    question("satisfaction", "csat", "required = true"),
    question("reason", "text", "show_if = { satisfaction = { at_most = 3 } }"),
    question("repaired", "yes_no", "show_if = { reason = { contains = 'broken' } }\nrequired = true"),
    question("what", "text", "show_if = { repaired = 'no' }"),
    question("why", "text", "page = 2\nshow_if = { satisfaction = 5 }"),
    question("again", "likely", "page = 3\nrequired = true"),
    question("cost", "number", "page = 3"),
    question("dear", "yes_no", "show_if = { cost = { above = 100 } }"),
)
LOW = {"satisfaction": "2"}


def submission(**posted: str) -> ParsedAnswers:
    return read(FORM, MultiDict(posted))


def went(answers: dict[str, str], page: int = 0, **more: Any) -> NextPage:
    """Where a page leads that was sent with those answers."""
    late = frozenset(more.pop("late", ()))
    return steps.step(FORM, submission(**answers), steps.Sent(page, late=late, **more))


def asked(leaf: FormPage | None) -> list[str]:
    return [question.id for question in leaf.questions] if leaf else []


def test_a_page_begins_where_its_number_changes() -> None:
    numbered = [[one.id for one in page] for page in FORM.pages]
    assert numbered == [["satisfaction", "reason", "repaired", "what"], ["why"], ["again", "cost", "dear"]]
    assert [len(page) for page in survey(question("a", "csat", "page = 2"), question("b", "csat")).pages] == [2]


def test_a_page_leads_to_the_next_that_asks_something() -> None:
    assert went({"satisfaction": "5"}, 1) == NextPage(leaf(FORM, 2, {"satisfaction": 5}))
    skipped = went({"satisfaction": "4"}, 1).leaf
    assert skipped
    assert (skipped.number, skipped.count, asked(skipped)) == (3, 3, ["again", "cost", "dear"])


def test_the_last_page_finishes() -> None:
    assert went({"satisfaction": "4", "again": "5"}, 3) == NextPage(None)


def test_only_the_pages_up_to_the_one_that_was_sent_are_complained_about() -> None:
    assert went(LOW, 1) == NextPage(leaf(FORM, 3, submission(**LOW).values))
    wrong = went({"again": "5"}, 1)
    assert wrong.leaf
    assert (wrong.leaf.number, set(wrong.errors)) == (1, {"satisfaction"})


def test_an_error_on_an_earlier_page_leads_there() -> None:
    wrong = went({"satisfaction": "9", "again": "5"}, 3)
    assert wrong.leaf
    assert (wrong.leaf.number, set(wrong.errors)) == (1, {"satisfaction"})


def test_a_whole_submission_is_read_at_once() -> None:
    assert went({"satisfaction": "4", "again": "5"}) == NextPage(None)
    wrong = went({"satisfaction": "4", "cost": "much"})
    assert wrong.leaf
    assert (wrong.leaf.number, set(wrong.errors)) == (3, {"again", "cost"})


def test_an_empty_form_may_go_on_and_is_complained_about_at_its_end() -> None:
    form = survey(
        question("hello", "note"),
        question("a", "text", "page = 2"),
        question("why", "text", "show_if = { a = { contains = 'broken' } }"),
        question("b", "csat", "page = 3"),
    )
    empty = read(form, MultiDict())
    assert steps.step(form, empty, steps.Sent(1)).leaf == leaf(form, 2, {})
    end = steps.step(form, empty, steps.Sent(3))
    assert (end.leaf, set(end.errors)) == (leaf(form, 2, {}), {"a"})


def test_back_leads_to_the_page_before_that_asks_something_whatever_is_wrong() -> None:
    assert went({"satisfaction": "5"}, 3, go="back").leaf == leaf(FORM, 2, {"satisfaction": 5})
    first = went({"satisfaction": "4", "cost": "much"}, 3, go="back")
    assert first == NextPage(leaf(FORM, 1, {"satisfaction": 4}))
    assert went({}, 1, go="back") == NextPage(leaf(FORM, 1, {}))


def test_what_hangs_on_something_written_comes_late() -> None:
    here = leaf(FORM, 1, {})
    assert here.late == {"repaired", "what"}
    assert here.due == set()
    assert leaf(FORM, 1, submission(satisfaction="2", reason="it is broken").values).due == {"repaired"}


def test_a_late_question_that_nobody_saw_is_asked_by_itself() -> None:
    answers = {**LOW, "reason": "it is broken"}
    further = went(answers, 1).leaf
    assert further
    assert (further.number, further.further, asked(further)) == (1, True, ["repaired"])
    seen = went({**answers, "repaired": "no"}, 1, late=["repaired"], further=True).leaf
    assert asked(seen) == ["what"]
    assert went({**answers, "repaired": "no"}, 1, late=["repaired", "what"], further=True).leaf == leaf(
        FORM, 3, submission(**answers, repaired="no").values
    )


def test_a_late_question_that_was_seen_is_complained_about_where_it_was_seen() -> None:
    answers = {**LOW, "reason": "it is broken"}
    alone = went(answers, 1, late=["repaired"], further=True)
    assert asked(alone.leaf) == ["repaired"]
    assert alone.errors.keys() == {"repaired"}
    among = went(answers, 1, late=["repaired"])
    assert among.errors.keys() == {"repaired"}
    assert "satisfaction" in asked(among.leaf)


def test_back_from_what_came_late_leads_to_its_page() -> None:
    answers = {**LOW, "reason": "it is broken"}
    back = went(answers, 1, go="back", late=["repaired"], further=True)
    assert back.leaf == leaf(FORM, 1, submission(**answers).values)


@pytest.mark.parametrize(
    ("number", "values", "last"), [(1, {}, False), (2, {}, False), (3, {}, True), (3, {"cost": 200}, True)]
)
def test_the_last_page_is_known(number: int, values: dict[str, object], last: bool) -> None:
    assert leaf(FORM, number, values).last is last


def test_a_page_that_may_follow_is_not_ruled_out() -> None:
    form = survey(question("a", "csat"), question("b", "csat", "page = 2\nshow_if = { a = 1 }"))
    assert not leaf(form, 1, {"a": 5}).last
    assert steps.step(form, read(form, MultiDict({"a": "5"})), steps.Sent(1)) == NextPage(None)


def test_a_page_decides_only_what_hangs_on_its_own_answers() -> None:
    form = survey(
        question("a", "csat"),
        question("b", "yes_no", "page = 2"),
        question("c", "yes_no", "show_if = { a = 1, b = 'yes' }"),
        question("d", "yes_no", "show_if = { any = [{ a = 2 }, { b = 'no' }] }"),
    )
    conditions = {value: [one.show_if for one in leaf(form, 2, {"a": value}).questions] for value in (1, 2, 3)}
    yes, no = (Condition.model_validate({"b": word}) for word in ("yes", "no"))
    assert conditions[1] == [None, yes, Condition.model_validate({"any": [{"b": "no"}]})]
    assert conditions[2] == [None, None]
    assert [one and one.any_[0] for one in conditions[3]] == [None, no]


def test_the_answers_of_other_pages_go_along() -> None:
    elsewhere = [("satisfaction", "2"), ("reason", "x\ny")]
    fields = [*elsewhere, ("again", "3"), ("form", "token"), ("form.page", "3"), ("what", "")]
    assert carried(FORM, leaf(FORM, 3, {"satisfaction": 2}), fields) == elsewhere


@pytest.mark.parametrize(
    ("posted", "page", "go"),
    [
        ({}, 0, ""),
        ({"form.page": "2"}, 2, ""),
        ({"form.page": "2", "form.go": "back"}, 2, steps.BACK),
        ({"form.page": "1", "form.go": "draft"}, 1, steps.DRAFT),
        ({"form.page": "3", "form.go": ["stay", "back"]}, 3, steps.STAY),
        ({"form.page": "4"}, 0, ""),
        ({"form.page": "0"}, 0, ""),
        ({"form.page": "۲"}, 0, ""),
        ({"form.page": "9" * 5000}, 0, ""),
        ({"form.page": ["1", "2"]}, 0, ""),
    ],
)
def test_what_a_form_says_of_itself_is_believed_where_it_makes_sense(posted: Any, page: int, go: str) -> None:
    said = sent(FORM, MultiDict(posted))
    assert (said.page, said.go) == (page, go)


@given(st.data())
def test_a_form_that_is_sent_page_by_page_is_stored_like_one_that_is_sent_at_once(data: st.DataObject) -> None:
    """Whoever goes forward, with answers or without, ends with what a whole submission of them says."""
    answers = data.draw(
        st.fixed_dictionaries(
            {"satisfaction": st.sampled_from("12345"), "again": st.sampled_from("135")},
            optional={
                "reason": st.sampled_from(["broken", "late"]), "repaired": st.sampled_from(["yes", "no"]),
                "what": st.just("all"), "why": st.just("so"), "cost": st.sampled_from(["5", "500"]),
                "dear": st.just("yes"),
            },
        )
    )  # fmt: skip
    page, late, further, known = 1, set[str](), False, dict[str, str]()
    here: FormPage | None = leaf(FORM, 1, {})
    for _ in range(12):
        assert here
        ids = asked(here)
        known |= {id: answers[id] for id in ids if id in answers}
        seen = late | (set(ids) if further else set(here.due))
        way = went(known, page, late=seen, further=further)
        if way.errors:
            known["repaired"] = "yes"
            answers["repaired"] = "yes"
            continue
        if way.leaf is None:
            break
        late = seen if way.leaf.number == page else set()
        here, page, further = way.leaf, way.leaf.number, way.leaf.further
    assert way == NextPage(None)
    assert submission(**known).answers == submission(**answers).answers
