"""A report split by a field: the totals stay what they are, and what is no fact stands apart."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner
from werkzeug.datastructures import MultiDict

from surveyengine.cli import main
from surveyengine.engine import Engine, start
from surveyengine.responses import form
from surveyengine.responses.storing import CompleteForm, keep
from surveyengine.responses.ticket import FormToken
from surveyengine.results import query, segments
from surveyengine.results.record import plain
from surveyengine.store import responses, tallies
from surveyengine.store.engine.direct import Direct
from tests.support import business

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DECLARED = business.CONFIG + '\n[events."order.paid"]\nfields = ["order", "channel"]\n'
TEXT = '{ en = "T", he = "ט", fa = "ت" }'
SURVEY = f'title = {TEXT}\n[[question]]\nid = "csat"\nkind = "csat"\ncore = true\ntext = {TEXT}\n'
SURVEYS = {
    "purchase/delivery": SURVEY, "purchase/checkout": SURVEY, "post-purchase/support": SURVEY,
    "relationship/secret": SURVEY.replace("[[", 'mode = "anonymous"\n[[', 1),
    "relationship/quiet": SURVEY.replace("[[", 'mode = "confidential"\n[[', 1),
}  # fmt: skip


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Engine]:
    engine = start(business.write(tmp_path / "shop", SURVEYS, DECLARED, database=database_url))
    yield engine
    engine.close()


def store(engine: Engine, id: str, survey: str, context: Mapping[str, str], value: int = 5, **more: Any) -> None:
    """Store an answer about something, as an event or a link tells of it."""
    asked = engine.library.surveys[survey]
    read = form.read(asked, MultiDict({"csat": str(value)}))
    row = {"id": id, "survey": survey, "digest": asked.digest, "language": "he", "direction": "rtl", "day": NOW.date()}
    with engine.database.write() as connection:
        row |= {"context": context, **more}
        responses.add(Direct.within(connection), row, [vars(one) for one in read.answers])


def split(engine: Engine, field: str, **wanted: Any) -> dict[str, Any]:
    report = plain(query.report(engine, query.ReportQuery(by=field, **wanted), NOW))
    found = next(one for stage in report["stages"] for one in stage["touchpoints"] if one["touchpoint"] == "delivery")
    groups: dict[str, Any] = found["by"]
    return {name: sum(group["counts"].values()) for name, group in groups.items()}


def test_answers_without_the_field_are_a_group_and_count_once(shop: Engine) -> None:
    for number in range(16):
        store(shop, f"r{number}", "delivery", {"channel": "web"} if number < 6 else {})
    assert split(shop, "channel") == {"web": 6, "(not known)": 10}


def test_small_groups_of_confidential_answers_are_hidden_with_the_next_one(shop: Engine) -> None:
    channels = ["web"] * 20 + ["Web"] * 10 + ["app"] * 12 + ["desk"] * 3
    for number, channel in enumerate(channels):
        store(shop, f"q{number}", "quiet", {"channel": channel}, 1 + number % 5)
    report = query.report(shop, query.ReportQuery(by="channel"), NOW)
    (found,) = (one for one in report.touchpoints if one.touchpoint == "quiet")
    groups = {name: (one.csat.n, bool(one.hidden), bool(one.counts)) for name, one in (found.by or {}).items()}
    assert groups == {"web": (30, False, True), "app": (None, True, False), "(other)": (None, True, False)}
    told = query.shown(shop, report, "table", query.Screen())
    assert told.count("hidden: fewer than 10, and the next one so that it cannot be worked out") == 2
    rows = [*csv.DictReader(query.shown(shop, report, "csv", query.Screen()).splitlines())]
    assert [row["value"] for row in rows if (row["metric"], row["group"]) == ("hidden", "app")] == ["true"]


def test_spellings_are_one_group_and_claims_stand_apart(shop: Engine) -> None:
    for number, channel in enumerate(["web", "Web", "web", "app", "100", "100.0"]):
        store(shop, f"f{number}", "delivery", {"channel": channel})
    for number in range(3):
        store(shop, f"c{number}", "delivery", {"channel": "FAKE"}, claimed=True)
    store(shop, "n", "delivery", {"order": "A-1"}, claimed=True)
    assert split(shop, "channel") == {"web": 3, "100": 2, "app": 1, "(not known)": 1, "(claimed)": 3}


def test_a_field_with_too_many_values_is_refused_with_their_number(shop: Engine) -> None:
    for number in range(1001):
        store(shop, f"r{number}", "delivery", {"order": f"A-{number}"})
    with pytest.raises(query.NoReport, match="1,?001 values"):
        split(shop, "order")


@pytest.mark.parametrize("field", ["chanel", "langauge", "nothing"])
def test_an_unknown_field_is_an_error_that_names_the_nearest(shop: Engine, field: str) -> None:
    done = CliRunner().invoke(main, ["--project", str(shop.root), "report", "--by", field])
    assert done.exit_code == 1
    assert field in done.output
    assert ("did you mean" in done.output) == (field != "nothing")


def test_a_field_that_only_signed_links_carry_is_known(shop: Engine) -> None:
    store(shop, "r", "delivery", {"branch": "Haifa"})
    assert split(shop, "branch") == {"Haifa": 1}


@pytest.mark.parametrize(("sizes", "names"), [
    ([1] * 11, True), ([1] * 10, False), ([2] * 11, False), ([12] + [1] * 10, False), ([10] + [1] * 10, True),
    ([500] + [1] * 600, True), ([], False),
])  # fmt: skip
def test_many_values_with_an_answer_each_are_names_and_no_groups(sizes: list[int], names: bool) -> None:
    assert segments.names_answers(sizes) == names


def test_a_field_that_names_single_answers_splits_nothing(shop: Engine) -> None:
    for number in range(12):
        store(shop, f"r{number}", "delivery", {"invoice": f"I-{number}", "channel": "web"})
    assert split(shop, "channel") == {"web": 12}
    with pytest.raises(query.NoSplit, match="12 values for 12 answers"):
        split(shop, "invoice")


def test_a_language_is_compared_with_its_own_past(shop: Engine) -> None:
    for month, value in ((10, 5), (11, 1)):
        for number in range(30):
            store(shop, f"{month}-{number}", "delivery", {}, value, day=NOW.date().replace(month=month))
    wanted = query.ReportQuery(NOW.date().replace(day=1), NOW.date(), "language")
    [group] = [one.by for one in query.report(shop, wanted, NOW).touchpoints if one.touchpoint == "delivery"]
    assert (plain(group)["he"]["difference"]["value"], plain(group)["he"]["difference"]["against"]) == (-100, "before")


def test_totals_never_depend_on_a_split(shop: Engine) -> None:
    chance = Random(3)
    names = [name.rpartition("/")[2] for name in SURVEYS]
    for number in range(150):
        name = chance.choice(names)
        if name == "secret":
            asked = shop.library.surveys[name]
            read = form.read(asked, MultiDict({"csat": "4"}))
            keep(shop, CompleteForm(FormToken(f"r{number}", name, asked.digest), asked, read, "he"), NOW)
            continue
        context = {key: chance.choice(["a", "A", "b", "7"]) for key in ("channel", "order") if chance.random() < 0.6}
        store(shop, f"r{number}", name, context, chance.randint(1, 5), claimed=bool(context) and chance.random() < 0.3)
    with shop.database.write() as connection:
        tallies.fold(connection, 70)
    for stage in (None, "purchase", "relationship"):
        whole = plain(query.report(shop, query.ReportQuery(stage=stage), NOW))
        for field in ("channel", "order", "language"):
            parts = plain(query.report(shop, query.ReportQuery(by=field, stage=stage), NOW))
            groups = [one.pop("by") for each in parts["stages"] for one in each["touchpoints"]]
            assert json.dumps(parts) == json.dumps(whole)
            for one, by in zip([t for s in whole["stages"] for t in s["touchpoints"]], groups, strict=True):
                told = sum(sum(group.get("counts", {}).values()) for group in by.values())
                hidden = sum(one.get("counts", {}).values()) - told
                assert hidden >= 10 if any(group.get("hidden") for group in by.values()) else hidden == 0
                assert not (one.get("withheld") and by)
