"""Customers who answered more than once: their answers all count, and tell less than those of as many customers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from math import isclose, sqrt
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert
from werkzeug.datastructures import MultiDict

from benchmarks.coverage import summed
from surveyengine.engine import Engine, start
from surveyengine.responses import form
from surveyengine.results import query, regulars, score
from surveyengine.results.interval import Interval, wilson
from surveyengine.results.record import plain
from surveyengine.results.repeat import RECODED, design_effect
from surveyengine.results.score import Histogram
from surveyengine.store import repeats, responses, tallies
from surveyengine.store.engine.direct import Direct
from surveyengine.store.schema import customer
from tests.support import business
from tests.support.business import asking

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CSAT = RECODED["csat"]
KEY = ("shop", "csat")


def effect(given: Sequence[Sequence[int]]) -> float:
    """The design effect of what customers answered, 1 for satisfied and 0 for not."""
    counts = Counter(each for one in given for each in one)
    return design_effect({5: counts[1], 1: counts[0]}, CSAT, summed(given))


def test_the_standard_error_is_the_published_one() -> None:
    hits, sizes = (1, 3, 0, 2, 5, 1, 0, 4, 1, 1, 2, 0), (1, 4, 2, 2, 6, 1, 1, 4, 2, 1, 3, 1)
    found = effect([[1] * k + [0] * (m - k) for k, m in zip(hits, sizes, strict=True)])
    share = sum(hits) / sum(sizes)
    assert round(share, 7) == 0.7142857
    assert round(sqrt(found * share * (1 - share) / sum(sizes)), 7) == 0.0888506    # alone: 0.0853735


@given(st.lists(st.lists(st.integers(0, 1), min_size=1, max_size=5), min_size=1, max_size=30))
def test_an_effect_is_1_where_nobody_answered_twice_and_at_most_the_answers(given: list[list[int]]) -> None:
    found = effect(given)
    assert 1 <= found <= sum(map(len, given))
    assert found == 1 or any(len(one) > 1 for one in given)


@pytest.mark.parametrize(("given", "expected"), [
    ([[1] * 4] * 10, 4), ([[1] * 4] * 5 + [[1]] * 20, 2.5), ([[1, 0, 1]], 3), ([[1], [0]], 1),
])
def test_answers_that_cannot_be_told_apart_are_one(given: Sequence[Sequence[int]], expected: float) -> None:
    assert isclose(effect(given), expected)


def test_limits_are_those_of_fewer_answers_and_all_else_is_of_all() -> None:
    found = score.csat(Histogram({5: 80, 1: 20}, 2.0))
    assert (found.value, found.n, found.state, found.design_effect, found.independent) == (80, 100, "ok", 2, 50)
    assert (found.low, found.high) == (100 * wilson(40, 50).low, 100 * wilson(40, 50).high)
    for metric in (score.dsat, score.mean, score.nps, score.ease, score.expectation):
        alone, less = metric(Histogram({4: 60, 1: 40})), metric(Histogram({4: 60, 1: 40}, 3.0))
        assert (less.value, less.n) == (alone.value, alone.n)
        assert _limits(less).high - _limits(less).low > _limits(alone).high - _limits(alone).low
    assert score.mean(Histogram({5: 9, 1: 1}, 10.0)).low is None    # all by one customer


def _limits(found: score.Score) -> Interval:
    assert found.low is not None
    assert found.high is not None
    return Interval(found.low, found.high)


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Engine]:
    surveys = {"purchase/delivery": asking(), "purchase/other": "touchpoint = 'delivery'\n" + asking(),
               "purchase/checkout": asking(), "relationship/secret": 'mode = "confidential"\n' + asking()}
    engine = start(business.write(tmp_path / "shop", surveys, database=database_url))
    yield engine
    engine.close()


Given = tuple[str, str | None, int]
"""A survey, who answered it, and what."""


def row_of(engine: Engine, survey: str, id: str, name: str | None) -> dict[str, Any]:
    return {"id": id, "survey": survey, "digest": engine.library.surveys[survey].digest, "language": "he",
            "direction": "rtl", "day": NOW.date(), "context": {}, "customer": name}


def fill(engine: Engine, given: Sequence[Given], prefix: str = "r") -> None:
    """Store answers of customers."""
    with engine.database.write() as connection:
        for id in sorted({name for _, name, _ in given if name}):
            connection.execute(insert(customer).values(id=id, changed_at=NOW, known_at=NOW))
        for number, (survey, name, value) in enumerate(given):
            row = row_of(engine, survey, f"{prefix}{number}", name)
            read = form.read(engine.library.surveys[survey], MultiDict({"satisfaction": str(value)}))
            responses.add(Direct.within(connection), row, [vars(one) for one in read.answers])


def effects(engine: Engine, **wanted: Any) -> Mapping[str, float]:
    report = plain(query.report(engine, query.ReportQuery(**wanted), NOW))
    return {one["touchpoint"]: one["csat"].get("design_effect", 1.0) for stage in report["stages"]
            for one in stage["touchpoints"]}


def test_a_report_knows_who_answered_again_whether_folded_or_not(shop: Engine) -> None:
    chance, names = Random(5), [f"c{number}" for number in range(12)]
    given: list[Given] = []
    for _ in range(120):
        name = chance.choice([*names, None])
        satisfied = name is None or int(name[1:]) % 3 > 0    # each customer is much the same every time
        value = 5 if satisfied == (chance.random() < 0.85) else 2
        given.append((chance.choice(["delivery", "other", "checkout", "secret"]), name, value))
    fill(shop, given)
    before = effects(shop)
    with shop.database.write() as connection:
        tallies.fold(connection, 50)
    assert effects(shop) == before
    for touchpoint, surveys in (("delivery", ("delivery", "other")), ("checkout", ("checkout",))):
        own: defaultdict[str, list[int]] = defaultdict(list)
        for number, (survey, name, value) in enumerate(given):
            if survey in surveys:
                own[name or f"#{number}"].append(int(value >= 4))
        assert isclose(before[touchpoint], effect([*own.values()]))
        assert before[touchpoint] > 1
    assert before["secret"] == 1    # nobody knows whose they are
    assert set(effects(shop, since=date(2026, 11, 21)).values()) == {1.0}


@pytest.mark.parametrize("letter", ["0", "z"])
def test_of_many_answers_a_sample_tells(shop: Engine, letter: str, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"c{number % 7 if number % 3 else number}" for number in range(60)]
    given: list[Given] = [("checkout", name, 5 if int(name[1:]) % 2 else 2) for name in names]
    fill(shop, given, f"r{letter}")
    whole = effects(shop)
    monkeypatch.setattr(regulars, "MOST", 10)
    monkeypatch.setattr(regulars, "SAMPLE", 60)
    expected = whole["checkout"] if letter == "0" else 1    # all of them are drawn, or none is
    assert effects(shop)["checkout"] == pytest.approx(expected)
    assert whole["checkout"] > 1


def test_a_sample_is_the_smaller_the_more_there_is(shop: Engine) -> None:
    with shop.database.write() as connection:
        for first in "0z":
            for second in repeats.LETTERS:
                responses.add(Direct.within(connection), row_of(shop, "checkout", f"r{first}{second}", None), [])
    wanted = repeats.AnswersWanted({"checkout": "checkout"}, [], [])
    with shop.database.read() as connection:
        found = [repeats.drawn(connection, wanted, part) for part in (1, 1 / 16, 1 / 32, 1e-9)]
    assert [len(one) for one in found] == [64, 64, 32, 1]
    assert {(one.place, one.customer, one.id[:2]) for one in found[0]} == {("checkout", None, "r0")}


def test_samples_are_right_on_the_average() -> None:
    chance = Random(3)
    given = [[int(chance.random() < 0.9 - 0.5 * (number % 2)) for _ in range(1 + number % 4)] for number in range(160)]
    n, found = sum(map(len, given)), list[float]()
    counts = Counter({4: sum(map(sum, given))}) + Counter({1: n - sum(map(sum, given))})
    for _ in range(300):
        drawn = [sum(chance.random() < 0.4 for _ in one) for one in given]
        whole = regulars.Whole({"shop": n}, {KEY: n}, {"shop": sum(drawn)}, {KEY: sum(drawn)})
        come_upon = [pair for pair in zip(given, drawn, strict=True) if pair[1]]
        sums = regulars.estimated(KEY, come_upon, whole)
        assert sums
        found.append(design_effect(counts, CSAT, sums))
    assert sum(found) / len(found) == pytest.approx(effect(given), rel=0.02)
    few = regulars.Whole({"shop": 900}, {KEY: 900}, {"shop": 19}, {KEY: 19})
    assert regulars.estimated(KEY, [([1, 1], 1)] * 19, few) is None
