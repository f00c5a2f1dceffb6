"""Reads the answers that weighted scores are made of, and the occasions that these stand for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from ..definitions.survey import Invite
from ..engine import Engine
from ..store import inclusion
from ..store.engine.database import Connection
from ..store.inclusion import WeightsWanted
from .ledger import CSAT
from .repeat import RECODED
from .score import SCORES
from .versions import CountedVersion, Seen
from .weighting import TRIM, WeighedAnswers


def weighed(engine: Engine, connection: Connection, seen: Seen) -> Mapping[str, WeighedAnswers]:
    """Return by touchpoint the answers whose chance is known and may be told.

    Weights would tell of each answer whose it is, so that what is confidential or anonymous has none.
    """
    versions = {digest: one for digest, one in seen.versions.items() if _is_weighed(engine, one)}
    if not versions:
        return {}
    places = {digest: engine.library.surveys[one.survey].touchpoint for digest, one in versions.items()}
    found = inclusion.weighed(connection, _wanted(versions, places, seen))
    occasions, uncovered = Counter[str](), Counter[str]()
    for count in inclusion.occasions(connection, sorted(versions), seen.days):
        occasions[places[count.digest]] += count.n
        # Where no lot made the chance smaller, a limit left none.
        if not count.chance or count.limited and count.chance >= _sample(engine, count.digest):
            uncovered[places[count.digest]] += count.n
    return {
        place: WeighedAnswers(
            occasions=occasions[place], uncovered=uncovered[place], **found[place]._asdict() if place in found else {}
        )
        for place in sorted({*occasions, *found})
    }


def _is_weighed(engine: Engine, version: CountedVersion) -> bool:
    survey = engine.library.surveys.get(version.survey)
    is_asked = any(role.kind == CSAT for role in version.roles.values())
    return bool(survey and survey.head.scored) and is_asked and not version.is_blocked


def _wanted(versions: Mapping[str, CountedVersion], places: Mapping[str, str], seen: Seen) -> WeightsWanted:
    surveys = {one.cohort.survey: places[digest] for digest, one in versions.items()}
    roles = [(digest, key, role) for digest, one in versions.items() for key, role in one.roles.items()]
    questions = [(digest, question) for digest, (question, _), role in roles if role.kind == CSAT]
    metric = SCORES[CSAT]
    values = [str(value) for value in metric.values] if metric else []
    return WeightsWanted(surveys, questions, values, [str(value) for value in RECODED[CSAT]], TRIM, seen.days)


def _sample(engine: Engine, digest: str) -> float:
    """Return the chance of an occasion that nothing but the survey's own sample decides about."""
    survey = engine.library.version(digest)
    return (survey.invite or Invite()).sample if survey else 1.0
