"""How often somebody tried to sign in within an hour and did not, counted where all processes see it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, func, or_, select, update

from .allowances import SLOT, SLOTS
from .engine.upsert import upsert
from .schema import staff_try


def count(connection: Connection, subjects: Iterable[str], now: datetime) -> Mapping[str, int]:
    """Count one more try of each subject, and return how many each had in the last hour.

    Nobody else counts for them until the transaction ends.
    """
    slot = _slot(now)
    for subject in sorted(subjects):  # in one order, so that two transactions do not wait for each other
        one_more = upsert(connection, staff_try).values(subject=subject, slot=slot, n=1)
        key = [staff_try.c.subject, staff_try.c.slot]
        connection.execute(one_more.on_conflict_do_update(index_elements=key, set_={"n": staff_try.c.n + 1}))
    hour = staff_try.c.subject.in_(subjects), staff_try.c.slot.between(slot - SLOTS, slot + SLOTS)
    sums = select(staff_try.c.subject, func.sum(staff_try.c.n)).where(*hour).group_by(staff_try.c.subject)
    return {subject: int(n) for subject, n in connection.execute(sums)}


def forget(connection: Connection, subjects: Iterable[str]) -> None:
    """Forget all tries of the subjects."""
    connection.execute(delete(staff_try).where(staff_try.c.subject.in_(subjects)))


def take_back(connection: Connection, subjects: Iterable[str], now: datetime) -> None:
    """Count one try less of each subject, of those of now."""
    at = staff_try.c.subject.in_(subjects), staff_try.c.slot == _slot(now)
    connection.execute(delete(staff_try).where(*at, staff_try.c.n == 1))
    connection.execute(update(staff_try).where(*at).values(n=staff_try.c.n - 1))


def drop_past(connection: Connection, now: datetime) -> None:
    """Forget what is counted no more, and what a wrong clock has counted long ahead of its time."""
    slot = _slot(now)
    connection.execute(delete(staff_try).where(or_(staff_try.c.slot < slot - SLOTS, staff_try.c.slot > slot + SLOTS)))


def _slot(now: datetime) -> int:
    return int(now.timestamp()) // SLOT
