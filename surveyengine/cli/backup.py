"""The commands that keep a project's data, and bring them back."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from .group import expect_posix, main, opened, say

if TYPE_CHECKING:
    from ..backup.manifest import Manifest
    from ..store.engine.contents import Contents, Tell

FILE = click.Path(path_type=Path, dir_okay=False, resolve_path=True, allow_dash=True)
THERE = click.Path(path_type=Path, dir_okay=False, exists=True, resolve_path=True, allow_dash=True)
STREAM = Path("-")
UNCERTAIN = """\
{n} were due by now and may have been sent after the backup: they are uncertain, and are not sent again. Where the
engine did not run after the backup, `surveyengine retry --uncertain` sends them."""
COPIED = """\
copied {rows}; every row was read again and is the same

Write in config.toml, below [database], and start the engine:

  {line}

data/secret stays where it is; the database that was copied is not used any more."""
TOLD = ("response", "invitation", "event", "customer")  # the tables whose rows are told, in the words for one of them


@main.command()
@click.argument("file", metavar="FILE", type=FILE)
@click.option("--overwrite", is_flag=True, help="Take the place of FILE, where it is there already.")
@click.pass_obj
def backup(root: Path, file: Path, overwrite: bool) -> None:
    """Write the data, the secret and the project's files to FILE, while the engine runs (- is standard output)."""
    expect_posix()
    from ..backup import making
    from ..engine import words
    from ..project.files import ProjectSource

    if is_stream := file == STREAM:
        if sys.stdout.isatty():
            raise click.UsageError("standard output is a terminal; send it on: surveyengine backup - | age -r …")
        target = making.BackupFile(root / "data" / "backup", stream=sys.stdout.buffer)
    else:
        target = making.BackupFile(file, overwrite)
    source = ProjectSource(root, words(root).languages, os.environ)
    with _told(), _progress("database") as tell:
        made = making.make(source, target, datetime.now(UTC), tell)
    where = "standard output" if is_stream else file
    click.echo(f"{where}: {rows(made)}; read again and found whole", err=is_stream)
    click.echo(
        "It holds the secret and your customers: keep it where only you can read it, and not on this machine alone.",
        err=is_stream,
    )


@main.command()
@click.argument("file", metavar="FILE", type=THERE)
@click.option("--aside", is_flag=True, help="Put what is there into a folder below data/ first.")
@click.option("--only-data", is_flag=True, help="Leave config.toml, surveys/ and translations/ as they are.")
@click.pass_obj
def restore(root: Path, file: Path, aside: bool, only_data: bool) -> None:
    """Bring a project back from FILE, into an empty folder and an empty database (- reads standard input)."""
    expect_posix()
    from ..backup import restoring

    wanted = restoring.Wanted(root, os.environ, aside, only_data)
    with _told(file), _spooled(file, root) as source:
        done = restoring.restore(source, wanted, datetime.now(UTC))
    made = done.manifest
    click.echo(f"brought back as it was at {made.made_at:%Y-%m-%d %H:%M} (UTC): {rows(made)}")
    if done.aside:
        click.echo(f"what was there lies in {done.aside.relative_to(root)}")
    if done.schema:
        click.echo(f'the tables that were there are in the schema "{done.schema}"; delete it when you need it no more')
    if aside or done.erased is not None:
        click.echo(_again(done.erased))
    if done.uncertain:
        click.echo(UNCERTAIN.format(n=done.uncertain))


@contextmanager
def _spooled(file: Path, root: Path) -> Iterator[Path | IO[bytes]]:
    """What can be read again and again; standard input is kept in the project's folder meanwhile, without a name."""
    if file != STREAM:
        yield file
        return
    with tempfile.TemporaryFile(dir=root) as kept:
        shutil.copyfileobj(sys.stdin.buffer, kept)
        kept.seek(0)
        yield kept


def _again(erased: int | None) -> str:
    """Return what became of what customers have asked for after the backup."""
    if erased is None:
        return "no database could be read there: repeat the erasures and opt-outs that came after the backup"
    whom = "1 customer who was" if erased == 1 else f"{erased} customers who were"
    again = f"{whom} erased after the backup {'was' if erased == 1 else 'were'} erased again; " if erased else ""
    return f"{again}opt-outs of that time hold"


@main.command()
@click.argument("to_url", metavar="TO_URL")
@click.pass_obj
def copy(root: Path, to_url: str) -> None:
    """Copy all that is stored into an empty database, such as PostgreSQL's, and compare it row by row."""
    from ..backup import copying

    to = copying.Destination(to_url, os.environ)
    with _told(), opened(root) as engine, _progress("rows") as tell:
        done = copying.copy(engine, to, tell)
    click.echo(COPIED.format(rows=rows(done), line=to.line))


def rows(made: Manifest | Contents) -> str:
    """Return how much a database holds."""
    return ", ".join(
        f"{n:,} {noun}{'' if n == 1 else 's'}" for noun in TOLD if (n := made.counts.get(noun)) is not None
    )


@contextmanager
def _told(file: Path | None = None) -> Iterator[None]:
    """Say in a line what stands in the way, of the file where it is one."""
    from ..backup.manifest import BadBackup
    from ..store.engine.contents import CopyError

    try:
        yield
    except BadBackup as error:
        say(f"surveyengine: {'what came by standard input' if file == STREAM else file} {error}")
        sys.exit(1)
    except CopyError as error:
        say(f"surveyengine: {error}")
        sys.exit(1)


@contextmanager
def _progress(label: str) -> Iterator[Tell]:
    """What shows how much is done, on a terminal."""
    if not sys.stderr.isatty():
        yield lambda done, whole: None
        return
    with click.progressbar(length=1, label=label, file=sys.stderr) as bar:

        def tell(done: int, whole: int) -> None:
            bar.length = max(whole, 1)
            bar.update(done - bar.pos)

        yield tell
