"""Survey files that vanish, come back, or go on under another name."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from sqlalchemy import select

from surveyengine.app import create_app
from surveyengine.cli import main
from surveyengine.definitions.fault import Fault
from surveyengine.engine import Engine, start
from surveyengine.invitations.link import LinkRequest, NoLink
from surveyengine.invitations.link import path as link_path
from surveyengine.invitations.planning import take
from surveyengine.invitations.recurring import plan_turns
from surveyengine.project.files import read
from surveyengine.results import query
from surveyengine.results.record import plain
from surveyengine.serving.supervisor import welcome
from surveyengine.serving.worker import work_once
from surveyengine.store.schema import current_survey, invitation, response
from surveyengine.values.context import signature
from tests.support.business import DELIVERY, answer, asking, change, delivered

ADDRESS = "https://feedback.example.com"
NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
LONG_AGO = NOW - DAY  # of events whose invitations are due by now
GONE = (
    "surveys/purchase/delivery.toml:1:1: warning: the file of the survey `delivery` is gone, so it asks nobody any"
    " more; its links go on working; put it back; or, where it is over, run `surveyengine retire delivery`;"
    ' or, where another file continues it, write was = "delivery" in that one'
)


def follow(engine: Engine) -> None:
    """Serve what the files are now."""
    engine.library.publish(read(engine.root, engine.catalogs.languages), datetime.now(UTC))


def file(engine: Engine, id: str = "delivery") -> Path:
    return engine.root / f"surveys/purchase/{id}.toml"


def vanish(engine: Engine, id: str = "delivery") -> None:
    file(engine, id).unlink()
    follow(engine)


def rename(engine: Engine, old: str, new: str, was: bool = True) -> None:
    text = file(engine, old).read_text("utf-8")
    file(engine, new).write_text((f'was = "{old}"\n' if was else "") + text, "utf-8")
    vanish(engine, old)


def command(engine: Engine, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--project", str(engine.root), *arguments])


def states(engine: Engine) -> list[tuple[str, str, str | None]]:
    query = select(*invitation.c["survey", "state", "reason"]).order_by(invitation.c.key)
    with engine.database.read() as connection:
        return [(row.survey, row.state, row.reason) for row in connection.execute(query)]


def personal(engine: Engine, survey: str = "delivery", customer: str = "c-17") -> str:
    return "/" + link_path(engine, LinkRequest(survey, customer), datetime.now(UTC))


def checked(engine: Engine) -> list[str]:
    """What `check` says in another process, whose database is read and never written."""
    found = command(engine, "check", "--format", "json")
    return [str(Fault(**one)) for one in json.loads(found.stdout)]


@pytest.fixture
def client(engine: Engine) -> FlaskClient:
    return create_app(engine).test_client()


@pytest.fixture
def unhurried(engine: Engine) -> None:
    config = engine.root / "config.toml"
    config.write_text(config.read_text("utf-8") + '\n[web]\nmin_fill = "0 seconds"\n', "utf-8")
    follow(engine)


def test_a_survey_without_a_file_plans_nothing_new(engine: Engine) -> None:
    change(engine, {"purchase/yearly": asking(every="30 days").replace('on = "shipment.delivered"\n', "")})
    take(engine, [delivered(time=NOW - 40 * DAY)], NOW - 40 * DAY)
    vanish(engine)
    vanish(engine, "yearly")
    assert plan_turns(engine, NOW) == 0
    [outcome] = take(engine, [delivered("2", NOW)], NOW)
    assert (outcome["planned"], outcome["refused"]) == ([], [])
    assert [survey for survey, *_ in states(engine)] == ["delivery"]
    again = start(engine.root)
    try:
        assert take(again, [delivered("3", NOW)], NOW)[0]["planned"] == []
        assert plan_turns(again, NOW) == 0
    finally:
        again.close()
    engine.library.publish(read(engine.root, engine.catalogs.languages), NOW)


def test_its_links_go_on_working_and_what_was_planned_is_sent(
    engine: Engine, client: FlaskClient, unhurried: None
) -> None:
    take(engine, [delivered(time=LONG_AGO)], NOW)
    link = personal(engine)
    vanish(engine)
    assert answer(client, "/s/delivery", satisfaction="5").status_code == 303
    assert answer(client, link, satisfaction="4").status_code == 303
    assert work_once(engine, ADDRESS).total() == 1
    assert ("delivery", "sent", None) in states(engine)
    [counted] = _touchpoints(engine)
    assert (counted["touchpoint"], counted["csat"]["n"]) == ("delivery", 2)


def _touchpoints(engine: Engine) -> list[dict]:  # type: ignore[type-arg]
    report = plain(query.report(engine, query.ReportQuery(), datetime.now(UTC)))
    return [one for stage in report["stages"] for one in stage["touchpoints"]]


def test_its_share_of_a_draw_is_nobodys(engine: Engine) -> None:
    half = asking(draw="after", sample=0.5, after="0 days")
    change(engine, {"purchase/delivery": half, "purchase/parcel": half})
    vanish(engine)
    outcomes = take(engine, [delivered(f"{n}", NOW, f"c-{n}") for n in range(60)], NOW)
    asked = sum(len(one["planned"]) for one in outcomes)
    assert {one["survey"] for outcome in outcomes for one in outcome["planned"]} == {"parcel"}
    assert 15 <= asked <= 45
    assert sum(len(one["refused"]) for one in outcomes) == 60 - asked


def test_check_run_and_the_log_name_it_once(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    assert checked(engine) == []
    with caplog.at_level(logging.WARNING):
        vanish(engine)
        follow(engine)
    assert caplog.messages == [GONE]
    assert [str(fault) for fault in engine.library.faults] == [GONE]  # which `run` prints
    assert checked(engine) == [GONE]
    assert "/s/delivery" not in welcome(engine, ADDRESS)
    text = command(engine, "check")
    assert (text.exit_code, text.stdout) == (0, "0 good surveys, 0 errors, 1 warning\n")
    assert GONE in text.stderr


@pytest.mark.parametrize("text", ["", "title = ", DELIVERY.replace("required", "requird")])
def test_a_broken_file_has_not_vanished(engine: Engine, text: str) -> None:
    file(engine).write_text(text, "utf-8")
    follow(engine)
    assert [outcome["planned"] != [] for outcome in take(engine, [delivered(time=NOW)], NOW)] == [True]
    assert not any("is gone" in str(fault) for fault in engine.library.faults)
    assert not any("is gone" in line for line in checked(engine))
    assert "closed = true" in command(engine, "retire", "delivery").stderr


def test_a_file_that_comes_back_asks_again(engine: Engine) -> None:
    text = file(engine).read_text("utf-8")
    vanish(engine)
    file(engine).write_text(text, "utf-8")
    follow(engine)
    assert engine.library.faults == ()
    assert take(engine, [delivered(time=NOW)], NOW)[0]["planned"] != []


def test_a_retired_survey_is_closed_and_keeps_its_answers(
    engine: Engine, client: FlaskClient, unhurried: None
) -> None:
    text = file(engine).read_text("utf-8")
    take(engine, [delivered(time=LONG_AGO)], NOW)
    link = personal(engine)
    assert answer(client, "/s/delivery", satisfaction="5").status_code == 303
    vanish(engine)
    done = command(engine, "retire", "delivery")
    assert (done.exit_code, done.stdout) == (0, "delivery is retired; 1 planned invitation will not be sent\n")
    # The engine that runs hears of it without a change of its files.
    assert [client.get(path).status_code for path in ("/s/delivery", link)] == [410, 410]
    assert ("delivery", "refused", "closed") in states(engine)
    with pytest.raises(NoLink, match="is closed"):
        personal(engine, customer="c-17")
    follow(engine)
    assert (engine.library.faults, checked(engine)) == ((), [])
    assert client.get("/s/delivery").status_code == 410
    assert _touchpoints(engine)[0]["csat"]["n"] == 1
    assert "0 planned invitations" in command(engine, "retire", "delivery").stdout
    file(engine).write_text(text, "utf-8")
    follow(engine)
    assert client.get("/s/delivery").status_code == 200
    with engine.database.read() as connection:
        assert connection.scalar(select(current_survey.c.retired_at)) is None


@pytest.mark.parametrize(
    ("id", "said"),
    [
        ("delivery", "the file of the survey `delivery` is there; write `closed = true` at its top to close it"),
        ("delivry", "there is no survey `delivry`; did you mean `delivery`?"),
    ],
)
def test_what_cannot_be_retired_is_refused(engine: Engine, id: str, said: str) -> None:
    done = command(engine, "retire", id)
    assert (done.exit_code, done.stderr) == (1, f"surveyengine: {said}\n")


def test_a_renamed_survey_goes_on(engine: Engine, client: FlaskClient, unhurried: None) -> None:
    take(engine, [delivered(time=LONG_AGO)], NOW)
    link = personal(engine)
    form = client.get("/s/delivery?lang=en").text
    signed = signature(engine.secret, "delivery", (("order", "A-7"),))
    assert answer(client, "/s/delivery", satisfaction="5").status_code == 303
    rename(engine, "delivery", "parcel")
    assert (engine.library.faults, checked(engine)) == ((), [])
    assert set(engine.library.surveys) == {"parcel"}
    assert client.get("/s/delivery?lang=en").status_code == 200
    # A form that was open meanwhile, an old link with its facts, and a personal link all lead to an answer.
    token = form.split('name="form" value="')[1].split('"')[0]
    assert client.post("/s/delivery", data={"form": token, "satisfaction": "5"}).status_code == 303
    assert answer(client, f"/s/delivery?order=A-7&form.signed={signed}", satisfaction="4").status_code == 303
    assert answer(client, link, satisfaction="3", reason="x").status_code == 303
    with engine.database.read() as connection:
        rows = connection.execute(select(*response.c["survey", "context", "claimed"])).all()
    assert sorted(row.survey for row in rows) == ["delivery", "delivery", "parcel", "parcel"]
    assert ("A-7", False) in [(row.context.get("order"), row.claimed) for row in rows if row.survey == "parcel"]
    assert "goes on as `parcel`" in command(engine, "retire", "delivery").stderr
    assert command(engine, "link", "delivery").stdout == f"{ADDRESS}/s/parcel\n"
    file(engine, "parcel").write_text("closed = true\n" + file(engine, "parcel").read_text("utf-8"), "utf-8")
    follow(engine)
    assert client.get("/s/delivery").status_code == 410
    assert client.get(link).status_code in (200, 410)


def test_a_renamed_survey_asks_nobody_twice(engine: Engine) -> None:
    change(
        engine,
        {
            "purchase/delivery": asking(cooldown="90 days", after="0 days"),
            "purchase/yearly": asking(every="60 days").replace('on = "shipment.delivered"\n', ""),
        },
    )
    take(engine, [delivered(time=NOW - 70 * DAY)], NOW - 70 * DAY)
    assert plan_turns(engine, NOW - 5 * DAY) == 1
    rename(engine, "delivery", "parcel")
    rename(engine, "yearly", "annual")
    [outcome] = take(engine, [delivered("2", NOW)], NOW)
    assert outcome["refused"] == [{"survey": "parcel", "reason": "survey_cooldown"}]
    assert plan_turns(engine, NOW) == 0


def test_without_was_a_renamed_survey_is_a_new_one_and_said_to_be(engine: Engine) -> None:
    rename(engine, "delivery", "parcel", was=False)
    assert [str(fault) for fault in engine.library.faults] == [GONE]
    [outcome] = take(engine, [delivered(time=NOW)], NOW)
    assert [one["survey"] for one in outcome["planned"]] == ["parcel"]


def test_a_survey_that_was_retired_can_be_continued_still(engine: Engine, client: FlaskClient) -> None:
    text = file(engine).read_text("utf-8")
    vanish(engine)
    command(engine, "retire", "delivery")
    file(engine, "parcel").write_text('was = "delivery"\n' + text, "utf-8")
    follow(engine)
    assert client.get("/s/delivery").status_code == 200
    vanish(engine, "parcel")  # and now the heir is gone as well
    assert client.get("/s/delivery").status_code == 200
    assert [fault.file for fault in engine.library.faults] == ["surveys/purchase/parcel.toml"]
    assert command(engine, "retire", "parcel").exit_code == 0
    assert client.get("/s/delivery").status_code == 410


@pytest.fixture
def unreadable(engine: Engine) -> Iterator[Path]:
    folder = engine.root / "surveys/purchase"
    folder.chmod(0)
    try:
        yield folder
    finally:
        folder.chmod(0o755)


def test_a_folder_that_cannot_be_read_has_not_lost_its_files(engine: Engine, unreadable: Path) -> None:
    try:
        list(unreadable.iterdir())
        pytest.skip("this user reads every folder")
    except PermissionError:
        pass
    follow(engine)
    assert [str(fault) for fault in engine.library.faults] == [
        "surveys/purchase:1:1: error: the folder cannot be read: Permission denied"
    ]
    assert take(engine, [delivered(time=NOW)], NOW)[0]["planned"] != []
