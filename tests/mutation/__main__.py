"""Prints which mutants of core modules their tests let pass: `python -m tests.mutation [MODULE ...] [--sample N]`."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

from .core import CORE
from .equivalent import Equivalent, known
from .mutant import Mutant, sample
from .trial import copied, passes

ROOT = Path(__file__).parents[2]
LIMIT = 300.0  # seconds for the tests of a module as it is
PATIENCE = 3  # times as long, and some seconds, for those of a mutant
START = 10.0


class Fate(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    EQUIVALENT = "equivalent"


class Unfit(Exception):
    """Why the mutants of a module cannot be tried, in a sentence."""


def options(arguments: Sequence[str] | None, core: Mapping[str, Sequence[str]]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        "python -m tests.mutation",
        description="Changes core modules, in a copy, and tells which changes their own tests let pass.",
        epilog="\n  ".join(["modules:", *core]) + "\n\nThe status is 1 where one survived, 2 where tests fail anyway.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("modules", metavar="MODULE", nargs="*", help="some of the modules below; all of them")
    parser.add_argument("--sample", type=int, default=7, metavar="N", help="mutants of each module; 7")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the choice of mutants; 1")
    chosen = parser.parse_args(arguments)
    if strangers := set(chosen.modules) - set(core):
        parser.error(f"not among the core modules: {', '.join(sorted(strangers))}; tests/mutation/core.py lists them")
    return chosen


def judged(
    tree: Path, module: str, tests: Sequence[str], equivalents: Sequence[Equivalent], chosen: argparse.Namespace
) -> Iterator[tuple[Mutant, Fate]]:
    """Yield mutants of a module, each with its fate; raises Unfit."""
    path, began = tree / "surveyengine" / module, time.monotonic()
    if not passes(tree, tests, LIMIT):
        raise Unfit(f"{module}: its tests fail, or take over {LIMIT:.0f} s, before anything is changed ({tests})")
    limit = START + PATIENCE * (time.monotonic() - began)
    for mutant in sample(module, path.read_text("utf-8"), chosen.sample, chosen.seed):
        if any(one.fits(mutant) for one in equivalents):
            yield mutant, Fate.EQUIVALENT
            continue
        path.write_text(mutant.code, encoding="utf-8")
        yield mutant, Fate.SURVIVED if passes(tree, tests, limit) else Fate.KILLED
        path.write_text(mutant.original, encoding="utf-8")


def tried(judgements: Iterator[tuple[Mutant, Fate]]) -> Counter[Fate]:
    """Print the mutants that survive, and return how many met which fate."""
    counts = Counter[Fate]()
    for mutant, fate in judgements:
        counts[fate] += 1
        if fate == Fate.SURVIVED:
            print(f"survived in {mutant.module}", *mutant.diff(), sep="\n", flush=True)
    return counts


def told(counts: Counter[Fate]) -> str:
    """Put counts into words."""
    return f"{counts.total()} mutants: {', '.join(f'{counts[fate]} {fate}' for fate in Fate)}"


def main(
    arguments: Sequence[str] | None = None,
    root: Path = ROOT,
    core: Mapping[str, Sequence[str]] = CORE,
    equivalents: Sequence[Equivalent] | None = None,
) -> int:
    """Run what is asked for; return the exit status."""
    chosen, total = options(arguments, core), Counter[Fate]()
    listed = known() if equivalents is None else equivalents
    with copied(root) as tree:
        for module in chosen.modules or core:
            began = time.monotonic()
            try:
                counts = tried(judged(tree, module, core[module], listed, chosen))
            except Unfit as error:
                print(error, file=sys.stderr)
                return 2
            print(f"{module}, {told(counts)} ({time.monotonic() - began:.0f} s)", flush=True)
            total += counts
    print(f"seed {chosen.seed}, {told(total)}")
    return 1 if total[Fate.SURVIVED] else 0


if __name__ == "__main__":
    sys.exit(main())
