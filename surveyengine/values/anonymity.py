"""When anonymous responses come out: in closed blocks, so that no two looks tell one person's answer."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from .period import DateRange

SETTLED = timedelta(minutes=10)
"""How long after its last month a block comes out: an answer that was on its way at midnight is counted in by then."""


@dataclass(frozen=True)
class Block:
    """Anonymous responses to a survey that come out together, from the first to the last day of whole months."""

    since: date
    until: date
    n: int

    def covers(self, day: date) -> bool:
        """Whether a response of that day belongs to the block."""
        return self.since <= day <= self.until

    def is_within(self, days: DateRange) -> bool:
        """Whether the block belongs to a period: whether its last day does."""
        return days.covers(self.until)


def blocks(sizes: Mapping[date, int], minimum: int, now: datetime) -> tuple[Block, ...]:
    """The blocks of a survey that are out, the oldest first.

    1. `sizes` counts anonymous responses by day, and the days of a calendar month go together.
    2. A month is joined with the following ones until they hold `minimum` responses.
    3. The block is out once its last month is over, by `now` in the business's time zone. It never changes then,
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


def released(sizes: Iterable[tuple[str, date, int]], minimum: int, now: datetime) -> Mapping[str, tuple[Block, ...]]:
    """The blocks that are out by the survey, from numbers of anonymous responses by survey and day."""
    by_survey: defaultdict[str, Counter[date]] = defaultdict(Counter)
    for survey, day, n in sizes:
        by_survey[survey][day] += n
    return {survey: blocks(days, minimum, now) for survey, days in by_survey.items()}


def block_of(day: date, out: Sequence[Block]) -> Block | None:
    """The block in which a response of that day came out; None while it is not out."""
    return next((block for block in out if block.covers(day)), None)


def month_end(day: date) -> date:
    """The last day of a day's month, all that is kept of when an anonymous answer was given."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def _is_over(until: date, now: datetime) -> bool:
    return now >= datetime.combine(until, time(), now.tzinfo) + timedelta(days=1) + SETTLED
