"""Since when a survey is served in another version, and whether that asks another question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, tzinfo
from itertools import pairwise

from .ledger import AnswerRole
from .record import ABSENT
from .report import NewVersion
from .trend import KINDS, Piece
from .versions import CountedVersion

Publication = tuple[CountedVersion, datetime]
"""A version, and when it began to be served: again, where a file has returned to what it was."""


def renewed(publications: Iterable[Publication], pieces: Sequence[Piece], zone: tzinfo) -> list[NewVersion]:
    """Return the versions that were new in the days of a trend, the oldest first; of a day, the last of each survey.

    The first version of a survey takes the place of none, so it is not among them.
    """
    if not pieces:
        return []
    since, until = pieces[0].days.since, pieces[-1].days.until
    found = [one for days in _last(publications, zone).values() for one in _renewed(days)]
    return sorted((one for one in found if since <= one.from_ <= until), key=lambda one: (one.from_, one.survey))


def _last(publications: Iterable[Publication], zone: tzinfo) -> Mapping[str, Mapping[date, CountedVersion]]:
    """Return the last version of each survey on each day on which there was one."""
    found: dict[str, dict[date, CountedVersion]] = {}
    for one, at in sorted(publications, key=lambda publication: publication[1]):
        found.setdefault(one.survey, {})[at.astimezone(zone).date()] = one
    return found


def _renewed(days: Mapping[date, CountedVersion]) -> Iterator[NewVersion]:
    for (_, before), (day, now) in pairwise(days.items()):
        had, has = _questions(before), _questions(now)
        broken = [kind for kind in KINDS if kind in has and had.get(kind, has[kind]) != has[kind]]
        if now is not before:
            yield NewVersion(survey=now.survey, from_=day, breaks=broken or ABSENT)


def _questions(version: CountedVersion) -> Mapping[str, str]:
    """Return today's name of the question that makes each score."""
    kinds = {AnswerRole(kind): kind for kind in KINDS}
    return {kinds[role]: version.names[question] for (question, _), role in version.roles.items() if role in kinds}
