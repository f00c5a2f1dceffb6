"""Ends a survey whose file is gone, and which nobody means to put back."""

from __future__ import annotations

from datetime import datetime

from ..definitions.model import nearest
from ..engine import Engine
from ..store import sendings, surveys
from ..values.enumeration import Reason


class NotRetired(Exception):
    """Why a survey cannot be retired, in a sentence that says what would be right."""


def retire(engine: Engine, id: str, now: datetime) -> int:
    """Retire a survey for as long as it has no file; return how many planned invitations will not be sent.

    Its links say that it is closed, and its answers stay. Raises NotRetired where it has a file, goes on in another
    survey, or never was.
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
    """Return those of a survey's ids that no other survey goes on under."""
    return [id for id in ids if engine.library.today(id) == ids[0]]
