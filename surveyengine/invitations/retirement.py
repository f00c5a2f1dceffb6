"""Ends a survey whose file was removed for good."""

from __future__ import annotations

from datetime import datetime

from ..definitions.model import nearest
from ..engine import Engine
from ..store import sendings, surveys
from ..values.enumeration import Reason


class NotRetired(Exception):
    """The survey cannot be retired; the message says why, and what would be right."""


def retire(engine: Engine, id: str, now: datetime) -> int:
    """Retire a survey until it has a file again; return how many planned invitations are withdrawn.

    Its links say that it is closed, and its answers stay. Raises NotRetired for a survey that has a file, was renamed,
    or is unknown.
    """
    shelf = engine.library.shelf
    if id in shelf.files:
        raise NotRetired(f"the file of the survey `{id}` is there; write `closed = true` at its top to close it")
    if heir := shelf.heirs.get(id):
        raise NotRetired(f"the survey `{id}` goes on as `{heir}`, which names it in its `was`")
    survey = shelf.surveys.get(id)
    if survey is None:
        raise NotRetired(f"there is no survey `{id}`; {nearest(id, shelf.surveys)}")
    with engine.database.write() as connection:
        surveys.retire(connection, survey.ids, now)
        return sendings.withdraw(connection, sendings.planned(_own(engine, survey.ids)), Reason.CLOSED)


def _own(engine: Engine, ids: tuple[str, ...]) -> list[str]:
    """Return those of a survey's ids that no other survey has taken over."""
    return [id for id in ids if engine.library.today(id) == ids[0]]
