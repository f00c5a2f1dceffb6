"""Commands for the people who may sign in below /staff."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from ..definitions.fault import visible
from ..values.enumeration import Role
from .group import main, opened, say, typed

ROLES = [role.value for role in Role]


@contextmanager
def _said() -> Iterator[None]:
    """Print why somebody cannot be added or changed, and exit."""
    from ..i18n.speech import SOURCE, speech
    from ..people.unfit import Unfit

    try:
        yield
    except Unfit as error:
        say(f"surveyengine: {speech(SOURCE).gettext(error.said, **error.values)}")
        sys.exit(1)


@main.group()
def user() -> None:
    """People who may sign in at /staff."""


@user.command("add")
@click.argument("email", callback=typed)
@click.option("--name", help="What they are called; without, the address up to its @.")
@click.option("--role", type=click.Choice(ROLES), default=Role.VIEWER.value, show_default=True)
@click.option("--language", help="The language of their pages; without, the first of the business.")
@click.pass_obj
def add_user(root: Path, email: str, name: str | None, role: str, language: str | None) -> None:
    """Add somebody, and print the link by which they choose a password, once."""
    from ..people import roster
    from ..people.caller import Caller
    from ..serving import address

    with opened(root) as engine, _said():
        spoken = language or engine.config.languages[0]
        if spoken not in engine.catalogs.languages:
            say(f"surveyengine: there are no words in {spoken}; one of {', '.join(engine.catalogs.languages)} would do")
            sys.exit(1)
        wanted = roster.described(email, name or email.partition("@")[0], Role(role), spoken)
        click.echo(address.known(engine) + roster.add(engine, wanted, Caller(datetime.now(UTC))))


@user.command("list")
@click.pass_obj
def list_users(root: Path) -> None:
    """List the people, with their roles."""
    from ..people import roster

    with opened(root) as engine:
        for one in roster.listed(engine):
            member, state = one.member, "" if one.password else "no password yet"
            row = f"{visible(member.email):32} {member.role:8} {member.language:4} {visible(member.name)}  {state}"
            click.echo(row.rstrip())


@user.command("role")
@click.argument("email", callback=typed)
@click.argument("role", type=click.Choice(ROLES))
@click.pass_obj
def give_role(root: Path, email: str, role: str) -> None:
    """Give somebody another role."""
    from ..people import roster
    from ..people.caller import Caller

    with opened(root) as engine, _said():
        roster.give(engine, roster.id_of(engine, email), Role(role), Caller(datetime.now(UTC)))


@user.command("link")
@click.argument("email", callback=typed)
@click.pass_obj
def new_link(root: Path, email: str) -> None:
    """Print a new link by which somebody chooses another password."""
    from ..people import roster
    from ..people.caller import Caller
    from ..serving import address

    with opened(root) as engine, _said():
        _, path = roster.renew(engine, roster.id_of(engine, email), Caller(datetime.now(UTC)))
        click.echo(address.known(engine) + path)


@user.command("remove")
@click.argument("email", callback=typed)
@click.pass_obj
def remove_user(root: Path, email: str) -> None:
    """Remove somebody, and sign them out."""
    from ..people import roster
    from ..people.caller import Caller

    with opened(root) as engine, _said():
        roster.remove(engine, roster.id_of(engine, email), Caller(datetime.now(UTC)))
