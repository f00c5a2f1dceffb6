"""Changes against an earlier period: published values, and what is said where there is nothing to compare."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from io import StringIO
from math import isclose
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from surveyengine.cli import main
from surveyengine.engine import Engine
from surveyengine.responses import form
from surveyengine.responses.storing import CompleteForm, keep
from surveyengine.responses.ticket import FormToken
from surveyengine.results import earlier, query, score
from surveyengine.results.assembly import Before, StageRule, Terms, assemble
from surveyengine.results.change import LEAST, Change, ComparedPeriod, difference, fisher, of_touchpoint, p_value
from surveyengine.results.export.report_csv import sheet
from surveyengine.results.ledger import AnswerRole, AskedSurvey, Tally, ledger
from surveyengine.results.record import plain
from surveyengine.results.report import Report
from surveyengine.results.score import proportion
from surveyengine.results.terminal.table import Look, table
from surveyengine.values.enumeration import Against
from tests.results.test_report import answered, survey
from tests.results.test_table import ENGLISH
from tests.support import business

OCTOBER = ComparedPeriod(date(2026, 10, 1), date(2026, 10, 31))


@pytest.mark.parametrize(
    ("now", "before", "low", "high"),
    [
        ((56, 70), (48, 80), 5.2431, 33.3873),  # Newcombe (1998), Statistics in Medicine 17:873-890
        ((9, 10), (3, 10), 17.0523, 80.9018),
        ((48, 80), (56, 70), -33.3873, -5.2431),
    ],
)
def test_the_interval_of_a_difference_is_the_published_one(
    now: tuple[int, int], before: tuple[int, int], low: float, high: float
) -> None:
    found = difference(proportion(*now), proportion(*before))
    assert found is not None
    assert (round(found.low, 3), round(found.high, 3)) == (round(low, 3), round(high, 3))


@pytest.mark.parametrize(
    ("one", "other", "p"),
    [
        ((56, 70), (48, 80), 0.008045),
        ((30, 100), (30, 100), 1.0),
        ((40, 40), (50, 50), 1.0),
        ((40, 40), (37, 42), 0.055293),  # few are expected: Fisher's exact test
    ],
)
def test_a_test_of_two_proportions_has_the_published_p(one: tuple[int, int], other: tuple[int, int], p: float) -> None:
    assert isclose(p_value(proportion(*one), proportion(*other)), p, rel_tol=1e-3)


def test_fishers_exact_test_has_the_published_p() -> None:
    assert isclose(fisher((3, 15), (9, 14)), 0.0253277, rel_tol=1e-5)


@pytest.mark.parametrize(
    ("now", "before", "state", "value"),
    [
        ((560, 700), (480, 800), "changed", 20.0),
        ((480, 800), (560, 700), "changed", -20.0),
        ((8100, 9000), (7920, 9000), "small", 2.0),
        ((80, 100), (75, 100), "none", 5.0),
        ((24, 29), (800, 1000), "not_compared", None),
        ((800, 1000), (24, 29), "not_compared", None),
        ((5, 5), (0, 0), "not_compared", None),
    ],
)
def test_a_change_is_said_only_where_it_is_one(
    now: tuple[int, int], before: tuple[int, int], state: str, value: float | None
) -> None:
    found = of_touchpoint(proportion(*now), proportion(*before), OCTOBER)
    assert (found.state, found.value and round(found.value, 6)) == (state, value)


def _change(now: tuple[int, int], before: tuple[int, int]) -> Change:
    return of_touchpoint(proportion(*now), proportion(*before), OCTOBER)


HITS = st.integers(30, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(HITS, HITS)
def test_a_change_turns_around_with_its_periods(now: tuple[int, int], before: tuple[int, int]) -> None:
    there, back = _change(now, before), _change(before, now)
    assert there.state == back.state
    assert isclose(there.value or 0, -(back.value or 0), abs_tol=1e-9)
    assert isclose(there.low or 0, -(back.high or 0), abs_tol=1e-9)
    if there.state == "changed":
        assert abs(there.value or 0) >= LEAST
        assert (there.low or 0) * (there.high or 0) > 0


def compared(now: Mapping[str, tuple[int, int]], before: Mapping[str, tuple[int, int]], **rule: Any) -> dict[str, Any]:
    """The report as JSON."""
    return dict(plain(assembled(now, before, **rule)))


def assembled(now: Mapping[str, tuple[int, int]], before: Mapping[str, tuple[int, int]], **rule: Any) -> Report:
    """The report of a purchase whose touchpoints had so many satisfied answers of so many, in both periods."""
    asked: list[AskedSurvey] = [survey(name) for name in {**now, **before}]
    counts = [[tally for name, one in period.items() for tally in answered(name, *one)] for period in (now, before)]
    terms = Terms(
        date(2026, 11, 1), date(2026, 11, 30), today=date(2026, 12, 1), rules={"purchase": StageRule(**rule)},
        before=Before(OCTOBER, ledger(counts[1], [])),
    )  # fmt: skip
    return assemble(asked, counts[0], [], terms)


# The Leadership Factor's example: each segment gains a point, and more answers come from where scores are low.
GROWN = {"small": (86, 100), "large": (158, 200), "huge": (222, 300)}
BEFORE = {"small": (255, 300), "large": (156, 200), "huge": (73, 100)}


def test_scores_and_the_mix_of_answers_are_told_apart_where_they_disagree() -> None:
    [stage] = compared(GROWN, BEFORE)["stages"]
    found = stage["change"]
    assert (round(found["value"], 6), found["state"]) == (1.0, "none")
    assert [round(found[name], 6) for name in ("pooled", "rate", "mix")] == [-3.0, 1.0, -4.0]
    assert round(stage["pooled"]["value"], 2) == 77.67


def test_only_what_both_periods_have_is_compared_and_the_rest_is_named() -> None:
    now = {"checkout": (90, 100), "delivery": (60, 100), "returns": (20, 25)}
    result = compared(now, {"checkout": (70, 100), "delivery": (55, 100), "gone": (10, 50)})
    change = result["stages"][0]["change"]
    assert (round(change["value"], 6), change["without"]) == (12.5, ["returns", "gone"])
    assert change["against"] == {"from": "2026-10-01", "to": "2026-10-31"}
    assert result["journey"]["change"]["without"] == ["purchase/returns", "purchase/gone"]
    states = [one["change"]["state"] for one in result["stages"][0]["touchpoints"]]
    assert states == ["changed", "none", "not_compared", "not_compared"]


def test_a_weight_of_a_touchpoint_is_its_weight_in_the_change() -> None:
    now, before = {"checkout": (90, 100), "delivery": (60, 100)}, {"checkout": (70, 100), "delivery": (60, 100)}
    stages = [compared(now, before, weights={"checkout": weight})["stages"][0] for weight in (1, 3, 0)]
    assert [round(stage["change"]["value"], 6) for stage in stages] == [10.0, 15.0, 0.0]


def test_a_stage_of_one_touchpoint_changes_as_that_does() -> None:
    [stage] = compared({"checkout": (56, 70)}, {"checkout": (48, 80)})["stages"]
    [touchpoint] = stage["touchpoints"]
    assert stage["change"] == touchpoint["change"]


def test_an_answer_on_another_scale_is_no_answer_before() -> None:
    """A touchpoint that asked how likely one recommends it, and now how satisfied one is, is another series."""
    nps = [Tally("delivery", AnswerRole("nps"), value, 50) for value in ("10", "2")]
    earlier = Terms(before=Before(OCTOBER, ledger(nps, [])))
    [stage] = assemble([survey("delivery")], answered("delivery", 90, 100), [], earlier).stages
    assert isinstance(found := stage.touchpoints[0].change, Change)
    assert (found.state, found.value) == ("not_compared", None)


def test_without_a_period_to_compare_with_nothing_is_said_of_a_change() -> None:
    result = plain(assemble([survey("checkout")], answered("checkout", 40, 50), [], Terms()))
    assert "change" not in result["stages"][0]["touchpoints"][0]
    assert "change" not in result["journey"]


def test_a_score_without_an_interval_is_not_compared() -> None:
    alone = replace(score.proportion(30, 40), low=None, high=None)
    assert difference(alone, proportion(30, 40)) is None
    assert difference(proportion(30, 40), alone) is None


def answer(engine: Engine, satisfied: int, n: int, day: date) -> None:
    asked, at = engine.library.surveys["delivery"], datetime.combine(day, time(12), UTC)
    for number in range(n):
        read = form.read(asked, MultiDict({"satisfaction": "5" if number < satisfied else "1"}))
        keep(engine, CompleteForm(FormToken(f"{day}-{number}", "delivery", asked.digest), asked, read, "he"), at)


@pytest.fixture
def october(engine: Engine) -> Engine:
    """Satisfied were 36 of 60 in October, 56 of 70 in November, and 20 of 40 in the November before."""
    for satisfied, n, day in ((36, 60, date(2026, 10, 9)), (56, 70, date(2026, 11, 9)), (20, 40, date(2025, 11, 9))):
        answer(engine, satisfied, n, day)
    return engine


DECEMBER = datetime(2026, 12, 1, 12, tzinfo=UTC)
NOVEMBER: dict[str, Any] = {"since": date(2026, 11, 1), "until": date(2026, 11, 30)}


@pytest.mark.parametrize(
    ("against", "value", "since"),
    [(Against.PREVIOUS, 20.0, "2026-10-01"), (Against.YEAR, 30.0, "2025-11-01"), (Against.NONE, None, None)],
)
def test_a_report_says_how_its_scores_have_changed(
    october: Engine, against: Against, value: float | None, since: str | None
) -> None:
    result = plain(query.report(october, query.ReportQuery(**NOVEMBER, against=against), DECEMBER))
    [touchpoint] = result["stages"][0]["touchpoints"]
    for found in (result["journey"], result["stages"][0], touchpoint):
        change = found.get("change", {})
        assert (change.get("value"), change.get("against", {}).get("from")) == (value, since)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["compared with October 1, 2026 to October 31, 2026", "up 20.0 (4.3 to 34.8)"]),
        ("he", ["בהשוואה לתקופה 1 באוקטובר 2026 עד 31 באוקטובר 2026", "עלייה של 20.0 (4.3 עד 34.8)"]),
        ("fa", ["در مقایسه با", "۲۰٫۰ واحد افزایش (۴٫۳ تا ۳۴٫۸)"]),
    ],
)
def test_a_table_says_so_in_words(october: Engine, language: str, words: list[str]) -> None:
    found = query.report(october, query.ReportQuery(**NOVEMBER, language=language), DECEMBER)
    text = query.shown(october, found, "table", query.Screen(120, language=language))
    plainly = " ".join(text.translate(dict.fromkeys(map(ord, "\u200e\u200f\u2066\u2067\u2068\u2069"))).split())
    assert [one for one in words if one not in plainly] == []


def test_a_sheet_has_rows_for_a_change(october: Engine) -> None:
    report = query.report(october, query.ReportQuery(**NOVEMBER), DECEMBER)
    rows = [row for row in csv.DictReader(StringIO(sheet(report))) if row["touchpoint"] == "delivery"]
    values = {row["metric"]: row["value"] for row in rows if row["metric"].startswith("change")}
    found = [values[f"change_{name}"] for name in ("value", "state", "against_from")]
    assert found == ["20.0", "changed", "2026-10-01"]


def test_more_than_a_year_cannot_be_compared_with_the_year_before() -> None:
    query.ReportQuery(date(2024, 1, 1), date(2024, 12, 31), against=Against.YEAR)
    with pytest.raises(ValueError, match="more than a year"):
        query.ReportQuery(date(2025, 1, 1), date(2026, 1, 1), against=Against.YEAR)


def test_a_stage_with_a_small_touchpoint_tells_the_change_of_the_others() -> None:
    now, before = {"checkout": (90, 100), "returns": (20, 25)}, {"checkout": (60, 100), "returns": (20, 25)}
    text = " ".join(table(assembled(now, before), ENGLISH, Look(100)).split())
    assert "up 30.0" in text
    assert "compared without returns" in text


def test_the_command_takes_what_a_period_is_compared_with(tmp_path: Path) -> None:
    business.write(tmp_path)
    period = ["--from", "2026-10-01", "--to", "2026-10-31"]
    for against in Against:
        said = CliRunner().invoke(main, ["--project", str(tmp_path), "report", *period, "--against", against.value])
        assert (said.exit_code, "compared with" in said.output) == (0, against is not Against.NONE), said.output


@pytest.mark.parametrize(
    ("since", "until", "today", "first", "last"),
    [
        ("2026-09-23", "2026-10-22", "2026-11-26", "2026-08-23", "2026-09-22"),  # before Mehr, Shahrivar of 31 days
        ("2026-09-23", "2026-10-22", "2026-10-02", "2026-08-23", "2026-09-01"),  # as far as it has come
        ("2026-03-21", "2027-03-20", "2027-04-01", "2025-03-21", "2026-03-20"),  # a year of 365 days
        ("2026-10-01", "2026-10-31", "2026-11-26", "2026-09-01", "2026-09-30"),
        ("2026-09-23", "2026-10-21", "2026-11-26", "2026-08-25", "2026-09-22"),  # no month of any calendar
    ],
)
def test_before_whole_months_are_whole_months_of_their_calendar(
    since: str, until: str, today: str, first: str, last: str
) -> None:
    wanted = query.ReportQuery(date.fromisoformat(since), date.fromisoformat(until), language="he")
    found = earlier.earlier(wanted, date.fromisoformat(today))
    assert found
    assert (found.since, found.until) == (date.fromisoformat(first), date.fromisoformat(last))
