"""Scores from answers that were really given: through the form, into a real database, folded at any moment, and out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, literal, select
from werkzeug.datastructures import MultiDict

from surveyengine.engine import Engine, start
from surveyengine.responses import form
from surveyengine.responses.storing import CompleteForm, keep
from surveyengine.responses.ticket import FormToken
from surveyengine.results import query
from surveyengine.results.record import plain
from surveyengine.store import responses, tallies
from surveyengine.store.engine.database import Connection
from surveyengine.store.engine.direct import Direct
from surveyengine.store.schema import answer, response
from tests.support import business
from tests.support.business import CONFIG
from tests.support.counting import COUNTS, unfold

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def text(words: str) -> str:
    return f'{{ en = "{words}", he = "{words}", fa = "{words}" }}'


def survey(*kinds: str) -> str:
    """A survey that asks one question of each kind, the csat first and as its core."""
    options = f'options = [{{ id = "red", text = {text("R")} }}, {{ id = "blue", text = {text("B")} }}]'
    more = {"csat": "core = true", "choices": options, "yes_no": "not_applicable = true"}
    head = f"[[question]]\ntext = {text('?')}"
    asked = (f'{head}\nid = "{kind}"\nkind = "{kind}"\n{more.get(kind, "")}' for kind in kinds)
    return "\n".join((f"title = {text('T')}", *asked))


SURVEYS = {
    "purchase/checkout": survey("csat", "nps", "text"),
    "purchase/delivery": survey("csat", "ease", "choices"),
    "purchase/accuracy": survey("csat", "ces", "expectation"),
    "post-purchase/support": survey("csat", "yes_no"),
}
ANSWERS: Mapping[str, tuple[str, ...]] = {
    "csat": ("1", "2", "3", "4", "5"), "nps": ("0", "6", "7", "9", "10"), "ease": ("1", "5", "7"),
    "ces": ("1", "4", "5"), "expectation": ("1", "3", "5"), "yes_no": ("yes", "no", "na"), "choices": ("red", "blue"),
    "text": ("x", "4", "na"),
}  # fmt: skip


@contextmanager
def started(**urls: str) -> Iterator[Engine]:
    with TemporaryDirectory() as directory:
        engine = start(business.write(Path(directory) / "project", SURVEYS, CONFIG, **urls))
        yield engine
        engine.close()


def give(engine: Engine, submission: str, name: str, answers: Mapping[str, str]) -> None:
    """Answer a survey, as the web does after it has read a form."""
    asked = engine.library.surveys[name]
    read = form.read(asked, MultiDict(answers))
    assert read.errors == {}
    keep(engine, CompleteForm(FormToken(submission, name, asked.digest), asked, read, "he"), NOW)


def counted(connection: Connection) -> Counter[tuple[str | int, ...]]:
    """What the report is made of: folded, and not folded yet."""
    cells = tallies.cells(connection)
    return Counter({(cell.digest, cell.question, cell.series, cell.value, cell.place): cell.n for cell in cells})


def recounted(connection: Connection) -> Counter[tuple[str | int, ...]]:
    """The same from the raw answers, one by one."""
    columns = (*response.c["digest", "id"], *answer.c["question", "series", "value", "position", "counted"])
    rows = connection.execute(select(*columns).join(response, response.c.id == answer.c.response)).all()
    recount: Counter[tuple[str | int, ...]] = Counter(
        (row.digest, row.question, row.series, row.value, row.position if row.series == "ranking" else 0)
        for row in rows
        if row.counted or row.series == "ranking" or (row.value == "na" and row.series != "text")
    )
    said = [row for row in rows if row.series == "text" or row.value != "na"]
    people = {(row.id, row.digest, row.question, row.series) for row in said}
    recount.update((*key, "", 0) for _, *key in people)
    recount.update((*row, 0) for row in connection.execute(select(response.c.digest, *map(literal, ("", "", "open")))))
    return recount


def found(engine: Engine) -> dict[str, dict[str, Any]]:
    """The touchpoints of the report by name."""
    report = plain(query.report(engine, query.ReportQuery(), NOW))
    return {one["touchpoint"]: one for stage in report["stages"] for one in stage["touchpoints"]}


def agrees(engine: Engine, given: Counter[tuple[str, str, str]]) -> None:
    """Hold the report against the answers that were given, and the counts against those that are stored."""
    with engine.database.read() as connection:
        assert counted(connection) == recounted(connection)
        asked = sum(n for (_, question, _, value, _), n in recounted(connection).items() if question and value)
        assert asked == sum(n for (_, kind, _), n in given.items() if kind != "text")
    for name, one in found(engine).items():
        histogram = {value: given[name, "csat", value] for value in ANSWERS["csat"]}
        assert one["counts"] == histogram
        assert one["csat"]["n"] == sum(histogram.values())
        if one["csat"]["value"] is not None:
            assert one["csat"]["value"] == pytest.approx(100 * (histogram["4"] + histogram["5"]) / one["csat"]["n"])


@st.composite
def replies(draw: st.DrawFn) -> tuple[str, dict[str, str]]:
    """A survey and some answers to it."""
    name = draw(st.sampled_from(sorted(SURVEYS)))
    kinds = [kind for kind in ANSWERS if f'id = "{kind}"' in SURVEYS[name]]
    chosen = draw(st.sets(st.sampled_from(kinds), min_size=1))
    return name.rpartition("/")[2], {kind: draw(st.sampled_from(ANSWERS[kind])) for kind in sorted(chosen)}


FOLD, LOOK, UNFOLD = "fold", "look", "unfold"
STEPS = st.lists(
    replies() | st.tuples(st.just(FOLD), st.integers(1, 5)) | st.sampled_from([(LOOK, 0), (UNFOLD, 0), ("again", 0)]),
    min_size=10,
    max_size=50,
)


def walk(engine: Engine, steps: list[Any]) -> None:
    given: Counter[tuple[str, str, str]] = Counter()
    last: tuple[str, str, dict[str, str]] | None = None
    for place, (step, what) in enumerate(steps):
        if isinstance(what, dict):
            last = (f"submission-{place}", step, what)
            give(engine, *last)
            given.update((step, kind, value) for kind, value in what.items())
        elif step == "again" and last:
            give(engine, *last)
        elif step in (FOLD, UNFOLD):
            with engine.database.write() as connection:
                tallies.fold(connection, what) if step == FOLD else unfold(connection)
        elif step == LOOK:
            agrees(engine, given)
    agrees(engine, given)
    with engine.database.write() as connection:
        while tallies.fold(connection, 7):
            pass
    agrees(engine, given)


def clear(engine: Engine) -> None:
    with engine.database.write() as connection:
        for table in (answer, response, *COUNTS):
            connection.execute(delete(table))


@pytest.mark.parametrize(
    ("database_url", "examples"), [("sqlite", 25), ("postgres", 15)], indirect=["database_url"]
)
def test_counts_equal_a_recount_of_the_answers_at_every_moment(database_url: str, examples: int) -> None:
    with started(database=database_url) as engine:

        @settings(max_examples=examples)
        @given(STEPS)
        def hold(steps: list[Any]) -> None:
            clear(engine)
            walk(engine, steps)

        hold()


def pour(engine: Engine, name: str, kind: str, histogram: Mapping[str, int]) -> None:
    """Give as many answers as the histogram says, in any order, and fold most of them."""
    values = [value for value, n in histogram.items() for _ in range(n)]
    Random(name).shuffle(values)
    asked = engine.library.surveys[name]
    row = {"survey": name, "digest": asked.digest, "language": "he", "direction": "rtl", "day": NOW.date()}
    with engine.database.write() as connection:
        for place, value in enumerate(values):
            read = form.read(asked, MultiDict({kind: value}))
            named = {"id": f"{name}-{kind}-{place}", "context": {}, **row}
            responses.add(Direct.within(connection), named, [vars(one) for one in read.answers])
        tallies.fold(connection, len(values) * 2 // 3)


def near(value: float, low: float, high: float, n: int, digits: int) -> dict[str, Any]:
    """A score, as exactly as its source prints it."""
    slack = 0.5001 * 10**-digits
    state = "ok" if n >= 30 else "indicative"
    return {"value": pytest.approx(value, abs=slack), "low": pytest.approx(low, abs=slack),
            "high": pytest.approx(high, abs=slack), "n": n, "state": state}  # fmt: skip


def test_a_stage_of_known_answers_has_the_published_scores(database_url: str) -> None:
    with started(database=database_url) as engine:
        pour(engine, "checkout", "csat", {"1": 10, "2": 15, "3": 25, "4": 150, "5": 300})
        pour(engine, "delivery", "csat", {"1": 5, "2": 8, "3": 27, "4": 60, "5": 60})
        pour(engine, "accuracy", "csat", {"2": 2, "3": 3, "4": 20, "5": 25})
        report = plain(query.report(engine, query.ReportQuery(), NOW))
        purchase = next(stage for stage in report["stages"] if stage["stage"] == "purchase")
        assert purchase["csat"] == near(85.0, 80.8, 88.3, 710, 1)
        assert purchase["pooled"] == near(86.6, 83.9, 88.9, 710, 1)
        assert report["journey"]["csat"] == purchase["csat"]
        assert found(engine)["delivery"]["csat"] == near(75.0, 67.8, 81.1, 160, 1)


SCORES: Mapping[tuple[str, str], tuple[tuple[int, ...], dict[str, dict[str, Any]]]] = {
    ("checkout", "csat"): ((3, 5, 12, 40, 40), {
        "csat": near(80.0, 71.12, 86.66, 100, 2), "mean": near(4.09, 3.892, 4.288, 100, 3),
    }),
    ("accuracy", "ces"): ((2, 3, 5, 10, 20, 35, 25), {"ces": near(80.0, 71.12, 86.66, 100, 2)}),
    ("delivery", "ease"): ((4, 3, 4, 5, 1, 2, 1), {"ease": near(20.0, 8.06577, 41.60174, 20, 5)}),
    ("checkout", "nps"): ((20, 0, 0, 0, 0, 0, 0, 30, 0, 0, 50), {"nps": near(30.0, 14.05, 44.20, 100, 2)}),
}  # fmt: skip


@pytest.mark.parametrize(("name", "kind"), SCORES)
def test_known_answers_have_the_published_scores(name: str, kind: str) -> None:
    histogram, expected = SCORES[name, kind]
    lowest = 0 if kind == "nps" else 1
    with started() as engine:
        pour(engine, name, kind, {str(value): n for value, n in enumerate(histogram, lowest)})
        touchpoint = found(engine)[name]
        assert {score: touchpoint[score] for score in expected} == expected
