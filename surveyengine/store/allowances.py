"""How many answers came from a network within an hour, counted where all processes see it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Integer, String, bindparam, delete, exists, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from .schema import allowance, response

SLOT = 300  # seconds that are counted together
SLOTS = 3600 // SLOT  # of which an hour touches one more


class Allowance(NamedTuple):
    """What a network may still send: at most so many answers in any hour up to that moment.

    `client` is a hash of the network.
    """

    client: str
    most: int
    now: datetime

    @property
    def row(self) -> dict[str, Any]:
        """Its parameters in the statement that takes one answer from it."""
        slot = _slot(self.now)
        return {"who": self.client, "at": slot, "since": slot - SLOTS, "until": slot + SLOTS, "most": self.most}


def wait(now: datetime) -> int:
    """Return in how many seconds a network may be able to send again, at the earliest."""
    return SLOT - int(now.timestamp()) % SLOT


def drop_past(connection: Connection, now: datetime) -> None:
    """Forget what is counted no more, and what a wrong clock has counted long ahead of its time."""
    slot = _slot(now)
    gone = or_(allowance.c.slot < slot - SLOTS, allowance.c.slot > slot + SLOTS)
    connection.execute(delete(allowance).where(gone))


def taking(kind: str) -> Any:
    """Return the statement that counts one answer, and makes no row where it would be one too many, or came before.

    What is refused is not counted. Times ahead count too: two machines' clocks need not agree.
    """
    seen, who, at, most = allowance.alias("seen"), bindparam("who", type_=String), _number("at"), _number("most")
    hour = seen.c.slot.between(_number("since"), _number("until"))
    none, one = (literal_column(digit, Integer) for digit in "01")  # no parameters of the statement
    others = select(func.coalesce(func.sum(seen.c.n), none)).where(seen.c.client == who, hour, seen.c.slot != at)
    before = others.scalar_subquery()
    known = exists(select(response.c.id).where(response.c.id == bindparam("id", type_=response.c.id.type)))
    first = select(who, at, one).where(before < most, ~known)
    insert = (sqlite_insert if kind == "sqlite" else postgresql_insert)(allowance)
    return insert.from_select(allowance.c.keys(), first).on_conflict_do_update(
        index_elements=[allowance.c.client, allowance.c.slot],
        set_={"n": allowance.c.n + one},
        where=allowance.c.n + before < most,
    )


def _number(name: str) -> Any:
    return bindparam(name, type_=Integer)


def _slot(now: datetime) -> int:
    return int(now.timestamp()) // SLOT
