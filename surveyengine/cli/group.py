"""The group of all commands, and their shared options."""

from __future__ import annotations

import importlib.util
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from .. import __version__, log
from ..definitions.fault import Fault, visible
from ..engine import Engine, Faulty, start
from ..store.engine.database import Unavailable, Unusable
from ..values.clean import unmarked

SYSTEMS = "Linux, on macOS and in WSL"


class Command(click.Group):
    """The group of all commands; an error is one line on standard error, never a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Faulty as error:
            complain(error.faults)
        except Unusable as error:
            say(f"surveyengine: the database {error}")
        except Unavailable as error:
            why = log.redacted(str(error))
            say(f"surveyengine: the database cannot be used: {why}; check [database] url, and that the server runs")
        except UnicodeEncodeError as error:
            if not "\ud800" <= error.object[error.start] <= "\udfff":  # a surrogate stands for a byte that is not UTF-8
                raise
            typed = ascii(error.object[:60])
            say(f"surveyengine: {typed} is not valid UTF-8; set the terminal, or the file it came from, to UTF-8")
        except OSError as error:
            if error.filename is None:
                raise
            say(f"surveyengine: {error.filename}: {error.strerror}")
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


def typed(ctx: click.Context, argument: click.Parameter, value: str | None) -> str | None:
    """Return the typed or pasted text without invisible marks, which no identifier or address has."""
    return value and unmarked(value)


def _style(ctx: click.Context, option: click.Parameter, style: str) -> None:
    os.environ[log.STYLE] = style
    log.configure(style)
    log.catch_all()


def _access(ctx: click.Context, option: click.Parameter, wanted: bool) -> None:
    os.environ[log.ACCESS] = "1" if wanted else ""


# The environment hands the style of the log on to the processes that a command starts.
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


def expect_posix() -> None:
    """Exit with a message on a system without file locks and forks."""
    if importlib.util.find_spec("fcntl") is None:
        say(f"surveyengine: only `init` and `check` work on this system; the engine runs on {SYSTEMS}")
        raise click.exceptions.Exit(1)


@contextmanager
def opened(root: Path) -> Iterator[Engine]:
    """The engine of the project, closed afterwards."""
    expect_posix()
    engine = start(root)
    try:
        yield engine
    finally:
        engine.close()


def complain(faults: tuple[Fault, ...]) -> None:
    """Print the faults of the files on standard error, one a line."""
    for fault in faults:
        say(str(fault), logging.ERROR if fault.level == "error" else logging.WARNING)


def say(line: str, level: int = logging.ERROR) -> None:
    """Print one line on standard error; where the log is JSON, as a record of the log."""
    if os.environ.get(log.STYLE) == "json":
        logging.getLogger("surveyengine").log(level, "%s", line)
    else:
        click.echo(visible(" ".join(line.split())), err=True)
