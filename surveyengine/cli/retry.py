"""The command that gives what could not be sent another chance."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from .group import main, opened, say, typed


@main.command()
@click.option("--failed", is_flag=True, help="Those whose mails were given up.")
@click.option("--survey", metavar="ID", callback=typed, help="Only invitations to this survey.")
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d"]), help="Only those that were tried last on this day or later."
)
@click.pass_obj
def retry(root: Path, failed: bool, survey: str | None, since: datetime | None) -> None:
    """Send failed invitations again where they are still right, and say why not the others."""
    from ..invitations import revival

    if not failed:
        raise click.UsageError("say what is to be tried again: --failed")
    with opened(root) as engine:
        try:
            done = revival.revive(engine, survey, since.date() if since else None, datetime.now(UTC))
        except revival.NoSuchSurvey as error:
            say(f"surveyengine: {error}")
            sys.exit(1)
    for line in done.lines():
        click.echo(line)
