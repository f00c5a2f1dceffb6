"""A backup goes through a pipe, as to a program that encrypts it; and what a killed backup has left is taken away."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from surveyengine.backup import drafts
from surveyengine.engine import start
from tests.support import business
from tests.support.rows import rows
from tests.support.running import COMMAND, command


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A project that was opened once, on SQLite."""
    root = business.write(tmp_path / "project")
    start(root).close()
    return root


@pytest.mark.skipif(shutil.which("gpg") is None, reason="gpg is not installed")
def test_a_backup_is_encrypted_on_its_way_and_never_lies_in_the_clear_beside_the_file(
    small: Path, tmp_path: Path
) -> None:
    with closing(start(small)) as engine:
        before = rows(engine.database)
    (home := tmp_path / "gpg").mkdir(mode=0o700)
    gpg = f"gpg --homedir {home} --batch --quiet --pinentry-mode loopback --passphrase correct-horse"
    run, again = " ".join([*COMMAND, str(small)]), " ".join([*COMMAND, str(tmp_path / "new")])
    (tmp_path / "new").mkdir()
    there = f"{run} backup - | {gpg} --symmetric --output {tmp_path}/kept.gpg"
    back = f"{gpg} --decrypt {tmp_path}/kept.gpg | {again} restore -"
    for line in (there, back):
        done = subprocess.run(["bash", "-o", "pipefail", "-c", line], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    assert b"manifest" not in (tmp_path / "kept.gpg").read_bytes()
    assert "brought back as it was" in done.stdout
    with closing(start(tmp_path / "new")) as engine:
        assert rows(engine.database) == before
    assert [path.name for path in (small / "data").iterdir() if "part" in path.name] == []


def test_what_is_said_of_a_backup_in_a_pipe_is_not_in_it(small: Path, tmp_path: Path) -> None:
    done = command(small, "backup", "-")
    assert done.exit_code == 0
    assert done.stderr.startswith("standard output: ")
    assert "read again and found whole" in done.stderr
    (tmp_path / "kept.tar").write_bytes(done.stdout_bytes)
    (tmp_path / "new").mkdir()
    assert command(tmp_path / "new", "restore", str(tmp_path / "kept.tar")).exit_code == 0
    (tmp_path / "other").mkdir()
    cut = subprocess.run(
        [*COMMAND, str(tmp_path / "other"), "restore", "-"], input=done.stdout_bytes[:-20_000], capture_output=True
    )
    assert (cut.returncode, b"what came by standard input is truncated" in cut.stderr) == (1, True), cut.stderr
    assert list((tmp_path / "other").iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="needs /dev/full")
def test_a_pipe_that_takes_nothing_is_told(small: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*COMMAND, str(small), "backup", "-"], stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert b"standard output did not take the whole backup: No space left on device" in done.stderr


def test_a_program_in_a_pipe_that_ends_too_early_is_told_and_nothing_else_is_blamed(small: Path) -> None:
    line = f"{' '.join([*COMMAND, str(small)])} backup - | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True)
    said = "surveyengine: standard output did not take the whole backup: Broken pipe\n"
    assert (done.returncode, done.stderr) == (1, said)


def test_a_backup_takes_away_what_killed_ones_have_left_and_nothing_else(small: Path, tmp_path: Path) -> None:
    def folder(name: str, *held: str) -> Path:
        (tmp_path / name).mkdir()
        for one in held:
            (tmp_path / name / one).write_text("x")
        return tmp_path / name

    ours = [folder("old.tar.part-a1", drafts.OWN, "database"), folder("kept.tar.part-a2", drafts.OWN, "backup")]
    working = folder("kept.tar.part-b1", drafts.OWN, "database")
    theirs = [
        working, folder("film.part-1", "database"), folder("film.part-2", drafts.OWN, "mine"), folder("film.part-3"),
        folder("film", drafts.OWN),
    ]  # fmt: skip
    (tmp_path / "list.part-1").write_text("x")
    (tmp_path / "link.part-1").symlink_to(tmp_path / "film")
    with (working / drafts.OWN).open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert command(small, "backup", str(tmp_path / "kept.tar")).exit_code == 0
    assert [path for path in ours if path.exists()] == []
    assert [path for path in theirs if not path.exists()] == []
    assert os.readlink(tmp_path / "link.part-1") == str(tmp_path / "film")
    assert (tmp_path / "film" / drafts.OWN).exists()
    assert command(small, "backup", str(tmp_path / "next.tar")).exit_code == 0
    assert not working.exists()
