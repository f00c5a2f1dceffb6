"""Which part of those who are invited answers, as far as a project knows."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from ..project.files import Project
from ..store import response_rate
from ..store.engine.database import Unavailable, Unusable
from ..store.engine.glance import glance
from ..values.enumeration import SurveyMode

USUAL = 0.3  # where nothing tells better
FEWEST = 100  # invitations from which on a project's own rate is believed


class ResponseRate(NamedTuple):
    """The part of those invited that answers, and whether it is the project's `own`."""

    part: float
    is_own: bool


def response_rate_of(project: Project, now: datetime) -> ResponseRate:
    """Return the rate of the project's stored invitations, or else the usual one; changes nothing.

    Of anonymous and confidential surveys, nobody is told who has answered.
    """
    told = {id for one in project.surveys if one.head.mode is SurveyMode.IDENTIFIED for id in one.ids}
    if project.config is None:
        return ResponseRate(USUAL, False)
    try:
        with glance(project.config.database.url, project.root) as connection:
            if connection is None:
                return ResponseRate(USUAL, False)
            sent, answered = response_rate.overall(connection, told, now)
    except (Unavailable, Unusable):
        return ResponseRate(USUAL, False)
    return ResponseRate(answered / sent, True) if sent >= FEWEST and answered else ResponseRate(USUAL, False)
