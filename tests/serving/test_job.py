"""One line in the log for each job of the worker that did something."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta

import pytest

from surveyengine.engine import Engine
from surveyengine.invitations.planning import take
from surveyengine.log import STYLES
from surveyengine.serving.job import logged
from surveyengine.serving.worker import work_once
from tests.support.business import delivered


def lines(caplog: pytest.LogCaptureFixture, style: str) -> list[str]:
    return [STYLES[style]().format(one) for one in caplog.records if one.name == "surveyengine.job"]


def test_a_job_that_did_something_says_what_and_in_how_long(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with logged("send") as done:
        done.update({"sent": 3, "failed": 0, "uncertain": 1})
    (text,), (said,) = lines(caplog, "text"), map(json.loads, lines(caplog, "json"))
    assert " INFO send: sent 3, uncertain 1 in 0.0" in text
    assert (said["job"], said["sent"], said["uncertain"], "failed" in said) == ("send", 3, 1, False)
    assert said["seconds"] < 1


def test_the_jobs_of_a_worker_say_what_they_did_and_nothing_where_nothing_was_to_do(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    now = datetime.now(UTC)
    work_once(engine, "https://feedback.example.com")
    caplog.clear()
    caplog.set_level(logging.INFO)
    work_once(engine, "https://feedback.example.com")
    assert lines(caplog, "text") == []
    take(engine, [delivered(str(n), now - timedelta(hours=13), f"c-{n}") for n in range(3)], now)
    assert work_once(engine, "https://feedback.example.com") == {"sent": 3}
    said = [json.loads(line) for line in lines(caplog, "json")]
    told = [(one["job"], one.get("sent"), one.get("invitations")) for one in said]
    assert told == [("send", 3, None), ("count", None, 3)]
