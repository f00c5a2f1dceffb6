"""Commands over the project's files."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import click

from ..definitions.fault import Fault
from ..engine import words
from .group import complain, main, say

NEXT = """\
{directory} is a project now: an example business with {surveys} surveys in three languages.

  cd {directory}
  surveyengine run       serves the surveys; mails become files in data/outbox
  surveyengine check     says what is wrong with the files, when you have changed them

Begin in config.toml with the name of your business. Delete the surveys that you do not need.
"""


@main.command()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.pass_context
def init(ctx: click.Context, directory: Path) -> None:
    """Make a new project in DIR, with ready surveys to change."""
    from .. import scaffold

    try:
        surveys = scaffold.create(directory)
    except scaffold.Occupied:
        say(f"surveyengine: {directory} is there already and not empty; name a new or an empty directory")
        ctx.exit(1)
    click.echo(NEXT.format(directory=shlex.quote(str(directory)), surveys=surveys), nl=False)


@main.command()
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text")
@click.pass_context
def check(ctx: click.Context, style: str) -> None:
    """Check config.toml and every survey file; names all faults at once."""
    from ..project import read

    project = read(ctx.obj, words(ctx.obj).languages)
    if style == "json":
        click.echo(json.dumps([vars(fault) for fault in project.faults], ensure_ascii=False, indent=2))
    else:
        complain(project.faults)
        click.echo(_summary(len(project.surveys), project.faults))
    ctx.exit(1 if project.errors else 0)


def _summary(surveys: int, faults: tuple[Fault, ...]) -> str:
    errors = sum(fault.level == "error" for fault in faults)
    counts = ((surveys, "good survey"), (errors, "error"), (len(faults) - errors, "warning"))
    return ", ".join(f"{n} {noun}{'' if n == 1 else 's'}" for n, noun in counts)
