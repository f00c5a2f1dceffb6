"""The command that shows what the rules would do about months of events."""

from __future__ import annotations

import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..engine import Faulty, words
from .event import KINDS, source, tell
from .group import main, say

if TYPE_CHECKING:
    from ..events.chronology import Chronology
    from ..events.event import Event
    from ..i18n.speech import Speech
    from ..invitations.forecast import Forecast
    from ..project.files import Project

UNDATED = "the event has no `time`, and so no place among the others"
PASSED = "passed over {:,}, about which the import says nothing"
MANY = 5_000  # events, from which on a progress bar is shown


@main.command()
@click.argument("file", metavar="EVENTS", type=click.Path(allow_dash=True, dir_okay=False, exists=True))
@click.option(
    "--compare",
    "other",
    metavar="PROJECT",
    type=click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True),
    help="Show another project directory, with other rules, beside this one.",
)
@click.option("--events-format", "kind", type=click.Choice(sorted(set(KINDS.values()))),
              help="How EVENTS is written, when its name does not tell.")  # fmt: skip
@click.option("--import", "name", metavar="NAME", help="Read a file of another system, as [import.NAME] says.")
@click.option("--response-rate", "rate", type=click.FloatRange(0, 1, min_open=True), help="The part that answers.")
@click.option("--format", "style", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option("--language", default="en", help="The language of the table; the business's first with `own`.")
@click.pass_context
def simulate(
    ctx: click.Context,
    file: str,
    other: Path | None,
    kind: str | None,
    name: str | None,
    rate: float | None,
    style: str,
    language: str,
) -> None:
    """Decide about months of EVENTS (.jsonl, .json or .csv) on a fake clock: who would be asked; writes nothing."""
    from ..events.chronology import Chronology
    from ..invitations.forecast import forecast
    from ..invitations.response_rate import ResponseRate, response_rate_of
    from ..invitations.simulation import Simulation

    projects = [_read(root) for root in (ctx.obj, other) if root]
    speech = _speech(projects[0], language)
    with Chronology() as events:
        is_whole = _gather(events, projects[0], file, (kind, name))
        simulations = [Simulation(one.config, one.surveys) for one in projects if one.config]
        for event in _progress(events, len(events)):
            for one in simulations:
                one.take(event)
    answering = ResponseRate(rate, False) if rate else response_rate_of(projects[0], datetime.now(UTC))
    found = [forecast(one, answering) for one in simulations]
    if style == "json":
        told = dict(zip(("project", "compared"), map(asdict, found), strict=False))
        click.echo(json.dumps(told, ensure_ascii=False, indent=2, default=str))
    else:
        click.echo(_table(found, projects, speech), nl=False)
    ctx.exit(0 if is_whole else 1)


def _read(root: Path) -> Project:
    """Return the files of a project; raises Faulty where one of them is."""
    from ..project.files import read

    project = read(root, words(root).languages)
    if project.errors:
        raise Faulty(project.errors)
    return project


def _speech(project: Project, language: str) -> Speech:
    own = project.config.languages[0] if project.config else language
    try:
        return words(project.root).speech(own if language == "own" else language)
    except LookupError as error:
        raise click.UsageError(f"{error}, or own") from error


def _gather(events: Chronology, project: Project, file: str, how: tuple[str | None, str | None]) -> bool:
    """Read all events of a file, and tell which of them cannot be used; whether all can."""
    from ..events.event import Malformed
    from ..events.suggestion import Suggestions
    from ..events.vocabulary import vocabulary_of
    from ..invitations.import_file import events_of
    from ..values.strict_json import Undecodable

    if project.config is None:
        return False
    known, is_whole, hints = vocabulary_of(project.config, project.surveys), True, list[str]()
    suggestions = Suggestions(known)
    with source(project.config, file, *how) as opened:
        try:
            for place, one in events_of(opened, datetime.now(UTC), known, hints.append):
                if isinstance(one, Malformed) or not one.is_dated:
                    is_whole = False
                    tell(f"{file}:{place}: error: {one.reason if isinstance(one, Malformed) else UNDATED}", err=True)
                else:
                    suggestions.look(one)
                    events.add(one)
        except Undecodable as error:
            tell(f"{file}: error: {error.reason}", err=True)
            is_whole = False
        passed = getattr(opened, "passed", 0)
    hints += [*suggestions.hints(), *([PASSED.format(passed)] if passed else [])]
    for hint in hints:
        say(f"{file}: warning: {hint}")
    return is_whole


@contextmanager
def _bar(events: Iterable[Event], length: int) -> Iterator[Iterable[Event]]:
    with click.progressbar(events, length, "deciding", file=sys.stderr, update_min_steps=200) as bar:
        yield bar


def _progress(events: Iterable[Event], length: int) -> Iterator[Event]:
    """Yield events; on a terminal, below a progress bar where they are many."""
    if length < MANY or not sys.stderr.isatty():
        yield from events
        return
    with _bar(events, length) as shown:
        yield from shown


def _table(found: list[Forecast], projects: list[Project], speech: Speech) -> str:
    from ..invitations.forecast_table import Teller, compared, told
    from ..results.terminal.table import Look

    look = Look(min(shutil.get_terminal_size((100, 24)).columns, 100), sys.stdout.isatty())
    names = {one.id: speech.words(one.name) for project in reversed(projects) for one in project.surveys}
    often = Counter(names.values())
    names = {id: name if often[name] == 1 else f"{name} ({id})" for id, name in names.items()}
    teller = Teller(speech, names, look)
    parts = [told(found[0], teller)]
    if len(found) > 1 and found[0].events:
        head = speech.gettext("Compared with {project}, over the same events", project=projects[1].root.name)
        parts += [teller.words(head, style="bold") + compared(found[0], found[1], teller)]
    return "\n".join(parts)
