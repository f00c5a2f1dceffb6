from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyengine.results import score
from surveyengine.results.score import SCORES, Histogram, Score, Weighted, few, proportion

Metric = Callable[[Histogram], Score]
Pair = tuple[int, int]

DELIVERY = Histogram({1: 3, 2: 5, 3: 12, 4: 40, 5: 40})
EFFORT = Histogram({1: 2, 2: 3, 3: 5, 4: 10, 5: 20, 6: 35, 7: 25})


def histograms(values: Sequence[int]) -> st.SearchStrategy[Histogram]:
    return st.dictionaries(st.sampled_from(values), st.integers(0, 500)).map(Histogram)


def limits(result: Score) -> tuple[float, float, float]:
    assert result.value is not None
    assert result.low is not None
    assert result.high is not None
    return result.value, result.low, result.high


def rounded(result: Score, digits: int) -> tuple[float, ...]:
    return tuple(round(number, digits) for number in limits(result))


def equal(*scores: Score) -> Score:
    return score.stage(Weighted(1, one) for one in scores)


@pytest.mark.parametrize(("metric", "answers", "expected", "digits"), [
    (score.csat, DELIVERY, (80.0, 71.12, 86.66), 2),
    (score.dsat, DELIVERY, (8.0, 4.11, 15.00), 2),
    (score.mean, DELIVERY, (4.09, 3.892, 4.288), 3),
    (score.ease, EFFORT, (80.0, 71.12, 86.66), 2),
    (score.expectation, DELIVERY, (92.0, 85.00, 95.89), 2),
    (score.nps, Histogram({9: 25, 10: 25, 7: 10, 8: 20, 0: 5, 6: 15}), (30.0, 14.05, 44.20), 2),
    (score.nps, Histogram({10: 9, 6: 2}), (63.64, 8.00, 92.00), 2),
    (score.nps, Histogram({9: 10}), (100.0, 47.50, 100.0), 2),
])
def test_a_score_and_its_limits(
    metric: Metric, answers: Histogram, expected: tuple[float, ...], digits: int,
) -> None:
    assert rounded(metric(answers), digits) == expected


def index(*items: tuple[float, Histogram]) -> Score:
    return score.csi([Weighted(weight, score.item(answers)) for weight, answers in items])


EIGHT, SEVEN = Histogram({7: 30, 8: 40, 9: 30}), Histogram({4: 20, 7: 60, 10: 20})
OHIO = (0.3885, 0.3190, 0.2925)    # the published weights of an index in the form of the ACSI


@pytest.mark.parametrize(("weights", "expected"), [
    (OHIO, 70.983), ((1, 1, 1), 70.370), ((.01, .01, .01), 70.370), ((2, 1, 1), 72.222),
    ((38.85, 31.90, 29.25), 70.983),
])
def test_a_satisfaction_index_is_the_published_one(weights: tuple[float, ...], expected: float) -> None:
    result = index(*zip(weights, (EIGHT, SEVEN, SEVEN), strict=True))
    assert rounded(result, 3)[0] == expected
    assert (result.n, result.state) == (100, "ok")


def test_the_limits_of_an_index_of_one_answer_thrice_are_those_of_that_answer() -> None:
    assert limits(index((1, SEVEN), (3, SEVEN), (2, SEVEN))) == pytest.approx(limits(score.item(SEVEN)))
    # by numpy and scipy; nobody chose 1, so that it counts half an answer
    assert limits(score.item(SEVEN)) == pytest.approx((600 / 9, 62.049047, 70.620936), abs=1e-6)


@pytest.mark.parametrize("equal", [1, 2, 3])
@pytest.mark.parametrize(("n", "state"), [(10, "indicative"), (100, "ok")])
def test_an_index_with_equal_answers_to_an_item_has_a_value_without_limits(equal: int, n: int, state: str) -> None:
    mixed, same = Histogram({9: n // 2, 10: n // 2}), Histogram({10: n})
    result = index(*((1, one) for one in [same] * equal + [mixed] * (3 - equal)))
    assert result.value == pytest.approx(100 * (1 - (3 - equal) / 3 * 0.5 / 9))
    assert (result.low, result.high, result.n, result.state) == (None, None, n, state)
    assert score.verdict(result, 80) == "undecided"


@given(answers=st.lists(histograms(range(1, 11)), min_size=3, max_size=3))
def test_an_index_stays_between_its_limits_and_these_within_0_to_100(answers: list[Histogram]) -> None:
    result = index(*((1, one) for one in answers))
    assert result.n == min(one.n for one in answers)
    if result.state == "few":
        assert min(one.n for one in answers) < 10
    elif any(sum(n > 0 for n in one.counts.values()) < 2 for one in answers):
        assert result.value is not None
        assert (result.low, result.high) == (None, None)
    else:
        value, low, high = limits(result)
        assert low < high
        assert -1e-9 <= low <= value + 1e-9
        assert value - 1e-9 <= high <= 100 + 1e-9


@pytest.mark.parametrize(("mean", "expected"), [(1, 0), (10, 100), (5.5, 50)])
def test_an_index_runs_from_nobody_pleased_to_everybody_delighted(mean: float, expected: float) -> None:
    answers = Histogram({int(mean): 20} if mean == int(mean) else {int(mean): 20, int(mean) + 1: 20})
    assert index((1, answers), (1, answers), (1, answers)).value == pytest.approx(expected)


@pytest.mark.parametrize(("n", "state"), [
    (0, "few"), (1, "few"), (9, "few"), (10, "indicative"), (29, "indicative"), (30, "ok"),
])
@pytest.mark.parametrize("metric", [score.csat, score.dsat, score.mean, score.nps, score.ease, score.expectation])
def test_the_state_tells_how_far_a_score_can_be_trusted(metric: Metric, n: int, state: str) -> None:
    result = metric(Histogram({5: n - n // 2, 4: n // 2}))
    assert (result.n, result.state) == (n, state)
    assert (result.value is None, result.low is None, result.high is None) == (state == "few",) * 3


def test_a_score_that_everyone_gave_reaches_the_end_exactly() -> None:
    assert score.csat(Histogram({5: 40})).high == 100
    assert score.dsat(Histogram({5: 40})).low == 0


@pytest.mark.parametrize(("n", "state"), [(10, "indicative"), (30, "ok")])
@pytest.mark.parametrize("answer", [1, 4, 5])
def test_a_mean_of_equal_answers_has_no_limits(answer: int, n: int, state: str) -> None:
    result = score.mean(Histogram({answer: n}))
    assert (result.value, result.low, result.high, result.n, result.state) == (answer, None, None, n, state)


def test_the_limits_of_a_mean_stay_on_the_scale() -> None:
    assert limits(score.mean(Histogram({5: 11, 1: 1})))[2] == 5


@given(histograms(range(1, 6)))
def test_limits_surround_the_value_inside_the_range(answers: Histogram) -> None:
    for metric, lowest, highest in ((score.csat, 0, 100), (score.dsat, 0, 100), (score.mean, 1, 5)):
        result = metric(answers)
        if result.state != "few" and result.low is not None:
            value, low, high = limits(result)
            assert lowest <= low <= value <= high <= highest
            assert low < high
        else:
            assert result.state == "few" or (metric is score.mean and answers.n in answers.counts.values())


@given(histograms(range(11)))
def test_a_mirrored_net_promoter_score_changes_its_sign(answers: Histogram) -> None:
    mirror = {0: 10, 1: 10, 2: 10, 3: 10, 4: 10, 5: 10, 6: 10, 7: 8, 8: 7, 9: 0, 10: 0}
    mirrored = sum((Histogram({mirror[value]: n}) for value, n in answers.counts.items()), Histogram())
    result, opposite = score.nps(answers), score.nps(mirrored)
    assert result.state == opposite.state
    if result.state != "few":
        value, low, high = limits(result)
        assert limits(opposite) == pytest.approx((-value, -high, -low))


@given(histograms(range(1, 6)), histograms(range(1, 6)))
def test_histograms_add_up_value_by_value(one: Histogram, other: Histogram) -> None:
    total = one + other
    assert total.n == one.n + other.n
    assert all(total.of([value]) == one.of([value]) + other.of([value]) for value in range(1, 6))
    assert score.csat(total) == score.csat(other + one)


def test_a_stage_is_the_equal_mean_of_its_touchpoints() -> None:
    stage = equal(proportion(450, 500), proportion(120, 160), proportion(45, 50))
    assert rounded(stage, 1) == (85.0, 80.8, 88.3)
    assert (stage.n, stage.state) == (710, "ok")


def test_a_stage_with_declared_weights() -> None:
    weighted = zip((2, 5, 3), (proportion(450, 500), proportion(120, 160), proportion(45, 50)), strict=True)
    assert rounded(score.stage(Weighted(*pair) for pair in weighted), 1) == (82.5, 77.8, 86.3)


def test_pooled_counts_every_answer_once() -> None:
    answers = [Histogram({5: 450, 1: 50}), Histogram({4: 120, 3: 40}), Histogram({4: 45, 2: 5})]
    assert rounded(score.csat(sum(answers, Histogram())), 1) == (86.6, 83.9, 88.9)


@pytest.mark.parametrize(("sizes", "rates", "pooled", "weighted"), [
    ((300, 200, 100), (85, 78, 73), 80.67, 78.67),
    ((100, 200, 300), (86, 79, 74), 77.67, 79.67),
])
def test_simpsons_paradox_turns_the_pooled_score_but_not_the_mean(
    sizes: tuple[int, ...], rates: tuple[int, ...], pooled: float, weighted: float,
) -> None:
    answers = [Histogram({5: n * rate // 100, 1: n - n * rate // 100}) for n, rate in zip(sizes, rates, strict=True)]
    assert rounded(score.csat(sum(answers, Histogram())), 2)[0] == pooled
    assert rounded(equal(*map(score.csat, answers)), 2)[0] == weighted


def test_a_touchpoint_with_few_answers_stays_out_of_its_stage() -> None:
    assert equal(proportion(8, 9), proportion(45, 50)) == equal(proportion(45, 50))


def test_a_touchpoint_that_weighs_nothing_does_not_count() -> None:
    assert score.stage([Weighted(0, proportion(1, 50)), Weighted(2, proportion(45, 50))]) == equal(proportion(45, 50))


def test_one_touchpoint_keeps_its_own_interval() -> None:
    assert score.stage([Weighted(0.3, proportion(45, 50)), Weighted(5, few(9))]) == proportion(45, 50)
    assert score.journey([[Weighted(7, proportion(45, 50))], []]) == proportion(45, 50)


@pytest.mark.parametrize("weight", [5e-324, 1e-170, 1e6])
def test_the_size_of_the_weights_does_not_matter(weight: float) -> None:
    scores = proportion(450, 500), proportion(120, 160), proportion(45, 50)
    assert rounded(score.stage(Weighted(weight, one) for one in scores), 9) == rounded(equal(*scores), 9)


@pytest.mark.parametrize("weights", [(1, 1e-170), (1e-170, 1), (1e-170, 1e-170), (1e6, 5e-324)])
def test_a_stage_has_limits_with_any_weights(weights: tuple[float, ...]) -> None:
    value, low, high = limits(score.stage(map(Weighted, weights, (proportion(15, 15), proportion(40, 50)))))
    assert 0 <= low < value <= high <= 100


def test_nothing_that_weighs_something_is_no_score() -> None:
    touchpoints = [Weighted(0, proportion(45, 50)), Weighted(0, proportion(9, 10))]
    assert score.stage(touchpoints) == few(0)
    assert score.journey([touchpoints, touchpoints]) == few(0)


def test_a_stage_is_as_trustworthy_as_the_worst_of_its_touchpoints() -> None:
    stage = equal(proportion(18, 20), proportion(450, 500))
    assert (stage.n, stage.state) == (520, "indicative")


@pytest.mark.parametrize("scores", [[], [few(9)], [few(0), few(5)]])
def test_a_stage_without_a_score_has_none(scores: list[Score]) -> None:
    assert equal(*scores) == few(0)


def test_a_journey_is_the_equal_mean_of_the_stages_that_have_a_score() -> None:
    purchase, support = [Weighted(1, proportion(*pair)) for pair in ((450, 500), (120, 160))], proportion(30, 40)
    journey = score.journey([purchase, [Weighted(1, few(5))], [Weighted(1e-170, support)]])
    assert journey.value == pytest.approx((82.5 + 75) / 2)
    assert journey.n == 700


stages = st.lists(st.lists(st.integers(10, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
                           min_size=1, max_size=4), min_size=1, max_size=3)


@given(stages)
def test_the_interval_of_a_journey_is_that_of_its_touchpoints_taken_at_once(pairs: list[list[Pair]]) -> None:
    journey = score.journey([Weighted(1, proportion(*pair)) for pair in stage] for stage in pairs)
    flat = [Weighted(1 / len(stage) / len(pairs), proportion(*pair)) for stage in pairs for pair in stage]
    value, low, high = limits(journey)
    assert 0 <= low <= value <= high <= 100
    assert low < high
    assert (value, low, high) == pytest.approx(limits(score.stage(flat)), abs=1e-9)
    means = [limits(equal(*(proportion(*pair) for pair in stage)))[0] for stage in pairs]
    assert value == pytest.approx(sum(means) / len(means), abs=1e-9)


@pytest.mark.parametrize(("low", "high", "target", "verdict"), [
    (85.0, 90.0, 85, "met"),
    (80.4, 87.9, 85, "undecided"),
    (80.0, 85.0, 85, "undecided"),
    (67.8, 84.9, 85, "missed"),
    (67.8, 84.9, None, "none"),
    (67.8, 84.9, 0, "met"),
    (None, None, 85, "undecided"),
    (None, None, None, "none"),
])
def test_a_verdict_is_given_only_where_the_interval_decides(
    low: float | None, high: float | None, target: float | None, verdict: str,
) -> None:
    assert score.verdict(Score(low, low, high, 100, "ok"), target) == verdict


def test_every_kind_says_how_it_is_scored() -> None:
    scored = {kind for kind, metric in SCORES.items() if metric}
    assert scored == {"csat", "nps", "ease", "ces", "expectation"}
    assert set(SCORES) - scored == {
        "amount", "likely", "rating", "yes_no", "yes_partly_no",
        "choice", "choices", "matrix", "ranking", "text", "number", "date", "email", "phone", "consent", "note",
    }


# Ten answers for every value of the scale.
@pytest.mark.parametrize(("kind", "value"), [
    ("csat", 40.0), ("nps", 100 * (20 - 70) / 110), ("ease", 300 / 7), ("ces", 300 / 7), ("expectation", 60.0),
])  # fmt: skip
def test_a_kind_is_scored_by_its_own_formula(kind: str, value: float) -> None:
    metric = SCORES[kind]
    assert metric
    assert metric.score(metric.histogram({str(one): 10 for one in range(-1, 12)})).value == pytest.approx(value)


def test_a_histogram_takes_the_values_of_its_scale_only() -> None:
    csat = SCORES["csat"]
    assert csat
    assert csat.histogram({"5": 3, "na": 2, "6": 1, "04": 1, "4": 0}) == Histogram({5: 3})
