"""Commands for API keys."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..definitions.fault import visible
from ..values.clean import Unclean
from ..values.enumeration import KeyScope
from .day import DAY
from .group import main, opened, say

if TYPE_CHECKING:
    from ..store.keys import Key

SCOPES = [scope.value for scope in KeyScope]


@contextmanager
def _said() -> Iterator[None]:
    """Print what is wrong with a key, and exit."""
    from ..people.unfit import Unfit

    try:
        yield
    except Unfit as error:
        say(f"surveyengine: {error.said}")
        sys.exit(1)
    except Unclean as error:
        say(f"surveyengine: the name of the key {error.reason}; one such as shop would be right")
        sys.exit(1)


@main.group()
def key() -> None:
    """API keys."""


@key.command("add")
@click.argument("name")
@click.option("--scope", type=click.Choice(SCOPES), default=KeyScope.EVENTS.value, show_default=True)
@click.option("--until", type=DAY, help="The last day on which the key is good; without, it has no end.")
@click.pass_obj
def add_key(root: Path, name: str, scope: str, until: date | None) -> None:
    """Make a key and print it, once."""
    from ..people import keyring
    from ..people.caller import Caller

    with opened(root) as engine, _said():
        made = keyring.add(engine, keyring.KeyWish(name, KeyScope(scope), until), Caller(datetime.now(UTC)))
    if made is None:
        click.echo(
            f"surveyengine: there is a key named {visible(name)} already; revoke it, or choose another name", err=True
        )
        sys.exit(1)
    click.echo(made)


@key.command("list")
@click.pass_obj
def list_keys(root: Path) -> None:
    """List the keys: when each was made and last used, and whether it has ended or will."""
    from .. import keys

    now = datetime.now(UTC)
    with opened(root) as engine:
        for one in keys.listed(engine):
            used = f"last used {one.last_used_at:%Y-%m-%d}" if one.last_used_at else "never used"
            row = f"{visible(one.name):24} {one.scope:8} {one.created_at:%Y-%m-%d}  {used:20}  {_ended(one, now)}"
            click.echo(row.rstrip())


def _ended(one: Key, now: datetime) -> str:
    if one.revoked_at:
        return f"revoked {one.revoked_at:%Y-%m-%d}"
    if one.expires_at is None:
        return ""
    return f"{'expired' if one.expires_at <= now else 'expires'} {one.expires_at:%Y-%m-%d %H:%M} (UTC)"


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
