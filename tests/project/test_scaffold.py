"""`init`: a new project, which is good from its first minute."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from surveyengine.project import scaffold
from tests.support.running import command, running

ROOT = Path(__file__).parents[2]
SURVEYS = sorted(path.relative_to(ROOT) for path in (ROOT / "surveys").glob("*/*.toml"))


def test_a_new_project_is_checked_and_runs(tmp_path: Path) -> None:
    starting = [sys.executable, "-m", "surveyengine", "init", "my shop"]
    made = subprocess.run(starting, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (made.returncode, made.stderr) == (0, "")
    assert f"an example business with {len(SURVEYS)} surveys" in made.stdout
    assert made.stdout.endswith(f"  cd 'my shop' && {sys.executable} -m surveyengine run\n")
    project = tmp_path / "my shop"
    checked = command(project, "check")
    assert (checked.exit_code, checked.stdout) == (0, f"{len(SURVEYS)} good surveys, 0 errors, 0 warnings\n")
    with running(project) as engine:
        assert [engine.get(f"/s/{path.stem}?lang=fa")[0] for path in SURVEYS] == [200] * len(SURVEYS)


@pytest.mark.parametrize(
    ("name", "program"),
    [
        ("shop", "on PATH"),
        ("my shop", "script"),
        ("../it's a \"shop\" of {directory} $HOME", "module"),
        ("-shop", "script"),
        ("./deep/~משלוח", "on PATH"),
    ],
)
def test_it_ends_with_a_command_that_works(tmp_path: Path, name: str, program: str) -> None:
    here = tmp_path / "here and there"
    here.mkdir()
    script = here / "bin" / "surveyengine"
    script.parent.mkdir()
    script.write_text(f"#!{sys.executable}\nimport surveyengine.cli\nsurveyengine.cli.main()\n", encoding="utf-8")
    script.chmod(0o755)
    path = f"{script.parent}:{os.environ['PATH']}" if program == "on PATH" else "/usr/bin:/bin"
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": path}
    start = {"module": (sys.executable, "-m", "surveyengine"), "script": ("bin/surveyengine",)}
    begun = [*start.get(program, ("surveyengine",)), "init", "--", name]
    made = subprocess.run(begun, cwd=here, env=env, capture_output=True, text=True, timeout=60)
    last = made.stdout.splitlines()[-1]
    assert (made.stderr, last.rpartition(" ")[2]) == ("", "run")
    checked = last.removesuffix("run") + "check"
    done = subprocess.run(["sh", "-c", checked], cwd=here, env=env, capture_output=True, text=True, timeout=60)
    assert done.stdout == f"{len(SURVEYS)} good surveys, 0 errors, 0 warnings\n", done.stderr
    assert program != "on PATH" or " surveyengine " in last


WINDOWS = """
import os, signal, sys
sys.modules["fcntl"] = None
for module, names in ((os, "fork register_at_fork O_CLOEXEC set_blocking"), (signal, "SIGUSR2 SIGKILL pthread_kill")):
    for name in names.split():
        delattr(module, name)
from surveyengine.cli import main
for command in sys.argv[1:]:
    try:
        main(command.split())
    except SystemExit as end:
        print(end.code, flush=True)
    sys.stderr.write("\\0")
    sys.stdout.write("\\0")
"""


def test_without_what_only_posix_has_a_project_is_made_and_checked_and_no_more(tmp_path: Path) -> None:
    commands = ["init shop", *(f"--project shop {name}" for name in ("check", "run", "work", "report"))]
    starting = [sys.executable, "-c", WINDOWS, *commands]
    done = subprocess.run(starting, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    (made, *said), (_, *complaints) = done.stdout.split("\0"), done.stderr.split("\0")
    assert made.endswith("\n0\n")
    assert said == [f"{len(SURVEYS)} good surveys, 0 errors, 0 warnings\n0\n", "1\n", "1\n", "1\n", ""]
    said_no = "only `init` and `check` work on this system; the engine runs on Linux, on macOS and in WSL"
    refused = f"surveyengine: {said_no}\n"
    assert complaints == ["", refused, refused, refused, ""]


def test_a_new_project_holds_the_shipped_files_and_keeps_its_data_out_of_git(tmp_path: Path) -> None:
    assert scaffold.create(tmp_path / "deep" / "down") == len(SURVEYS)
    made = {path.relative_to(tmp_path / "deep/down") for path in (tmp_path / "deep").rglob("*") if path.is_file()}
    assert made == {*SURVEYS, Path("config.toml"), Path(".gitignore")}
    for path in (*SURVEYS, Path("config.toml")):
        assert (tmp_path / "deep/down" / path).read_bytes() == (ROOT / path).read_bytes()
    assert "/data/" in (tmp_path / "deep/down/.gitignore").read_text(encoding="utf-8")


def test_what_is_made_of_read_only_files_can_be_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "site-packages/surveyengine"
    shutil.copytree(ROOT / "surveys", package / "example/surveys")
    shutil.copyfile(ROOT / "config.toml", package / "example/config.toml")
    (package / "example/config.toml").chmod(0o444)
    monkeypatch.setattr(scaffold, "PACKAGE", package)
    assert scaffold.create(tmp_path / "shop") == len(SURVEYS)
    assert (tmp_path / "shop/config.toml").stat().st_mode & stat.S_IWUSR


@pytest.mark.parametrize("name", ["something", ".hidden", "config.toml"])
def test_a_directory_that_is_not_empty_is_left_alone(tmp_path: Path, name: str) -> None:
    shop = tmp_path / "shop"
    shop.mkdir()
    (shop / name).write_text("mine", encoding="utf-8")
    made = command(tmp_path, "init", str(shop))
    said = f"surveyengine: {shop} is there already and not empty; name a new or an empty directory\n"
    assert (made.exit_code, made.stdout, made.stderr) == (1, "", said)
    assert [path.name for path in (tmp_path / "shop").iterdir()] == [name]


def test_an_empty_directory_will_do_and_a_file_will_not(tmp_path: Path) -> None:
    assert scaffold.create(tmp_path) == len(SURVEYS)
    with pytest.raises(scaffold.Occupied):
        scaffold.create(tmp_path / "config.toml")


def test_where_a_directory_cannot_be_made_the_reason_is_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    made = command(tmp_path, "init", str(tmp_path / "file/shop"))
    assert made.exit_code == 1
    assert made.stderr.count("\n") == 1
    assert "Not a directory" in made.stderr
