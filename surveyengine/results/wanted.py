"""What a report is asked for, and that it cannot be made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ..values.enumeration import STAGES, Against, TrendUnit
from ..values.name import is_field
from ..values.period import DateRange, year_before
from .report import Place


class NoReport(Exception):
    """A report that cannot be made; its text says why, and what would be right."""


class NoSplit(NoReport):
    """A field that a report is not split by; carries a sentence about it that pages can translate, and its values."""

    def __init__(self, text: str, msgid: str, **values: str | int) -> None:
        super().__init__(text)
        self.msgid, self.values = msgid, values


@dataclass(frozen=True)
class ReportQuery:
    """What a report shows: its days (both included), the field to split by, one stage, and the questions.

    Where it is `at` a touchpoint, only the questions of that one are told.
    `against` says which period it is compared with, `every` what its trend has a point for.
    Weighted scores are in it only where the business asks for them too.
    `language` is a code, or `own` for the business's first; None is English if the business has it, else its first.
    Raises ValueError.
    """

    since: date | None = None
    until: date | None = None
    by: str | None = None
    stage: str | None = None
    questions: bool = False
    language: str | None = None
    against: Against = Against.PREVIOUS
    every: TrendUnit | None = None
    weighted: bool = True
    at: Place | None = None

    @property
    def days(self) -> DateRange:
        """The period; raises ValueError for reversed ends."""
        return DateRange(self.since, self.until)

    def __post_init__(self) -> None:
        _ = self.days
        if self.by is not None and not is_field(self.by):
            raise ValueError("`by` must be the name of an event's field, such as channel, or language")
        if self.stage is not None and self.stage not in STAGES:
            raise ValueError(f"there is no stage {self.stage!r}; stages are {', '.join(STAGES)}")
        earlier = year_before(self.days, self.until or date.max) if self.against is Against.YEAR else None
        if earlier and earlier.until and self.since and earlier.until >= self.since:
            raise ValueError("a period of more than a year cannot be compared with the year before")
