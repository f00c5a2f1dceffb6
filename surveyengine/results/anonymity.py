"""Which responses of anonymous surveys leave the engine, and what may be told of them beside their answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from .ledger import tellable


@dataclass(frozen=True)
class Veil:
    """What lies over the responses to anonymous versions of surveys.

    Below the minimum of responses a survey lets none out. Their day and language are told where enough share both, as
    counted over all days: so no choice of days, and no difference between two choices, tells more than all rows do.
    """

    anonymous: frozenset[str]
    told: Mapping[str, frozenset[str | None]]

    def covers(self, digest: str) -> bool:
        """Whether responses to this version are anonymous."""
        return digest in self.anonymous

    def lets_out(self, survey: str) -> bool:
        """Whether the survey's anonymous responses leave the engine at all."""
        return None in self.told.get(survey, ())

    def tells(self, survey: str, day: date, language: str) -> bool:
        """Whether so many gave their answer on this day in this language that both may be told."""
        return _cell(day, language) in self.told.get(survey, ())


def veil(anonymous: Iterable[str], cells: Iterable[tuple[str, date, str, int]], minimum: int) -> Veil:
    """The veil over these versions; `cells` count their responses by survey, day and language."""
    sizes: defaultdict[str, dict[str | None, int]] = defaultdict(lambda: {None: 0})
    for survey, day, language, n in cells:
        sizes[survey][None] = sizes[survey][None] + n
        sizes[survey][_cell(day, language)] = n
    return Veil(frozenset(anonymous), {survey: frozenset(tellable(each, minimum)) for survey, each in sizes.items()})


def _cell(day: date, language: str) -> str:
    return f"{day.isoformat()} {language}"
