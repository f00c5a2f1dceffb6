"""The command that shows the state of sending."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from ..definitions.fault import visible
from .group import main, opened


@main.command()
@click.pass_obj
def status(root: Path) -> None:
    """Say what is still to be sent, what holds it up, and what was given up."""
    from ..invitations import state

    with opened(root) as engine:
        for line in state.lines(engine, datetime.now(UTC)):
            click.echo(visible(line))
