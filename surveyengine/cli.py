"""The commands; each is a few lines over a room."""

from __future__ import annotations

import json
import logging
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any

import click

from . import __version__, log
from .definitions.fault import Fault, visible
from .engine import Engine, Faulty, start, words
from .store.database import Unavailable, Unusable

KINDS = {".jsonl": "jsonl", ".json": "json", ".csv": "csv"}
DAY = click.DateTime(["%Y-%m-%d"])


class Command(click.Group):
    """The group of all commands; what is at fault is said in a line on standard error, never as a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Faulty as error:
            _complain(error.faults)
        except Unusable as error:
            _say(f"surveyengine: the database {error}")
        except Unavailable as error:
            _say(f"surveyengine: the database cannot be used: {error}; check [database] url, and that the server runs")
        except OSError as error:
            if error.filename is None:
                raise
            _say(f"surveyengine: {error.filename}: {error.strerror}")
        raise click.exceptions.Exit(1)


@click.group(cls=Command, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
@click.option(
    "--project",
    envvar="SURVEYENGINE_PROJECT",
    default=".",
    type=click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True),
    help="The project directory, with config.toml and surveys/ in it.",
)
@click.pass_context
def main(ctx: click.Context, project: Path) -> None:
    """Asks customers at the right moment, and turns the answers into a CSAT per stage of their journey."""
    log.configure(os.environ.get(log.STYLE, "text"))
    ctx.obj = project


def _style(ctx: click.Context, option: click.Parameter, style: str) -> None:
    os.environ[log.STYLE] = style
    log.configure(style)
    log.catch_all()


def _access(ctx: click.Context, option: click.Parameter, wanted: bool) -> None:
    os.environ[log.ACCESS] = "1" if wanted else ""


# The processes that a command starts log like it: the environment tells them.
logged = click.option(
    "--log-format",
    type=click.Choice([*log.STYLES]),
    envvar=log.STYLE,
    default="text",
    show_default=True,
    expose_value=False,
    callback=_style,
    help="How standard error is written: a line of text a record, or a line of JSON.",
)
access_logged = click.option(
    "--access-log",
    is_flag=True,
    envvar=log.ACCESS,
    expose_value=False,
    callback=_access,
    help="Log every request: method, path without tokens, status and milliseconds.",
)


@contextmanager
def opened(root: Path) -> Iterator[Engine]:
    """The engine of the project, closed afterwards."""
    engine = start(root)
    try:
        yield engine
    finally:
        engine.close()


@main.command()
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text")
@click.pass_context
def check(ctx: click.Context, style: str) -> None:
    """Check config.toml and every survey file; names all faults at once."""
    from .project import read

    project = read(ctx.obj, words(ctx.obj).languages)
    if style == "json":
        click.echo(json.dumps([vars(fault) for fault in project.faults], ensure_ascii=False, indent=2))
    else:
        _complain(project.faults)
        click.echo(_summary(len(project.surveys), project.faults))
    ctx.exit(1 if project.errors else 0)


def _summary(surveys: int, faults: tuple[Fault, ...]) -> str:
    errors = sum(fault.level == "error" for fault in faults)
    counts = ((surveys, "good survey"), (errors, "error"), (len(faults) - errors, "warning"))
    return ", ".join(f"{n} {noun}{'' if n == 1 else 's'}" for n, noun in counts)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes that serve pages.")
@logged
@access_logged
@click.pass_obj
def run(root: Path, host: str, port: int, workers: int) -> None:
    """Serve the pages and send what is due: everything in one command."""
    _serve(root, host, port, workers, with_worker=True)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes that serve pages.")
@logged
@access_logged
@click.pass_obj
def serve(root: Path, host: str, port: int, workers: int) -> None:
    """Serve the pages and the API; `work` is started apart."""
    _serve(root, host, port, workers, with_worker=False)


def _serve(root: Path, host: str, port: int, workers: int, with_worker: bool) -> None:
    from . import address, server, supervisor

    with opened(root) as engine:
        _complain(engine.library.faults)
        here = address.announce(engine, host, port)
        welcome = supervisor.welcome(engine, here)
    if obstacle := server.obstacle(host, port):
        _say(f"surveyengine: port {port} of {host} {obstacle}")
        sys.exit(1)
    with supervisor.worker(root) if with_worker else supervisor.nothing() as stop:
        server.serve(root, host, port, workers, lambda: click.echo(welcome), stop)


@main.command()
@click.option("--once", is_flag=True, help="Do all that is due now, and stop.")
@logged
@click.pass_obj
def work(root: Path, once: bool) -> None:
    """Send what is due and keep the counts."""
    from . import address, supervisor, worker

    if parent := os.environ.get(supervisor.PARENT):
        supervisor.die_with(int(parent))
    with opened(root) as engine:
        if once:
            click.echo(f"{worker.work_once(engine, address.known(engine))} invitations settled")
        else:
            worker.work(engine, address.known(engine))


@main.command()
@click.argument("file", type=click.Path(allow_dash=True, dir_okay=False, exists=True))
@click.option("--format", "kind", type=click.Choice(["jsonl", "json", "csv"]), help="When the name does not tell.")
@click.pass_context
def events(ctx: click.Context, file: str, kind: str | None) -> None:
    """Take events from FILE (.jsonl, .json or .csv; - reads standard input)."""
    from .invitations.batch import Totals, take_file
    from .invitations.payload import Undecodable

    kind = kind or KINDS.get(Path(file).suffix.lower(), "jsonl" if file == "-" else "")
    if not kind:
        raise click.UsageError(f"{file}: say with --format whether it is jsonl, json or csv")
    totals = Totals()
    with opened(ctx.obj) as engine, click.open_file(file, "rb") as stream, _progress(file, stream) as reading:
        try:
            for place, reason in take_file(engine, reading, kind, lambda: datetime.now(UTC), totals):
                click.echo(f"{file}:{place}: error: {visible(reason)}", err=True)
        except Undecodable as error:
            click.echo(f"{file}: error: {visible(error.reason)}", err=True)
            totals.refused += 1
    click.echo(f"accepted {totals.accepted}, duplicate {totals.duplicate}, refused {totals.refused}")
    ctx.exit(1 if totals.refused else 0)


@contextmanager
def _progress(file: str, stream: IO[bytes]) -> Iterator[Any]:
    """The stream, with a bar on standard error that follows how much of a long file was read."""
    size = os.path.getsize(file) if file != "-" else 0
    if size < 1_000_000 or not sys.stderr.isatty():
        yield stream
        return
    with click.progressbar(length=size, label="events", file=sys.stderr) as bar:
        yield Watched(stream, bar.update)


class Watched:
    """A stream that tells how many bytes are read from it."""

    def __init__(self, stream: IO[bytes], told: Any) -> None:
        self._stream, self._told = stream, told

    def read(self, size: int = -1) -> bytes:
        return self._seen(self._stream.read(size))

    def readline(self, size: int = -1) -> bytes:
        return self._seen(self._stream.readline(size))

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")

    def _seen(self, piece: bytes) -> bytes:
        self._told(len(piece))
        return piece


@main.command()
@click.option("--from", "since", type=DAY, help="First day.")
@click.option("--to", "until", type=DAY, help="Last day.")
@click.option("--by", help="Split by a field of the events, or by language.")
@click.option("--stage", help="Show one stage.")
@click.option("--format", "style", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True)
@click.option("--language", help="The table's language; the business's first with `own`.")
@click.pass_obj
def report(
    root: Path,
    since: datetime | None,
    until: datetime | None,
    by: str | None,
    stage: str | None,
    style: str,
    language: str | None,
) -> None:
    """Show the scores of the journey, stage by stage."""
    from .results import reading

    with opened(root) as engine:
        try:
            wanted = reading.Wanted(_day(since), _day(until), by, stage)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
        found = reading.report(engine, wanted)
        columns, color = shutil.get_terminal_size((100, 24)).columns, sys.stdout.isatty()
        click.echo(reading.shown(engine, found, style, reading.Screen(columns, color, language)), nl=style == "table")


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


@main.group()
def key() -> None:
    """API keys."""


@key.command("add")
@click.argument("name")
@click.option("--scope", type=click.Choice(["events", "read", "admin"]), default="events", show_default=True)
@click.pass_obj
def add_key(root: Path, name: str, scope: str) -> None:
    """Make a key and print it, once."""
    from . import keys

    with opened(root) as engine:
        made = keys.add(engine, name, scope, datetime.now(UTC))
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
    from . import keys

    with opened(root) as engine:
        for one in keys.listed(engine):
            until = f"revoked {one.revoked_at:%Y-%m-%d}" if one.revoked_at else ""
            click.echo(f"{visible(one.name):24} {one.scope:8} {one.created_at:%Y-%m-%d}  {until}".rstrip())


@key.command("revoke")
@click.argument("name")
@click.pass_obj
def revoke_key(root: Path, name: str) -> None:
    """Make a key useless."""
    from . import keys

    with opened(root) as engine:
        if not keys.revoke(engine, name, datetime.now(UTC)):
            click.echo(f"surveyengine: no key in use is named {visible(name)}", err=True)
            sys.exit(1)


def _complain(faults: tuple[Fault, ...]) -> None:
    for fault in faults:
        _say(str(fault), logging.ERROR if fault.level == "error" else logging.WARNING)


def _say(line: str, level: int = logging.ERROR) -> None:
    """Say in one line on standard error what is wrong, where a log is kept as JSON in a record of it."""
    if os.environ.get(log.STYLE) == "json":
        logging.getLogger("surveyengine").log(level, "%s", line)
    else:
        click.echo(visible(" ".join(line.split())), err=True)
