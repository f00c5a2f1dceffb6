"""What is renamed by `was` goes on in the report and in exports, and what is moved takes its past along."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from surveyengine import stored
from surveyengine.engine import Engine, start
from surveyengine.project.files import read as read_project
from surveyengine.responses import form
from surveyengine.responses.storing import CompleteForm, keep
from surveyengine.responses.ticket import FormToken
from surveyengine.results import query
from surveyengine.results.export.extract import RowFilter, Source, extract
from surveyengine.results.record import plain
from tests.support import business as shops

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TEXT = '{ en = "T", he = "ט", fa = "ت" }'


def survey(core: str, option: str, head: str = "", was: str = "", option_was: str = "") -> str:
    options = f'options = [{{ id = "{option}", {option_was} text = {TEXT} }}, {{ id = "other_way", text = {TEXT} }}]'
    return (
        f'title = {TEXT}\n{head}\n[[question]]\nid = "{core}"\n{was}\nkind = "csat"\ncore = true\ntext = {TEXT}\n'
        f'[[question]]\nid = "timing"\nkind = "choice"\ntext = {TEXT}\n{options}\n'
    )


BEFORE = survey("satisfaction", "late")
AFTER = survey("overall", "delayed", 'was = "delivery"', 'was = "satisfaction"', 'was = "late",')


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Engine]:
    root = shops.write(tmp_path / "shop", {"purchase/delivery": BEFORE}, shops.CONFIG, database=database_url)
    engine = start(root)
    yield engine
    engine.close()


def answer(engine: Engine, name: str, number: int, **given: str) -> None:
    asked = engine.library.surveys[name]
    read = form.read(asked, MultiDict(given))
    keep(engine, CompleteForm(FormToken(f"{name}-{number}", name, asked.digest), asked, read, "he"), NOW)


def rename(engine: Engine, name: str, text: str) -> None:
    (engine.root / "surveys" / "purchase" / "delivery.toml").unlink()
    shops.change(engine, {name: text})


def touchpoints(engine: Engine) -> dict[tuple[str, str], Any]:
    report = plain(query.report(engine, query.ReportQuery(questions=True), NOW))
    return {(stage["stage"], one["touchpoint"]): one for stage in report["stages"] for one in stage["touchpoints"]}


def test_a_renamed_survey_goes_on_in_the_report_and_in_exports(shop: Engine) -> None:
    for number in range(12):
        answer(shop, "delivery", number, satisfaction="4", timing="late")
    rename(shop, "purchase/shipping", AFTER)
    for number in range(3):
        answer(shop, "shipping", number, overall="1", timing="delayed")
    [(place, found)] = touchpoints(shop).items()
    assert place == ("purchase", "shipping")
    assert found["counts"] == {"1": 3, "2": 0, "3": 0, "4": 12, "5": 0}
    assert {one["id"]: one["counts"] for one in found["questions"]}["timing"] == {"delayed": 15, "other_way": 0}
    out = extract(Source(shop, RowFilter(survey="shipping"), NOW), "responses")
    rows = [dict(zip([field.name for field in out.fields], row, strict=True)) for row in out.rows]
    assert {(row["survey"], row["touchpoint"], row["timing"]) for row in rows} == {("shipping", "shipping", "delayed")}
    assert Counter(row["overall"] for row in rows) == {1: 3, 4: 12}


def test_a_renamed_core_question_goes_on_counting_without_a_word(shop: Engine) -> None:
    for number in range(12):
        answer(shop, "delivery", number, satisfaction="4")
    shops.change(shop, {"purchase/delivery": survey("overall", "late")})
    answer(shop, "delivery", 99, overall="1")
    assert touchpoints(shop)["purchase", "delivery"]["csat"]["n"] == 13


def test_a_moved_survey_takes_its_past_along(shop: Engine) -> None:
    for number in range(12):
        answer(shop, "delivery", number, satisfaction="4")
    rename(shop, "post-purchase/delivery", BEFORE.replace("[[question]]", 'touchpoint = "arrival"\n[[question]]', 1))
    [(place, found)] = touchpoints(shop).items()
    assert (place, found["csat"]["n"]) == (("post-purchase", "arrival"), 12)
    rows = [(version.stage, version.touchpoint) for version, _ in Source(shop, RowFilter(), NOW).responses()]
    assert rows == [("post-purchase", "arrival")] * 12


def test_check_says_that_the_time_zone_was_changed(shop: Engine) -> None:
    night = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)    # past midnight in Jerusalem
    for number, at in enumerate((NOW, night)):
        asked = shop.library.surveys["delivery"]
        read = form.read(asked, MultiDict({"satisfaction": "4"}))
        keep(shop, CompleteForm(FormToken(f"r{number}", "delivery", asked.digest), asked, read, "he"), at)
    project = read_project(shop.root, shop.catalogs.languages)
    assert project.config
    assert stored.warnings(project, project.config, NOW) == []
    business = project.config.business.model_copy(update={"timezone": "UTC"})
    moved = project.config.model_copy(update={"business": business})
    [fault] = stored.warnings(project, moved, NOW)
    assert "1 of 2 answers looked at are stored under days of another time zone than UTC" in str(fault)
