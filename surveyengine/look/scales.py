"""An answer on a scale, as a number and in words."""

from __future__ import annotations

from ..definitions.kinds.anchors import ANCHORS
from ..definitions.kinds.registry import Part
from ..i18n.speech import Speech

CSAT = 5


def of_most(speech: Speech, value: int, part: Part) -> str:
    """Return a value and the highest one of its scale: "4 of 5"."""
    most = max(int(option.value) for option in part.offered if option.value.isdecimal())
    return shown(speech, value, most)


def shown(speech: Speech, value: int, most: int = CSAT) -> str:
    """Return a value of a scale with the highest one, that of satisfaction where nothing else is said."""
    return speech.gettext("{value} of {most}", value=value, most=most)


def satisfaction(speech: Speech, value: int) -> str:
    """Return a satisfaction, 1 to 5, in words."""
    words = ANCHORS["csat"].get(str(value), "")
    return speech.gettext(words)
