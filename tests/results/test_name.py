"""What people call a survey: in reports, in every language; machines find the ids beside it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from surveyengine import keys
from surveyengine.app import create_app
from surveyengine.cli import main
from surveyengine.engine import Engine, start
from surveyengine.results import query
from surveyengine.results.change import Change, ComparedPeriod
from surveyengine.results.record import plain
from tests.support import business
from tests.support.business import asking

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NAME = 'name = { en = "Parcels", he = "חבילות", fa = "بسته‌ها" }\n'
TITLE = 'title  = { en = "How is {business}?", he = "מה עם {business}?", fa = "{business} چطور است؟" }'
SURVEYS = {
    "purchase/delivery": NAME + business.DELIVERY,
    "relationship/yearly": re.sub("title .*", TITLE, asking()),
}
CONFIG = business.CONFIG + '\n[journey.purchase]\nname = { en = "Buying", he = "קנייה", fa = "خریدن" }\n'
CALLED = {
    "en": {"Buying", "Relationship", "Parcels", "How is Nava Home?"},
    "he": {"קנייה", "הקשר עם הלקוחות", "חבילות", "מה עם נאווה הום?"},
    "fa": {"خریدن", "رابطه با مشتریان", "بسته‌ها", "ناوا هوم چطور است؟"},
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = start(business.write(tmp_path_factory.mktemp("names") / "shop", SURVEYS, CONFIG))
    yield engine
    engine.close()


@pytest.mark.parametrize("language", CALLED)
def test_a_report_calls_things_as_its_reader_does_and_keeps_their_ids(shop: Engine, language: str) -> None:
    report = plain(query.report(shop, query.ReportQuery(language=language), NOW))
    touchpoints = [one for stage in report["stages"] for one in stage["touchpoints"]]
    assert {one["name"] for one in (*report["stages"], *touchpoints)} == CALLED[language]
    assert [one["touchpoint"] for one in touchpoints] == ["delivery", "yearly"]
    assert report["language"] == language


@pytest.mark.parametrize(("language", "name"), [("en", "Parcels"), ("he", "חבילות"), ("fa", "بسته‌ها")])
def test_a_table_of_one_stage_names_touchpoints_of_others_too(shop: Engine, language: str, name: str) -> None:
    listed = query.report(shop, query.ReportQuery(stage="relationship", language=language), NOW)
    against = ComparedPeriod(NOW.date(), NOW.date())
    change = Change(value=9.0, low=1.0, high=17.0, state="changed", against=against, without=["purchase/delivery"])
    told = replace(listed, journey=replace(listed.journey, change=change))
    text = query.shown(shop, told, "table", query.Screen(120, language=language))
    assert name in text
    assert "delivery" not in text


@pytest.mark.parametrize("language", CALLED)
def test_no_table_shows_the_id_of_a_file(shop: Engine, language: str) -> None:
    done = CliRunner(env={"COLUMNS": "120"}).invoke(
        main, ["--project", str(shop.root), "report", "--language", language]
    )
    assert all(name in done.output for name in CALLED[language])
    assert "delivery" not in done.output
    assert language == "en" or not re.search("[a-z]", done.output), done.output


def test_a_sheet_has_ids_and_names(shop: Engine) -> None:
    done = CliRunner().invoke(main, ["--project", str(shop.root), "report", "--format", "csv", "--language", "own"])
    rows = list(csv.DictReader(io.StringIO(done.output.lstrip("\ufeff"))))
    assert ("delivery", "חבילות") in {(row["touchpoint"], row["name"]) for row in rows}


def test_machines_get_the_names_of_surveys_in_every_language(shop: Engine) -> None:
    head = {"Authorization": f"Bearer {keys.add(shop, 'reader', 'read', NOW)}"}
    answer = create_app(shop).test_client().get("/api/v1/surveys", headers=head)
    assert {one["id"]: one["name"]["en"] for one in json.loads(answer.text)["surveys"]} == {
        "delivery": "Parcels", "yearly": "How is {business}?"}  # fmt: skip


def test_a_name_is_said_where_nobodys_order_is_known(tmp_path: Path) -> None:
    name = NAME.replace('",', ' {order|}",').replace('" }', ' {order|}" }')
    surveys = {"purchase/delivery": name + business.DELIVERY}
    done = CliRunner().invoke(main, ["--project", str(business.write(tmp_path, surveys)), "check"])
    assert done.stderr == (
        "surveys/purchase/delivery.toml:1:1: error: `name` is shown where no customer is known; "
        "write it without placeholders\n"
    )
