from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyengine.results.ledger import released
from surveyengine.results.report import Asked, Funnel, Question, Rule, Tally, Terms, assemble, only
from surveyengine.results.score import Histogram
from surveyengine.results.sheet import COLUMNS, sheet

CORE = Question("satisfaction", "csat", "1", core=True)
FEW = {"value": None, "low": None, "high": None, "n": 0, "state": "few"}


def survey(name: str, stage: str = "purchase", **changes: Any) -> Asked:
    return Asked(**{"survey": name, "stage": stage, "touchpoint": name, "questions": (CORE,), **changes})


def tally(name: str, question: Question, value: str, n: int, group: str | None = None) -> Tally:
    return Tally(name, question.id, question.kind, question.series, value, n, group)


def tallies(name: str, counts: Sequence[int], question: Question = CORE, group: str | None = None) -> list[Tally]:
    """The counts of 1, 2, 3, …"""
    return [tally(name, question, str(value), n, group) for value, n in enumerate(counts, start=1)]


def answered(name: str, satisfied: int, n: int, group: str | None = None) -> list[Tally]:
    return tallies(name, (n - satisfied, 0, 0, 0, satisfied), group=group)


def report(asked: Sequence[Asked], counted: Sequence[Tally] = (), funnels: Sequence[Funnel] = (),
           terms: Terms | None = None) -> dict[str, Any]:
    return assemble(asked, counted, funnels, terms or Terms())


def touchpoint(result: Mapping[str, Any], name: str) -> dict[str, Any]:
    return next(each for stage in result["stages"] for each in stage["touchpoints"] if each["touchpoint"] == name)


SHOP = [survey("checkout"), survey("delivery", target_csat=90), survey("accuracy")]
SHOP_ANSWERS = [
    *tallies("checkout", (20, 10, 20, 150, 300)), *tallies("delivery", (5, 8, 27, 60, 60)),
    *tallies("accuracy", (2, 1, 2, 15, 30)),
]
OCTOBER = Terms(date(2026, 10, 1), date(2026, 10, 31), "Asia/Jerusalem", {"purchase": Rule(target_csat=85)})


def test_a_report_has_the_shape_of_the_contract() -> None:
    result = report(SHOP, SHOP_ANSWERS, [Funnel("delivery", 340, 338, 160, {"cooldown": 60})], OCTOBER)
    assert list(result) == ["period", "journey", "stages"]
    assert result["period"] == {"from": "2026-10-01", "to": "2026-10-31", "timezone": "Asia/Jerusalem"}
    [stage] = result["stages"]
    assert list(stage) == ["stage", "csat", "pooled", "target", "verdict", "touchpoints"]
    delivery = stage["touchpoints"][1]
    assert list(delivery) == [
        "touchpoint", "csat", "dsat", "mean", "target", "verdict", "counts", "funnel", "response_rate"]
    assert list(delivery["csat"]) == ["value", "low", "high", "n", "state"]
    assert delivery["counts"] == {"1": 5, "2": 8, "3": 27, "4": 60, "5": 60}
    assert delivery["funnel"] == {
        "eligible": 400, "refused": {"cooldown": 60}, "invited": 340, "sent": 338, "answered": 160}
    assert json.loads(json.dumps(result)) == result


@pytest.mark.parametrize(("metric", "value", "low", "high", "n"), [
    ("csat", 75.0, 67.8, 81.1, 160),
    ("dsat", 8.1, 4.8, 13.4, 160),
    ("mean", 4.0, 3.9, 4.2, 160),
    ("response_rate", 47.3, 42.1, 52.7, 338),
])
def test_the_scores_of_a_touchpoint(metric: str, value: float, low: float, high: float, n: int) -> None:
    result = report(SHOP, SHOP_ANSWERS, [Funnel("delivery", 340, 338, 160)], OCTOBER)
    found = touchpoint(result, "delivery")[metric]
    assert [round(found[key], 1) for key in ("value", "low", "high")] == [value, low, high]
    assert (found["n"], found["state"]) == (n, "ok")


def test_a_stage_is_the_mean_of_its_touchpoints_and_pooled_counts_answers() -> None:
    [stage] = report(SHOP, SHOP_ANSWERS, terms=OCTOBER)["stages"]
    assert [round(stage["csat"][key], 1) for key in ("value", "low", "high")] == [85.0, 80.4, 87.9]
    assert [round(stage["pooled"][key], 1) for key in ("value", "low", "high")] == [86.6, 83.9, 88.9]
    assert (stage["csat"]["n"], stage["target"], stage["verdict"]) == (710, 85, "undecided")


def test_declared_weights_move_a_stage() -> None:
    rule = Rule({"checkout": 2, "delivery": 5, "accuracy": 3})
    [stage] = report(SHOP, SHOP_ANSWERS, terms=Terms(rules={"purchase": rule}))["stages"]
    assert [round(stage["csat"][key], 1) for key in ("value", "low", "high")] == [82.5, 77.5, 86.0]


def test_a_touchpoint_that_is_not_listed_weighs_one() -> None:
    [stage] = report(SHOP, SHOP_ANSWERS, terms=Terms(rules={"purchase": Rule({"delivery": 2})}))["stages"]
    assert stage["csat"]["value"] == pytest.approx((90 + 2 * 75 + 90) / 4)


def test_a_touchpoint_has_a_target_of_its_own() -> None:
    result = report(SHOP, SHOP_ANSWERS, terms=OCTOBER)
    assert (touchpoint(result, "delivery")["target"], touchpoint(result, "delivery")["verdict"]) == (90, "missed")
    assert (touchpoint(result, "checkout")["target"], touchpoint(result, "checkout")["verdict"]) == (None, "none")


def test_without_dates_the_period_is_open() -> None:
    assert report([])["period"] == {"from": None, "to": None, "timezone": "UTC"}


def test_without_surveys_there_is_nothing_to_list() -> None:
    assert report([]) == {"period": report([])["period"], "journey": {"csat": FEW}, "stages": []}


def test_every_touchpoint_that_has_a_survey_is_listed() -> None:
    delivery = touchpoint(report([survey("delivery")]), "delivery")
    assert (delivery["csat"], delivery["mean"], delivery["response_rate"]) == (FEW, FEW, FEW)
    assert delivery["counts"] == {"1": 0, "2": 0, "3": 0, "4": 0, "5": 0}
    assert delivery["funnel"] == {"eligible": 0, "refused": {}, "invited": 0, "sent": 0, "answered": 0}


def test_stages_come_in_the_order_of_the_journey_and_the_relationship_apart() -> None:
    asked = [survey("yearly", "relationship"), survey("support", "post-purchase"), survey("delivery"),
             survey("website", "pre-purchase")]
    counted = [*answered("yearly", 0, 50), *answered("support", 40, 50), *answered("delivery", 45, 50)]
    result = report(asked, counted)
    assert [stage["stage"] for stage in result["stages"]] == [
        "pre-purchase", "purchase", "post-purchase", "relationship"]
    assert result["stages"][3]["csat"]["value"] == 0
    assert result["journey"]["csat"]["value"] == pytest.approx(85)
    assert result["journey"]["csat"]["n"] == 100


def test_surveys_that_share_a_touchpoint_add_up() -> None:
    asked = [survey("short", touchpoint="delivery"), survey("long", touchpoint="delivery", target_csat=80)]
    counted = [*tallies("short", (1, 2, 3, 4, 5)), *tallies("long", (5, 4, 3, 2, 1))]
    funnels = [Funnel("short", 20, 18, 15, {"cooldown": 2}), Funnel("long", 20, 20, 15, {"cooldown": 1, "late": 3})]
    delivery = touchpoint(report(asked, counted, funnels), "delivery")
    assert delivery["counts"] == {"1": 6, "2": 6, "3": 6, "4": 6, "5": 6}
    assert delivery["funnel"] == {
        "eligible": 46, "refused": {"cooldown": 3, "late": 3}, "invited": 40, "sent": 38, "answered": 30}
    assert delivery["target"] == 80


def test_tallies_and_funnels_may_come_in_parts() -> None:
    parts = [*answered("delivery", 20, 25), *answered("delivery", 10, 15)]
    assert report([survey("delivery")], parts, [Funnel("delivery", 1, 1), Funnel("delivery", 2, 1)]) == report(
        [survey("delivery")], answered("delivery", 30, 40), [Funnel("delivery", 3, 2)])


@pytest.mark.parametrize("former", [
    CORE._replace(series="0"), CORE._replace(kind="ease"), CORE._replace(id="satisfied")])
def test_a_former_series_never_adds_up_with_the_current_one(former: Question) -> None:
    counted = [*answered("delivery", 30, 40), *tallies("delivery", (50, 0, 0, 0, 50), former)]
    assert report([survey("delivery")], counted) == report([survey("delivery")], answered("delivery", 30, 40))


def test_only_the_core_question_is_the_score_of_a_touchpoint() -> None:
    agent = Question("agent", "csat", "1")
    asked = [survey("support", questions=(agent, CORE))]
    counted = [*tallies("support", (50, 0, 0, 0, 0), agent), *answered("support", 40, 40)]
    assert touchpoint(report(asked, counted), "support")["csat"]["n"] == 40


def test_other_answers_than_those_of_the_scale_do_not_count() -> None:
    counted = [*answered("delivery", 30, 40), tally("delivery", CORE, "na", 12)]
    assert touchpoint(report([survey("delivery")], counted), "delivery")["csat"]["n"] == 40


def test_other_kinds_appear_where_they_are_asked() -> None:
    kinds = ("nps", "ease", "ces", "expectation", "likely", "nps")
    questions = (CORE, *(Question(f"{kind}_{place}", kind, "1") for place, kind in enumerate(kinds)))
    nps = [tally("support", questions[1], value, n) for value, n in (("10", 50), ("8", 30), ("0", 20))]
    counted = [*nps, *tallies("support", (2, 3, 5, 10, 20, 35, 25), questions[2]),
               *tallies("support", (0, 0, 0, 0, 0, 0, 5), questions[3]), *tallies("support", (10, 0, 90), questions[4]),
               *tallies("support", (40,), questions[5]), *tallies("support", (40,), questions[6])]
    support = touchpoint(report([survey("support", questions=questions)], counted), "support")
    assert list(support)[4:8] == ["nps", "ease", "ces", "expectation"]
    assert [round(support["nps"][key], 2) for key in ("value", "low", "high")] == [30, 14.05, 44.20]
    assert support["ease"]["value"] == pytest.approx(80)
    assert support["ces"] == {**FEW, "n": 5}
    assert support["expectation"]["value"] == pytest.approx(90)
    assert "likely" not in support


def rating(id: str, weight: float = 1, series: str = "rating:1-10") -> Question:
    return Question(id, "rating", series, weight=weight)


ITEMS = (rating("overall"), rating("expected"), rating("ideal"))
MEANS = ((0, 0, 0, 0, 0, 0, 0, 50), (0, 0, 0, 0, 0, 0, 50), (0, 0, 0, 0, 0, 0, 50))    # 8, 7 and 7


def rated(name: str, items: Sequence[Question] = ITEMS) -> list[Tally]:
    return [one for item, counts in zip(items, MEANS, strict=True) for one in tallies(name, counts, item)]


@pytest.mark.parametrize(("weights", "expected"), [((1, 1, 1), 70.370), ((38.85, 31.90, 29.25), 70.983)])
def test_a_satisfaction_index_appears_where_it_is_asked(weights: tuple[float, ...], expected: float) -> None:
    items = tuple(item._replace(weight=weight) for item, weight in zip(ITEMS, weights, strict=True))
    other = rating("other", weight=0)
    result = report([survey("yearly", "relationship", questions=(*items, other)), survey("delivery")],
                    [*rated("yearly"), *tallies("yearly", (99,), other)])
    assert round(touchpoint(result, "yearly")["csi"]["value"], 3) == expected
    assert touchpoint(result, "yearly")["csi"]["n"] == 50
    assert "csi" not in touchpoint(result, "delivery")
    [row] = [row for row in csv.DictReader(io.StringIO(sheet(result))) if row["metric"] == "csi"]
    assert float(row["value"]) == pytest.approx(expected, abs=1e-3)


def test_an_index_is_made_of_its_items_of_today_in_every_survey_of_the_touchpoint() -> None:
    asked = [survey("yearly", questions=ITEMS), survey("half-yearly", touchpoint="yearly", questions=ITEMS[::-1])]
    former = [one for item in ITEMS for one in tallies("yearly", (500,), item._replace(series="rating:0-10"))]
    [found] = report(asked, [*rated("yearly"), *rated("half-yearly"), *former])["stages"][0]["touchpoints"]
    assert (found["csi"]["n"], round(found["csi"]["value"], 3)) == (100, 70.370)


@pytest.mark.parametrize("changes", [{"scored": False}, {"questions": (CORE, rating("overall", weight=0))}])
def test_there_is_no_index_where_it_is_not_asked_or_not_scored(changes: Mapping[str, Any]) -> None:
    found = report([survey("yearly", **{"questions": ITEMS, **changes})], rated("yearly"))
    assert "csi" not in touchpoint(found, "yearly")


def test_an_index_of_few_anonymous_answers_is_withheld() -> None:
    asked = [survey("yearly", questions=ITEMS, anonymous=True)]
    found = report(asked, rated("yearly"), terms=Terms(anonymous_minimum=51))
    assert touchpoint(found, "yearly")["csi"] == {**FEW, "n": 50}


def test_what_is_not_scored_is_listed_and_counts_nowhere() -> None:
    asked = [survey("delivery"), survey("feedback", scored=False, responses=500)]
    counted = [*answered("delivery", 30, 40), *answered("feedback", 0, 500)]
    result = report(asked, counted)
    feedback = touchpoint(result, "feedback")
    assert (feedback["scored"], feedback["responses"]) == (False, 500)
    assert (feedback["csat"], feedback["mean"]) == (FEW, FEW)
    assert feedback["counts"]["1"] == 500
    assert result["stages"][0]["csat"]["value"] == result["stages"][0]["pooled"]["value"] == 75
    assert result["journey"]["csat"]["n"] == 40


def test_what_is_not_scored_does_not_add_up_with_what_is() -> None:
    asked = [survey("delivery"), survey("button", touchpoint="delivery", scored=False)]
    counted = answered("delivery", 30, 40)
    assert report(asked, [*counted, *answered("button", 0, 500)]) == report([survey("delivery")], counted)


def test_complainers_are_shown_but_no_part_of_their_stage() -> None:
    asked = [survey("support", "post-purchase"), survey("post-resolution", "post-purchase")]
    result = report(asked, [*answered("support", 45, 50), *answered("post-resolution", 10, 50)])
    assert touchpoint(result, "post-resolution")["csat"]["value"] == 20
    assert result["stages"][0]["csat"]["value"] == result["stages"][0]["pooled"]["value"] == 90


def test_a_stage_without_enough_answers_at_any_touchpoint_has_no_score() -> None:
    asked = [survey("checkout"), survey("delivery")]
    [stage] = report(asked, [*answered("checkout", 8, 9), *answered("delivery", 8, 9)], terms=OCTOBER)["stages"]
    assert (stage["csat"], stage["verdict"]) == (FEW, "undecided")
    assert (stage["pooled"]["n"], stage["pooled"]["state"]) == (18, "indicative")


@pytest.mark.parametrize(("n", "minimum", "shown"), [(9, 10, False), (10, 10, True), (19, 20, False), (9, 0, True)])
def test_anonymous_answers_are_withheld_below_the_minimum(n: int, minimum: int, shown: bool) -> None:
    asked = [survey("delivery", anonymous=True), survey("checkout")]
    counted = [*answered("delivery", n, n), *answered("checkout", 30, 40)]
    result = report(asked, counted, terms=Terms(anonymous_minimum=minimum))
    delivery = touchpoint(result, "delivery")
    assert ("counts" in delivery) is shown
    assert result["stages"][0]["pooled"]["n"] == 40 + n * shown
    if not shown:
        assert delivery["csat"] == delivery["dsat"] == delivery["mean"] == {**FEW, "n": n}


def test_answers_withheld_for_anonymity_are_not_part_of_a_sum_either() -> None:
    asked = [survey("delivery"), survey("secret", touchpoint="delivery", anonymous=True)]
    counted = [*answered("delivery", 30, 40), *answered("secret", 1, 9)]
    assert touchpoint(report(asked, counted), "delivery")["csat"]["n"] == 40


BY = Terms(by="channel")


def test_groups_are_a_second_view_of_the_same_answers() -> None:
    counted = [*answered("delivery", 30, 45), *answered("delivery", 25, 30, "web"), *answered("delivery", 5, 12, "app"),
               *answered("delivery", 0, 3, "")]
    delivery = touchpoint(report([survey("delivery")], counted, terms=BY), "delivery")
    assert delivery["csat"]["n"] == 45
    assert list(delivery)[-1] == "by"
    assert [(group, each["csat"]["state"]) for group, each in delivery["by"].items()] == [
        ("", "few"), ("app", "indicative"), ("web", "ok")]
    assert delivery["by"][""]["counts"] == {"1": 3, "2": 0, "3": 0, "4": 0, "5": 0}


def test_groups_are_only_there_when_asked_for() -> None:
    counted = [*answered("delivery", 30, 45), *answered("delivery", 25, 30, "web")]
    assert "by" not in touchpoint(report([survey("delivery")], counted), "delivery")
    assert touchpoint(report([survey("delivery")], terms=BY), "delivery")["by"] == {}


def test_anonymous_groups_are_withheld_like_the_whole() -> None:
    counted = [*answered("delivery", 30, 60), *answered("delivery", 20, 40, "web"), *answered("delivery", 5, 12, "app"),
               *answered("delivery", 5, 8, "shop")]
    by = touchpoint(report([survey("delivery", anonymous=True)], counted, terms=BY), "delivery")["by"]
    assert by["shop"] == {"csat": {**FEW, "n": 8}}
    assert by["app"] == {"csat": {**FEW, "n": 12}}, "with it, the shop's answers could be computed from the total"
    assert by["web"]["counts"]["5"] == 20


@given(st.dictionaries(st.text("abcdefgh", min_size=1), st.integers(0, 40)), st.integers(0, 40), st.integers(0, 15))
def test_no_hidden_group_can_be_computed_from_what_is_shown(sizes: dict[str, int], others: int, minimum: int) -> None:
    total = sum(sizes.values()) + others
    groups: dict[str | None, Histogram] = {None: Histogram({5: total})}
    groups |= {group: Histogram({5: n}) for group, n in sizes.items()}
    shown = released(groups, minimum)
    assert all(groups[group].n >= minimum for group in shown)
    hidden = total - sum(sizes[group] for group in shown if group is not None)
    assert not shown or hidden == 0 or hidden >= minimum
    assert (None in shown) is (total >= minimum)


def test_one_stage_can_be_listed_without_changing_the_journey() -> None:
    asked = [survey("delivery"), survey("support", "post-purchase")]
    whole = report(asked, [*answered("delivery", 30, 40), *answered("support", 20, 40)])
    part = only(whole, "purchase")
    assert [stage["stage"] for stage in part["stages"]] == ["purchase"]
    assert part["journey"] == whole["journey"]


def rows(result: dict[str, Any]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(sheet(result), newline="")))


def test_a_sheet_has_a_row_for_each_score() -> None:
    found = rows(report([survey("delivery", target_csat=90)], answered("delivery", 30, 40), terms=OCTOBER))
    assert [(row["stage"], row["touchpoint"], row["metric"]) for row in found] == [
        ("", "", "csat"), ("purchase", "", "csat"), ("purchase", "", "pooled"), ("purchase", "delivery", "csat"),
        ("purchase", "delivery", "dsat"), ("purchase", "delivery", "mean"), ("purchase", "delivery", "response_rate")]
    assert tuple(found[0]) == COLUMNS
    assert (found[3]["value"], found[3]["n"], found[3]["target"], found[3]["verdict"]) == ("75.0", "40", "90", "missed")
    assert (found[6]["value"], found[6]["n"], found[6]["target"]) == ("", "0", "")


@pytest.mark.parametrize(("group", "cell"), [
    ("web", "web"), ("=1+1", "'=1+1"), (" -1", "' -1"), ("＝A1", "'＝A1"), ("@x", "'@x"), ("a,b", "a,b"),
    ("\x1b[2J", "\\x1b[2J"), ("\t=1", "\\t=1"), ("می‌روم", "می‌روم"),
])
def test_a_sheet_names_groups_without_letting_them_act(group: str, cell: str) -> None:
    found = rows(report([survey("delivery")], answered("delivery", 30, 40, group), terms=BY))
    assert found[-1]["group"] == cell
