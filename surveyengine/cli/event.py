"""Commands that take events."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from ..definitions.fault import visible
from ..definitions.model import nearest, slug
from .group import main, opened

if TYPE_CHECKING:
    from ..events.files import EventFile, Placed
    from ..events.imported import ImportFile
    from ..settings.config import Config

MOST_SHOWN = 5  # events of a dry run
WIPE = "\r\x1b[K"  # what stands in the line of a terminal
KINDS = {".jsonl": "jsonl", ".json": "json", ".csv": "csv"}


@main.command()
@click.argument("file", type=click.Path(allow_dash=True, dir_okay=False, exists=True))
@click.option("--format", "kind", type=click.Choice(["jsonl", "json", "csv"]), help="When the name does not tell.")
@click.option("--import", "name", metavar="NAME", help="Read a file of another system, as [import.NAME] says.")
@click.option("--dry-run", is_flag=True, help="Say what would come of it; nothing is stored.")
@click.pass_context
def events(ctx: click.Context, file: str, kind: str | None, name: str | None, dry_run: bool) -> None:
    """Take events from FILE (.jsonl, .json or .csv, or any with --import; - reads standard input)."""
    from ..invitations.import_file import placed, take_all, try_all
    from ..invitations.totals import Totals
    from ..values.strict_json import Undecodable

    if name and kind:
        raise click.UsageError("--format is not for --import, which looks into the file")
    totals, act = Totals(), try_all if dry_run else take_all
    with opened(ctx.obj) as engine, source(engine.config, file, kind, name) as read:
        gc.freeze()  # what is loaded stays loaded, and need not be looked through again and again
        try:
            found = placed(engine, read, engine.timekeeper.told, totals)
            for place, reason in act(engine, _shown(found) if dry_run else found, engine.timekeeper.told, totals):
                tell(f"{file}:{place}: error: {reason}", err=True)
        except Undecodable as error:
            tell(f"{file}: error: {error.reason}", err=True)
            totals.refused += 1
        passed = getattr(read, "passed", 0)
    for place, remark in (*totals.remarks(), *((0, hint) for hint in totals.hints)):
        click.echo(visible(f"{file}{f':{place}' if place else ''}: warning: {remark}"), err=True)
    click.echo(totals.line() + (f" · passed over {passed:,}, about which the import says nothing" if passed else ""))
    if dry_run:
        click.echo("this was a dry run: nothing is stored")
    ctx.exit(1 if totals.refused else 0)


@main.command("import-guide")
@click.argument("file", type=click.Path(allow_dash=True, dir_okay=False, exists=True))
@click.pass_context
def import_guide(ctx: click.Context, file: str) -> None:
    """Print an [import.NAME] for FILE, of another system, to paste into config.toml and change."""
    from ..events import guide
    from ..events.delimited import again
    from ..settings import ready_imports
    from ..values.strict_json import Undecodable

    ready = {name: how for name in ready_imports.names() if (how := ready_imports.named(name, {}))}
    with click.open_file(file, "rb") as stream, again(stream) as (rewindable, _):
        try:
            if fitting := guide.fitting(rewindable, ready):
                click.echo(f"# --import {fitting} reads this file; paste it only to change it\n")
                click.echo(ready_imports.text(fitting), nl=False)
            else:
                click.echo(guide.draft(rewindable, slug(Path(file).stem) or "list"), nl=False)
        except Undecodable as error:
            click.echo(visible(f"{file}: error: {error.reason}"), err=True)
            ctx.exit(1)


@contextmanager
def source(config: Config, file: str, kind: str | None, name: str | None) -> Iterator[EventFile | ImportFile]:
    """The file, with how it is to be read."""
    from ..events.delimited import again
    from ..events.files import EventFile
    from ..events.imported import ImportFile
    from ..settings import ready_imports

    kind = kind or KINDS.get(Path(file).suffix.lower(), "jsonl" if file == "-" else "")
    if name is None and not kind:
        raise click.UsageError(f"{file}: say with --format whether it is jsonl, json or csv, or read it with --import")
    with click.open_file(file, "rb") as stream:
        if name is None:
            with _progress(file, stream, is_read_twice=kind == "csv") as reading:
                yield EventFile(reading, kind)
            return
        how = ready_imports.named(name, config.imports)
        if how is None:
            hint = nearest(name, (*config.imports, *ready_imports.names()))
            raise click.UsageError(f"there is no [import.{name}] in config.toml; {hint}")
        with again(stream) as (rewindable, _), _progress(file, rewindable, times=2) as reading:
            yield ImportFile(reading, name, how, config.business.zone)


def _shown(found: Iterable[Placed]) -> Iterator[Placed]:
    """Yield the events, and print the first as they were read."""
    from ..events.event import Event

    shown = 0
    for place, one in found:
        if isinstance(one, Event) and shown < MOST_SHOWN:
            shown += 1
            tell(f"{place}: {one.type} {one.id} at {one.time:%Y-%m-%d %H:%M:%SZ}, of {one.source}")
            whom = {f"customer.{key}": value for key, value in (vars(one.customer) if one.customer else {}).items()}
            for name, value in {**whom, **one.data}.items():
                if value not in (None, ""):
                    tell(f"    {name} = {value}")
        yield place, one


def tell(line: str, err: bool = False) -> None:
    """Print a line while a file is read; a progress bar gives way, and comes again with the next bytes."""
    if sys.stderr.isatty():
        click.echo(WIPE, nl=False, err=True)
    click.echo(visible(line), err=err)


@contextmanager
def _progress(file: str, stream: IO[bytes], times: int = 1, is_read_twice: bool = False) -> Iterator[Any]:
    """The stream; while a long file is read, so many times, a progress bar is shown on standard error."""
    size = os.path.getsize(file) if file != "-" else 0
    if size < 1_000_000 or not sys.stderr.isatty():
        yield stream
        return
    with click.progressbar(length=times * size, label="events", file=sys.stderr) as bar:
        yield Watched(stream, bar.update, is_read_twice)


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

    def seek(self, place: int, whence: int = 0) -> int:
        self._is_quiet = False
        return self._stream.seek(place, whence)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")

    def _seen(self, piece: bytes) -> bytes:
        if not self._is_quiet:
            self._told(len(piece))
        return piece
