"""What an invitation says, as HTML for mail programs and as text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from markupsafe import Markup

from ..definitions import effort
from ..definitions.kinds.registry import NOT_APPLICABLE, Question, Scale
from ..definitions.survey import Survey
from ..definitions.text import Values
from ..i18n.language import name
from ..i18n.speech import Speech
from ..look.autolink import unlinked
from ..look.foot import ways
from ..look.markup import LanguageLink, plain, render, sentence
from ..look.palette import palette
from ..values.msgid import N_
from .channel import Content

LONGEST_ROW = 7  # numbers side by side on a narrow phone


class ScaleStep(NamedTuple):
    """A step of a scale, as a link."""

    number: str
    label: Markup
    said: str
    link: str


@dataclass(frozen=True)
class MailQuestion:
    """The question in the mail, with its steps row by row; `labelled` when every step has words."""

    text: Markup
    said: str
    rows: tuple[tuple[ScaleStep, ...], ...]
    labelled: bool

    @property
    def steps(self) -> tuple[ScaleStep, ...]:
        """All steps in order."""
        return tuple(step for row in self.rows for step in row)

    @property
    def ends(self) -> tuple[ScaleStep, ...]:
        """The steps that have words."""
        return tuple(step for step in self.steps if step.label)


def invitation(content: Content, logo: str | None = None) -> tuple[str, str, str]:
    """Return the subject, the text and the HTML of an invitation, with links to the business's other languages.

    `logo` is the address of the business's picture; without one, the mail shows a letter.
    """
    survey, speech, business = content.survey, content.speech, content.config.business
    values = {**unlinked(content.values), "business": speech.words(business.name)}
    link = f"{content.link}?lang={speech.language}"
    wanted = survey.invite.subject if survey.invite else None
    subject = speech.words(wanted) if wanted else speech.gettext("A short survey from {business}")
    title = speech.words(survey.head.title)
    why = speech.gettext("You receive this message because you have been in touch with {business}.")
    own = survey.invite.body if survey.invite else None
    body = speech.words(own) if own else speech.gettext("Your answer helps us do better.")
    shared = {
        "asked": _asked(survey, speech, values, link),
        "link": link,
        "unsubscribe": f"{content.unsubscribe_link}?lang={speech.language}",
        "languages": _other_languages(content),
        "business": speech.words(business.name),
        "logo": logo,
        "length": _length(survey, speech),
        "reminder": _reminder(content),
        "color": palette(business.color),
        "ways": ways(speech, business),
    }
    said = {"title": title, "body": body, "why": why}
    spoken = {name: plain(one, values, speech) for name, one in said.items()}
    marked = {name: sentence(one, values, speech) for name, one in said.items()}
    text = render("invitation.txt", speech, **shared, **spoken)
    subject = plain(subject, values, speech)
    if content.reminder:
        subject = speech.gettext("A reminder: {subject}", subject=subject)
    return subject, text, render("invitation.html", speech, **shared, **marked)


def _reminder(content: Content) -> str:
    """Return what a reminder says before anything else; "" in a first message."""
    if content.reminder is None:
        return ""
    said = N_("We have not had your answer yet. The link works until {day}.")
    return content.speech.gettext(said, day=content.speech.date(content.reminder.until))


def _other_languages(content: Content) -> list[LanguageLink]:
    others = [code for code in content.config.languages if code != content.speech.language]
    return [LanguageLink(code, name(code), f"{content.link}?lang={code}") for code in others]


def _length(survey: Survey, speech: Speech) -> str:
    """Return how long the survey takes, as a sentence."""
    minutes = effort.minutes(survey)
    if minutes < 2:
        return speech.gettext("About a minute.") if minutes else speech.gettext("About half a minute.")
    return speech.ngettext("About {count} minute.", "About {count} minutes.", minutes, count=minutes)


def asked_in_mail(survey: Survey) -> Scale | None:
    """Return the question that a mail asks: the core question, else the first scale without `show_if`; None without."""
    scales = [one for one in survey.questions if isinstance(one, Scale) and one.show_if is None]
    return next((one for one in scales if one.core), scales[0] if scales else None)


def _asked(survey: Survey, speech: Speech, values: Values, link: str) -> MailQuestion | None:
    question = asked_in_mail(survey)
    if question is None:
        return None
    text = speech.words(question.text)
    steps = [
        ScaleStep(
            speech.number(int(option.value)),
            sentence(words, values, speech),
            plain(words, values, speech),
            preselecting(link, question, option.value),
        )
        for option in question.offered
        if option.value != NOT_APPLICABLE
        for words in [speech.words(option.text)]
    ]
    labelled = all(step.label for step in steps)
    rows = _rows(steps, 1 if labelled else _width(len(steps)))
    return MailQuestion(sentence(text, values, speech), plain(text, values, speech), rows, labelled)


def preselecting(link: str, question: Question, value: str) -> str:
    """Return the link with an answer that the page shows as chosen, but does not save."""
    return f"{link}{'&' if '?' in link else '?'}{question.id}={value}"


def _width(count: int) -> int:
    """Return how many numbers a row has, so that rows are about equally long."""
    return count if count <= LONGEST_ROW else (count + 1) // 2


def _rows(steps: list[ScaleStep], width: int) -> tuple[tuple[ScaleStep, ...], ...]:
    return tuple(tuple(steps[start : start + width]) for start in range(0, len(steps), width))
