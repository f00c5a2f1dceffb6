"""Sends again what failed, may not have left, or was refused as late, where it is still right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from ..definitions.model import nearest
from ..engine import Engine
from ..store import lateness, occasions, sendings
from ..store.lateness import LateInvitation
from ..values.enumeration import Reason
from . import lots
from .contact import DecisionContext
from .decision import REASONS, Refusal
from .listeners import Listeners
from .review import Gone, Later, Wrong, still_right
from .round import Round

TOLD = {**REASONS, "gone": "the survey or the customer is not stored any more"}


class NoSuchSurvey(Exception):
    """No survey has that id; the message says which one may be meant."""


@dataclass
class Revival:
    """How many invitations are sent again, and how many are not, by the reason."""

    again: int = 0
    not_again: Counter[str] = field(default_factory=Counter)

    def lines(self, none: str = "no invitation has failed") -> Iterator[str]:
        """Yield the counts in sentences; the sentence `none` where there was nothing to do."""
        if not self.again and not self.not_again:
            yield none
            return
        yield f"sent again {self.again} · not sent again {self.not_again.total()}"
        for reason, n in self.not_again.most_common():
            yield f"  {reason} {n}: {TOLD[reason]}"


def revive(engine: Engine, survey: str | None, since: date | None, now: datetime) -> Revival:
    """Plan failed invitations anew; `survey` and `since` (the day of the last try) narrow them down.

    Each has a transaction of its own, so that other writers do not wait for all. Raises NoSuchSurvey.
    """
    return again(engine, failed(engine, survey, since), now)


def revive_uncertain(engine: Engine, survey: str | None, since: date | None, now: datetime) -> Revival:
    """The same with those that may not have left, at the risk that they have."""
    return again(engine, uncertain(engine, survey, since), now)


def failed(engine: Engine, survey: str | None, since: date | None) -> list[int]:
    """Return the keys of the failed messages that `revive` would try, the newest first. Raises NoSuchSurvey."""
    with engine.database.read() as connection:
        return sendings.failed(connection, *_chosen(engine, survey, since))


def uncertain(engine: Engine, survey: str | None, since: date | None) -> list[int]:
    """Return the same of those that may not have left."""
    with engine.database.read() as connection:
        return sendings.uncertain_ones(connection, *_chosen(engine, survey, since))


def again(engine: Engine, keys: Sequence[int], now: datetime) -> Revival:
    """Plan the messages of these keys anew, each decided by itself; of one that is not given up nothing is counted."""
    done = Revival()
    for place, key in enumerate(keys):
        at = now - place * timedelta.resolution  # so that what was due last, the first of the keys, leaves first
        _count(done, lambda key=key, at=at: _revive_one(engine, key, at))  # type: ignore[misc]
    return done


def revive_late(engine: Engine, survey: str | None, since: date | None, now: datetime) -> Revival:
    """Plan anew what was refused as late and is in time by today's clock; `survey` and `since` narrow it down.

    `since` is a day; occasions of earlier days are left out. Raises NoSuchSurvey.
    """
    done, late = Revival(), engine.config.sending.late
    with engine.database.read() as connection:
        ids = _ids(engine, survey) if survey else None
        found = lateness.late(connection, ids, since, now - late if late else None)
    for one in found:
        _count(done, lambda one=one: _revive_late_one(engine, one, now))  # type: ignore[misc]
    return done


def _chosen(engine: Engine, survey: str | None, since: date | None) -> tuple[tuple[str, ...] | None, datetime | None]:
    begin = datetime.combine(since, time(), engine.config.business.zone) if since else None
    return _ids(engine, survey) if survey else None, begin


def _count(done: Revival, revived: Callable[[], bool]) -> None:
    try:
        done.again += revived()
    except _NotRight as error:
        done.not_again[str(error)] += 1


class _NotRight(Exception):
    """The invitation stays failed; the message is a key of TOLD."""


def _revive_one(engine: Engine, key: int, now: datetime) -> bool:
    """Plan a message anew; False where somebody else was quicker. Raises _NotRight and changes nothing."""
    with engine.database.write() as connection:
        given_up = sendings.given_up(connection, key)
        if given_up is None:
            return False
        sendings.revive(connection, given_up, now)  # first, because a failed invitation does not count for its occasion
        match still_right(DecisionContext(engine, connection, now), given_up):
            case Later(at):
                sendings.revive(connection, given_up, at)
            case Wrong(reason):
                raise _NotRight(reason)
            case Gone():
                raise _NotRight("gone")
    return True


def _revive_late_one(engine: Engine, late: LateInvitation, now: datetime) -> bool:
    """Plan a late message anew, or decide again about a late event. Raises _NotRight."""
    if late.sending is not None:
        return _revive_one(engine, late.sending, now)
    scales = lots.today(engine, now)
    with engine.database.write() as connection:
        if (found := occasions.refused(connection, late.key, Reason.LATE)) is None:
            return False
        row, customer = found
        survey = engine.library.survey(row.survey)
        if survey is None or customer is None:
            raise _NotRight("gone" if survey is None else Reason.NO_CUSTOMER)
        decision = Round(Listeners(engine, now, scales=scales), connection).decide_again(survey, customer, row)
        if decision is None or isinstance(decision, Refusal):
            raise _NotRight(decision.reason if decision else Reason.NO_LONGER_ASKED)
    return True


def _ids(engine: Engine, id: str) -> tuple[str, ...]:
    """Return all ids of a survey, former ones included."""
    survey = engine.library.survey(id)
    if survey is None:
        raise NoSuchSurvey(f"there is no survey `{id}`; {nearest(id, engine.library.surveys)}")
    return survey.ids
