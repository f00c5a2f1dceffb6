"""Gives invitations whose mails were given up another chance, where they are still right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time

from ..definitions.model import nearest
from ..engine import Engine
from ..store import sendings
from .decision import REASONS
from .review import Gone, Later, Wrong, still_right

GONE = {"gone": "the survey or the customer is not stored any more"}


class NoSuchSurvey(Exception):
    """There is no survey of that id; the message says which one may be meant."""


@dataclass
class Revival:
    """How many invitations are sent again, and how many are not, by the reason."""

    again: int = 0
    not_again: Counter[str] = field(default_factory=Counter)

    def lines(self) -> Iterator[str]:
        """Yield all of it in sentences."""
        if not self.again and not self.not_again:
            yield "no invitation has failed"
            return
        yield f"sent again {self.again} · not sent again {self.not_again.total()}"
        for reason, n in self.not_again.most_common():
            yield f"  {reason} {n}: {(REASONS | GONE)[reason]}"


def revive(engine: Engine, survey: str | None, since: date | None, now: datetime) -> Revival:
    """Plan all failed invitations anew, or those to a survey, or those that were tried last on or after a day.

    Each is decided in a transaction of its own, so that nobody waits for all of them. Raises NoSuchSurvey.
    """
    done = Revival()
    begin = datetime.combine(since, time(), engine.config.business.zone) if since else None
    with engine.database.read() as connection:
        keys = sendings.failed(connection, _ids(engine, survey) if survey else None, begin)
    for key in keys:
        try:
            done.again += _revive_one(engine, key, now)
        except _NotRight as error:
            done.not_again[str(error)] += 1
    return done


class _NotRight(Exception):
    """The invitation stays failed, for a reason in a word."""


def _revive_one(engine: Engine, key: int, now: datetime) -> bool:
    """Plan a failed message anew; False where somebody else was quicker. Raises _NotRight, and nothing has changed."""
    with engine.database.write() as connection:
        given_up = sendings.given_up(connection, key)
        if given_up is None:
            return False
        sendings.revive(connection, given_up, now)  # first, because what has failed has no part in an occasion
        match still_right(engine, connection, given_up.invitation, now):
            case Later(at):
                sendings.revive(connection, given_up, at)
            case Wrong(reason):
                raise _NotRight(reason)
            case Gone():
                raise _NotRight("gone")
    return True


def _ids(engine: Engine, id: str) -> tuple[str, ...]:
    """Return all ids of a survey, the former ones too."""
    survey = engine.library.survey(id)
    if survey is None:
        raise NoSuchSurvey(f"there is no survey `{id}`; {nearest(id, engine.library.surveys)}")
    return survey.ids
