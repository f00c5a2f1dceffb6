from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, make_dataclass, replace
from datetime import date
from typing import Any

import pytest

from surveyengine.results.assembly import StageRule, Terms, assemble
from surveyengine.results.export.report_csv import COLUMNS, sheet
from surveyengine.results.ledger import (
    AnswerGroup,
    AnswerRole,
    AskedSurvey,
    FunnelCounts,
    Tally,
    VersionQuestion,
    roles,
)
from surveyengine.results.record import plain
from surveyengine.results.report import Report, Touchpoint
from surveyengine.results.score import Score
from surveyengine.results.split import CLAIMED, NOT_KNOWN, grouped

CORE = VersionQuestion("satisfaction", "csat", "csat", core=True)
FEW = {"value": None, "low": None, "high": None, "n": 0, "state": "few"}


def survey(id: str, stage: str = "purchase", **changes: Any) -> AskedSurvey:
    return AskedSurvey(**{"survey": id, "stage": stage, "touchpoint": id, "questions": (CORE,), **changes})


def tally(name: str, question: VersionQuestion, value: str, n: int, group: AnswerGroup | None = None) -> Tally:
    role = AnswerRole("csi", question.id) if question.weight else AnswerRole(question.kind)
    return Tally(name, role, value, n, group)


def tallies(
    name: str, counts: Sequence[int], question: VersionQuestion = CORE, group: AnswerGroup | None = None
) -> list[Tally]:
    """The counts of 1, 2, 3, …"""
    return [tally(name, question, str(value), n, group) for value, n in enumerate(counts, start=1)]


def answered(name: str, satisfied: int, n: int, group: str = "") -> list[Tally]:
    return tallies(name, (n - satisfied, 0, 0, 0, satisfied), group=AnswerGroup(group) if group else None)


def assembled(asked: Sequence[AskedSurvey], counted: Sequence[Tally] = (), funnels: Sequence[FunnelCounts] = (),
              terms: Terms | None = None) -> Report:
    return assemble(asked, counted, funnels, terms or Terms())


def report(*asked: Any, **terms: Any) -> dict[str, Any]:
    """The report as JSON has it."""
    return dict(plain(assembled(*asked, **terms)))


def touchpoint(result: Mapping[str, Any], name: str) -> dict[str, Any]:
    return next(each for stage in result["stages"] for each in stage["touchpoints"] if each["touchpoint"] == name)


SHOP = [survey("checkout"), survey("delivery", target_csat=90), survey("accuracy")]
SHOP_ANSWERS = [
    *tallies("checkout", (20, 10, 20, 150, 300)), *tallies("delivery", (5, 8, 27, 60, 60)),
    *tallies("accuracy", (2, 1, 2, 15, 30)),
]
OCTOBER = Terms(
    date(2026, 10, 1), date(2026, 10, 31), "Asia/Jerusalem", {"purchase": StageRule(target_csat=85)}, None,
    date(2026, 11, 1))


def test_a_report_has_the_shape_of_the_contract() -> None:
    result = report(SHOP, SHOP_ANSWERS, [FunnelCounts("delivery", 340, 338, 160, {"cooldown": 60})], OCTOBER)
    assert list(result) == ["period", "journey", "stages", "language"]
    assert result["period"] == {"from": "2026-10-01", "to": "2026-10-31", "timezone": "Asia/Jerusalem"}
    [stage] = result["stages"]
    assert list(stage) == ["stage", "name", "csat", "pooled", "target", "verdict", "touchpoints"]
    delivery = stage["touchpoints"][1]
    assert list(delivery) == [
        "touchpoint", "name", "asks", "csat", "dsat", "mean", "target", "verdict", "counts", "funnel", "response_rate",
        "provisional_until", "provisional_open", "included", "weight"]
    assert list(delivery["csat"]) == ["value", "low", "high", "n", "state"]
    assert delivery["counts"] == {"1": 5, "2": 8, "3": 27, "4": 60, "5": 60}
    assert delivery["funnel"] == {
        "eligible": 400, "refused": {"cooldown": 60}, "invited": 340, "failed": 0, "sent": 338, "uncertain": 0,
        "answered": 160}
    assert json.loads(json.dumps(result)) == result


@pytest.mark.parametrize(("metric", "value", "low", "high", "n"), [
    ("csat", 75.0, 67.8, 81.1, 160),
    ("dsat", 8.1, 4.8, 13.4, 160),
    ("mean", 4.0, 3.9, 4.2, 160),
    ("response_rate", 47.3, 42.1, 52.7, 338),
])
def test_the_scores_of_a_touchpoint(metric: str, value: float, low: float, high: float, n: int) -> None:
    result = report(SHOP, SHOP_ANSWERS, [FunnelCounts("delivery", 340, 338, 160)], OCTOBER)
    found = touchpoint(result, "delivery")[metric]
    assert [round(found[key], 1) for key in ("value", "low", "high")] == [value, low, high]
    assert (found["n"], found["state"]) == (n, "ok")


def test_a_stage_is_the_mean_of_its_touchpoints_and_pooled_counts_answers() -> None:
    [stage] = report(SHOP, SHOP_ANSWERS, terms=OCTOBER)["stages"]
    assert [round(stage["csat"][key], 1) for key in ("value", "low", "high")] == [85.0, 80.8, 88.3]
    assert [round(stage["pooled"][key], 1) for key in ("value", "low", "high")] == [86.6, 83.9, 88.9]
    assert (stage["csat"]["n"], stage["target"], stage["verdict"]) == (710, 85, "undecided")


def test_declared_weights_move_a_stage() -> None:
    rule = StageRule({"checkout": 2, "delivery": 5, "accuracy": 3})
    [stage] = report(SHOP, SHOP_ANSWERS, terms=Terms(rules={"purchase": rule}))["stages"]
    assert [round(stage["csat"][key], 1) for key in ("value", "low", "high")] == [82.5, 77.8, 86.3]


def test_a_touchpoint_that_is_not_listed_weighs_one() -> None:
    [stage] = report(SHOP, SHOP_ANSWERS, terms=Terms(rules={"purchase": StageRule({"delivery": 2})}))["stages"]
    assert stage["csat"]["value"] == pytest.approx((90 + 2 * 75 + 90) / 4)


def test_a_touchpoint_has_a_target_of_its_own() -> None:
    result = report(SHOP, SHOP_ANSWERS, terms=OCTOBER)
    assert (touchpoint(result, "delivery")["target"], touchpoint(result, "delivery")["verdict"]) == (90, "missed")
    assert (touchpoint(result, "checkout")["target"], touchpoint(result, "checkout")["verdict"]) == (None, "none")


def test_stages_and_touchpoints_have_names_for_people_beside_their_ids() -> None:
    quick = survey("short", touchpoint="delivery", name="A quick one")
    asked = [quick, survey("delivery", name="=Delivery"), survey("checkout")]
    result = assembled(asked, terms=Terms(rules={"purchase": StageRule(name="קנייה")}))
    [stage] = result.stages
    assert (stage.stage, stage.name) == ("purchase", "קנייה")
    assert [(one.touchpoint, one.name) for one in stage.touchpoints] == [
        ("delivery", "=Delivery"), ("checkout", "checkout")]
    assert {(row["stage"], row["touchpoint"], row["name"]) for row in rows(result)} == {
        ("", "", ""), ("purchase", "", "קנייה"), ("purchase", "delivery", "'=Delivery"),
        ("purchase", "checkout", "checkout")}


def test_without_dates_the_period_is_open() -> None:
    assert report([])["period"] == {"from": None, "to": None, "timezone": "UTC"}


def test_without_surveys_there_is_nothing_to_list() -> None:
    period = {"from": None, "to": None, "timezone": "UTC"}
    assert report([]) == {"period": period, "journey": {"csat": FEW}, "stages": [], "language": "en"}


def test_every_touchpoint_that_has_a_survey_is_listed() -> None:
    delivery = touchpoint(report([survey("delivery")]), "delivery")
    assert (delivery["csat"], delivery["mean"], delivery["response_rate"]) == (FEW, FEW, FEW)
    assert delivery["counts"] == {"1": 0, "2": 0, "3": 0, "4": 0, "5": 0}
    assert delivery["funnel"] == {
        "eligible": 0, "refused": {}, "invited": 0, "failed": 0, "sent": 0, "uncertain": 0, "answered": 0}


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
    funnels = [FunnelCounts("delivery", 40, 38, 30, {"cooldown": 3, "late": 3})]
    delivery = touchpoint(report(asked, counted, funnels), "delivery")
    assert delivery["counts"] == {"1": 6, "2": 6, "3": 6, "4": 6, "5": 6}
    assert delivery["funnel"] == {
        "eligible": 46, "refused": {"cooldown": 3, "late": 3}, "invited": 40, "failed": 0, "sent": 38,
        "uncertain": 0, "answered": 30}
    assert delivery["target"] == 80


def test_tallies_and_funnels_may_come_in_parts() -> None:
    parts = [*answered("delivery", 20, 25), *answered("delivery", 10, 15)]
    funnels = [FunnelCounts("delivery", 1, 1), FunnelCounts("delivery", 2, 1)]
    assert report([survey("delivery")], parts, funnels) == report(
        [survey("delivery")], answered("delivery", 30, 40), [FunnelCounts("delivery", 3, 2)])


def test_answers_count_as_their_own_version_said() -> None:
    agent, later = VersionQuestion("agent", "csat", "csat"), VersionQuestion("overall", "csat", "csat", core=True)
    nps = [VersionQuestion("recommend", "nps", "nps"), VersionQuestion("again", "nps", "nps")]
    csat, ease = AnswerRole("csat"), AnswerRole("ease")
    assert roles([agent, CORE, *nps]) == {("satisfaction", "csat"): csat, ("recommend", "nps"): AnswerRole("nps")}
    assert roles([later, CORE._replace(core=False)]) == {("overall", "csat"): csat}
    assert roles([CORE._replace(kind="ease", series="ease", core=False)]) == {("satisfaction", "ease"): ease}


def test_other_answers_than_those_of_the_scale_do_not_count() -> None:
    counted = [*answered("delivery", 30, 40), tally("delivery", CORE, "na", 12)]
    assert touchpoint(report([survey("delivery")], counted), "delivery")["csat"]["n"] == 40


def test_other_kinds_appear_where_they_are_asked() -> None:
    kinds = ("nps", "ease", "ces", "expectation", "likely", "nps")
    questions = (CORE, *(VersionQuestion(f"{kind}_{place}", kind, "1") for place, kind in enumerate(kinds)))
    nps = [tally("support", questions[1], value, n) for value, n in (("10", 50), ("8", 30), ("0", 20))]
    counted = [*nps, *tallies("support", (2, 3, 5, 10, 20, 35, 25), questions[2]),
               *tallies("support", (0, 0, 0, 0, 0, 0, 5), questions[3]), *tallies("support", (10, 0, 90), questions[4])]
    support = touchpoint(report([survey("support", questions=questions)], counted), "support")
    assert list(support)[6:10] == ["nps", "ease", "ces", "expectation"]
    assert support["asks"] == ["csat", "nps", "ease", "ces", "expectation"]
    assert [round(support["nps"][key], 2) for key in ("value", "low", "high")] == [30, 14.05, 44.20]
    assert support["ease"]["value"] == pytest.approx(80)
    assert support["ces"] == {**FEW, "n": 5}
    assert support["expectation"]["value"] == pytest.approx(90)
    assert "likely" not in support


def rating(id: str, weight: float = 1, series: str = "rating:1-10") -> VersionQuestion:
    return VersionQuestion(id, "rating", series, weight=weight)


ITEMS = (rating("overall"), rating("expected"), rating("ideal"))
MEANS = ((0, 0, 0, 0, 0, 0, 0, 50), (0, 0, 0, 0, 0, 0, 50), (0, 0, 0, 0, 0, 0, 50))    # 8, 7 and 7


def rated(name: str, items: Sequence[VersionQuestion] = ITEMS) -> list[Tally]:
    return [one for item, counts in zip(items, MEANS, strict=True) for one in tallies(name, counts, item)]


@pytest.mark.parametrize(("weights", "expected"), [((1, 1, 1), 70.370), ((38.85, 31.90, 29.25), 70.983)])
def test_a_satisfaction_index_appears_where_it_is_asked(weights: tuple[float, ...], expected: float) -> None:
    items = tuple(item._replace(weight=weight) for item, weight in zip(ITEMS, weights, strict=True))
    other = rating("other", weight=0)
    assert ("other", "rating:1-10") not in roles((*items, other))
    asked = [survey("yearly", "relationship", questions=(*items, other)), survey("delivery")]
    result = report(asked, rated("yearly"))
    assert round(touchpoint(result, "yearly")["csi"]["value"], 3) == expected
    assert touchpoint(result, "yearly")["csi"]["n"] == 50
    assert "csi" not in touchpoint(result, "delivery")
    [row] = [row for row in rows(assembled(asked, rated("yearly"))) if row["metric"] == "csi"]
    assert float(row["value"]) == pytest.approx(expected, abs=1e-3)


def test_a_mean_and_an_index_of_equal_answers_have_a_value_without_limits() -> None:
    result = assembled([survey("yearly", questions=(CORE, *ITEMS))], [*answered("yearly", 40, 40), *rated("yearly")])
    yearly = touchpoint(plain(result), "yearly")
    assert yearly["mean"] == {"value": 5, "low": None, "high": None, "n": 40, "state": "ok"}
    index = {"value": pytest.approx(70.370, abs=1e-3), "low": None, "high": None, "n": 50, "state": "ok"}
    assert yearly["csi"] == index
    found = {row["metric"]: row for row in rows(result) if row["touchpoint"]}
    assert [found["mean"][key] for key in ("value", "low", "high", "n")] == ["5.0", "", "", "40"]
    assert (found["csi"]["low"], found["csi"]["high"]) == ("", "")
    assert found["csat"]["high"] == "100.0"


def test_a_journey_is_made_of_the_touchpoints_with_their_weight_inside_it() -> None:
    terms = Terms(rules={"purchase": StageRule({"checkout": 2, "delivery": 5, "accuracy": 3})})
    asked = [*SHOP, survey("support", "post-purchase"), survey("yearly", "relationship")]
    counted = [*SHOP_ANSWERS, *answered("support", 30, 40), *answered("yearly", 1, 40)]
    result = report(asked, counted, terms=terms)
    # by hand: shares .1, .25, .15 and .5 of four, so that one observation, half a success, is added to each
    shares_of = {(450, 500): .1, (120, 160): .25, (45, 50): .15, (30, 40): .5}
    adjusted = [(share, (k + .5) / (n + 1), n + 1) for (k, n), share in shares_of.items()]
    centre = sum(share * rate for share, rate, _ in adjusted)
    half = 1.959964 * sum(share**2 * rate * (1 - rate) / n for share, rate, n in adjusted) ** .5
    journey = result["journey"]["csat"]
    assert journey["value"] == pytest.approx((82.5 + 75) / 2)
    assert (journey["low"], journey["high"]) == pytest.approx((100 * (centre - half), 100 * (centre + half)), abs=1e-4)


def test_an_index_is_made_of_its_items_of_today_in_every_survey_of_the_touchpoint() -> None:
    asked = [survey("yearly", questions=ITEMS), survey("half-yearly", touchpoint="yearly", questions=ITEMS[::-1])]
    assert set(roles([item._replace(series="rating:0-10") for item in ITEMS])) == set()
    [found] = report(asked, [*rated("yearly"), *rated("half-yearly")])["stages"][0]["touchpoints"]
    assert (found["csi"]["n"], round(found["csi"]["value"], 3)) == (100, 70.370)


@pytest.mark.parametrize("changes", [{"scored": False}, {"questions": (CORE, rating("overall", weight=0))}])
def test_there_is_no_index_where_it_is_not_asked_or_not_scored(changes: Mapping[str, Any]) -> None:
    found = report([survey("yearly", **{"questions": ITEMS, **changes})], rated("yearly"))
    assert "csi" not in touchpoint(found, "yearly")


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


def test_of_an_anonymous_form_that_is_not_scored_no_number_is_told_before_it_is_out() -> None:
    found = [touchpoint(report([survey("box", scored=False, anonymous=True, responses=n)]), "box") for n in (0, 12)]
    assert [one["responses"] for one in found] == [None, 12]


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


WITHHELD = {"value": None, "low": None, "high": None, "n": None, "state": "few", "withheld": True}


def test_while_anonymous_answers_are_not_out_not_even_their_number_is_told() -> None:
    asked = [survey("delivery", anonymous=True, questions=(CORE, *ITEMS)), survey("checkout")]
    delivery = touchpoint(result := report(asked, answered("checkout", 30, 40)), "delivery")
    assert "counts" not in delivery
    assert delivery["withheld"] is True
    assert delivery["csat"] == delivery["dsat"] == delivery["mean"] == delivery["csi"] == WITHHELD
    assert result["stages"][0]["pooled"]["n"] == 40


def test_a_stage_of_nothing_but_withheld_answers_is_withheld() -> None:
    result = report([survey("delivery", anonymous=True)])
    assert result["stages"][0]["csat"] == result["stages"][0]["pooled"] == result["journey"]["csat"] == WITHHELD


def test_anonymous_answers_that_are_out_add_to_the_others_of_their_touchpoint() -> None:
    asked = [survey("delivery"), survey("secret", touchpoint="delivery", anonymous=True)]
    before = touchpoint(report(asked, answered("delivery", 30, 40)), "delivery")
    after = touchpoint(report(asked, [*answered("delivery", 30, 40), *answered("secret", 1, 10)]), "delivery")
    assert (before["csat"]["n"], after["csat"]["n"]) == (40, 50)


def test_a_verdict_holds_once_its_period_is_over() -> None:
    def stage(**when: Any) -> dict[str, Any]:
        terms = Terms(rules={"purchase": StageRule(target_csat=60)}, **when)
        found: dict[str, Any] = report([survey("delivery")], answered("delivery", 30, 40), terms=terms)["stages"][0]
        return found

    today = date(2026, 11, 20)
    days = (None, today, date(2026, 11, 19))
    assert [stage(until=day, today=today).get("so_far") for day in days] == [True, True, None]
    assert "so_far" not in report([survey("delivery")], terms=Terms(today=today))["stages"][0]


def test_what_a_stage_is_made_of_is_told() -> None:
    asked = [survey(name) for name in ("checkout", "delivery", "accuracy", "packing", "post-resolution")]
    asked += [survey("button", scored=False), survey("secret", anonymous=True)]
    terms = Terms(rules={"purchase": StageRule({"checkout": 3e-170, "delivery": 1e-170, "accuracy": 0})})
    counted = [*answered("checkout", 30, 40), *answered("delivery", 30, 40), *answered("accuracy", 30, 40),
               *answered("packing", 8, 9), *answered("post-resolution", 30, 40)]
    result = report(asked, counted, terms=terms)
    parts = {one["touchpoint"]: (one["included"], one.get("weight"), one.get("excluded"))
             for one in result["stages"][0]["touchpoints"]}
    assert parts == {
        "checkout": (True, pytest.approx(0.75), None), "delivery": (True, pytest.approx(0.25), None),
        "accuracy": (False, None, "weight"), "packing": (False, None, "few"), "secret": (False, None, "few"),
        "post-resolution": (False, None, "apart"), "button": (False, None, "apart"),
    }  # fmt: skip


BY = Terms(by="channel")


def test_groups_are_a_second_view_of_the_same_answers() -> None:
    counted = [*answered("delivery", 30, 45), *answered("delivery", 25, 30, "web"), *answered("delivery", 5, 12, "app"),
               *tallies("delivery", (3,), group=NOT_KNOWN)]
    delivery = touchpoint(report([survey("delivery")], counted, terms=BY), "delivery")
    assert delivery["csat"]["n"] == 45
    assert "by" in delivery
    assert [(group, each["csat"]["state"]) for group, each in delivery["by"].items()] == [
        ("web", "ok"), ("app", "indicative"), ("(not known)", "few")]
    assert delivery["by"]["(not known)"]["counts"] == {"1": 3, "2": 0, "3": 0, "4": 0, "5": 0}


def test_what_is_only_claimed_is_counted_apart_and_fills_no_score() -> None:
    counted = [*answered("delivery", 30, 40), *tallies("delivery", (10, 0, 0, 0, 30), group=CLAIMED)]
    by = touchpoint(report([survey("delivery")], counted, terms=BY), "delivery")["by"]
    assert by["(claimed)"].pop("difference")["state"] == "not_compared"
    assert by == {"(claimed)": {"csat": {**FEW, "n": 40}, "counts": {"1": 10, "2": 0, "3": 0, "4": 0, "5": 30}}}


def test_more_groups_than_fifty_are_the_largest_and_the_others_together() -> None:
    groups = [one for place in range(1, 61) for one in answered("delivery", 0, place, f"shop {place}")]
    by = touchpoint(report([survey("delivery")], groups, terms=BY), "delivery")["by"]
    assert (len(by), list(by)[0], list(by)[-1]) == (51, "shop 60", "(other)")
    assert by["(other)"]["counts"]["1"] == sum(range(1, 11))


@pytest.mark.parametrize(("written", "names"), [
    ([("web", 3), ("Web", 5), ("WEB", 1)], {"Web"}),
    ([("100", 1), ("100.0", 2), ("1e2", 1)], {"100.0", "1e2"}),
    ([("007", 1), ("7", 1), ("7.00", 1)], {"007", "7"}),
    ([("(other)", 1), ("(not known)", 1)], {'"(other)"', '"(not known)"'}),
    ([("caf\u00e9", 1), ("cafe\u0301", 2)], {"cafe\u0301"}),
])
def test_spellings_of_one_value_are_one_group(written: list[tuple[str, int]], names: set[str]) -> None:
    assert {group.name for group in grouped(written).values()} == names
    assert set(grouped(written)) == {value for value, _ in written}


def test_groups_are_only_there_when_asked_for() -> None:
    counted = [*answered("delivery", 30, 45), *answered("delivery", 25, 30, "web")]
    assert "by" not in touchpoint(report([survey("delivery")], counted), "delivery")
    assert touchpoint(report([survey("delivery")], terms=BY), "delivery")["by"] == {}


def test_one_stage_can_be_listed_without_changing_the_journey() -> None:
    asked = [survey("delivery"), survey("support", "post-purchase")]
    whole = assembled(asked, [*answered("delivery", 30, 40), *answered("support", 20, 40)])
    part = whole.only("purchase")
    assert [stage.stage for stage in part.stages] == ["purchase"]
    assert part.journey == whole.journey


def rows(result: Report) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(sheet(result), newline="")))


def test_a_sheet_has_a_row_for_each_score() -> None:
    found = rows(assembled([survey("delivery", target_csat=90)], answered("delivery", 30, 40), terms=OCTOBER))
    assert [(row["stage"], row["touchpoint"], row["metric"]) for row in found] == [
        ("", "", "csat"), ("purchase", "", "csat"), ("purchase", "", "pooled"), ("purchase", "delivery", "csat"),
        ("purchase", "delivery", "dsat"), ("purchase", "delivery", "mean"),
        *[("purchase", "delivery", name) for name in (
            "count_1", "count_2", "count_3", "count_4", "count_5", "eligible", "invited", "failed", "sent", "uncertain",
            "answered", "response_rate", "provisional_until", "provisional_open", "included", "weight")]]
    assert tuple(found[0]) == COLUMNS
    assert (found[3]["value"], found[3]["n"], found[3]["target"], found[3]["verdict"]) == ("75.0", "40", "90", "missed")
    assert (found[-5]["value"], found[-5]["n"], found[-5]["target"]) == ("", "0", "")
    assert [row["value"] for row in found[-4:]] == ["", "0", "true", "1.0"]
    assert {(row["from"], row["to"], row["timezone"]) for row in found} == {
        ("2026-10-01", "2026-10-31", "Asia/Jerusalem")}


def test_a_sheet_holds_every_number_of_the_report() -> None:
    funnel = FunnelCounts("delivery", 30, 28, 20, {"cooldown": 7, "sample": 3})
    counted = [*answered("delivery", 30, 40), *answered("delivery", 12, 15, "תל אביב"), *answered("delivery", 9, 11)]
    whole = assembled([survey("delivery", target_csat=90)], counted, [funnel], BY)
    found, result = rows(whole), plain(whole)
    here = {(row["group"], row["metric"]): row["value"] for row in found if row["touchpoint"]}
    counts = touchpoint(result, "delivery")["counts"]
    assert [here["", f"count_{value}"] for value in range(1, 6)] == [str(n) for n in counts.values()]
    assert here["תל אביב", "count_5"] == str(touchpoint(result, "delivery")["by"]["תל אביב"]["counts"]["5"])
    names = ("eligible", "invited", "sent", "answered", "refused_cooldown", "refused_sample")
    assert [here["", name] for name in names] == ["40", "30", "28", "20", "7", "3"]
    assert sorted(numbers(result)) == sorted(
        float(row[name]) for row in found for name in FIGURES if row[name] not in WORDS)


WORDS = ("", "true", "false", "not_compared", "rest")
FIGURES = ("value", "low", "high", "n", "target")


def numbers(part: object) -> list[float]:
    """Every number in a report, wherever it stands."""
    if isinstance(part, dict | list):
        return [one for each in (part.values() if isinstance(part, dict) else part) for one in numbers(each)]
    return [float(part)] if isinstance(part, int | float) and not isinstance(part, bool) else []


def test_a_sheet_has_rows_for_what_a_report_comes_to_say() -> None:
    coming = [("without", Any), ("label", Any), ("shift", Any)]
    richer = make_dataclass("Richer", coming, bases=(Touchpoint,), frozen=True, kw_only=True)
    whole = assembled([survey("delivery")], answered("delivery", 30, 40))
    [stage] = whole.stages
    [here] = stage.touchpoints
    known = {field.name: getattr(here, field.name) for field in fields(here)}
    known |= {"funnel": replace(here.funnel, failed=2, answered=None), "weight": 0.5, "excluded": "=few"}
    there = richer(**known, without=["x"], label={"he": "משלוח"}, shift=Score(-3.5, -9, 2, None, "ok"))
    whole = replace(whole, stages=[replace(stage, touchpoints=[there])])
    found = {row["metric"]: row for row in rows(whole) if row["touchpoint"]}
    expected = {"failed": "2", "answered": "", "included": "true", "weight": "0.5", "excluded": "'=few",
                "label_he": "משלוח"}
    assert {name: found[name]["value"] for name in expected} == expected
    assert (found["shift"]["value"], found["shift"]["low"], found["shift"]["state"]) == ("-3.5", "-9", "ok")
    assert "without" not in found


@pytest.mark.parametrize(("group", "cell"), [
    ("web", "web"), ("=1+1", "'=1+1"), (" -1", "' -1"), ("＝A1", "'＝A1"), ("@x", "'@x"), ("a,b", "a,b"),
    ("\x1b[2J", "\\x1b[2J"), ("\t=1", "\\t=1"), ("می‌روم", "می‌روم"),
])
def test_a_sheet_names_groups_without_letting_them_act(group: str, cell: str) -> None:
    found = rows(assembled([survey("delivery")], answered("delivery", 30, 40, group), terms=BY))
    assert {row["group"] for row in found} == {"", cell}
