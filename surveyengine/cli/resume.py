"""The command that confirms this machine's clock."""

from __future__ import annotations

from pathlib import Path

import click

from .group import main, opened


@main.command()
@click.pass_obj
def resume(root: Path) -> None:
    """Go on sending after a clock that jumped: what this machine's clock shows now is believed."""
    from .. import timekeeper
    from ..clock import STEP, WITNESS, Doubt

    with opened(root) as engine:
        reading, doubted = timekeeper.resume(engine.database)
    click.echo(f"it is {reading.wall:%Y-%m-%d %H:%M} (UTC) by this machine's clock, which is believed from now on")
    if reading.witness and abs(off := reading.wall - reading.witness) > STEP:
        click.echo(f"warning: {Doubt(WITNESS, off, reading.wall)}", err=True)
    click.echo("sending goes on within seconds" if doubted else "sending was not paused")
