"""Commands that make links."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..engine import Engine
from .group import main, opened, say, typed

if TYPE_CHECKING:
    from ..invitations.link import LinkRequest


@main.command()
@click.argument("survey")
@click.option("--customer", metavar="ID", callback=typed, help="A personal link for one customer, by id or address.")
@click.option("--language", help="The language of the page; else the customer's, or their browser's.")
@click.option("--context", metavar="NAME=VALUE", multiple=True, help="What the answers are about; may be repeated.")
@click.option("--qr", metavar="FILE", help="Also a QR code: FILE.svg or FILE.png; - draws it in the terminal.")
@click.option("--poster", metavar="FILE", help="Also a poster of size A4 with the code: FILE.html or FILE.svg.")
@click.option("--test", is_flag=True, help="For a look at the form, for a day: it stores nothing.")
@click.pass_obj
def link(
    root: Path, survey: str, customer: str | None, language: str | None, context: tuple[str, ...], qr: str | None,
    poster: str | None, test: bool,
) -> None:  # fmt: skip
    """Print the link to SURVEY, and nothing else."""
    from ..invitations.link import LinkRequest, NoLink, path
    from ..serving import address

    if test and customer is not None:
        raise click.UsageError("--test shows the form to whoever looks; leave out --customer")
    if context and (test or customer is not None):
        raise click.UsageError("--context is for links to everybody; leave out --customer and --test")
    _check_picture(qr)
    _check_poster(poster)
    with opened(root) as engine:
        wanted = LinkRequest(survey, customer, _spoken(engine, language), test, _pairs(context))
        try:
            made = f"{address.known(engine)}/{path(engine, wanted, datetime.now(UTC))}"
        except NoLink as error:
            say(f"surveyengine: {error}")
            sys.exit(1)
        if poster is not None:
            _hang(engine, wanted, made, Path(poster))
    _draw(made, qr)
    click.echo(made)


def _pairs(context: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    for one in context:
        if "=" not in one:
            raise click.UsageError(f"--context {one}: write a name and its value, such as order=A-1")
    return tuple((name.strip(), value.strip()) for name, _, value in (one.partition("=") for one in context))


def _check_picture(qr: str | None) -> None:
    from ..look.qr import SUFFIXES

    if qr not in (None, "-") and Path(qr).suffix.lower() not in SUFFIXES:
        raise click.UsageError(f"--qr {qr}: write a name that ends in {' or '.join(SUFFIXES)}, or - for the terminal")


def _check_poster(poster: str | None) -> None:
    from ..look.poster import SUFFIXES

    if poster is not None and Path(poster).suffix.lower() not in SUFFIXES:
        raise click.UsageError(f"--poster {poster}: write a name that ends in {' or '.join(SUFFIXES)}")


def _hang(engine: Engine, wanted: LinkRequest, made: str, path: Path) -> None:
    from ..look.poster import Poster, save

    business, survey = engine.config.business, engine.library.surveys[engine.library.today(wanted.survey)]
    logo = engine.root / business.logo if business.logo else None
    speech = engine.catalogs.speech(wanted.language or engine.config.languages[0])
    save(Poster(made, business, survey.head.title, logo), speech, path)


def _spoken(engine: Engine, language: str | None) -> str | None:
    from ..i18n.language import base

    languages = engine.config.languages
    if language is None or base(language) in languages:
        return language and base(language)
    raise click.UsageError(f"--language {language}: the business speaks {', '.join(languages)}")


def _draw(made: str, qr: str | None) -> None:
    from ..look import qr as picture

    if qr == "-":
        click.echo(picture.terminal(made), err=True)  # standard output is the link alone
    elif qr is not None:
        picture.save(made, Path(qr))
