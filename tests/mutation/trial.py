"""Runs tests over a copy of this tree, so that nobody who works in the tree ever meets a mutant."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

LEFT_OUT = shutil.ignore_patterns(".*", "build", "dist", "data")
# One process and one database: what is tried is what a module decides, and not how PostgreSQL stores it.
PYTEST = (
    "-m", "pytest", "-x", "-q", "-n0", "-k", "not postgres", "--hypothesis-seed=0", "--basetemp=pytest",
    "-p", "xdist.plugin", "-p", "_hypothesis_pytestplugin", "-p", "no:cacheprovider",
)  # fmt: skip
ENVIRONMENT = {
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # to load all of them takes longer than the tests of most modules
    "PYTHONDONTWRITEBYTECODE": "1",  # Python may take what it wrote of one mutant for the next one of the same second
}


@contextmanager
def copied(root: Path) -> Iterator[Path]:
    """Give a copy of a tree, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        yield shutil.copytree(root, Path(folder) / "tree", ignore=LEFT_OUT)


def passes(tree: Path, tests: Sequence[str], limit: float) -> bool:
    """Whether test files pass in a tree within `limit` seconds."""
    environment = os.environ | ENVIRONMENT | {"PYTHONPATH": str(tree)}
    command = [sys.executable, *PYTEST, *(f"tests/{one}" for one in tests)]
    with subprocess.Popen(
        command, cwd=tree, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            return process.wait(limit) == 0
        except subprocess.TimeoutExpired:
            return False
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End what is left of a process and of what it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
