"""Survey files of a few lines, and what is said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from surveyengine.channels.registry import CHANNELS
from surveyengine.definitions.check import Surroundings, inside
from surveyengine.definitions.survey import SurveyDraft, draft
from surveyengine.definitions.toml.document import parse

TITLE = 'title = { en = "Delivery", he = "משלוח" }\nscored = false\n'
TEXT = 'text = { en = "How?", he = "איך?" }'
SPOKEN = {"languages": ("en", "he"), "known": ("en", "he", "fa")}


def question(id: str, kind: str, *lines: str) -> str:
    """A question's table, whose fifth line is the first of those given."""
    return "\n".join(("[[question]]", f'id = "{id}"', f'kind = "{kind}"', TEXT, *lines, ""))


def read(text: str) -> SurveyDraft:
    """Read the file of a survey in English and Hebrew."""
    return draft("delivery", "purchase", parse(text.encode(), "f"), SPOKEN)


def faults(text: str, events: Mapping[str, Sequence[str]] | None = None) -> list[str]:
    """What is said of a survey file, in the order of the file."""
    found = read(text)
    told = {*found.faults, *inside(found, Surroundings(events or {}, channels=CHANNELS))}
    return [str(fault).removeprefix("f:") for fault in sorted(told)]


def errors(text: str, events: Mapping[str, Sequence[str]] | None = None) -> list[str]:
    """The errors alone, without that word."""
    return [one.replace("error: ", "", 1) for one in faults(text, events) if ": error: " in one]
