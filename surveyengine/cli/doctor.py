"""The command that holds what is counted against what is stored."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import click

from .group import main, opened, say

COUNTS = {
    "tally": "of answers by days",
    "tally_month": "of answers by months",
    "segment_tally": "of answers by fields and days",
    "segment_month": "of answers by fields and months",
    "funnel_tally": "of invitations by days",
    "funnel_month": "of invitations by months",
    "invitation": "of invitations, which have changed since",
}


@main.command()
@click.option("--rebuild", is_flag=True, help="Count everything anew; reports stay right meanwhile.")
@click.pass_obj
def doctor(root: Path, rebuild: bool) -> None:
    """Compare what is counted with what is stored; exits with 1 where they differ."""
    from ..serving.worker import fold_all
    from ..store import recount
    from ..store.engine.database import REPORT

    with opened(root) as engine:
        if rebuild:
            with engine.database.write() as connection:
                recount.forget(connection)
            fold_all(engine, threading.Event())
        with engine.database.read(REPORT) as connection:
            wrong = recount.differences(connection)
    for table, n in wrong.items():
        say(f"surveyengine: {n} counts {COUNTS[table]} are not what is stored")
    if wrong:
        click.echo("surveyengine: doctor --rebuild counts everything anew", err=True)
        sys.exit(1)
    click.echo("All counts are what is stored.")
