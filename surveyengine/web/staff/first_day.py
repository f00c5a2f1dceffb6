"""The map before the first answer: what is ready, what is missing, and when the customers will be asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from markupsafe import Markup

from ...engine import Engine
from ...i18n.language import name
from ...invitations.rules import rules
from ...results.report import Report
from ...results.terminal.score_rows import METRICS
from ...store.beginning import Beginning, beginning
from ...values.enumeration import MailScheme
from ...values.msgid import N_
from .coded import coded
from .phrases import Phrases

SURVEYS = N_("{count} surveys are live. Their links work, in these languages: {languages}.")
NO_SURVEY = N_("There is no survey yet. Each is a file in the folder {folder}.")
EVENTS = N_("Events arrive.")
NO_EVENTS = N_("No events have arrived yet. The first ones can be sent with {command}, or over HTTP with a key.")
MAILS = N_("Mails leave by {way}.")
NO_MAILS = N_("Mails are written as files. To send them, {setting} has to be set in {file}.")
LEAVING = (MailScheme.SMTP, MailScheme.SMTPS)


class Step(NamedTuple):
    """A step towards the first score."""

    words: Markup
    done: bool


def begun(engine: Engine) -> Beginning:
    """Return what has come in yet."""
    with engine.database.read() as connection:
        return beginning(connection)


def steps(engine: Engine, known: Beginning, phrases: Phrases) -> Iterator[Step]:
    """Yield the three steps, each with its state."""
    say, count = phrases.speech.gettext, len(engine.library.surveys)
    languages = phrases.speech.enumeration(list(map(name, engine.config.languages)))
    yield Step(
        coded(say(SURVEYS, count=count, languages=languages) if count else say(NO_SURVEY, folder="`surveys/`")),
        count > 0,
    )
    yield Step(coded(say(EVENTS) if known.events else say(NO_EVENTS, command="`surveyengine events`")), known.events)
    way = engine.config.email.url.partition(":")[0]
    leaves = way in LEAVING
    yield Step(
        coded(say(MAILS, way=way.upper()) if leaves else say(NO_MAILS, setting="`[email] url`", file="`config.toml`")),
        leaves,
    )


def asked(engine: Engine, phrases: Phrases) -> Mapping[tuple[str, str], str]:
    """Return when the customers of each touchpoint will be asked, in a sentence."""
    sending = engine.config.sending
    found: dict[tuple[str, str], str] = {}
    for survey in engine.library.surveys.values():
        found.setdefault((survey.stage, survey.touchpoint), rules(survey.invite, sending, phrases.speech)[0])
    return found


def is_empty(found: Report) -> bool:
    """Whether no answer belongs to the period of a report; anonymous ones that are not out yet may."""
    scores = [getattr(one, kind) for one in found.touchpoints for kind in ("csat", *METRICS)]
    return not any(score and (score.n or score.withheld) for score in scores) and not any(
        one.responses for one in found.touchpoints
    )
