"""What no folded count has yet: new answers, and answers by a field that has just become known."""

from __future__ import annotations

from sqlalchemy import Connection, select

from . import segment_tallies, tallies
from .count_tables import segment_field
from .schema import UNFOLDED, response


def count_some(connection: Connection, limit: int) -> bool:
    """Count some of it, in this transaction, and return whether there was any; what somebody holds is waited for.

    Where there was none, nothing is locked.
    """
    if connection.execute(tallies.unfolded().limit(1)).first():
        if not tallies.fold(connection, limit):
            connection.execute(select(response.c.id).where(UNFOLDED).limit(1).with_for_update()).first()
        return True
    if connection.execute(select(segment_field.c.field).where(segment_field.c.reached.is_not(None))).first():
        segment_tallies.advance(connection, limit)
        return True
    return False
