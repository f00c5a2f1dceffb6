"""Trends: what each point says, where a line breaks, and that they add up to the period."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import update
from werkzeug.datastructures import MultiDict

from surveyengine.cli import main
from surveyengine.engine import Engine, start
from surveyengine.invitations.planning import take
from surveyengine.responses import form
from surveyengine.results import course, query
from surveyengine.results.assembly import StageRule, Terms
from surveyengine.results.ledger import AnswerRole, AskedSurvey, Tally, VersionQuestion, ledger
from surveyengine.results.record import plain
from surveyengine.results.trend import Course, Piece, with_trend
from surveyengine.store import responses, surveys, tallies
from surveyengine.store.engine.direct import Direct
from surveyengine.store.schema import survey_publication
from surveyengine.values.enumeration import TrendUnit
from surveyengine.values.period import Days
from tests.results.test_report import CORE, answered, assembled, survey
from tests.support import business
from tests.support.business import asking, delivered

NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
CSAT = AnswerRole("csat")


def piece(number: int, counts: Sequence[Tally] = (), **more: Any) -> Piece:
    day = date(2026, 11, number)
    return Piece(Days(day, day), ledger(counts, []), **more)


def trends(pieces: Sequence[Piece], asked: Sequence[AskedSurvey], terms: Terms | None = None) -> dict[str, Any]:
    """The report with trends as JSON."""
    terms = terms or Terms()
    return dict(plain(with_trend(assembled(asked, terms=terms), Course(pieces, asked, terms))))


def test_thin_points_are_gaps_and_empty_ones_are_there() -> None:
    pieces = [piece(1, answered("delivery", 24, 30)), piece(2), piece(3, answered("delivery", 9, 9), running=True)]
    [stage] = trends(pieces, [survey("delivery")])["stages"]
    found = stage["touchpoints"][0]["trend"]
    assert [(one["from"], one["csat"]["value"], one["csat"]["n"], one["csat"]["state"]) for one in found] == [
        ("2026-11-01", 80, 30, "ok"), ("2026-11-02", None, 0, "few"), ("2026-11-03", None, 9, "few")]
    assert found[1]["counts"] == {"1": 0, "2": 0, "3": 0, "4": 0, "5": 0}
    assert [one["provisional"] for one in found] == [False, False, True]
    assert [one["csat"]["value"] for one in stage["trend"]] == [80, None, None]


def test_a_mean_names_what_other_points_are_made_of_too() -> None:
    asked = [survey("delivery"), survey("checkout"), survey("site", "pre-purchase"), survey("heavy")]
    pieces = [
        piece(1, [*answered("delivery", 40, 40), *answered("checkout", 20, 40), *answered("heavy", 40, 40)]),
        piece(2, [*answered("delivery", 40, 40), *answered("site", 20, 40)], open=["checkout"]),
        piece(3),
    ]
    found = trends(pieces, asked, Terms(rules={"purchase": StageRule({"heavy": 0})}))
    purchase = found["stages"][1]["trend"]
    assert [(one["csat"]["value"], one["without"], one["provisional"]) for one in purchase] == [
        (75, [], False), (100, ["checkout"], True), (None, [], False)]
    assert [(one["csat"]["value"], one["without"]) for one in found["journey"]["trend"]] == [
        (75, ["pre-purchase/site"]), (75, ["purchase/checkout"]), (None, [])]


@pytest.mark.parametrize(("asked", "broken"), [
    (["a", "a"], []),
    (["a", "b"], [1]),    # another question is core
    (["a", None, "b"], [2]),    # no line leads over a gap either
    (["a", "b", "a"], [1, 2]),
    ([None, "a"], []),
])
def test_another_question_breaks_the_line(asked: Sequence[str | None], broken: list[int]) -> None:
    pieces = [piece(at, questions={("delivery", CSAT): one} if one else {}) for at, one in enumerate(asked, start=1)]
    [stage] = trends(pieces, [survey("delivery")])["stages"]
    found = stage["touchpoints"][0]["trend"]
    assert [at for at, one in enumerate(found) if one.get("breaks") == ["csat"]] == broken


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Engine]:
    delivery = asking(after="0 days", expires="14 days")
    files = {"purchase/delivery": delivery, "relationship/secret": 'mode = "anonymous"\n' + asking()}
    engine = start(business.write(tmp_path / "shop", files, database=database_url))
    yield engine
    engine.close()


def store(engine: Engine, day: date, count: int, survey: str = "delivery") -> None:
    """Store answers of a day."""
    asked = engine.library.surveys[survey]
    read = form.read(asked, MultiDict({"satisfaction": "5"}))
    row = {"survey": survey, "digest": asked.digest, "language": "he", "direction": "rtl", "day": day, "context": {}}
    with engine.database.write() as connection:
        for number in range(count):
            id = f"{survey}{day:%m%d}-{number}-{len(read.answers)}"
            responses.add(Direct.within(connection), {**row, "id": id}, [vars(one) for one in read.answers])


def told(engine: Engine, **wanted: Any) -> dict[str, Any]:
    return dict(plain(query.report(engine, query.ReportQuery(**wanted), NOW)))


def touchpoint(report: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for stage in report["stages"] for one in stage["touchpoints"] if one["touchpoint"] == name)


def test_a_trend_adds_up_to_its_period_and_changes_nothing_else(shop: Engine) -> None:
    for day, count in ((date(2026, 9, 30), 12), (date(2026, 10, 24), 3), (date(2026, 10, 25), 11), (NOW.date(), 2)):
        store(shop, day, count)
        with shop.database.write() as connection:
            tallies.fold(connection, 8)    # some are folded, some are not
    store(shop, date(2026, 9, 30), 12, "secret")    # come out together on the last day of their month
    for every in TrendUnit:
        for days in ({}, {"since": date(2026, 9, 10), "until": date(2026, 10, 24)}, {"since": date(2026, 12, 1)}):
            whole = told(shop, every=every, **days)
            for name in ("delivery", "secret"):
                one = touchpoint(whole, name)
                points = one.pop("trend")
                counts = [point.get("counts", {}) for point in points]
                assert sum(sum(point.values()) for point in counts) == sum(one.get("counts", {}).values())
            plain_report = told(shop, **days)
            for stage in whole["stages"]:
                del stage["trend"]
            del whole["journey"]["trend"]
            assert whole == plain_report


def test_weeks_begin_as_declared_and_months_as_the_reader_counts(shop: Engine) -> None:
    store(shop, date(2026, 10, 26), 10)
    # No country is declared: weeks begin as where Hebrew is at home.
    weeks = touchpoint(told(shop, every=TrendUnit.WEEK), "delivery")["trend"]
    assert [(one["from"], one["to"]) for one in weeks] == [("2026-10-26", "2026-10-31"), ("2026-11-01", "2026-11-03")]
    ends = {"since": date(2026, 10, 1), "until": date(2026, 10, 31)}
    months = touchpoint(told(shop, every=TrendUnit.MONTH, language="fa", **ends), "delivery")["trend"]
    assert [(one["from"], one["csat"]["n"]) for one in months] == [("2026-10-01", 0), ("2026-10-23", 10)]


@pytest.mark.parametrize(("midnight", "hours"), [
    # In Jerusalem, where clocks go on that day, and back.
    (datetime(2026, 3, 26, 22, tzinfo=UTC), 23), (datetime(2026, 10, 24, 21, tzinfo=UTC), 25),
])
def test_a_day_is_as_long_as_its_clocks_make_it(shop: Engine, midnight: datetime, hours: int) -> None:
    end, minute = midnight + timedelta(hours=hours), timedelta(minutes=1)
    for number, at in enumerate((midnight - minute, midnight, end - minute, end)):
        take(shop, [delivered(f"late-{number}", at, f"c-{number}")], end + minute)
    wanted = query.ReportQuery(every=TrendUnit.DAY)
    found = touchpoint(dict(plain(query.report(shop, wanted, end + 3 * timedelta(days=1)))), "delivery")
    first = midnight.date()    # the day before that midnight, which is a later one there
    days = [(first + timedelta(days=number)).isoformat() for number in range(3)]
    assert [one["from"] for one in found["trend"] if one["provisional"]][:3] == days
    alone = query.ReportQuery(first + timedelta(days=1), first + timedelta(days=1))
    counted = touchpoint(dict(plain(query.report(shop, alone, end + 3 * timedelta(days=1)))), "delivery")
    assert counted["funnel"]["eligible"] == 2


def test_pieces_that_the_database_sums_are_those_of_its_days(shop: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    for day, count in ((1, 3), (20, 4), (21, 5), (22, 6), (23, 7)):    # 1 Aban 1405 is 23 October
        store(shop, date(2026, 10, day), count)
    with shop.database.write() as connection:
        tallies.fold(connection, 30)
    for stage in (None, "purchase"):
        for every in (TrendUnit.WEEK, TrendUnit.MONTH):
            wanted = {"since": date(2026, 9, 1), "until": date(2026, 12, 31), "language": "fa", "stage": stage}
            summed = told(shop, every=every, **wanted)
            with monkeypatch.context() as patch:
                patch.setattr(course, "FEW", 0)
                assert told(shop, every=every, **wanted) == summed


def test_a_report_of_one_stage_tells_the_course_of_the_whole_journey(shop: Engine) -> None:
    store(shop, date(2026, 10, 20), 30)
    wanted = {"since": date(2026, 9, 1), "until": date(2026, 10, 31), "every": TrendUnit.MONTH}
    whole = told(shop, **wanted)["journey"]["trend"]
    assert [one["csat"]["value"] is None for one in whole] == [True, False]
    assert told(shop, stage="pre-purchase", **wanted)["journey"]["trend"] == whole


def test_a_point_is_provisional_until_its_invitations_are_answered_or_expired(shop: Engine) -> None:
    take(shop, [delivered("1", NOW - timedelta(days=2))], NOW)
    ends = {"since": date(2026, 10, 31), "until": date(2026, 11, 2)}
    report = told(shop, every=TrendUnit.DAY, **ends)
    assert [one["provisional"] for one in touchpoint(report, "delivery")["trend"]] == [False, True, False]
    assert [one["provisional"] for one in touchpoint(report, "secret")["trend"]] == [False, True, False]
    assert [one["provisional"] for one in report["journey"]["trend"]] == [False, True, False]


def test_a_trend_is_shown_everywhere(shop: Engine) -> None:
    store(shop, date(2026, 10, 1), 10)
    store(shop, date(2026, 10, 2), 3)
    days = ["report", "--from", "2026-10-01", "--to", "2026-10-02", "--every", "day"]
    run = CliRunner().invoke
    rows = [*csv.DictReader(StringIO(run(main, ["--project", str(shop.root), *days, "--format", "csv"]).output))]
    found = [
        (row["from"], row["to"], row["metric"], row["value"]) for row in rows
        if row["touchpoint"] == "delivery" and row["metric"] in ("csat", "trend_csat", "trend_count_5")]
    assert found == [
        ("2026-10-01", "2026-10-02", "csat", "100.0"),
        ("2026-10-01", "2026-10-01", "trend_csat", "100.0"), ("2026-10-01", "2026-10-01", "trend_count_5", "10"),
        ("2026-10-02", "2026-10-02", "trend_csat", ""), ("2026-10-02", "2026-10-02", "trend_count_5", "3")]
    for language, words in (("en", "October 2, 2026"), ("he", "2 באוקטובר 2026"), ("fa", "۱۰ مهر ۱۴۰۵")):
        output = run(main, ["--project", str(shop.root), *days, "--language", language]).output
        assert words in next(line for line in output.splitlines() if line.lstrip("\u200e ").startswith(words))
    long = run(main, ["--project", str(shop.root), "report", "--from", "1900-01-01", "--every", "day"])
    assert (long.exit_code, "too long for a point every day" in long.output) == (1, True)
    assert json.loads(run(main, ["--project", str(shop.root), *days, "--format", "json"]).output)["journey"]["trend"]


def test_new_versions_are_told_with_their_day_and_whether_they_ask_something_else(shop: Engine) -> None:
    with shop.database.write() as connection:
        connection.execute(update(survey_publication).values(at=datetime(2026, 9, 1, tzinfo=UTC)))
        [first] = [one for one in surveys.current(connection) if one.survey == "delivery"]
        another = json.loads(json.dumps(first.content).replace('"satisfaction"', '"contentment"'))
        for digest, content, at in (
            ("a" * 64, first.content, datetime(2026, 10, 12, 7, tzinfo=UTC)),    # of one day the last one counts
            ("b" * 64, first.content, datetime(2026, 10, 12, 8, tzinfo=UTC)),
            ("c" * 64, another, datetime(2026, 10, 20, 22, tzinfo=UTC)),    # the 21st in Jerusalem
            ("b" * 64, first.content, datetime(2026, 10, 25, tzinfo=UTC)),    # as it was before
            ("b" * 64, first.content, datetime(2026, 10, 27, tzinfo=UTC)),    # nothing new
            ("d" * 64, another, datetime(2026, 11, 2, tzinfo=UTC)),    # after the period
        ):
            surveys.publish(connection, [first._replace(digest=digest, content=content)], at)
    october = query.ReportQuery(date(2026, 10, 1), date(2026, 10, 31), every=TrendUnit.WEEK)
    found = query.report(shop, october, NOW)
    report = dict(plain(found))
    assert touchpoint(report, "delivery")["new_versions"] == [
        {"survey": "delivery", "from": "2026-10-12"},
        {"survey": "delivery", "from": "2026-10-21", "breaks": ["csat"]},
        {"survey": "delivery", "from": "2026-10-25", "breaks": ["csat"]},
    ]
    assert "new_versions" not in touchpoint(report, "secret")
    assert "new_versions" not in touchpoint(told(shop, since=october.since, until=october.until), "delivery")
    rows = [row for row in csv.DictReader(StringIO(query.shown(shop, found, "csv", query.Screen())))
            if row["metric"] == "new_version"]
    assert [(row["touchpoint"], row["value"], row["from"]) for row in rows] == [
        ("delivery", "delivery", day) for day in ("2026-10-12", "2026-10-21", "2026-10-25")]
    assert "new version of the survey since October 21, 2026" in query.shown(shop, found, "table", query.Screen())


def test_other_scores_have_points_too() -> None:
    nps = VersionQuestion("recommend", "nps", "nps")
    counts = [Tally("loyal", AnswerRole("nps"), value, 20) for value in ("10", "3")]
    asked = [survey("loyal", "relationship", questions=(CORE, nps))]
    [stage] = trends([piece(1, counts)], asked)["stages"]
    assert stage["touchpoints"][0]["trend"][0]["nps"]["value"] == 0
