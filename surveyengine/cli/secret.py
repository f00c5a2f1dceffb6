"""Commands for the secrets that links are signed with."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from ..engine import Engine
from ..values.enumeration import AuditAction
from .group import main, opened, say

RESTART = "restart every `run`, `serve` and `work` of this project"


@main.group()
def secret() -> None:
    """The secrets that links are signed with: the first signs, former ones are still believed."""


@secret.command("list")
@click.pass_obj
def list_secrets(root: Path) -> None:
    """Say how many open links each secret signed, without showing any."""
    with opened(root) as engine:
        click.echo("\n".join(_told(engine, datetime.now(UTC))))


@secret.command("rotate")
@click.pass_obj
def rotate_secret(root: Path) -> None:
    """Sign with a new secret from now on; what the former ones signed stays good until they are dropped."""
    from ..people import caller
    from ..project import secret

    with opened(root) as engine:
        _expect_file()
        secret.rotate(root)
        caller.noted(engine, caller.Caller(datetime.now(UTC)), AuditAction.SECRET_ROTATED)
    click.echo(f"data/secret begins with a new secret; {RESTART}, so that it signs")


@secret.command("drop")
@click.option("--yes", is_flag=True, help="Drop them without being asked.")
@click.pass_obj
def drop_secrets(root: Path, yes: bool) -> None:
    """Believe only the newest secret from now on: every link that a former one signed ends."""
    from ..people import caller
    from ..project import secret

    with opened(root) as engine:
        _expect_file()
        if len(engine.secrets) == 1:
            click.echo("there is no former secret")
            return
        now = datetime.now(UTC)
        click.echo("\n".join(_told(engine, now)), err=True)
        if not yes:
            click.confirm(
                "End the links of the former secrets, for answers, unsubscribing and signed context?",
                abort=True,
                err=True,
            )
        secret.drop(root)
        caller.noted(engine, caller.Caller(now), AuditAction.SECRET_DROPPED)
    click.echo(f"data/secret holds one secret; {RESTART}, so that it alone is believed")


def _expect_file() -> None:
    """Exit with a message where the environment holds the secrets."""
    from ..project.secret import VARIABLE

    if VARIABLE in os.environ:
        say(
            f"surveyengine: {VARIABLE} holds the secrets, one a line; put a new line before them, or take former ones "
            f"away, and {RESTART}"
        )
        sys.exit(1)


def _told(engine: Engine, now: datetime) -> list[str]:
    """Return one line for each secret: what it does, and how many personal links of it are open."""
    from ..invitations.link import signed_by

    with engine.database.read() as connection:
        signed = signed_by(connection, engine.secrets, now)
    roles = ["signs", *["is still believed"] * (len(engine.secrets) - 1)]
    return [
        f"secret {number} {role}; open personal links: {signed[number - 1]}" for number, role in enumerate(roles, 1)
    ]
