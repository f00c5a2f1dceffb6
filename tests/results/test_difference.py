"""Differences between groups: published values, the family of tests, and who is compared with whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from math import isclose
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyengine.results import difference
from surveyengine.results.assembly import Before, Terms
from surveyengine.results.change import RISK, ComparedPeriod, p_value
from surveyengine.results.difference import RATE, ComparedScores, adjusted
from surveyengine.results.export.report_csv import sheet
from surveyengine.results.ledger import Tally, ledger
from surveyengine.results.record import plain
from surveyengine.results.report import Report
from surveyengine.results.score import proportion
from surveyengine.results.split import CLAIMED, NOT_KNOWN, OTHER
from surveyengine.results.terminal.table import Look, table
from tests.results.test_report import answered, assembled, survey
from tests.results.test_table import ENGLISH

PUBLISHED = (    # Benjamini and Hochberg (1995), table 1
    .0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .3240, .4262, .5719, .6528, .7590, 1.000,
)
OCTOBER = ComparedPeriod(date(2026, 10, 1), date(2026, 10, 31))
Counts = Mapping[str, tuple[int, int]]
"""Of each group the satisfied answers, and all."""


def test_the_published_example_rejects_four() -> None:
    found = adjusted(PUBLISHED)
    assert [round(p, 4) for p in found[:4]] == [0.0015, 0.003, 0.0095, 0.0356]
    assert sum(p <= 0.05 for p in found) == 4


@given(st.lists(st.one_of(st.floats(0, 1), st.sampled_from([0.01, 0.02]))))
def test_adjusting_keeps_the_order_and_never_lowers(ps: Sequence[float]) -> None:
    found = adjusted(ps)
    assert all(1 >= after >= before for before, after in zip(ps, found, strict=True))
    pairs = sorted(zip(ps, found, strict=True))
    assert all(one[1] <= other[1] + 1e-12 for one, other in zip(pairs, pairs[1:], strict=False))
    assert all(isclose(one[1], other[1]) for one, other in zip(pairs, pairs[1:], strict=False) if one[0] == other[0])


def test_a_test_that_was_not_possible_is_not_one_that_found_nothing() -> None:
    """Else each thin group would make it harder to find something in the others."""
    rest = proportion(80, 100)
    pairs = {name: ComparedScores(proportion(hits, 100), rest) for name, hits in (("a", 60), ("b", 70))}
    thin = {str(n): ComparedScores(proportion(n, n), rest) for n in range(30)}
    found, alone = difference.differences({**pairs, **thin}, "rest"), difference.differences(pairs, "rest")
    assert {name: found[name] for name in pairs} == alone
    assert {found[name].p for name in thin} == {None}
    assert {one.family for one in found.values()} == {2}


def tallies(counts: Counts) -> list[Tally]:
    groups = {group.name: group for group in (NOT_KNOWN, CLAIMED, OTHER)}
    found = [(name, answered("delivery", *one, group=name)) for name, one in counts.items()]
    return [
        tally if name not in groups else Tally(tally.survey, tally.role, tally.value, tally.n, groups[name])
        for name, those in found for tally in those]


def report(counts: Counts, before: Counts | None = None, by: str = "channel", **more: Any) -> Report:
    earlier = Before(OCTOBER, ledger(tallies(before), [])) if before is not None else None
    return assembled([survey("delivery", **more)], tallies(counts), terms=Terms(by=by, before=earlier))


def differences(*given: Any, **more: Any) -> dict[str, dict[str, Any]]:
    [stage] = plain(report(*given, **more))["stages"]
    return {name: group["difference"] for name, group in stage["touchpoints"][0]["by"].items()}


def test_a_group_is_compared_with_all_others_that_are_no_claims() -> None:
    found = differences({"web": (56, 70), "app": (40, 60), "(not known)": (8, 20), "(claimed)": (1, 90)})
    web = found["web"]    # 56 of 70 against 48 of 80: Newcombe (1998)
    assert (round(web["value"], 6), round(web["low"], 3), round(web["high"], 3)) == (20, 5.243, 33.387)
    assert (round(web["p"], 6), web["against"]) == (0.008045, "rest")
    assert isclose(found["app"]["p"], p_value(proportion(40, 60), proportion(64, 90)))
    for name in ("(not known)", "(claimed)"):    # too few, and no fact
        assert (found[name]["state"], found[name]["value"], found[name]["p"]) == ("not_compared", None, None)
    assert {one["family"] for one in found.values()} == {2}


@pytest.mark.parametrize(("counts", "states"), [
    ({"a": (56, 70), "b": (48, 80)}, ["changed", "changed"]),
    ({"a": (8100, 9000), "b": (7920, 9000)}, ["small", "small"]),    # 2 points, and not by chance
    ({"a": (80, 100), "b": (75, 100)}, ["none", "none"]),
    ({"a": (24, 29), "b": (800, 1000)}, ["not_compared", "not_compared"]),
    ({"a": (80, 100)}, ["not_compared"]),    # there is no rest
    ({"a": (80, 100), "(not known)": (40, 100)}, ["changed", "changed"]),    # what is not known is a group
])
def test_a_difference_is_said_only_where_it_is_one(counts: Counts, states: Sequence[str]) -> None:
    assert [one["state"] for one in differences(counts).values()] == states


def test_the_more_is_tested_the_less_is_believed() -> None:
    many = {f"g{number}": (80, 100) for number in range(20)}
    few = {"low": (140, 200), "same": (1520, 1900)}
    alone, among = differences(few)["low"], differences({"low": (71, 100), **many})["low"]
    assert (alone["state"], alone["p"] < RISK) == ("changed", True)
    assert (among["state"], among["p"] < RISK, among["adjusted"] > RATE, among["family"]) == ("none", True, True, 21)


def test_where_groups_differ_at_all_it_is_said_of_which() -> None:
    """Where R's `prop.test` finds that four groups do (smokers; p = 0.0056), without saying which."""
    smokers = {"a": (83, 86), "b": (90, 93), "c": (129, 136), "d": (70, 82)}
    assert {name: one["state"] for name, one in differences(smokers).items()} == {
        "a": "none", "b": "none", "c": "none", "d": "changed",
    }  # fmt: skip


def test_languages_are_compared_with_their_own_past_alone() -> None:
    now, before = {"he": (80, 100), "fa": (50, 100), "en": (9, 10)}, {"he": (60, 100), "fa": (50, 100)}
    found = differences(now, before, by="language")
    assert [(round(one["value"] or 0, 6), one["state"], one["against"]) for one in found.values()] == [
        (0, "none", "before"), (20, "changed", "before"), (0, "not_compared", "before")]
    assert {one["state"] for one in differences(now, None, by="language").values()} == {"not_compared"}


def test_what_is_not_scored_is_not_compared() -> None:
    found = differences({"a": (80, 100), "b": (20, 100)}, scored=False)
    assert {(one["state"], one["family"]) for one in found.values()} == {("not_compared", 0)}


def test_a_difference_has_words_and_rows() -> None:
    found = report({"web": (56, 70), "app": (48, 80), "few": (3, 5)})
    lines = [line.strip() for line in table(found, ENGLISH, Look(120)).splitlines()]
    assert lines[lines.index(next(line for line in lines if line.startswith("web"))) + 1].startswith(
        "20.0 above the others (5.4 to 33.1)")
    assert "each compared with all others together, corrected for 2 comparisons" in lines
    assert sum("difference_value" in line for line in sheet(found).splitlines()) == 3
