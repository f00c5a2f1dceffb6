from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from surveyengine.app import create_app
from surveyengine.engine import Engine, start
from surveyengine.project import files
from surveyengine.store import surveys as store
from surveyengine.store.engine.database import Database
from surveyengine.store.engine.migration import migrate
from surveyengine.store.schema import current_survey, survey_version
from surveyengine.versions.library import Freshness, is_settled
from tests.support import business
from tests.support.business import DELIVERY

AT_ONCE = Freshness(every=0.0, settled=-1.0)    # a file that was written just now will do
OTHER = DELIVERY.replace("On time", "Punctual")
BROKEN = [
    pytest.param("", id="0 bytes"),
    pytest.param("title = ", id="no TOML"),
    pytest.param(DELIVERY.replace("required", "requird"), id="a typo"),
    pytest.param(DELIVERY.replace('he = "מה הסיבה?", ', ""), id="a missing language"),
]


@pytest.fixture
def engine(engine: Engine) -> Engine:
    engine.library.freshness = AT_ONCE
    return engine


@pytest.fixture
def delivery(engine: Engine) -> Path:
    return engine.root / "surveys/purchase/delivery.toml"


def refresh(engine: Engine) -> None:
    engine.library.refresh(datetime.now(UTC))


def save(engine: Engine, path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    refresh(engine)


def on_time(engine: Engine) -> str:
    """What the served survey calls its first option."""
    question = engine.library.surveys["delivery"].question("timing")
    assert question
    text = question.offered[0].text
    assert not isinstance(text, str)
    return text["en"]


def stored(engine: Engine) -> int:
    with engine.database.read() as connection:
        return int(connection.scalar(select(func.count()).select_from(survey_version)) or 0)


@contextmanager
def restarted(engine: Engine) -> Iterator[Engine]:
    """The same project, opened once more by another process."""
    again = start(engine.root)
    again.library.freshness = engine.library.freshness
    try:
        yield again
    finally:
        again.close()


def test_a_version_is_stored_once_and_known_by_its_content(engine: Engine, delivery: Path) -> None:
    served = engine.library.surveys["delivery"]
    save(engine, delivery, "# a comment\n" + DELIVERY.replace("\n\n", "\n\n\n"))
    assert (engine.library.surveys["delivery"].digest, stored(engine)) == (served.digest, 1)
    save(engine, delivery, OTHER)
    save(engine, delivery, DELIVERY)
    save(engine, delivery, OTHER)
    assert stored(engine) == 2
    assert on_time(engine) == "Punctual"


def test_an_old_version_stays_as_it_was(engine: Engine, delivery: Path) -> None:
    old = engine.library.surveys["delivery"]
    save(engine, delivery, OTHER)
    with restarted(engine) as again:
        found = again.library.version(old.digest)
    assert found == engine.library.version(old.digest) == old
    assert found.content == old.content
    assert engine.library.version("0" * 64) is None


def test_a_version_from_the_database_is_the_version_of_the_file(engine: Engine, delivery: Path) -> None:
    awkward = "[invite]\nsample = 1e-7\npriority = -0\nwhen.x = [1.0, 1, true]"
    save(engine, delivery, DELIVERY.replace("[invite]", awkward))
    served = engine.library.surveys["delivery"]
    delivery.unlink()
    with restarted(engine) as again:
        assert again.library.surveys["delivery"] == served


def test_an_edit_is_served_and_what_was_served_is_counted(engine: Engine, delivery: Path) -> None:
    before = engine.library.generation
    refresh(engine)
    assert engine.library.generation == before
    save(engine, delivery, OTHER)
    assert (on_time(engine), engine.library.generation) == ("Punctual", before + 1)


def test_a_new_survey_is_served(engine: Engine, delivery: Path) -> None:
    folder = engine.root / "surveys/relationship"
    folder.mkdir()
    save(engine, folder / "yearly.toml", DELIVERY)
    assert set(engine.library.surveys) == {"delivery", "yearly"}
    assert engine.library.surveys["yearly"].stage == "relationship"


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_edit_keeps_the_last_good_version(engine: Engine, delivery: Path, text: str) -> None:
    save(engine, delivery, OTHER)
    served = engine.library.surveys["delivery"]
    save(engine, delivery, text)
    assert engine.library.surveys["delivery"] is served
    assert engine.library.faults
    with restarted(engine) as again:
        assert again.library.surveys["delivery"] == served
        assert again.library.faults
    save(engine, delivery, DELIVERY)
    assert (on_time(engine), engine.library.faults) == ("On time", ())


def test_a_broken_edit_is_logged_with_its_place(
    engine: Engine, delivery: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        save(engine, delivery, DELIVERY.replace("required", "requird"))
        refresh(engine)
    assert caplog.messages == [
        "surveys/purchase/delivery.toml:13:1: error: unknown key `requird`; did you mean `required`?"
        " (the last good version stays in use)"
    ]


@pytest.mark.parametrize("what", ["file", "folder", "replaced by a folder", "all"])
def test_what_vanishes_keeps_serving(engine: Engine, delivery: Path, what: str) -> None:
    served = engine.library.surveys["delivery"]
    delivery.unlink()
    if what == "folder":
        delivery.parent.rmdir()
    elif what == "all":
        delivery.parent.rmdir()
        delivery.parent.parent.rmdir()
    elif what == "replaced by a folder":
        delivery.mkdir()
    refresh(engine)
    assert engine.library.surveys["delivery"] == served
    with restarted(engine) as again:
        assert again.library.surveys["delivery"] == served


def test_a_survey_that_moves_to_another_stage_is_served_there(engine: Engine, delivery: Path) -> None:
    old = engine.library.surveys["delivery"]
    (engine.root / "surveys/post-purchase").mkdir()
    delivery.rename(engine.root / "surveys/post-purchase/delivery.toml")
    refresh(engine)
    new = engine.library.surveys["delivery"]
    assert (old.stage, new.stage, old.digest == new.digest) == ("purchase", "post-purchase", False)


def test_a_survey_is_closed_by_its_file_alone(engine: Engine, delivery: Path) -> None:
    client = create_app(engine).test_client()
    assert client.get("/s/delivery").status_code == 200
    save(engine, delivery, "")
    assert client.get("/s/delivery").status_code == 200
    save(engine, delivery, "closed = true\n" + DELIVERY)
    assert engine.library.surveys["delivery"].head.closed
    assert client.get("/s/delivery").status_code == 410
    save(engine, delivery, DELIVERY)
    assert client.get("/s/delivery").status_code == 200


def test_a_form_that_was_open_while_its_survey_changed_is_still_answered(engine: Engine, delivery: Path) -> None:
    client = create_app(engine).test_client()
    token = business.token(client.get("/s/delivery?lang=en").text)
    save(engine, delivery, OTHER.replace('"satisfaction"', '"happiness"').replace("satisfaction =", "happiness ="))
    assert engine.library.surveys["delivery"].question("happiness")
    answer = client.post("/s/delivery", data={"form": token, "satisfaction": "2", "timing": "late", "reason": "rain"})
    if answer.status_code == 200:    # sent sooner than a person reads: confirmed once more
        answer = client.post("/s/delivery", data={"form": business.token(answer.text), "satisfaction": "2"})
    assert answer.status_code == 303


def test_a_fault_in_reading_the_files_stops_nobody(
    engine: Engine, delivery: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(files, "read", None)
    save(engine, delivery, OTHER)
    assert on_time(engine) == "On time"
    assert "could not be read" in caplog.text


def test_a_broken_config_keeps_the_last_good_one(engine: Engine, delivery: Path) -> None:
    path = engine.root / "config.toml"
    good, text = engine.config, path.read_text(encoding="utf-8")
    save(engine, path, text.replace("[business]", "[bussiness]"))
    assert engine.config is good
    assert engine.library.faults
    save(engine, path, text.replace("Asia/Jerusalem", "Europe/Berlin"))
    assert (engine.config.business.timezone, engine.library.faults) == ("Europe/Berlin", ())


def test_surveys_must_speak_the_last_good_languages_while_the_config_is_broken(engine: Engine, delivery: Path) -> None:
    path = engine.root / "config.toml"
    path.write_text("[business", encoding="utf-8")
    save(engine, delivery, OTHER.replace(', fa = "دلیل چیست؟"', ""))
    assert on_time(engine) == "On time"
    save(engine, delivery, OTHER)
    assert on_time(engine) == "Punctual"


def test_a_language_that_is_added_takes_no_survey_away(engine: Engine) -> None:
    path = engine.root / "config.toml"
    served = engine.library.surveys["delivery"]
    save(engine, path, path.read_text("utf-8").replace('["he", "fa", "en"]', '["he"]'))
    assert engine.config.languages == ("he",)
    assert engine.library.surveys["delivery"] == served


def test_what_an_older_engine_allowed_is_not_served_and_does_no_harm(engine: Engine, delivery: Path) -> None:
    digest = engine.library.surveys["delivery"].digest
    with engine.database.write() as connection:
        connection.execute(update(survey_version).values(content={"title": "of an older time"}))
    delivery.write_text("", encoding="utf-8")
    with restarted(engine) as again:
        assert dict(again.library.surveys) == {}
        assert again.library.version(digest) is None
        assert create_app(again).test_client().get("/s/delivery").status_code == 404


def test_two_processes_publish_the_same_version_once(engine: Engine, delivery: Path) -> None:
    with restarted(engine) as other:
        delivery.write_text(OTHER, encoding="utf-8")
        refresh(engine)
        refresh(other)
        assert (on_time(engine), on_time(other), stored(engine)) == ("Punctual", "Punctual", 2)
    with engine.database.read() as connection:
        (current,) = store.current(connection)
        assert connection.scalar(select(func.count()).select_from(current_survey)) == 1
    assert current.digest == engine.library.surveys["delivery"].digest


def test_an_edit_while_the_engine_starts_is_not_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = business.write(tmp_path)

    def edited(database: Database) -> None:
        migrate(database)
        (root / "surveys/purchase/delivery.toml").write_text(OTHER, encoding="utf-8")

    monkeypatch.setattr("surveyengine.engine.migrate", edited)
    engine = start(root)
    engine.library.freshness = AT_ONCE
    refresh(engine)
    assert on_time(engine) == "Punctual"
    engine.close()


# When files are looked at: seldom, and not while they are being written.

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "settled"), [(0.0, False), (0.4, False), (0.6, True), (3600.0, True), (-0.1, True), (-3600.0, True)]
)
def test_a_file_is_settled_once_it_was_left_alone_or_its_clock_is_wrong(age: float, settled: bool) -> None:
    written = int((NOW.timestamp() - age) * 1e9)
    assert is_settled({"old": (0, 1, 1), "f": (written, 1, 1)}, NOW, 0.5) is settled


def test_a_file_from_the_future_is_read(engine: Engine, delivery: Path) -> None:
    engine.library.freshness = Freshness(every=0.0)
    delivery.write_text(OTHER, encoding="utf-8")
    ahead = time.time() + 86_400
    os.utime(delivery, (ahead, ahead))
    engine.library.refresh(datetime.now(UTC) + timedelta(minutes=1))
    assert on_time(engine) == "Punctual"


def test_a_file_half_saved_is_waited_for(engine: Engine, delivery: Path) -> None:
    engine.library.freshness = Freshness(every=0.0)
    delivery.write_text(OTHER, encoding="utf-8")
    written = datetime.fromtimestamp(delivery.stat().st_mtime, UTC)
    engine.library.refresh(written + timedelta(seconds=0.2))
    assert on_time(engine) == "On time"
    engine.library.refresh(written + timedelta(seconds=0.6))
    assert on_time(engine) == "Punctual"


def test_files_are_looked_at_seldom(engine: Engine, delivery: Path) -> None:
    engine.library.freshness = Freshness(every=3600.0)
    refresh(engine)
    save(engine, delivery, OTHER)
    assert on_time(engine) == "On time"


def test_an_edit_is_served_within_two_seconds() -> None:
    assert sum(Freshness()) < 2    # at worst a look comes just before the file has settled
