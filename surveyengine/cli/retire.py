"""The command that ends a survey whose file is gone."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from .group import main, opened, say


@main.command()
@click.argument("survey")
@click.pass_obj
def retire(root: Path, survey: str) -> None:
    """End SURVEY, whose file is gone: its links say that it is closed, its answers stay.

    A file of that name makes it ask again.
    """
    from ..invitations import retirement

    with opened(root) as engine:
        try:
            stopped = retirement.retire(engine, survey, datetime.now(UTC))
        except retirement.NotRetired as error:
            say(f"surveyengine: {error}")
            sys.exit(1)
    click.echo(f"{survey} is retired; {stopped} planned invitation{'' if stopped == 1 else 's'} will not be sent")
