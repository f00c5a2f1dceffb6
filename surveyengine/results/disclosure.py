"""What the mode of a survey lets the business see of one response: the one place where that is decided."""

from __future__ import annotations

from typing import NamedTuple

from ..definitions.survey import Head
from ..values.enumeration import SurveyMode


class Disclosure(NamedTuple):
    """Whether a response may be shown by itself, and whether with the person who gave it."""

    row: bool
    person: bool


def disclosure(mode: str | None) -> Disclosure:
    """Return what may be shown of a response to a version of that mode; None is the mode of files that name none."""
    known = SurveyMode(mode or Head.model_fields["mode"].default)
    return Disclosure(row=known != SurveyMode.ANONYMOUS, person=known == SurveyMode.IDENTIFIED)
