"""Commands for the project's files."""

from __future__ import annotations

import json
import logging
import shlex
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from ..definitions.fault import Fault
from ..engine import words
from ..project.files import Project
from ..store.engine.database import Unavailable, Unusable
from .group import complain, main, say

NEXT = """\
{directory} is a project now: an example business with {surveys} surveys in three languages.

Begin in its config.toml with the name of your business. Delete the surveys that you do not need. `check` says what is
wrong with the files, when you have changed them; `run` serves the surveys, and mails become files in data/outbox:

  cd {quoted} && {program} run
"""


@main.command()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.pass_context
def init(ctx: click.Context, directory: Path) -> None:
    """Make a new project in DIR, with ready surveys to change."""
    from ..project import scaffold

    try:
        surveys = scaffold.create(directory)
    except scaffold.Occupied:
        say(f"surveyengine: {directory} is there already and not empty; name a new or an empty directory")
        ctx.exit(1)
    quoted = shlex.quote(f"./{directory}" if str(directory)[0] in "-~" else str(directory))
    click.echo(NEXT.format(directory=directory, surveys=surveys, quoted=quoted, program=program()), nl=False)


def program() -> str:
    """Return the shell command that starts this program from any directory, also in a virtual environment."""
    here, found = Path(sys.argv[0]), shutil.which("surveyengine")
    if here.stem != "surveyengine":  # started as a module
        return f"{shlex.quote(sys.executable)} -m surveyengine"
    return "surveyengine" if found and here.resolve() == Path(found).resolve() else shlex.quote(str(here.absolute()))


@main.command()
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text")
@click.pass_context
def check(ctx: click.Context, style: str) -> None:
    """Check config.toml and every survey file; names all faults at once."""
    from ..project.files import read

    project = read(ctx.obj, words(ctx.obj).languages)
    faults = _faults(project)
    if style == "json":
        click.echo(json.dumps([vars(fault) for fault in faults], ensure_ascii=False, indent=2))
    else:
        complain(faults)
        click.echo(_summary(len(project.surveys), faults))
    ctx.exit(1 if project.errors else 0)


def _faults(project: Project) -> tuple[Fault, ...]:
    """Return the faults of the files; compared with the stored data where the database can be read."""
    from .. import stored

    try:
        return stored.faults(project, datetime.now(UTC)).faults
    except Unusable as error:
        why = str(error)
    except Unavailable as error:
        why = f"cannot be used: {error}"
    say(f"note: the files were not compared with what is stored, because the database {why}", logging.INFO)
    return tuple(sorted({*project.faults}))


def _summary(surveys: int, faults: tuple[Fault, ...]) -> str:
    errors = sum(fault.level == "error" for fault in faults)
    counts = ((surveys, "good survey"), (errors, "error"), (len(faults) - errors, "warning"))
    return ", ".join(f"{n} {noun}{'' if n == 1 else 's'}" for n, noun in counts)
