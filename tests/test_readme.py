"""What the README and the pages of `docs/` tell a newcomer to do, done."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from surveyengine.engine import start
from tests.campaigns.__main__ import CAMPAIGNS, options
from tests.support import business, postgres
from tests.support.documents import BLOCKS, ROOT, marked
from tests.support.running import command, running, until

RUN = ("tour", "events", "read", "export", "campaign", "backup", "grow", "privacy")  # by the tests below
TESTED = {*RUN, "start", "test", "extract"}  # these start or run the tests, or tests/test_translations.py runs them
TOML = [(page, block) for page, _, kind, block in BLOCKS if kind == "toml"]


def shell(text: str, root: Path, said: str = "", **environment: str) -> str:
    """Run a page's command as it stands, with the engine that is being tested, in a project directory."""
    text = re.sub(r"(?m)(?:\.venv/bin/|^)surveyengine", f"{sys.executable} -m surveyengine", text)
    done = subprocess.run(
        ["bash", "-ec", text], cwd=root, input=said, capture_output=True, text=True, timeout=60,
        env={**os.environ, **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_tour_leads_to_a_first_answer_and_a_first_report(tmp_path: Path) -> None:
    for name in ("surveys", "translations"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "config.toml", tmp_path)
    steps = marked("tour")
    with running(tmp_path) as engine:
        here = {"PORT": engine.address.rpartition(":")[2]}
        assert engine.get("/s/website", {"Accept-Language": "en-GB,en;q=0.5"})[1].count('lang="en"')
        assert shell(steps[0], tmp_path) == "accepted 1 · planned 1\n"
        assert shell(steps[0], tmp_path) == "accepted 0 · duplicate 1\n"
        links = shell(steps[1], tmp_path).split()
        assert [link.startswith(f"http://localhost:{here['PORT']}/r/") for link in links] == [True]
        path = links[0].partition(f":{here['PORT']}")[2]
        page = engine.get(path)[1]
        assert engine.submit(path, form=business.token(page), satisfaction="4") == 303
        assert "Checkout" in shell(steps[2], tmp_path)
        file = tmp_path / "surveys/purchase/checkout.toml"
        changed = file.read_text(encoding="utf-8").replace("the checkout?", "our checkout?")
        file.write_text(changed, encoding="utf-8")
        until(lambda: "our checkout?" in engine.get("/s/checkout?lang=en")[1], "the edit was not served", 5)
        assert "0 errors" in shell(steps[3], tmp_path)


def test_every_command_of_a_page_is_run() -> None:
    assert [(page, text) for page, mark, kind, text in BLOCKS if kind == "sh" and mark not in TESTED] == []
    assert [mark for mark in TESTED if not marked(mark)] == []


def test_the_examples_of_the_api_and_of_an_export_do_what_they_say(tmp_path: Path) -> None:
    (event,), (reading,), (export,) = map(marked, ("events", "read", "export"))
    with running(business.write(tmp_path)) as engine:
        keys = {scope: shell(f".venv/bin/surveyengine key add shop-{scope} --scope {scope}", tmp_path).strip()
                for scope in ("events", "read")}  # fmt: skip
        said = shell(event.replace("http://localhost:8000", engine.address), tmp_path, KEY=keys["events"])
        assert '"outcome": "accepted"' in said
        said = shell(reading.replace("http://localhost:8000", engine.address), tmp_path, KEY=keys["read"])
        assert '"responses": []' in said
        shell(export, tmp_path)
    assert (tmp_path / "responses.xlsx").read_bytes().startswith(b"PK")


def test_a_customer_is_told_corrected_and_forgotten(tmp_path: Path) -> None:
    with running(business.write(tmp_path)) as engine:
        keys = {scope: shell(f".venv/bin/surveyengine key add {scope} --scope {scope}", tmp_path).strip()
                for scope in ("events", "admin")}  # fmt: skip
        event = marked("events")[0].replace("http://localhost:8000", engine.address)
        shell(event, tmp_path, KEY=keys["events"])
        access, correction, erasure, preview, by_api = marked("privacy")
        shell(access, tmp_path)
        assert "c-17" in (tmp_path / "c-17.html").read_text("utf-8")
        shell(correction, tmp_path)
        assert "dana@example.org" in shell("surveyengine access c-17", tmp_path)
        shell(erasure, tmp_path, "y\n")
        assert "error" not in shell(preview, tmp_path)
        again = json.loads(shell(by_api.replace("http://localhost:8000", engine.address), tmp_path, KEY=keys["admin"]))
        assert again["events"] == 0    # of whom nothing is left
        assert command(tmp_path, "access", "c-17").exit_code == 1


def test_the_examples_of_a_backup_bring_a_project_back(tmp_path: Path) -> None:
    start(business.write(tmp_path)).close()
    written, restored = (shell(step, tmp_path) for step in marked("backup"))
    assert "read again and found whole" in written
    assert restored.startswith("brought back as it was at ")
    assert (tmp_path / "again" / "config.toml").read_bytes() == (tmp_path / "config.toml").read_bytes()


def test_a_business_begins_with_a_spreadsheet_and_ends_on_postgresql(tmp_path: Path, database: str) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    (tmp_path / "orders.csv").write_text(
        "type,source,id,time,customer.id,customer.email,order,total\n"
        f"order.paid,shop,1,{yesterday.isoformat()},c-1,dana@example.com,A-1,249.90\n"
    )
    begin, move, go_on = marked("grow")
    assert "accepted 1" in shell(begin, tmp_path)
    said = shell(move, tmp_path, DATABASE_URL=database)
    assert "1 event, 1 customer; every row was read again and is the same" in said
    (line,) = re.findall(r"^  (url = .*)$", said, re.MULTILINE)
    config = tmp_path / "my-shop" / "config.toml"
    config.write_text(f"{config.read_text('utf-8')}\n[database]\n{line}\n", "utf-8")
    (tmp_path / "my-shop" / "data" / "surveyengine.db").unlink()
    (tmp_path / "my-shop" / "data" / "surveyengine.db.queue").unlink()
    assert "Checkout" in shell(go_on, tmp_path)


@pytest.fixture
def database(postgres_server: postgres.Postgres) -> Iterator[str]:
    with postgres_server.fresh_database() as url:
        yield url


def test_the_example_of_a_campaign_is_understood() -> None:
    (command,) = marked("campaign")
    assert options(command.split()[3:]).name in CAMPAIGNS


@pytest.mark.parametrize(("page", "example"), TOML, ids=[f"{page}-{n}" for n, (page, _) in enumerate(TOML)])
def test_an_example_in_toml_has_no_error(tmp_path: Path, page: str, example: str) -> None:
    is_survey = "question" in tomllib.loads(example)
    business.write(tmp_path, {"purchase/delivery": example} if is_survey else None)
    if not is_survey:
        with (tmp_path / "config.toml").open("a", encoding="utf-8") as file:
            file.write(example)
    assert "1 good survey, 0 errors" in command(tmp_path, "check").stdout


def test_the_example_business_is_the_one_of_the_repository() -> None:
    assert tomllib.loads((ROOT / "config.toml").read_text(encoding="utf-8"))["business"]["name"]["en"] == "Nava Home"
