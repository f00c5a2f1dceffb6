"""That the benchmarks run and say what they measured; never how fast anything is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
GOALS = {
    "page": {"page": "≥ 0.7"}, "sqlite": {"sqlite": "≥ 0.5"}, "report": {"report": "≤ 2", "bare": "≤ 20"},
    "events": {"events": "≥ 0.04"}, "claims": {"claims": "≥ 0.8", "updates": ""}, "coverage": {"coverage": "≥ 93"},
    "simulate": {"simulate": "≥ 2000", "customer": "≤ 4"}, "fairness": {"fairness": "≤ 3", "control": "≤ 10"},
}  # fmt: skip


def test_each_benchmark_says_what_it_measured(tmp_path: Path) -> None:
    """In one run, because to begin takes longer than to measure so little."""
    told, table = tmp_path / "figures.json", tmp_path / "figures.md"
    command = [sys.executable, "-m", "benchmarks", *GOALS, "--quick", f"--json={told}", f"--markdown={table}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    written = json.loads(told.read_text(encoding="utf-8"))
    assert written["machine"]["Python"] in table.read_text(encoding="utf-8")
    assert {one["name"]: one["goal"] for one in written["figures"]} == {
        figure: goal for goals in GOALS.values() for figure, goal in goals.items()
    }
    for one in written["figures"]:
        assert one["value"] > 0
        assert one["what"] in done.stdout
