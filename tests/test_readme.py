"""What the README tells a newcomer to do, done."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

from surveyengine.cli import main
from surveyengine.definitions.kinds.registry import KINDS
from surveyengine.settings.config import Config
from tests import business
from tests.running import running, until

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"(?:<!-- (\w+) -->\n)?```(\w+)\n(.*?)```", README, re.DOTALL)


def shell(text: str, root: Path, **environment: str) -> str:
    """Run a README's command as it stands, with the engine that is being tested, in a project directory."""
    text = text.replace(".venv/bin/surveyengine", f"{sys.executable} -m surveyengine")
    done = subprocess.run(
        ["bash", "-ec", text], cwd=root, capture_output=True, text=True, timeout=60, env={**os.environ, **environment}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_tour_leads_to_a_first_answer_and_a_first_report(tmp_path: Path) -> None:
    for name in ("surveys", "translations"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "config.toml", tmp_path)
    steps = [text for mark, _, text in BLOCKS if mark == "tour"]
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


def test_the_example_of_an_event_is_taken(tmp_path: Path) -> None:
    example = next(text for mark, kind, text in BLOCKS if kind == "sh" and "curl" in text)
    with running(business.write(tmp_path)) as engine:
        key = shell(".venv/bin/surveyengine key add shop", tmp_path).strip()
        said = shell(example.replace("http://localhost:8000", engine.address), tmp_path, KEY=key)
    assert '"outcome": "accepted"' in said


def test_the_example_of_a_survey_has_no_error(tmp_path: Path) -> None:
    example = next(text for _, kind, text in BLOCKS if kind == "toml")
    business.write(tmp_path, {"purchase/delivery": example})
    assert "1 good survey, 0 errors" in shell(".venv/bin/surveyengine check", tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_the_readme_names_every_kind_of_question(kind: str) -> None:
    assert re.search(rf"^\| .*`{kind}`", README, re.MULTILINE)


@pytest.mark.parametrize("name", main.commands)
def test_the_readme_names_every_command(name: str) -> None:
    assert isinstance(main.commands[name], click.Command)
    assert re.search(rf"`{name}\b", README)


def test_the_readme_names_every_key_of_the_configuration() -> None:
    table = README.partition("## config.toml")[2].partition("## Events")[0]
    for name, field in Config.model_fields.items():
        model = field.annotation
        keys = [inner.alias or key for key, inner in getattr(model, "model_fields", {}).items()]
        assert f"[{name}" in table
        assert [key for key in keys if f"`{key}`" not in table] == []


def test_the_example_business_is_the_one_of_the_repository() -> None:
    assert tomllib.loads((ROOT / "config.toml").read_text(encoding="utf-8"))["business"]["name"]["en"] == "Nava Home"
