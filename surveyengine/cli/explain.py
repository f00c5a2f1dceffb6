"""Commands that say why."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from ..definitions.fault import visible
from .group import main, opened, say, typed


@main.command()
@click.argument("name", metavar="CUSTOMER_OR_EVENT", callback=typed)
@click.pass_obj
def explain(root: Path, name: str) -> None:
    """Say why a customer was asked, or was not: of a customer's id or address, an event's id, or SOURCE/ID."""
    from ..invitations.explain import Unknown
    from ..invitations.explain import explain as told

    with opened(root) as engine:
        try:
            lines = told(engine, name, datetime.now(UTC))
        except Unknown as error:
            say(f"surveyengine: {error}")
            sys.exit(1)
    for line in lines:
        click.echo(visible(line))
