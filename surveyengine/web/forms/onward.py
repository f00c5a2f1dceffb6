"""The way on from a page where nothing can be answered any more: to the form that is always open."""

from __future__ import annotations

from ...definitions.survey import Survey
from ...i18n.speech import Speech
from ...look.foot import Way
from ...responses.place import Placement
from ...values.enumeration import FormLayout, JourneyStage
from ...versions.library import Library

ENDS = ("expired", "closed")


def leads_on(kind: str, place: Placement) -> bool:
    """Whether a page of this kind leads on; a tablet, and a form in another page, stay where they are."""
    return kind in ENDS and place.layout == FormLayout.PAGE


def onward(library: Library, speech: Speech, root: str) -> Way | None:
    """Return the way to the always-open form, below the path `root`; None where the business has none."""
    form = open_form(library)
    words = speech.gettext("Is there anything you would like to tell us?")
    return Way(words, f"{root}/s/{form.id}?lang={speech.language}") if form else None


def open_form(library: Library) -> Survey | None:
    """Return the form that has no trigger and counts in no stage; of several, one of the relationship comes first."""
    forms = (one for one in library.live.values() if _is_always_open(one) and not library.is_closed(one))
    return min(forms, key=lambda one: (one.stage != JourneyStage.RELATIONSHIP, one.id), default=None)


def _is_always_open(survey: Survey) -> bool:
    return survey.invite is None and not survey.head.scored
