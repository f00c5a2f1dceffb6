"""Commands that serve pages and send mails."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from ..serving.address import Listener
from .group import access_logged, complain, expect_posix, logged, main, opened, say

STATES = {"sent": "sent", "uncertain": "uncertain", "failed": "failed", "withdrawn": "refused"}
OPTIONS = (
    click.option("--host", default="127.0.0.1", show_default=True),
    click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535)),
    click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes that serve."),
    logged,
    access_logged,
    click.pass_obj,
)


def listening(command: Callable[..., None]) -> Callable[..., None]:
    """Return the command with the options of a server."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


@main.command()
@listening
def run(root: Path, host: str, port: int, workers: int) -> None:
    """Serve the pages and send what is due: everything in one command."""
    _serve(root, Listener(host, port, workers), with_worker=True)


@main.command()
@listening
def serve(root: Path, host: str, port: int, workers: int) -> None:
    """Serve the pages and the API; `work` is started apart."""
    _serve(root, Listener(host, port, workers), with_worker=False)


def _serve(root: Path, listener: Listener, with_worker: bool) -> None:
    expect_posix()
    from ..people import link
    from ..project.presence import PATIENCE, presence, servers
    from ..serving import address, server, supervisor

    with opened(root) as engine:
        complain(engine.library.faults)
        here = address.announce(engine, listener)
        welcome = supervisor.welcome(engine, here, link.first(engine, datetime.now(UTC)))
    if obstacle := server.obstacle(listener):
        say(f"surveyengine: port {listener.port} of {listener.host} {obstacle}")
        sys.exit(1)
    server.share()
    working = partial(main, ["--project", str(root), work.name])
    with presence(servers(root)) as others:
        others.join(PATIENCE)
        with supervisor.worker(root, working) if with_worker else supervisor.nothing() as stop:
            is_well = server.serve(root, listener, lambda: click.echo(welcome), stop)
    if not is_well:
        sys.exit(1)
    engine.database.fold()


@main.command()
@click.option("--once", is_flag=True, help="Do all that is due now, and stop.")
@logged
@click.pass_obj
def work(root: Path, once: bool) -> None:
    """Send what is due and keep the counts."""
    expect_posix()
    from ..invitations import state
    from ..serving import address, supervisor, worker

    if parent := os.environ.get(supervisor.PARENT):
        supervisor.die_with(int(parent))
    with opened(root) as engine:
        if once:
            came = worker.work_once(engine, address.known(engine))
            due = state.still_due(engine, datetime.now(UTC))
            left = f", {due} {'is' if due == 1 else 'are'} still due: `surveyengine status` says why" if due else ""
            click.echo(f"{_told(came)}{left}")
        else:
            worker.work(engine, address.known(engine))


def _told(came: Mapping[str, int]) -> str:
    """Return the outcomes of the messages that were tried, such as "sent 2 · put off 1"."""
    counts = {said: came.get(state, 0) for state, said in STATES.items()}
    counts["put off"] = sum(came.values()) - sum(counts.values())
    return " · ".join(f"{said} {n}" for said, n in counts.items() if n) or "sent 0"
