"""Release of responses in blocks, so that no two reports differ by one person's answer."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from .enumeration import SurveyMode
from .period import DateRange, month_end

LEAST = 10
"""The smallest number of confidential answers that is shown."""
SETTLED = timedelta(minutes=10)
"""How long after its last month a block is released: answers that were on their way at midnight are stored then."""


class Cohort(NamedTuple):
    """Responses to a survey in one mode, which come out in blocks of their own.

    Of confidential ones, those that were asked the same: else a new question would set the first who get it apart.
    """

    survey: str
    mode: SurveyMode
    asks: str = ""


@dataclass(frozen=True)
class Block:
    """Responses to a survey that are released together: anonymous ones of whole months, confidential ones of days."""

    since: date
    until: date
    n: int

    def covers(self, day: date) -> bool:
        """Whether the block has the responses of that day."""
        return self.since <= day <= self.until

    def is_within(self, days: DateRange) -> bool:
        """Whether the block's last day is in a period."""
        return days.covers(self.until)


def blocks(sizes: Mapping[date, int], minimum: int, now: datetime) -> tuple[Block, ...]:
    """Return the released blocks of a survey, the oldest first.

    1. `sizes` counts anonymous responses by day, and the days of a calendar month go together.
    2. A month is joined with the following ones until they hold `minimum` responses.
    3. The block is released once its last month is over, by `now` in the business's time zone. It never changes then,
       because responses are of the month in which they are given.
    """
    months: Counter[date] = Counter()
    for day, n in sizes.items():
        months[month_end(day)] += n
    out: list[Block] = []
    since: date | None = None
    waiting = 0
    for until in sorted(months):
        since, waiting = since or until.replace(day=1), waiting + months[until]
        if waiting >= minimum:
            if not _is_over(until, now):
                break
            out.append(Block(since, until, waiting))
            since, waiting = until + timedelta(days=1), 0
    return tuple(out)


def steps(sizes: Mapping[date, int], minimum: int = LEAST) -> tuple[Block, ...]:
    """Return the released blocks of a survey's confidential responses, the oldest first.

    A day is joined with the following ones until they hold `minimum` responses; what comes after that waits.
    """
    out: list[Block] = []
    since: date | None = None
    waiting = 0
    for day in sorted(sizes):
        since, waiting = since or day, waiting + sizes[day]
        if waiting >= minimum:
            out.append(Block(since, day, waiting))
            since, waiting = None, 0
    return tuple(out)


def released(
    sizes: Iterable[tuple[Cohort, date, int]], minimum: int, now: datetime
) -> Mapping[Cohort, tuple[Block, ...]]:
    """Return the released blocks of each cohort, from numbers of responses by cohort and day.

    `minimum` is that of anonymous ones. Identified responses need no release, and have no blocks.
    """
    by_cohort: defaultdict[Cohort, Counter[date]] = defaultdict(Counter)
    for cohort, day, n in sizes:
        by_cohort[cohort][day] += n
    return {
        cohort: blocks(days, minimum, now) if cohort.mode is SurveyMode.ANONYMOUS else steps(days)
        for cohort, days in by_cohort.items()
        if cohort.mode is not SurveyMode.IDENTIFIED
    }


def block_of(day: date, out: Sequence[Block]) -> Block | None:
    """Return the released block with the responses of that day; None before their release."""
    return next((block for block in out if block.covers(day)), None)


def _is_over(until: date, now: datetime) -> bool:
    return now >= datetime.combine(until, time(), now.tzinfo) + timedelta(days=1) + SETTLED
