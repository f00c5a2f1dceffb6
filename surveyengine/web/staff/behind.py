"""Who stands behind the numbers of a touchpoint: the list of these responses, for whoever may see it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from ...definitions.survey import Survey
from ...results import responses
from ...results.distribution import Distribution
from ...results.report import Touchpoint
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


def behind(surveys: list[Survey], one: Touchpoint, shown: PagePeriod) -> RespondentList | None:
    """Return the list behind a touchpoint's answers; None where it would not show exactly those that are counted."""
    if len(surveys) != 1 or not access.reader().role.covers(Role.OPERATOR):
        return None
    survey = surveys[0]
    if survey.core is None or not responses.is_whole(services().engine, survey):
        return None
    counted = next((each.counts for each in one.questions or () if _is_core(each, survey.core.id)), None)
    steps = sum(n for value, n in (counted or {}).items() if value in responses.BANDS[ScoreBand.RATED])
    return RespondentList(survey.id, survey.core.id, shown) if steps and steps == one.csat.n else None


def _is_core(question: Distribution, core: str) -> bool:
    return (question.id, question.series) == (core, CSAT)
