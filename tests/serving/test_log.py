"""What stands in the log, and what never does."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyengine.log import LONGEST, STYLES, redacted
from tests.support import business
from tests.support.running import command, running, until

TOKEN, KEY = "yQ3vJ0cN5w_HkR-7b1TzXA", "se_" + "k3Y-_" * 8
SECRETS = {
    f"/r/{TOKEN}": TOKEN,
    f"/feedback/r/{TOKEN}?lang=he": TOKEN,
    f"/u/{TOKEN}{TOKEN}": TOKEN,
    f"//R/{TOKEN}/x": TOKEN,
    f"/feedback/staff/first/{TOKEN}": TOKEN,
    f"Cookie: a=b; __Host-staff={TOKEN}; c=d": TOKEN,
    f"Authorization: Bearer {KEY}": KEY,
    f"key {KEY} was given": KEY,
    "<dana@example.com>: mailbox full": "dana",
    "dana.o'hara+shop@mail.example.co.il": "hara",
    "to=dana%40example.com": "dana",
    "דנה@example.com": "דנה",
    "postgresql+psycopg://shop:p@ss/word@db.internal/shop": "word",
    "smtp://shop:hunter2@mail.example.com:587": "hunter2",
    "connection to host=db password=hunter2 failed": "hunter2",
    "GET /s/delivery?satisfaction=5&order=A-1001": "A-1001",
    "https://feedback.example.com/s/delivery?lang=he&name=Dana": "Dana",
    "null value violates\nDETAIL:  Failing row contains (7, Dana,\nlate again).\n[SQL: INSERT]": "again",
}


def record(message: str, *arguments: object, error: BaseException | None = None) -> logging.LogRecord:
    raised = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("surveyengine", logging.WARNING, __file__, 1, message, arguments, raised)


def raised(text: str) -> BaseException:
    try:
        raise RuntimeError(text)
    except RuntimeError as error:
        return error


@pytest.mark.parametrize(("text", "secret"), SECRETS.items())
@pytest.mark.parametrize("style", STYLES)
def test_no_record_holds_a_secret_wherever_it_stands(style: str, text: str, secret: str) -> None:
    line = STYLES[style]().format
    said = (record(text), record("said %s", text), record("said %r", ValueError(text)))
    for one in (*said, record("failed", error=raised(text))):
        shown = line(one)
        assert secret not in shown
        assert secret not in str(json.loads(shown) if style == "json" else "")
        assert "***" in shown


@pytest.mark.parametrize(
    "text",
    ["invitation 7: not sent: 550 no such user", "surveys/purchase/delivery.toml:3:1: error: what? why?", "a ? b",
     "SELECT x FROM y WHERE z = ? AND w IN (?, ?)", "https://feedback.example.com/s/delivery", "users/rules: 3"],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redacted(text) == text


@pytest.mark.parametrize("style", STYLES)
@given(text=st.text())
def test_any_record_is_one_line(style: str, text: str) -> None:
    for one in (record("%s", text), record("failed", error=raised(text))):
        shown = STYLES[style]().format(one)
        assert len(shown.splitlines()) == 1
        assert shown.isprintable() or style == "text"
        assert "\x1b" not in shown


@given(text=st.text())
def test_json_says_what_was_logged(text: str) -> None:
    content = json.loads(STYLES["json"]().format(record("%s", text)))
    assert content["message"] == redacted(text)
    assert (content["level"], content["logger"]) == ("warning", "surveyengine")


def test_a_traceback_is_told_on_the_line_of_its_record() -> None:
    shown = STYLES["text"]().format(record("failed", error=raised("no luck")))
    assert shown.endswith("| RuntimeError: no luck")
    assert "WARNING failed | Traceback (most recent call last): | " in shown
    assert json.loads(STYLES["json"]().format(record("failed", error=raised("no luck"))))["traceback"].count("\n") >= 3


@pytest.mark.parametrize("piece", ["a", "@", "a@", "://", "/r/", "?", "DETAIL: ", "se_", "bearer ", "a.", "%40", "\n"])
def test_a_record_of_a_million_characters_is_cut_and_takes_no_time(piece: str) -> None:
    assert len(redacted(piece * 1_000_000)) <= 2 * LONGEST


LIBRARIES = [
    ("apscheduler.scheduler", "Error submitting job %s to executor default", "something that is done again and again"),
    ("apscheduler.executors.default", "Error running job x", "something that is done again and again"),
    ("_granian", "Unexpected exit from worker-1", "a process that serves pages has ended, and is started again"),
    ("granian", "Killing worker-1 after it refused to gracefully stop", "a process that serves pages did not stop"),
    ("sqlalchemy.pool.impl.QueuePool", "Exception during reset or similar", "database: Exception during reset"),
    ("alembic.runtime.migration", "what", "database: what"), ("werkzeug", "what", "pages: what"),
    ("py.warnings", "what", "python: what"), ("some.other", "what", "library: what"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "message", "meant"), LIBRARIES)
@pytest.mark.parametrize("style", STYLES)
def test_what_a_library_says_is_told_in_our_words(style: str, name: str, message: str, meant: str) -> None:
    arguments = ("j",) * message.count("%s")
    shown = STYLES[style]().format(logging.LogRecord(name, logging.ERROR, __file__, 1, message, arguments, None))
    assert meant in shown
    assert name not in shown
    assert not re.search("apscheduler|granian|sqlalchemy|alembic|werkzeug", shown)


# ── The engine as a program

BREAKS = """
import sys, surveyengine.cli, surveyengine.serving.worker
def breaks(post, stopping):
    raise RuntimeError("dana@example.com /r/{token}\\nforged line")
surveyengine.serving.worker.send_all = breaks
surveyengine.cli.main(["--project", sys.argv[1], "work", "--once", "--log-format", "json"])
"""


def lines(text: str, keep: Callable[[str], bool] = bool) -> list[str]:
    return [line for line in text.splitlines() if keep(line)]


def test_every_line_of_a_json_log_is_json_and_tells_no_secret(tmp_path: Path) -> None:
    root = business.write(tmp_path)
    with running(root, "--log-format", "json", "--access-log") as engine:
        key = command(root, "key", "add", "shop").stdout.strip()
        engine.get("/s/delivery?lang=he&satisfaction=5", {"Authorization": f"Bearer {key}"})
        engine.get(f"/r/{TOKEN}?lang=he")
        engine.get("/s/nowhere%0Aforged%1b[31m")
        engine.post("/api/v1/events?x=hidden", b"dana@example.com", {"Authorization": f"Bearer {key}"})
        until(lambda: "/api/v1/events" in engine.log(), "the last request was not logged")
        assert engine.stop() == 0
        said = engine.log()
    records = [json.loads(line) for line in lines(said, lambda line: line.startswith("{"))]
    asked = {(one["method"], one["path"], one["status"]) for one in records if one["logger"] == "surveyengine.access"}
    assert asked >= {
        ("GET", "/s/delivery", 200),
        ("GET", "/r/***", 404),
        ("GET", "/s/nowhere%0Aforged%1B%5B31m", 404),
        ("POST", "/api/v1/events", 400),
    }
    assert [secret for secret in (TOKEN, key, "dana@", "satisfaction", "hidden", "127.0.0.1") if secret in said] == []


def test_an_error_that_nobody_foresaw_is_a_record_too(tmp_path: Path) -> None:
    breaks = [sys.executable, "-c", BREAKS.replace("{token}", TOKEN), str(business.write(tmp_path))]
    done = subprocess.run(breaks, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    (line,) = lines(done.stderr)
    content = json.loads(line)
    assert content["level"] == "critical"
    assert "RuntimeError" in content["traceback"]
    assert "dana" not in line
    assert TOKEN not in line


def test_without_being_asked_to_the_engine_logs_no_request(tmp_path: Path) -> None:
    with running(business.write(tmp_path)) as engine:
        engine.get("/s/delivery")
        assert engine.stop() == 0
        assert "GET" not in engine.log()


def test_a_fault_at_the_start_is_a_record_of_a_json_log(tmp_path: Path) -> None:
    refused = command(business.write(tmp_path, config="[business]\n"), "serve", "--log-format", "json")
    assert refused.exit_code == 1
    (line,) = lines(refused.stderr)
    assert json.loads(line)["message"].startswith("config.toml:1:2: error: ")
