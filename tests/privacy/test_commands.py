"""The commands for what a customer may ask."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from surveyengine.app import create_app
from surveyengine.cli import main
from surveyengine.engine import Engine, start
from tests.conftest import Opened
from tests.privacy import life
from tests.privacy.life import EMAIL, ID, found, live
from tests.support import business

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def lived(tmp_path: Path, opened: Opened) -> Iterator[Engine]:
    """The customer's life, on SQLite."""
    engine = start(opened.copy(tmp_path / "project"))
    business.change(engine, life.SURVEYS, cooldown="0 days")
    live(engine, create_app(engine).test_client(), NOW)
    yield engine
    engine.close()


def run(engine: Engine, *arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(main, ["--project", str(engine.root), *arguments], input=typed)


def test_erasing_asks_first_and_says_what_went(lived: Engine) -> None:
    asked = run(lived, "erase", EMAIL, typed="n\n")
    assert asked.exit_code == 1
    counts = "events 6, invitations 5, messages 5, drafts of forms 1, responses 2, answers that were written 3"
    assert f"Of customer {ID} there are: {counts}. Erase for good?" in asked.stderr
    assert found(lived)
    done = run(lived, "erase", EMAIL, typed="y\n")
    assert done.exit_code == 0, done.output
    assert "      6  events\n      5  invitations\n" in done.stdout
    assert "The closed answers stay in the counts, as nobody's" in done.stdout
    assert found(lived) == []
    again = run(lived, "erase", ID, "--yes")
    assert (again.exit_code, again.stderr) == (1, f"surveyengine: customer `{ID}` was erased on {NOW:%Y-%m-%d}\n")


def test_erasing_who_does_not_exist_says_so(lived: Engine) -> None:
    refused = run(lived, "erase", "nobody", "--yes")
    assert (refused.exit_code, refused.stderr) == (1, "surveyengine: there is no customer `nobody`\n")


def test_erasing_with_answers_says_so(lived: Engine) -> None:
    assert "The closed answers left every count" in run(lived, "erase", ID, "--answers", "--yes").stdout


@pytest.mark.parametrize(
    ("name", "begins"),
    [("dana.html", "<!doctype html>"), ("dana.json", '{\n  "at"'), ("dana.txt", "המידע עליך השמור אצל")],
)
def test_access_writes_a_file_for_the_customer_alone(lived: Engine, tmp_path: Path, name: str, begins: str) -> None:
    path = tmp_path / name
    path.touch(0o644)  # what was there before, for all to read
    done = run(lived, "access", ID, "-o", str(path))
    assert (done.exit_code, done.output) == (0, "")
    assert path.read_text("utf-8").startswith(begins)
    assert path.stat().st_mode & 0o777 == 0o600
    told = run(lived, "access", ID, "--language", "en").stdout
    assert "What Nava Home keeps" in told
    assert "\\u" not in told    # nothing of it is escaped
    assert run(lived, "access", ID, "-o", str(tmp_path / "dana.pdf")).exit_code == 2
    assert run(lived, "access", "nobody").exit_code == 1


def test_correcting_says_what_was_and_what_is(lived: Engine) -> None:
    done = run(lived, "correct", ID, "--name", "Shirin R.", "--role", "", "--language", "he")
    said = ["name: Shirin-Rostami -> Shirin R.", "role: buyer -> nothing", "language: he, as it was"]
    assert sorted(done.stdout.splitlines()) == sorted(said)
    assert run(lived, "correct", ID).exit_code == 2
    refused = run(lived, "correct", ID, "--email", "shirin")
    assert (refused.exit_code, refused.stderr[:23]) == (1, "surveyengine: `email` m")
