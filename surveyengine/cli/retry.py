"""The command that sends invitations again: failed ones, uncertain ones, and those refused as late."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import click

from .day import DAY
from .group import main, opened, say, typed

NONE = {
    "failed": "no invitation has failed",
    "late": "no invitation was refused as late that would still be in time",
    "uncertain": "no invitation is uncertain that was not answered",
}


@main.command()
@click.option("--failed", is_flag=True, help="Those whose mails were given up.")
@click.option("--late", is_flag=True, help="Those refused as late, by a clock that was wrong, which are still in time.")
@click.option("--uncertain", is_flag=True, help="Those of which nobody knows whether they left: some may come twice.")
@click.option("--survey", metavar="ID", callback=typed, help="Only invitations to this survey.")
@click.option(
    "--since",
    type=DAY,
    help="Only those last tried on this day or later; with --late, those whose events were.",
)
@click.pass_obj
def retry(root: Path, /, survey: str | None, since: date | None, **kinds: bool) -> None:
    """Send invitations that failed, may not have left, or were refused as late, where they are still right.

    Says why not the others.
    """
    from ..invitations import revival

    chosen = [kind for kind, wanted in kinds.items() if wanted]
    if len(chosen) != 1:
        raise click.UsageError("say what is to be tried again: --failed, --late, or --uncertain")
    ways = {"failed": revival.revive, "late": revival.revive_late, "uncertain": revival.revive_uncertain}
    with opened(root) as engine:
        now = engine.timekeeper.moment()
        if now is None:  # the timekeeper has said why
            sys.exit(1)
        try:
            done = ways[chosen[0]](engine, survey, since, now)
        except revival.NoSuchSurvey as error:
            say(f"surveyengine: {error}")
            sys.exit(1)
    for line in done.lines(NONE[chosen[0]]):
        click.echo(line)
