"""Measures and prints: `python -m benchmarks [NAME …] [--quick] [--json FILE] [--markdown FILE]`."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from . import answers, claims, coverage, events, fairness, memory, pages, scores, simulating
from .bench import Bench, machine
from .figure import Figure
from .load import Client

BENCHMARKS: Mapping[str, Callable[[Bench], Iterator[Figure]]] = {
    "page": pages.page,
    "sqlite": answers.sqlite,
    "postgres": answers.postgresql,
    "full": pages.full,
    "report": scores.scores,
    "reports": scores.postgresql,
    "events": events.events,
    "claims": claims.sqlite,
    "claimed": claims.postgresql,
    "simulate": simulating.simulate,
    "memory": memory.memory,
    "weight": pages.weight,
    "coverage": coverage.coverage,
    "fairness": fairness.fairness,
}
REACHED = {True: "reached", False: "MISSED", None: ""}


def main() -> None:
    """Measure what is named, or all, and print each row when it is known."""
    about = "How fast the engine is, beside bare Flask; its intervals (coverage), and whom it asks (fairness)."
    parser = argparse.ArgumentParser("benchmarks", description=about)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(BENCHMARKS)}; all without")
    parser.add_argument("--quick", action="store_true", help="see that everything runs; the figures say nothing")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--markdown", type=Path, help="write the table to this file")
    options = parser.parse_args()
    if unknown := set(options.names) - set(BENCHMARKS):
        parser.error(f"there is no benchmark {min(unknown)!r}")
    for name, value in machine().items():
        print(f"{name}: {value}")
    figures = list(_shown(_measured(options.names or [*BENCHMARKS], options.quick)))
    if options.json:
        options.json.write_text(_json(figures), encoding="utf-8")
    if options.markdown:
        options.markdown.write_text(_markdown(figures), encoding="utf-8")


def _measured(names: Iterable[str], quick: bool) -> Iterator[Figure]:
    for name in names:
        with tempfile.TemporaryDirectory(prefix="benchmark-", ignore_cleanup_errors=True) as folder, Client() as client:
            Path(folder).chmod(0o755)  # PostgreSQL runs as another user
            yield from BENCHMARKS[name](Bench(Path(folder), client, quick))


def _shown(figures: Iterable[Figure]) -> Iterator[Figure]:
    for one in figures:
        goal = f"{one.goal} {REACHED[one.is_reached]}" if one.goal else ""
        print(f"{one.name:9}{_value(one):>10}  {_spread(one):13}  {goal:15}  {one.what}: {one.detail}")
        sys.stdout.flush()
        yield one


def _value(one: Figure) -> str:
    decimals = {"×": 2, "": 0}.get(one.unit, 1)
    return f"{one.value:.{decimals}f} {one.unit}".strip()


def _spread(one: Figure) -> str:
    return f"({min(one.values):.2f}–{max(one.values):.2f})" if len(one.values) > 1 else ""


def _json(figures: Iterable[Figure]) -> str:
    rows = [{**vars(one), "value": one.value, "reached": one.is_reached} for one in figures]
    return json.dumps({"machine": machine(), "figures": rows}, ensure_ascii=False, indent=2) + "\n"


def _markdown(figures: Iterable[Figure]) -> str:
    rows = [f"| {one.what} | {one.goal} | **{_value(one)}** {_spread(one)} | {one.detail} |" for one in figures]
    told = ", ".join(f"{name} {value}" for name, value in machine().items())
    return "\n".join(["| | goal | median (spread) | |", "|---|---|---|---|", *rows, "", f"Measured on: {told}.", ""])


if __name__ == "__main__":
    main()
