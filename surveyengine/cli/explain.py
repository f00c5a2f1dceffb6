"""The command that explains why a customer was asked, or was not."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from ..definitions.fault import visible
from .group import main, opened, say, typed


@main.command()
@click.argument("name", metavar="CUSTOMER_OR_EVENT", callback=typed)
@click.option("--language", default="en", help="The language of the sentences; the business's first with `own`.")
@click.pass_obj
def explain(root: Path, name: str, language: str) -> None:
    """Say why a customer was asked, or was not: of a customer's id or address, an event's id, or SOURCE/ID."""
    from ..invitations.explain import Unknown, Unspoken
    from ..invitations.explain import explain as told

    with opened(root) as engine:
        try:
            lines = told(engine, name, datetime.now(UTC), language)
        except Unknown as error:
            say(f"surveyengine: {error}")
            sys.exit(1)
        except Unspoken as error:
            raise click.UsageError(str(error)) from error
    for line in lines:
        click.echo(visible(line))
