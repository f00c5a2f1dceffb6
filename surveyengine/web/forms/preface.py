"""What a form says before its first question: how long it is, what it needs, and what its link has chosen already."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ...definitions import effort
from ...definitions.effort import Needed
from ...definitions.survey import Survey
from ...i18n.speech import Speech
from ...look.markup import sentence
from ...values.msgid import N_
from .question_view import Shown


@dataclass(frozen=True)
class Arrival:
    """The note for a customer whose link has chosen an answer, which is not sent yet.

    `below` is the id of the question under which it can be sent at once; "" where the form needs more, or ends there.
    Nothing is `said` where the choice has to be made again.
    """

    said: Markup
    below: str = ""


def length(survey: Survey, speech: Speech) -> str:
    """Return how many questions there are, how long they take, and which of them need an answer."""
    count = effort.count(survey)
    questions = speech.ngettext("One question", "{count} questions", count, count=count)
    line = speech.gettext("{questions}, {time}.", questions=questions, time=_time(effort.minutes(survey), speech))
    return f"{line} {needs(survey, speech)}" if count > 1 else line


def needs(survey: Survey, speech: Speech) -> str:
    """Return which questions need an answer, in one sentence."""
    match effort.needed(survey):
        case Needed.ALL:
            return speech.gettext("Please answer all of them.")
        case Needed.NONE:
            return speech.gettext("Answer as many as you like.")
        case Needed.FIRST:
            return speech.gettext("Only the first needs an answer.")
    count = effort.required(survey)
    return speech.ngettext("Only the one marked needs an answer.", "Only those marked need an answer.", count)


def arrival(questions: Sequence[Shown], chosen: Collection[str], complete: bool, speech: Speech) -> Arrival | None:
    """Return the note on what a link has chosen on the page; None where it has chosen nothing there.

    `complete` says that the form could be sent with it as it is.
    """
    here = [one for one in questions if one.id in chosen]
    if not here:
        return None
    below = here[0].id if complete and here[0] is not questions[-1] else ""
    if len(here) == 1 and here[0].options and not here[0].lines and not any(one.checked for one in here[0].options):
        return Arrival(Markup(""), below)
    value = _value(here[0]) if len(here) == 1 else ""
    if not value:
        return Arrival(Markup.escape(speech.gettext("Your answers are filled in. They are sent when you press Send.")))
    send, wait = N_("You chose {value}. Send this answer?"), N_("You chose {value}. It is sent when you press Send.")
    said = sentence(speech.gettext(send if complete else wait), {"value": value}, speech)
    return Arrival(said, below)


def _time(minutes: int, speech: Speech) -> str:
    if minutes < 2:
        return speech.gettext("about a minute") if minutes else speech.gettext("about half a minute")
    return speech.ngettext("about {count} minute", "about {count} minutes", minutes, count=minutes)


def _value(question: Shown) -> str:
    """Return the one answer that is chosen, as a sentence says it; "" where there is not one to choose."""
    chosen = [option for option in question.options if option.checked]
    if len(chosen) != 1 or question.lines or question.layout == "ranking":
        return ""
    words = chosen[0].label.striptags()
    number = chosen[0].number if question.numbered else ""
    return f"{number} ({words})" if number and words else number or words
