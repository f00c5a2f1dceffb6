"""Whether anything has come in yet."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, exists, false, select

from .schema import event, response


class Beginning(NamedTuple):
    """Whether there are events and responses, tests aside."""

    events: bool
    responses: bool


def beginning(connection: Connection) -> Beginning:
    """Return what has come in since the engine was set up."""
    first = exists(select(event).where(event.c.test == false()))
    answered = exists(select(response).where(response.c.test == false()))
    events, responses = connection.execute(select(first, answered)).one()
    return Beginning(events, responses)
