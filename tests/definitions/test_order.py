from __future__ import annotations

from collections import Counter

from surveyengine.definitions.shuffle import orders
from tests.support.samples import question, survey

SHUFFLED = survey(
    question("a", "choice", "shuffle = true\nother = true\nnot_applicable = true"),
    question("b", "choices", "shuffle = true"),
    question("c", "ranking", "shuffle = true"),
    question("d", "choice"),
)


def test_the_same_seed_gives_the_same_order() -> None:
    assert orders(SHUFFLED, "x") == orders(SHUFFLED, "x")
    assert orders(SHUFFLED, "1")["a"] == ("never", "late", "early", "other", "na")  # in a newer engine too


def test_what_stands_apart_stays_at_the_end() -> None:
    assert {orders(SHUFFLED, str(seed))["a"][3:] for seed in range(50)} == {("other", "na")}


def test_every_order_is_as_likely_as_any_other() -> None:
    seen = Counter(orders(SHUFFLED, str(seed))["b"] for seed in range(6_000))
    assert len(seen) == 6
    assert all(850 < count < 1_150 for count in seen.values())


def test_the_orders_of_two_questions_have_nothing_to_do_with_each_other() -> None:
    both = Counter((found["b"], found["c"]) for seed in range(3_600) if (found := orders(SHUFFLED, str(seed))))
    assert len(both) == 36
    assert max(both.values()) < 160


def test_a_survey_without_shuffled_options_has_no_orders() -> None:
    plain = survey(question("a", "choice"), question("b", "csat"))
    assert (orders(plain, "x"), plain.shuffles, SHUFFLED.shuffles) == ({}, False, True)
