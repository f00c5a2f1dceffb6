"""The command that looks for what is wrong with a project, and says what to do."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..definitions.fault import visible
from .group import expect_posix, main, opened

if TYPE_CHECKING:
    from ..health.finding import Finding


@main.command()
@click.option("--rebuild", is_flag=True, help="Count everything anew first; reports stay right meanwhile.")
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text")
@click.pass_obj
def doctor(root: Path, rebuild: bool, style: str) -> None:
    """Look for what is wrong with the project, and say what to do; exits with 1 where something is."""
    from ..health.deployment import deployment
    from ..health.examination import examine
    from ..health.finding import Severity

    expect_posix()
    if rebuild:
        _rebuild(root)
    found = [*examine(deployment(root, datetime.now(UTC)))]
    if style == "json":
        click.echo(json.dumps({"findings": [asdict(one) for one in found]}, ensure_ascii=False, indent=2))
    else:
        _tell(found)
    sys.exit(any(one.severity is Severity.ERROR for one in found))


def _rebuild(root: Path) -> None:
    from ..serving.worker import fold_all
    from ..store import recount

    with opened(root) as engine:
        with engine.database.write() as connection:
            recount.forget(connection)
        fold_all(engine, threading.Event())


def _tell(found: Sequence[Finding]) -> None:
    """Print the findings, the worst first, and how many there are; what to do about several in a row stands once."""
    from ..health.finding import Severity

    ordered = [one for severity in Severity for one in found if one.severity is severity]
    for one, following in zip_longest(ordered, ordered[1:]):
        click.echo(visible(f"{one.severity.value}: {one.words}"))
        if one.advice and (following is None or following.advice != one.advice):
            click.echo(visible(f"  {one.advice}"))
    counts = ((sum(one.severity is severity for one in found), severity.value) for severity in Severity)
    click.echo(", ".join(f"{n} {noun}{'' if n == 1 else 's'}" for n, noun in counts if n) or "Nothing is wrong.")
