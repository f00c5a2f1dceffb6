"""Suggestions for unknown names in events: what the sender may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from functools import lru_cache

from .alias import LONGEST, SHORTEST, attribute_of, detail, folded, is_whom
from .event import Event
from .vocabulary import Vocabulary

MOST_HINTS = 20  # shown for one file or request
MOST_NAMES = 500  # compared for one file or request
OF_FIELDS = 0.85  # how alike (0 to 1) a field is to one that the event lacks


class Suggestions:
    """Hints for the names in a file's or a request's events, each told once."""

    def __init__(self, words: Vocabulary) -> None:
        self._words, self._names = words, words.names
        self._looked: dict[str, str | None] = {}  # name -> the detail or attribute that it may mean
        self._told: dict[str, str] = {}

    def look(self, event: Event) -> None:
        """Note hints for the names of an event that resemble names that it lacks."""
        if event.type not in self._words.types and event.type not in self._looked and self._may_look():
            self._note(event.type, self._stranger(event.type))
        for name in (*event.strangers, *event.data):
            if name not in self._told and (meant := self._meant(event, name)) and _lacks(event, meant):
                self._note(name, _said(name, meant, name in event.data))

    def hints(self) -> list[str]:
        """Return the first MOST_HINTS hints, and how many more there are."""
        more = len(self._told) - MOST_HINTS
        told = [*self._told.values()][:MOST_HINTS]
        return [*told, f"and {more} more names are not known"] if more > 0 else told

    def _note(self, name: str, hint: str) -> None:
        self._looked[name] = None
        self._told[name] = hint

    def _meant(self, event: Event, name: str) -> str | None:
        if name not in event.data and (name == "customer" or name in self._names):
            return name
        if name not in self._looked and self._may_look():
            self._looked[name] = None if name in self._names else _target(name, isinstance(event.data.get(name), dict))
        meant, fields = self._looked.get(name), self._words.fields.get(event.type)
        is_near = fields and name not in fields and name in self._looked
        return meant or (_near(name, fields) if is_near and fields else None)

    def _may_look(self) -> bool:
        return len(self._looked) < MOST_NAMES

    def _stranger(self, type: str) -> str:
        near = difflib.get_close_matches(type.lower(), sorted(self._words.types), 1, 0.6)
        hint = f"; did you mean `{near[0]}`?" if near else ""
        return f"no survey is about `{type[:LONGEST]}`, and config.toml declares no such event{hint}"


def _target(name: str, has_details: bool) -> str | None:
    """Return the detail of the customer, or the attribute of the event, that a name may mean; None for others."""
    if found := detail(name):
        return f"customer.{found}"
    if is_whom(name, has_details):
        return "customer"
    return found if (found := attribute_of(folded(name))) in ("time", "test") else None


@lru_cache(10_000)
def _near(name: str, fields: Collection[str]) -> str | None:
    plain = folded(name)
    by_fold = {folded(one): one for one in sorted(fields)}
    near = difflib.get_close_matches(plain, by_fold, 1, OF_FIELDS) if len(plain) > SHORTEST else []
    return by_fold.get(plain) or (by_fold[near[0]] if near else None)


def _lacks(event: Event, meant: str) -> bool:
    whom, _, detail = meant.partition(".")
    if whom == "customer":
        return event.customer is None or bool(detail) and not getattr(event.customer, detail)
    given = {"time": event.is_dated, "test": event.test}
    return not given[meant] if meant in given else meant not in event.data


def _said(name: str, meant: str, is_data: bool) -> str:
    if name == meant:
        return f"`{name}` stands beside `data`, where it is not read; put it into `data`"
    what = "is taken for data of the event" if is_data else "is not read"
    return f"`{name[:LONGEST]}` {what}; did you mean `{meant}`?"
