"""Commands for API keys."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from ..definitions.fault import visible
from ..values.clean import Unclean
from ..values.enumeration import KeyScope
from .group import main, opened, say

SCOPES = [scope.value for scope in KeyScope]


@contextmanager
def _said() -> Iterator[None]:
    """Print what is wrong with a name, and exit."""
    try:
        yield
    except Unclean as error:
        say(f"surveyengine: the name of the key {error.reason}; one such as shop would be right")
        sys.exit(1)


@main.group()
def key() -> None:
    """API keys."""


@key.command("add")
@click.argument("name")
@click.option("--scope", type=click.Choice(SCOPES), default=KeyScope.EVENTS.value, show_default=True)
@click.pass_obj
def add_key(root: Path, name: str, scope: str) -> None:
    """Make a key and print it, once."""
    from ..people import keyring
    from ..people.caller import Caller

    with opened(root) as engine, _said():
        made = keyring.add(engine, name, KeyScope(scope), Caller(datetime.now(UTC)))
    if made is None:
        click.echo(
            f"surveyengine: there is a key named {visible(name)} already; revoke it, or choose another name", err=True
        )
        sys.exit(1)
    click.echo(made)


@key.command("list")
@click.pass_obj
def list_keys(root: Path) -> None:
    """List the keys."""
    from .. import keys

    with opened(root) as engine:
        for one in keys.listed(engine):
            until = f"revoked {one.revoked_at:%Y-%m-%d}" if one.revoked_at else ""
            click.echo(f"{visible(one.name):24} {one.scope:8} {one.created_at:%Y-%m-%d}  {until}".rstrip())


@key.command("revoke")
@click.argument("name")
@click.pass_obj
def revoke_key(root: Path, name: str) -> None:
    """Make a key useless."""
    from ..people import keyring
    from ..people.caller import Caller

    with opened(root) as engine, _said():
        if not keyring.revoke(engine, name, Caller(datetime.now(UTC))):
            click.echo(f"surveyengine: no key in use is named {visible(name)}", err=True)
            sys.exit(1)
