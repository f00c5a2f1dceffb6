"""Commands over the project's files."""

from __future__ import annotations

import json

import click

from ..definitions.fault import Fault
from ..engine import words
from .group import complain, main


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
