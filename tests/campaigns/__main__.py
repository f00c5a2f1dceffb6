"""Runs a campaign and prints what it saw: `python -m tests.campaigns NAME [--for 10m] [--database postgresql]`."""

from __future__ import annotations

import argparse
import logging
import platform
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from types import ModuleType

from surveyengine.store.engine.database import sqlite_module

from . import (
    clocks,
    disk_full,
    io_errors,
    kills,
    lives,
    locks,
    mail_server,
    power_cuts,
    slow_clients,
    stops,
    two_workers,
)
from .figures import Figures
from .ground import Ground, grounds

CAMPAIGNS: Mapping[str, ModuleType] = {module.__name__.rpartition(".")[2]: module for module in (
    kills, stops, power_cuts, disk_full, io_errors, slow_clients, locks, mail_server, two_workers,
    clocks, lives,
)}
SQLITE_ALONE = ("power_cuts", "disk_full", "io_errors")
SHOWN = 5  # faults of a trial
UNITS = {"s": 1, "m": 60, "h": 3600}


def seconds(text: str) -> float:
    """Read a time such as 90s, 10m or 1h."""
    found = re.fullmatch(r"(\d+)([smh])", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 90s, 10m or 1h")
    return int(found[1]) * UNITS[found[2]]


def options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    campaigns = "\n".join(f"  {name:14}{module.__doc__}".rstrip() for name, module in CAMPAIGNS.items())
    parser = argparse.ArgumentParser(
        "python -m tests.campaigns",
        description="Makes faults again and again, and audits what was promised meanwhile.",
        epilog=f"campaigns:\n{campaigns}\n\nThe status is 1 where a promise was broken.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("name", metavar="NAME", choices=CAMPAIGNS, help="one of the campaigns below")
    parser.add_argument("--for", dest="seconds", type=seconds, default=60.0, metavar="TIME", help="90s, 10m, 1h; 1m")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=1, help="of the moments and choices; 1")
    parser.add_argument("--control", action="store_true", help="against what is broken on purpose: must find it")
    chosen = parser.parse_args(arguments)
    if chosen.name in SQLITE_ALONE and chosen.database != "sqlite":
        parser.error(f"{chosen.name} is about SQLite's files")
    return chosen


def trials(chosen: argparse.Namespace, fresh: Iterator[Ground]) -> Iterator[Figures]:
    """Yield the figures of one trial after the other, until the time is over."""
    module, chance, end = CAMPAIGNS[chosen.name], Random(chosen.seed), time.monotonic() + chosen.seconds
    run = module.control if chosen.control else module.trial
    for ground in fresh:
        try:
            yield run(ground, chance)
        except AssertionError as error:
            yield Figures(trials=1, faults=(f"{error}",))
        if time.monotonic() > end:
            return


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for; return the exit status."""
    chosen, began, total = options(arguments), time.monotonic(), Figures()
    version = ".".join(map(str, sqlite_module().sqlite_version_info))
    print(f"Python {platform.python_version()}, SQLite {version}, {platform.machine()}")
    with grounds(chosen.database) as fresh:
        for found in trials(chosen, fresh):
            total += found
            for fault in found.faults[:SHOWN]:
                print(fault, file=sys.stderr, flush=True)
    print(f"{chosen.name} on {chosen.database}, {time.monotonic() - began:.0f} s, seed {chosen.seed}: {total}")
    print("kept" if total.kept else "BROKEN")
    return 0 if total.kept else 1


if __name__ == "__main__":
    logging.disable()  # what the engine says of the faults that are made here
    sys.exit(main())
