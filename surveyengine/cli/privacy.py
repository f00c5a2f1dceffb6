"""Commands for what a customer may ask of the business: erasure, access, correction."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from ..definitions.fault import visible
from .group import main, opened, say, typed

KINDS = {
    "events": "events",
    "invitations": "invitations",
    "sendings": "messages",
    "drafts": "drafts of forms",
    "files": "mails in files",
    "responses": "responses",
    "texts": "answers that were written",
    "audit_entries": "entries of the audit log, which name a hash now",
}
ON_POSTGRESQL = (
    "PostgreSQL frees its files of what was deleted by VACUUM, which it runs by itself, and its log by recycling it."
)
STILL_READ = "The database's log is being read; what was deleted leaves it when it begins anew, soon after."


@contextmanager
def _said() -> Iterator[None]:
    """Print why nobody, or not only one, is meant, or why it cannot be done now, and exit."""
    from ..privacy.correction import UnfitDetail
    from ..privacy.erasure import MessageLeaving
    from ..privacy.whom import NoCustomer

    try:
        yield
    except (NoCustomer, MessageLeaving, UnfitDetail) as error:
        say(f"surveyengine: {error}")
        sys.exit(1)


@main.command()
@click.argument("customer", callback=typed)
@click.option("--answers", is_flag=True, help="Take their answers out of every count as well.")
@click.option("--yes", is_flag=True, help="Do not ask first.")
@click.pass_obj
def erase(root: Path, customer: str, answers: bool, yes: bool) -> None:
    """Erase CUSTOMER, an id or an e-mail address: who they are, what they wrote, every link to them.

    What they chose from offered answers stays in the counts as nobody's. An opt-out stays, by a hash. It cannot be
    undone, and backups and exports made before still have it.
    """
    from ..people.caller import Caller
    from ..privacy import erasure

    with opened(root) as engine, _said():
        person, held = erasure.reach(engine, customer)
        if not yes:
            found = ", ".join(f"{KINDS[kind]} {n}" for kind, n in held._asdict().items())
            click.confirm(visible(f"Of customer {person.id} there are: {found}. Erase for good?"), abort=True, err=True)
        erased = erasure.erase(engine, person.id, Caller(datetime.now(UTC)), answers)
        for kind, words in KINDS.items():
            click.echo(f"{getattr(erased, kind):>7}  {words}")
        closed = "left every count" if answers else "stay in the counts, as nobody's"
        click.echo(f"Erased. The closed answers {closed}; those to anonymous surveys were never linked to anybody.")
        if not engine.database.is_sqlite:
            click.echo(ON_POSTGRESQL)
        elif not erased.is_scrubbed:
            click.echo(STILL_READ)


@main.command()
@click.argument("customer", callback=typed)
@click.option("--email")
@click.option("--phone")
@click.option("--name")
@click.option("--language")
@click.option("--timezone")
@click.option("--account")
@click.option("--role")
@click.pass_obj
def correct(root: Path, /, customer: str, **details: str | None) -> None:
    """Correct what is known of CUSTOMER, an id or an e-mail address; "" takes a detail away.

    No older event changes it back.
    """
    from ..people.caller import Caller
    from ..privacy import correction

    said = {name: value for name, value in details.items() if value is not None}
    if not said:
        raise click.UsageError(f"say what is to be corrected: {', '.join(f'--{name}' for name in details)}")
    with opened(root) as engine, _said():
        before, after = correction.correct(engine, customer, said, Caller(datetime.now(UTC)))
    for name in said:
        old, new = (getattr(one, name) or "nothing" for one in (before, after))
        click.echo(visible(f"{name}: {new}, as it was" if old == new else f"{name}: {old} -> {new}"))


@main.command()
@click.argument("customer", callback=typed)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="The file, .html or .json.")
@click.option("--format", "style", type=click.Choice(["html", "json", "text"]), help="Without: by the file's suffix.")
@click.option("--language", help="One of the business's; without, the customer's.")
@click.pass_obj
def access(root: Path, customer: str, output: Path | None, style: str | None, language: str | None) -> None:
    """Hand out all that is kept of CUSTOMER, an id or an e-mail address, in their language.

    Confidential answers are in it; anonymous ones are not, because nobody knows whose they are.
    """
    from ..people.caller import Caller
    from ..privacy import access as gathering
    from ..privacy import sheet
    from ..results.record import plain

    wanted = style or ("text" if output is None else _style(output))
    with opened(root) as engine, _said():
        if language and language not in engine.config.languages:
            raise click.UsageError(f"--language must be one of {', '.join(engine.config.languages)}")
        record = gathering.access(engine, customer, Caller(datetime.now(UTC)), language)
        speech, zone = engine.catalogs.speech(record.language), engine.config.business.zone
    if wanted == "json":
        told = json.dumps(plain(record), ensure_ascii=False, indent=2) + "\n"
    else:
        told = (sheet.html if wanted == "html" else sheet.text)(record, speech, zone)
    if output is None:
        click.echo(told, nl=False)
    else:
        _write(output, told)


def _style(output: Path) -> str:
    suffix = output.suffix.lower().removeprefix(".")
    if suffix not in ("html", "json", "txt"):
        raise click.UsageError("the file's name must end with .html, .json or .txt, or --format say what it is")
    return {"txt": "text"}.get(suffix, suffix)


def _write(output: Path, told: str) -> None:
    """Write a file that only this user can read, also where one was there that others could: it is about a person."""
    with os.fdopen(os.open(output, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        if stat.S_ISREG(os.fstat(file.fileno()).st_mode):  # /dev/stdout is none
            os.fchmod(file.fileno(), 0o600)
        file.write(told)
