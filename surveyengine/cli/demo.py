"""The command that makes a project to look at."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click

from .group import expect_posix, main, say
from .project import program

DIRECTORY = Path("nava-home")
DONE = """\
{directory} is a project now: Nava Home, which never was, with a year up to {until}: {customers} customers,
{events} events, {sent} invitations and {answers} answers to {surveys} surveys in Hebrew, Persian and English.
No mail has left. Look at it:

  {program} --project {quoted} report --from {march}-03-01 --to {march}-03-31
  {program} --project {quoted} run

The first shows March, when one courier was late. The second serves the pages, and says where; mails that are due from
now on become files in {directory}/data/outbox.
"""


@main.command()
@click.argument("directory", metavar="[DIR]", type=click.Path(path_type=Path), default=DIRECTORY)
@click.option("--customers", default=3000, show_default=True, type=click.IntRange(1, 100_000))
@click.option("--seed", default=1, show_default=True, help="Another number makes another year.")
@click.pass_context
def demo(ctx: click.Context, directory: Path, customers: int, seed: int) -> None:
    """Make a project in DIR (nava-home) that holds a year of a shop's customers, to look at."""
    expect_posix()
    from ..demo import filling
    from ..health import deployment, sendings
    from ..project import scaffold

    now = datetime.now(UTC)
    until = now.date() - timedelta(days=1)
    try:
        with _progress(customers) as progress:
            filled = filling.fill(directory, filling.Wish(customers, seed, until), progress)
    except scaffold.Occupied:
        say(f"surveyengine: {directory} is there already and not empty; name a new or an empty directory")
        ctx.exit(1)
    sendings.remember(deployment.deployment(directory, now))  # what failed in that year is no news to `doctor`
    quoted = shlex.quote(f"./{directory}" if str(directory)[0] in "-~" else str(directory))
    march = _last_march(until)
    words = {"directory": directory, "until": until, "march": march, "program": program(), "quoted": quoted}
    click.echo(DONE.format(**words, **filled._asdict()), nl=False)


@contextmanager
def _progress(customers: int) -> Iterator[Callable[[int], None]]:
    """What is told of customers who are done, and shows it where somebody looks."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    with click.progressbar(length=customers, label="customers", file=sys.stderr) as bar:
        yield bar.update


def _last_march(until: date) -> int:
    """Return the year of the last March that is over."""
    return until.year if until.month > 3 else until.year - 1
