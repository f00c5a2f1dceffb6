"""What a survey asks, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ...definitions.kinds.registry import Matrix, Question, Scale
from ...definitions.survey import Survey
from ...definitions.text import told
from ...i18n.speech import Speech
from ...invitations.rules import wanted
from ...values.msgid import N_

KINDS: Mapping[str, str] = {
    "csat": N_("satisfaction, 1 to 5"),
    "nps": N_("recommendation, 0 to 10"),
    "ease": N_("ease, 1 to 7"),
    "ces": N_("agreement, 1 to 7"),
    "expectation": N_("compared with expectations, 1 to 5"),
    "amount": N_("degree, 1 to 5"),
    "likely": N_("likelihood, 1 to 5"),
    "rating": N_("a scale of its own"),
    "yes_no": N_("yes or no"),
    "yes_partly_no": N_("yes, partly or no"),
    "choice": N_("one of these"),
    "choices": N_("any of these"),
    "matrix": N_("one answer for each row"),
    "ranking": N_("an order of these"),
    "text": N_("free text"),
    "number": N_("a number"),
    "date": N_("a day"),
    "email": N_("an e-mail address"),
    "phone": N_("a phone number"),
    "consent": N_("consent"),
    "note": N_("a note, with nothing to answer"),
}


class DefinedQuestion(NamedTuple):
    """A question of a file: its text, its kind and other remarks, the rows and the options that it lists."""

    id: str
    text: str
    remarks: list[str]
    rows: list[str]
    options: list[str]


class Definition(NamedTuple):
    """A survey file in words."""

    id: str
    name: str
    title: str
    goal: str
    target: str
    touchpoint: str
    is_scored: bool
    version: str
    questions: list[DefinedQuestion]


def definition(survey: Survey, speech: Speech) -> Definition:
    """Return what the file of a survey says, in the reader's language."""
    head = survey.head
    return Definition(
        survey.id,
        speech.words(survey.name),
        _said(speech.words(head.title)),
        head.goal,
        speech.percent(head.target.csat) if head.target else "",
        survey.touchpoint,
        head.scored,
        survey.digest[:12],
        [_question(one, speech) for one in survey.questions],
    )


def _question(one: Question, speech: Speech) -> DefinedQuestion:
    rows = [speech.words(part.text) for part in one.parts] if isinstance(one, Matrix) else []
    texts = (speech.words(option.text) or option.value for option in one.offered) if _lists(one) else ()
    return DefinedQuestion(
        one.id, _said(speech.words(one.text)), list(_remarks(one, speech)), rows, list(map(_said, texts))
    )


def _lists(one: Question) -> bool:
    """Whether its options are of the file; scales are known by their kind."""
    return one.kind in ("choice", "choices", "ranking") or (isinstance(one, Matrix) and one.scale is None)


def _remarks(one: Question, speech: Speech) -> Iterator[str]:
    yield speech.gettext(KINDS[one.kind])
    if isinstance(one, Scale) and one.kind == "rating":
        low, high = one.bounds
        yield speech.gettext("{from} to {to}", **{"from": speech.number(low), "to": speech.number(high)})
    if one.core:
        yield speech.gettext("its answer is the score")
    if one.required:
        yield speech.gettext("required")
    if one.show_if:
        yield speech.gettext("condition: {wanted}", wanted=wanted(one.show_if, speech))


def _said(text: str) -> str:
    """Return a text with its placeholders as gaps."""
    return told(text, {}, "…")
