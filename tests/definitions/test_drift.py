"""What `check` and the log say of answers whose question, option, kind or place is another one today."""

# ruff: noqa: E501  # a warning stands in one line
from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count

import pytest
from click.testing import CliRunner
from sqlalchemy import insert, update

from surveyengine.cli import main
from surveyengine.definitions.drift import Count, Drift, drifts
from surveyengine.definitions.survey import Survey, draft
from surveyengine.definitions.toml.document import parse
from surveyengine.engine import Engine
from surveyengine.project.files import read as read_project
from surveyengine.serving.worker import work_once
from surveyengine.store.schema import answer, response, survey_version
from tests.support import samples
from tests.support.business import DELIVERY
from tests.support.drafts import TITLE, question, read

NUMBERS = count(1)
BACK = "put it back, or write was ="


def option(id: str, text: str = "A") -> str:
    return f'{{ id = "{id}", text = {{ en = "{text}", he = "{text}" }} }}'


def listed(key: str, *ids: str) -> str:
    return f"{key} = [{', '.join(map(option, ids))}]"


def asked(id: str, kind: str, text: str, *lines: str) -> str:
    return question(id, kind, *lines).replace("How?", text)


CORE = question("a", "csat", "core = true")
GRID = question("m", "matrix", listed("rows", "x", "y"), 'scale = "csat"')
PICK = question("p", "choice", listed("options", "early", "late"), "other = true", "not_applicable = true")


@pytest.mark.parametrize(
    ("before", "counts", "after", "said"),
    [
        pytest.param(CORE, {("a", "csat", "5"): 3}, CORE, [], id="nothing changed"),
        pytest.param(CORE, {}, question("b", "csat", "core = true"), [], id="nothing was answered"),
        pytest.param(
            CORE,
            {("a", "csat", "5"): 100, ("a", "csat", "1"): 14},
            question("z", "text") + question("b", "csat", "core = true"),
            [f'8:1: the question `a` is gone; 114 answers were given to it; {BACK} "a" at `b`, if that continues it'],
            id="a question was renamed",
        ),
        pytest.param(
            CORE, {("a", "csat", "5"): 114}, question("b", "csat", 'was = "a"', "core = true"), [], id="and says so"
        ),
        pytest.param(
            asked("a", "text", "What is the reason?"),
            {("a", "text", ""): 1},
            asked("b", "text", "Anything else?") + asked("c", "text", "What is the reason for it?"),
            [f'8:1: the question `a` is gone; 1 answer was given to it; {BACK} "a" at `c`, if that continues it'],
            id="the likest text is meant",
        ),
        pytest.param(
            question("t", "text") + CORE,
            {("t", "text", ""): 2},
            CORE,
            [f'1:1: the question `t` is gone; 2 answers were given to it; {BACK} "t" at the question that continues it'],
            id="nothing continues it",
        ),
        pytest.param(
            question("c", "choices", listed("options", "x", "y")),
            {("c", "choices", ""): 2, ("c", "choices", "x"): 2, ("c", "choices", "y"): 1},
            CORE,
            [f'1:1: the question `c` is gone; 2 answers were given to it; {BACK} "c" at the question that continues it'],
            id="ticks are no answers",
        ),
        pytest.param(
            PICK,
            {("p", "choice", "late"): 7, ("p", "choice", "other"): 2, ("p", "choice", "na"): 1, ("p.other", "text", ""): 2},
            question("p", "choice", listed("options", "early", "slow")),
            [
                f'7:1: the option `late` of `p` is gone; 7 answers were given with it; {BACK} "late" at the option that'
                " continues it",
                "7:1: the option `other` of `p` is gone; 2 answers were given with it; put `other = true` back, or write"
                ' was = "other" at the option that continues it',
            ],
            id="options are gone",
        ),
        pytest.param(
            GRID,
            {("m.x", "matrix:csat", "5"): 4, ("m.y", "matrix:csat", "5"): 4},
            question("m", "matrix", listed("rows", "y", "z"), 'scale = "csat"'),
            [f'7:1: the row `x` of `m` is gone; 4 answers were given to it; {BACK} "x" at the row that continues it'],
            id="a row is gone",
        ),
        pytest.param(
            question("a", "ease"),
            {("a", "ease", "7"): 5},
            CORE,
            [
                "5:1: `a` is of the kind `csat` now, and 5 answers were given to it as `ease`; they stay a series of their"
                " own; give the new question an id of its own, or put its kind back"
            ],
            id="a kind changed",
        ),
        pytest.param(
            GRID,
            {("m.x", "matrix:csat", "5"): 4, ("m.y", "matrix:csat", "1"): 2},
            question("m", "csat"),
            [
                "5:1: `m` is of the kind `csat` now, and 6 answers were given to it as `matrix:csat`; they stay a series of"
                " their own; give the new question an id of its own, or put its kind back"
            ],
            id="a matrix became one question",
        ),
        pytest.param(
            CORE + question("b", "csat"),
            {("a", "csat", "5"): 114, ("b", "csat", "1"): 9},
            question("a", "csat") + question("b", "csat", "core = true"),
            [
                "11:1: `core` has moved from `a` to `b`; 114 answers were given to it as the score, and go on counting for"
                " that time; put `core = true` back to `a`, unless the score is to mean something else from now on"
            ],
            id="core moved",
        ),
        pytest.param(
            CORE,
            {("a", "csat", "5"): 1},
            question("a", "csat"),
            [
                "3:3: `a` is not core any more; 1 answer was given to it as the score, and goes on counting for that time;"
                " put `core = true` back to `a`, unless the score is to mean something else from now on"
            ],
            id="nothing is core any more",
        ),
        pytest.param(
            CORE,
            {("", "", ""): 12},
            'touchpoint = "parcel"\n' + TITLE + CORE,
            [
                "1:1: the survey has moved: 12 responses came at the touchpoint `delivery` of the stage purchase and count"
                " at `parcel` of purchase now; to keep a past where it was, put the file back there and give the new"
                " survey a name of its own"
            ],
            id="it moved",
        ),
    ],
)
def test_what_was_answered_and_does_not_go_on_is_said(
    before: str, counts: Mapping[tuple[str, str, str], int], after: str, said: list[str]
) -> None:
    former = read(TITLE + before).survey()
    document = parse((after if "title" in after else TITLE + after).encode(), "f")
    today = draft("delivery", "purchase", document, {}).survey()
    given = [Count(former.digest, *key, n) for key, n in counts.items()]
    found = [str(fault) for fault in drifts(Drift(today, {former.digest: former}), document, given)]
    assert found == [f"f:{one.replace(': ', ': warning: ', 1)}" for one in said]


def test_a_survey_under_a_new_name_stands_where_it_stood() -> None:
    former = read(TITLE + CORE).survey()
    document = parse(('was = "delivery"\n' + TITLE + CORE).encode(), "f")
    today = draft("parcel", "purchase", document, {}).survey()
    given = [Count(former.digest, "", "", "", 3)]
    assert list(drifts(Drift(today, {former.digest: former}), document, given)) == []


MORE = samples.question("extras", "choices") + samples.question("order_of", "ranking")


def save(engine: Engine, text: str, stage: str = "purchase") -> None:
    path = engine.root / "surveys" / stage / "delivery.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    engine.library.publish(read_project(engine.root, engine.catalogs.languages), datetime.now(UTC))


def given(engine: Engine, survey: Survey, day: datetime, **answers: str) -> None:
    """Store a response as a form leaves it; values with commas are several."""
    id = f"r{next(NUMBERS)}"
    row = {"id": id, "survey": survey.id, "digest": survey.digest, "language": "en", "direction": "ltr"}
    with engine.database.write() as connection:
        connection.execute(insert(response).values(**row, day=day.date(), context={}))
        for name, values in answers.items():
            part = survey.part(name)
            assert part
            for position, value in enumerate(values.split(",")):
                one = {"question": name, "position": position, "series": part.series, "counted": part.counted}
                connection.execute(insert(answer).values(response=id, value=value, **one))


def checked(engine: Engine) -> list[str]:
    found = CliRunner().invoke(main, ["--project", str(engine.root), "check", "--format", "json"])
    return [one["message"] for one in json.loads(found.stdout)]


def test_check_and_the_log_at_publishing_say_it_with_the_numbers(
    engine: Engine, caplog: pytest.LogCaptureFixture, now: datetime
) -> None:
    save(engine, DELIVERY + MORE)
    served = engine.library.surveys["delivery"]
    for n in range(5):
        given(engine, served, now, satisfaction="5", timing="late", extras="early,late", order_of="early,never")
        given(engine, served, now, satisfaction="2", reason=f"reason {n}, and more")
        if n == 2:
            work_once(engine, "https://feedback.example.com")  # some are folded, the others are not yet
    assert checked(engine) == []
    changed = (
        DELIVERY.replace("satisfaction", "happiness").replace('id       = "happiness"', 'id = "happiness"')
        .replace('"reason"', '"why"').replace('"late"', '"tardy"') + MORE.replace('"extras"', '"more"')
        .replace('"early"', '"cost"')
    )  # fmt: skip
    path = engine.root / "surveys/purchase/delivery.toml"
    path.write_text(changed, "utf-8")
    said = [
        "the question `extras` is gone; 5 answers were given to it",
        "the question `reason` is gone; 5 answers were given to it",
        "the question `satisfaction` is gone; 10 answers were given to it",
        "the option `late` of `timing` is gone; 5 answers were given with it",
        "the option `early` of `order_of` is gone; 5 answers were given with it",
    ]
    assert sorted(checked(engine)) == sorted(said)
    with caplog.at_level(logging.WARNING):
        save(engine, changed)
        save(engine, changed + "\n# a remark\n")
        save(engine, changed.replace("Your delivery", "The delivery"))
    warned = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warned) == len(said)
    assert all(any(one in message for message in warned) for one in said)
    assert sorted(checked(engine)) == sorted(said)
    save(engine, DELIVERY + MORE)
    assert checked(engine) == []


def test_a_survey_that_moved_says_where_its_past_counts(engine: Engine, now: datetime) -> None:
    given(engine, engine.library.surveys["delivery"], now, satisfaction="5")
    (engine.root / "surveys/purchase/delivery.toml").unlink()
    save(engine, DELIVERY, "post-purchase")
    assert checked(engine) == [
        "the survey has moved: 1 response came at the touchpoint `delivery` of the stage purchase and counts at"
        " `delivery` of post-purchase now"
    ]


def test_of_anonymous_answers_only_those_are_told_that_are_out(engine: Engine) -> None:
    anonymous = 'mode = "anonymous"\n' + DELIVERY
    save(engine, anonymous)
    served = engine.library.surveys["delivery"]
    running, over = datetime.now(UTC), datetime(2026, 3, 31, tzinfo=UTC)
    renamed = anonymous.replace('"reason"', '"why"').replace('"late"', '"tardy"')
    for _ in range(12):
        given(engine, served, running, timing="late", reason="rain")
    save(engine, renamed)
    assert checked(engine) == []
    for _ in range(11):
        given(engine, served, over, timing="late", reason="rain")
    assert sorted(checked(engine)) == [
        "the option `late` of `timing` is gone; 11 answers were given with it",
        "the question `reason` is gone; 11 answers were given to it",
    ]


def test_a_test_is_no_answer(engine: Engine, now: datetime) -> None:
    given(engine, engine.library.surveys["delivery"], now, satisfaction="5", reason="rain")
    with engine.database.write() as connection:
        connection.execute(update(response).values(test=True))
    save(engine, DELIVERY.replace("satisfaction", "happiness").replace('"reason"', '"why"'))
    assert checked(engine) == []


def test_check_makes_nothing(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.mktemp("new")
    for name in ("config.toml", "surveys/purchase/delivery.toml"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text((engine.root / name).read_text("utf-8"), "utf-8")
    before = sorted(root.rglob("*"))
    assert CliRunner().invoke(main, ["--project", str(root), "check"]).exit_code == 0
    assert sorted(root.rglob("*")) == before


@pytest.mark.parametrize("revision", ["0001", "9999"])
def test_a_database_that_cannot_be_read_is_a_note(engine: Engine, revision: str) -> None:
    from surveyengine.store.engine.migration import REVISION

    with engine.database.write() as connection:
        connection.execute(update(REVISION).values(version_num=revision))
    done = CliRunner().invoke(main, ["--project", str(engine.root), "check"])
    age = "an older" if revision == "0001" else "a newer"
    note = f"because the database holds the tables of {age} surveyengine"
    assert (done.exit_code, done.stdout) == (0, "1 good survey, 0 errors, 0 warnings\n")
    assert note in done.stderr
    with engine.database.write() as connection:
        connection.execute(update(survey_version).values(stage="purchase"))


def test_a_database_that_is_away_is_a_note(engine: Engine) -> None:
    config = engine.root / "config.toml"
    url = "postgresql+psycopg://nobody@127.0.0.1:1/none"
    config.write_text(config.read_text("utf-8").replace(engine.config.database.url, url), "utf-8")
    done = CliRunner().invoke(main, ["--project", str(engine.root), "check"])
    assert done.exit_code == 0
    assert "note: the files were not compared with what is stored" in done.stderr
