"""Commands that show scores."""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import click

from ..values.enumeration import Against, TrendUnit
from .day import DAY
from .group import main, opened, say


@main.command()
@click.option("--from", "since", type=DAY, help="First day.")
@click.option("--to", "until", type=DAY, help="Last day.")
@click.option(
    "--against",
    type=click.Choice([one.value for one in Against]),
    default=Against.PREVIOUS.value,
    show_default=True,
    help="Compare with the period before, or with the same days a year before.",
)
@click.option("--by", help="Split by a field of the events, or by language.")
@click.option("--stage", help="Show one stage.")
@click.option(
    "--every", type=click.Choice([one.value for one in TrendUnit]), help="Show the trend, by day, week or month."
)
@click.option("--questions", is_flag=True, help="Show how often each answer was given to every question.")
@click.option("--format", "style", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True)
@click.option("--language", help="The language of the table and of questions; the business's first with `own`.")
@click.pass_obj
def report(
    root: Path,
    since: date | None,
    until: date | None,
    against: str,
    by: str | None,
    stage: str | None,
    every: str | None,
    questions: bool,
    style: str,
    language: str | None,
) -> None:
    """Show the scores of the journey, stage by stage."""
    from ..results import query
    from ..results.export.report_csv import ENCODING

    with opened(root) as engine:
        try:
            compared, cut = Against(against), TrendUnit(every) if every else None
            wanted = query.ReportQuery(since, until, by, stage, questions, language, compared, cut)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
        columns, color = shutil.get_terminal_size((100, 24)).columns, sys.stdout.isatty()
        screen = query.Screen(columns, color, language)
        try:
            text = query.shown(engine, query.report(engine, wanted, datetime.now(UTC)), style, screen)
        except query.NoReport as error:
            say(f"surveyengine: {error}")
            sys.exit(1)
        # As bytes, which no terminal's encoding and no system's line ends change.
        click.echo(text.encode(ENCODING) if style == "csv" else text, nl=style == "table")
