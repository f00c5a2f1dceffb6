"""The command that exports data."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..values.period import DateRange
from .day import DAY
from .group import main, opened, say

if TYPE_CHECKING:
    from ..results.export.extract import Extract

FILE = click.Path(path_type=Path, dir_okay=False)
STYLES = ("csv", "xlsx", "jsonl", "parquet")


@main.command()
@click.argument("subject", type=click.Choice(["responses", "answers", "invitations", "events"]))
@click.option("--format", "style", type=click.Choice(STYLES), help="By the name of FILE, else csv.")
@click.option("-o", "--output", type=FILE, metavar="FILE", help="Where to; without it, to standard output.")
@click.option("--from", "since", type=DAY, help="First day.")
@click.option("--to", "until", type=DAY, help="Last day.")
@click.option("--survey", metavar="ID", help="Of one survey.")
@click.option("--test", is_flag=True, help="Include what came of test events.")
@click.pass_obj
def export(root: Path, /, subject: str, style: str | None, output: Path | None, **choice: Any) -> None:
    """Write responses (one a row), answers (one a row), invitations or events."""
    from ..results.export import extract, writers

    style = style or _style(output)
    if output is None and style not in writers.STREAMS:
        raise click.UsageError(f"{style} is not for standard output; name a file with -o")
    try:
        DateRange(choice["since"], choice["until"])
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    with opened(root) as engine:
        try:
            writers.require(style)
            zone = engine.config.business.zone
            wanted = extract.RowFilter(**choice, zone=zone)
            source = extract.Source(engine, wanted, datetime.now(UTC))
            found = extract.extract(source, subject, nested=style in writers.NESTED)
        except (ValueError, writers.Missing) as error:
            say(f"surveyengine: {error}")
            sys.exit(1)
        if found.note:
            say(f"surveyengine: {found.note}", logging.WARNING)
        with _target(output) as stream, _watched(found, output) as rows:
            writers.WRITERS[style](stream, found.fields, rows)


def _style(output: Path | None) -> str:
    suffix = output.suffix.lower().lstrip(".") if output else "csv"
    if suffix not in STYLES:
        raise click.UsageError(f"{output}: say with --format whether it is {', '.join(STYLES[:-1])} or {STYLES[-1]}")
    return suffix


@contextmanager
def _target(output: Path | None) -> Iterator[Any]:
    from ..results.export.writers import whole

    if output:
        with whole(output) as stream:
            yield stream
    else:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()


@contextmanager
def _watched(found: Extract, output: Path | None) -> Iterator[Any]:
    """The rows; a progress bar is shown on standard error where that is a terminal with nothing else on it."""
    if not sys.stderr.isatty() or (output is None and sys.stdout.isatty()):
        yield found.rows
        return
    total = found.total()
    with click.progressbar(found.rows, total, label="rows", file=sys.stderr, update_min_steps=500) as bar:
        yield bar
