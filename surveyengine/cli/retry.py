"""The command that sends failed invitations, and those refused as late, again."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import click

from .day import DAY
from .group import main, opened, say, typed

NONE_LATE = "no invitation was refused as late that would still be in time"


@main.command()
@click.option("--failed", is_flag=True, help="Those whose mails were given up.")
@click.option("--late", is_flag=True, help="Those refused as late, by a clock that was wrong, which are still in time.")
@click.option("--survey", metavar="ID", callback=typed, help="Only invitations to this survey.")
@click.option(
    "--since",
    type=DAY,
    help="Only those last tried on this day or later; with --late, those whose events were.",
)
@click.pass_obj
def retry(root: Path, failed: bool, late: bool, survey: str | None, since: date | None) -> None:
    """Send invitations that failed, or were refused as late, where they are still right; say why not the others."""
    from ..invitations import revival

    if failed == late:
        raise click.UsageError("say what is to be tried again: --failed, or --late")
    with opened(root) as engine:
        now = engine.timekeeper.moment()
        if now is None:  # the timekeeper has said why
            sys.exit(1)
        try:
            done = (
                revival.revive_late(engine, survey, since, now) if late else revival.revive(engine, survey, since, now)
            )
        except revival.NoSuchSurvey as error:
            say(f"surveyengine: {error}")
            sys.exit(1)
    for line in done.lines(*([NONE_LATE] if late else [])):
        click.echo(line)
