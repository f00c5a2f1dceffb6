"""Who stands behind the numbers of a touchpoint: the list of these responses, for whoever may see it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from ...definitions.survey import Survey
from ...results import responses
from ...results.distribution import Distribution
from ...results.report import Place, Report, Touchpoint
from ...values.enumeration import Role, ScoreBand
from ..services import services
from . import access, frame
from .period import PagePeriod

CSAT = "csat"


@dataclass(frozen=True)
class RespondentList:
    """The list of a survey's responses in a period; `question` is the one whose answers it can be chosen by."""

    survey: str
    question: str
    shown: PagePeriod

    def url(self, score: str = ScoreBand.RATED) -> str:
        """Return the address of those whose satisfaction is of the band, or is that step."""
        said = {"survey": self.survey, "from": self.shown.since, "to": self.shown.until, "score": score}
        return frame.below(f"responses/?{urlencode(said)}")

    def of(self, question: Distribution, value: str) -> str:
        """Return the address of those who gave an answer; nothing where the list cannot be chosen by it."""
        is_step = value in responses.BANDS[ScoreBand.RATED]
        return self.url(value) if is_step and _is_core(question, self.question) else ""


def on_map(found: Report, shown: PagePeriod) -> Mapping[Place, str]:
    """Return the addresses of the lists behind the answers of touchpoints, of those that it shows exactly."""
    engine, places = services().engine, defaultdict[Place, list[Survey]](list)
    if not access.reader().role.covers(Role.OPERATOR):
        return {}
    for survey in engine.library.surveys.values():
        places[survey.stage, survey.touchpoint].append(survey)
    alone = {place: each[0] for place, each in places.items() if len(each) == 1 and each[0].core}
    whole = responses.whole(engine, alone.values())
    points = ((stage.stage, one) for stage in found.stages for one in stage.touchpoints)
    counted = {(stage, one.touchpoint) for stage, one in points if one.csat.n and not one.counted_until}
    return {
        place: RespondentList(survey.id, survey.core.id if survey.core else "", shown).url()
        for place, survey in alone.items()
        if survey.id in whole and place in counted
    }


def behind(surveys: list[Survey], one: Touchpoint, shown: PagePeriod) -> RespondentList | None:
    """Return the list behind a touchpoint's answers; None where it would not show exactly those that are counted."""
    if len(surveys) != 1 or one.counted_until or not access.reader().role.covers(Role.OPERATOR):
        return None
    survey = surveys[0]
    if survey.core is None or survey.id not in responses.whole(services().engine, [survey]):
        return None
    counted = next((each.counts for each in one.questions or () if _is_core(each, survey.core.id)), None)
    steps = sum(n for value, n in (counted or {}).items() if value in responses.BANDS[ScoreBand.RATED])
    return RespondentList(survey.id, survey.core.id, shown) if steps and steps == one.csat.n else None


def _is_core(question: Distribution, core: str) -> bool:
    return (question.id, question.series) == (core, CSAT)
