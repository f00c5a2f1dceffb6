"""Every question's distribution: known answers in, published counts out."""

from __future__ import annotations

import csv
import io
import json
import random
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from surveyengine import keys
from surveyengine.app import create_app
from surveyengine.cli import main
from surveyengine.engine import Engine, start
from surveyengine.responses import form
from surveyengine.responses.storing import CompleteForm, keep
from surveyengine.responses.ticket import FormToken
from surveyengine.results import query
from surveyengine.results.distribution import MOST_NUMBERS
from surveyengine.results.export.extract import RowFilter, Source
from surveyengine.results.record import plain
from surveyengine.store import tallies
from surveyengine.store.schema import answer, response
from surveyengine.values.period import month_end
from tests.support import business
from tests.support.counting import unfold
from tests.support.samples import TITLE, question

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SCALES = ("nps", "ease", "ces", "expectation", "amount", "likely")
ASIDE = "other = true\nnot_applicable = true"
EVERY_KIND = TITLE + "".join((
    question("csat", "csat", "core = true\nnot_applicable = true"), *(question(kind, kind) for kind in SCALES),
    question("rating", "rating", "max = 3"), question("yes_no", "yes_no"), question("yes_partly_no", "yes_partly_no"),
    question("choice", "choice", ASIDE), question("choices", "choices", ASIDE), question("consent", "consent"),
    question("matrix", "matrix"), question("ranking", "ranking"), question("number", "number"),
    question("text", "text"), question("date", "date"), question("email", "email"), question("phone", "phone"),
    question("note", "note"),
))  # fmt: skip
Given = list[tuple[str, str]]


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Engine]:
    surveys = {"purchase/delivery": EVERY_KIND}
    engine = start(business.write(tmp_path / "shop", surveys, business.CONFIG, database=database_url))
    yield engine
    engine.close()


def give(engine: Engine, id: str, given: Given, now: datetime = NOW, survey: str = "delivery") -> None:
    asked = engine.library.surveys[survey]
    read = form.read(asked, MultiDict(given), "IL")
    assert read.errors == {}
    keep(engine, CompleteForm(FormToken(id, survey, asked.digest), asked, read, "he"), now)


def told(engine: Engine, now: datetime = NOW, name: str = "delivery", **wanted: Any) -> list[dict[str, Any]]:
    report = plain(query.report(engine, query.ReportQuery(questions=True, **wanted), now))
    found = next(one for stage in report["stages"] for one in stage["touchpoints"] if one["touchpoint"] == name)
    return list(found["questions"])


def entry(questions: list[dict[str, Any]], id: str, series: str = "") -> dict[str, Any]:
    [found] = [one for one in questions if one["id"] == id and series in ("", one["series"])]
    return found


def fold(engine: Engine, limit: int) -> None:
    with engine.database.write() as connection:
        tallies.fold(connection, limit)


# ── Known answers

KNOWN: list[Given] = [
    [("csat", "5"), ("nps", "0"), ("choice", "early"), ("choices", "early"), ("choices", "late"), ("number", "1.50"),
     ("matrix.speed", "2"), ("ranking", "late"), ("ranking", "early"), ("ranking", "never"), ("text", "na")],
    [("csat", "5"), ("nps", "10"), ("choice", "na"), ("choices", "late"), ("number", "۲۰"), ("matrix.speed", "5"),
     ("matrix.care", "1"), ("ranking", "late"), ("ranking", "never"), ("ranking", "early"), ("yes_no", "yes")],
    [("csat", "na"), ("rating", "3"), ("choice.other", "By ship"), ("choices", "na"), ("number", "1.5"),
     ("ranking", "never"), ("consent", "yes"), ("date", "2026-11-01"), ("email", "a@example.com"),
     ("phone", "050-123-4567"), ("yes_partly_no", "partly"), ("ease", "7"), ("ces", "1"), ("expectation", "3"),
     ("amount", "2"), ("likely", "4")],
    [("csat", "1"), ("choices", "early"), ("choices", "na")],
]  # fmt: skip
COUNTS: Mapping[str, tuple[int, dict[str, int]]] = {
    "csat": (3, {"5": 2, "1": 1, "na": 1}), "nps": (2, {"0": 1, "10": 1}), "ease": (1, {"7": 1}),
    "ces": (1, {"1": 1}), "expectation": (1, {"3": 1}), "amount": (1, {"2": 1}), "likely": (1, {"4": 1}),
    "rating": (1, {"3": 1}), "yes_no": (1, {"yes": 1}), "yes_partly_no": (1, {"partly": 1}),
    "choice": (2, {"early": 1, "other": 1, "na": 1}), "choices": (3, {"early": 2, "late": 2, "na": 2}),
    "consent": (1, {"yes": 1}), "matrix.speed": (2, {"2": 1, "5": 1}), "matrix.care": (1, {"1": 1}),
    "ranking": (3, {"late": 2, "never": 1}), "number": (3, {"1.5": 2, "20": 1}),
    "choice.other": (1, {}), "choices.other": (0, {}), "text": (1, {}), "date": (1, {}), "email": (1, {}),
    "phone": (1, {}),
}  # fmt: skip


@pytest.mark.parametrize("folded", [0, 2, 4])
def test_known_answers_have_the_published_counts(shop: Engine, folded: int) -> None:
    for number, given in enumerate(KNOWN):
        give(shop, f"r{number}", given)
    fold(shop, folded) if folded else None
    found = told(shop)
    assert {one["id"]: (one["n"], {value: n for value, n in one["counts"].items() if n}) for one in found} == COUNTS
    ranking, figures, speed = (entry(found, id) for id in ("ranking", "number", "matrix.speed"))
    assert ranking["places"] == {"early": [0, 1, 1], "late": [2, 0, 0], "never": [1, 1, 1]}
    assert figures["summary"] == {"min": 1.5, "median": 1.5, "max": 20.0, "mean": pytest.approx(23 / 3)}
    assert list(entry(found, "csat")["counts"]) == ["1", "2", "3", "4", "5", "na"]
    assert (speed["kind"], speed["series"], speed["text"]) == (
        "matrix", "matrix:csat", "About matrix? – How fast it came")  # fmt: skip
    assert (entry(found, "choice.other")["kind"], entry(found, "choice.other")["text"]) == (
        "text", "About choice? – Other")  # fmt: skip
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize(("language", "scale", "option"), [
    (None, "Very satisfied", "Later than promised"), ("en", "Very satisfied", "Later than promised"),
    ("own", "מרוצה מאוד", "באיחור"), ("he", "מרוצה מאוד", "באיחור"), ("fa", "بسیار راضی", "دیرتر از موعد"),
])  # fmt: skip
def test_words_are_those_of_the_language_that_is_asked_for(
    shop: Engine, language: str | None, scale: str, option: str
) -> None:
    found = told(shop, language=language)
    assert (entry(found, "csat")["options"]["5"], entry(found, "choice")["options"]["late"]) == (scale, option)
    assert entry(found, "nps")["options"]["5"] == ""


# ── What is asked changes


def test_a_changed_scale_is_an_entry_of_its_own_in_its_newest_words(shop: Engine) -> None:
    versions = (
        question("mark", "rating", "max = 3").replace("About mark", "First"),
        question("mark", "rating", "max = 3").replace("About mark", "Order {order}, {courier|the courier}"),
        question("mark", "rating", "max = 5") + question("why", "choice"),
        question("mark", "rating", "max = 5") + question("why", "choice").replace('"never"', '"lost"'),
    )
    for number, asked in enumerate(versions):
        business.change(shop, {"purchase/delivery": TITLE + asked})
        give(shop, f"r{number}", [("mark", "2"), *([("why", "never")] if number == 2 else [])])
    found = told(shop)
    assert [(one["id"], one["series"], one["n"]) for one in found] == [
        ("mark", "rating:1-5", 2), ("why", "choice", 1), ("mark", "rating:1-3", 2)]  # fmt: skip
    assert found[2]["text"] == "Order …, the courier?"
    assert found[1]["counts"] == {"early": 0, "late": 0, "lost": 0, "never": 1}
    assert found[1]["options"]["never"] == "It has not arrived"
    assert [one["series"] for one in told(shop, until=date(2026, 11, 1))] == ["rating:1-5", "choice"]


def test_the_most_frequent_numbers_are_told_and_the_others_counted(shop: Engine) -> None:
    numbers = [n for n in range(MOST_NUMBERS + 20) for _ in range(1 + (n < 30))]
    for place, n in enumerate(numbers):
        give(shop, f"r{place}", [("number", str(n))])
    found = entry(told(shop), "number")
    assert found["counts"] == {**{str(n): 1 + (n < 30) for n in range(MOST_NUMBERS)}, "(other)": 20}
    assert found["n"] == len(numbers)
    assert found["summary"] == {
        "min": 0, "max": MOST_NUMBERS + 19, "median": statistics.median(numbers),
        "mean": pytest.approx(statistics.fmean(numbers)),
    }  # fmt: skip


# ── At any moment


def recounted(engine: Engine) -> dict[tuple[str, str], tuple[int, Counter[str]]]:
    """Respondents and values from the raw answers, one by one; values of what is offered and of numbers alone."""
    columns = select(*answer.c["response", "question", "series", "value", "position"])
    people: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    values: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    with engine.database.read() as connection:
        rows = connection.execute(columns.join(response).where(~response.c.test)).all()
    for row in rows:
        key, words = (row.question, row.series), row.series in ("text", "date", "email", "phone")
        if words or row.value != "na":
            people[key].add(row.response)
        if not words and (row.series != "ranking" or row.position == 0):
            values[key][row.value] += 1
    return {key: (len(people[key]), values[key]) for key in people.keys() | values.keys()}


def chosen(chance: random.Random) -> Given:
    """Answers by chance to some of the questions."""
    known = sorted({(name, value) for given in KNOWN for name, value in given if "." not in name or "matrix" in name})
    names = {name for name, _ in known if chance.random() < 0.4} | {"csat"}
    found: Given = []
    for name in sorted(names):
        values = [value for one, value in known if one == name]
        chance.shuffle(values)
        several = name in ("choices", "ranking")
        found += [(name, value) for value in values[: chance.randint(1, len(values)) if several else 1]]
    return found


def test_the_distributions_are_a_recount_of_the_answers_at_every_moment(shop: Engine) -> None:
    chance = random.Random(8)
    for number in range(36):
        give(shop, f"r{number}", chosen(chance))
        if chance.random() < 0.3:
            fold(shop, chance.randint(1, 6))
        if number % 6 == 5:
            assert recounted(shop) == {
                (one["id"], one["series"]): (one["n"], +Counter(one["counts"])) for one in told(shop) if
                one["n"] or any(one["counts"].values())
            }  # fmt: skip
    with shop.database.write() as connection:
        before = tallies.cells(connection)
        unfold(connection)
        assert sorted(tallies.cells(connection)) == sorted(before)


@pytest.mark.parametrize("more", [{}, {"by": "language"}, {"stage": "purchase"}, {"until": date(2026, 11, 19)}])
def test_questions_change_nothing_else_of_the_report(shop: Engine, more: dict[str, Any]) -> None:
    for number, given in enumerate(KNOWN * 3):
        give(shop, f"r{number}", given)
    without = plain(query.report(shop, query.ReportQuery(**more), NOW))
    whole = plain(query.report(shop, query.ReportQuery(questions=True, **more), NOW))
    assert whole["language"] == "en"
    for stage in whole["stages"]:
        for touchpoint in stage["touchpoints"]:
            touchpoint.pop("questions")
    assert whole == without


# ── Anonymous answers


def noon(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 12, tzinfo=UTC)


def test_of_anonymous_answers_only_the_blocks_that_are_out_are_told(shop: Engine) -> None:
    business.change(shop, {"purchase/delivery": EVERY_KIND.replace(TITLE, TITLE + 'mode = "anonymous"\n')})
    for number in range(12):
        give(shop, f"a{number}", [("choice", "early"), ("number", str(number))], noon(9, 3))
    hidden = told(shop, noon(9, 29))
    assert all(one["n"] is None and one["withheld"] and "counts" not in one for one in hidden)
    assert all("summary" not in one and "places" not in one for one in hidden)
    give(shop, "late", [("choice", "late"), ("number", "999")], noon(10, 2))
    found = told(shop, noon(10, 5))
    assert (entry(found, "choice")["n"], entry(found, "choice")["counts"]["late"]) == (12, 0)
    assert entry(found, "number")["summary"]["max"] == 11
    assert entry(told(shop, noon(10, 5), until=date(2026, 9, 29)), "number")["n"] is None
    business.change(shop, {"purchase/delivery": EVERY_KIND})
    give(shop, "named", [("number", "5000")], noon(10, 6))
    both = entry(told(shop, noon(10, 7)), "number")
    assert (both["n"], both["summary"]["max"], both["counts"]["5000"]) == (13, 5000, 1)


def test_what_is_told_of_anonymous_answers_is_what_the_export_tells(shop: Engine) -> None:
    chance = random.Random(5)
    business.change(shop, {"purchase/delivery": EVERY_KIND.replace(TITLE, TITLE + 'mode = "anonymous"\n')})
    for number in range(40):
        at = noon(chance.randint(1, 6), chance.randint(1, 28))
        give(shop, f"r{number}", [("number", str(number)), ("choice", chance.choice(["early", "late"]))], at)
    for _ in range(12):
        now, end = noon(chance.randint(2, 8), 20), month_end(date(2026, chance.randint(1, 7), 1))
        until = chance.choice([end, end - timedelta(days=1)])
        rows = [row for _, row in Source(shop, RowFilter(None, until, "delivery"), now).responses()]
        figures, choice = (entry(told(shop, now, until=until), id) for id in ("number", "choice"))
        values = Counter(one.value for row in rows for one in row.answers)
        assert +Counter({**figures.get("counts", {}), **choice.get("counts", {})}) == values
        assert figures["n"] == (len(rows) or None)


# ── The ways out


def test_every_way_out_tells_them(tmp_path: Path) -> None:
    root = business.write(tmp_path / "shop", {"purchase/delivery": EVERY_KIND}, business.CONFIG)
    engine = start(root)
    for number, given in enumerate(KNOWN):
        give(engine, f"r{number}", given)
    client, key = create_app(engine).test_client(), keys.add(engine, "reader", "read", NOW)
    head = {"Authorization": f"Bearer {key}"}
    report = client.get("/api/v1/report?questions=1&language=fa-IR", headers=head).get_json()
    plain = client.get("/api/v1/report?language=fa", headers=head).get_json()
    wrong = client.get("/api/v1/report?questions=yes", headers=head)
    engine.close()
    assert (report["language"], wrong.status_code) == ("fa", 400)
    assert "questions" not in plain["stages"][0]["touchpoints"][0]
    choice = entry(report["stages"][0]["touchpoints"][0]["questions"], "choice")
    assert (choice["n"], choice["options"]["late"]) == (2, "دیرتر از موعد")

    def run(*arguments: str) -> str:
        command = ["--project", str(root), "report", "--questions", *arguments]
        done = CliRunner(env={"COLUMNS": "100"}).invoke(main, command)
        assert done.exit_code == 0, done.output
        return done.output

    table = run().splitlines()
    at = next(place for place, line in enumerate(table) if line == "    About choices?")
    assert [line.split()[:6] for line in table[at + 1 : at + 4]] == [
        ["answered", "3"], ["Earlier", "than", "promised", "2", "67%", table[at + 2].split()[5]],
        ["Later", "than", "promised", "2", "67%", table[at + 2].split()[5]]]  # fmt: skip
    assert set(table[at + 2].split()[5]) == {"█"}
    assert "לגבי choices?" in run("--language", "own")
    rows = [row for row in csv.DictReader(io.StringIO(run("--format", "csv").lstrip("\ufeff"))) if row["question"]]
    numbers = {(row["question"], row["metric"], row["option"]): row["value"] for row in rows}
    assert numbers["choices", "answered", ""] == "3"
    assert numbers["choices", "count", "late"] == "2"
    assert numbers["ranking", "place_1", "late"] == "2"
    assert numbers["number", "max", ""] == "20.0"
    touchpoint = json.loads(run("--format", "json"))["stages"][0]["touchpoints"][0]
    assert {one["id"] for one in touchpoint["questions"]} == COUNTS.keys()
    failed = CliRunner().invoke(main, ["--project", str(root), "report", "--language", "xx"])
    assert (failed.exit_code, failed.exception.__class__) == (1, SystemExit)
    assert "'xx'" in failed.output

