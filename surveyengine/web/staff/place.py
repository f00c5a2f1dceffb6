"""A touchpoint's place in the journey: which surveys ask there, and what it and its stage are called."""

from __future__ import annotations

from collections.abc import Sequence

from ...definitions.survey import Survey
from ...definitions.text import told
from ...engine import Engine
from ...i18n.speech import Speech
from ...results.report import STAGE_NAMES


def surveys_at(engine: Engine, stage: str, touchpoint: str) -> list[Survey]:
    """Return the surveys of today that ask at the touchpoint; none where there is no such place."""
    place = stage, touchpoint
    return [one for one in engine.library.surveys.values() if (one.stage, one.touchpoint) == place]


def stage_name(engine: Engine, name: str, speech: Speech) -> str:
    """Return what a stage of the journey is called."""
    stage = engine.config.journey.get(name)
    return speech.words(stage.name if stage and stage.name else STAGE_NAMES[name])


def touchpoint_name(engine: Engine, surveys: Sequence[Survey], speech: Speech) -> str:
    """Return what a touchpoint with these surveys is called, as in the report."""
    first = next((one for one in surveys if one.id == one.touchpoint), surveys[0])
    return told(speech.words(first.name), {"business": speech.words(engine.config.business.name)})
