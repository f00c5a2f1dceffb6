"""Commands that take events."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import click

from ..definitions.fault import visible
from .group import main, opened

KINDS = {".jsonl": "jsonl", ".json": "json", ".csv": "csv"}


@main.command()
@click.argument("file", type=click.Path(allow_dash=True, dir_okay=False, exists=True))
@click.option("--format", "kind", type=click.Choice(["jsonl", "json", "csv"]), help="When the name does not tell.")
@click.pass_context
def events(ctx: click.Context, file: str, kind: str | None) -> None:
    """Take events from FILE (.jsonl, .json or .csv; - reads standard input)."""
    from ..events.files import EventFile
    from ..invitations.import_file import take_file
    from ..invitations.totals import Totals
    from ..values.strict_json import Undecodable

    kind = kind or KINDS.get(Path(file).suffix.lower(), "jsonl" if file == "-" else "")
    if not kind:
        raise click.UsageError(f"{file}: say with --format whether it is jsonl, json or csv")
    totals = Totals()
    with opened(ctx.obj) as engine, click.open_file(file, "rb") as stream, _progress(file, stream, kind) as reading:
        try:
            for place, reason in take_file(engine, EventFile(reading, kind), engine.timekeeper.told, totals):
                click.echo(visible(f"{file}:{place}: error: {reason}"), err=True)
        except Undecodable as error:
            click.echo(visible(f"{file}: error: {error.reason}"), err=True)
            totals.refused += 1
    for place, remark in (*totals.remarks(), *((0, hint) for hint in totals.hints)):
        click.echo(visible(f"{file}{f':{place}' if place else ''}: warning: {remark}"), err=True)
    click.echo(totals.line())
    ctx.exit(1 if totals.refused else 0)


@contextmanager
def _progress(file: str, stream: IO[bytes], kind: str) -> Iterator[Any]:
    """The stream; while a long file is read, a progress bar is shown on standard error."""
    size = os.path.getsize(file) if file != "-" else 0
    if size < 1_000_000 or not sys.stderr.isatty():
        yield stream
        return
    with click.progressbar(length=size, label="events", file=sys.stderr) as bar:
        yield Watched(stream, bar.update, kind == "csv")


class Watched:
    """A stream that reports how many bytes are read; one that is read twice reports the second time only."""

    def __init__(self, stream: IO[bytes], told: Any, is_read_twice: bool = False) -> None:
        self._stream, self._told, self._is_quiet = stream, told, is_read_twice

    def read(self, size: int = -1) -> bytes:
        return self._seen(self._stream.read(size))

    def readline(self, size: int = -1) -> bytes:
        return self._seen(self._stream.readline(size))

    def seekable(self) -> bool:
        return self._stream.seekable()

    def tell(self) -> int:
        return self._stream.tell()

    def seek(self, place: int) -> int:
        self._is_quiet = False
        return self._stream.seek(place)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")

    def _seen(self, piece: bytes) -> bytes:
        if not self._is_quiet:
            self._told(len(piece))
        return piece
