"""The customer who is meant by an id, or by an e-mail address that is one customer's alone."""

from __future__ import annotations

from datetime import datetime

from ..definitions.model import closest
from ..engine import Engine
from ..store import customers, erasures
from ..store.customers import Person
from ..store.engine.database import Connection


class NoCustomer(Exception):
    """No customer, or not only one, is meant by a name.

    `erased_at` is when one of that id was erased, `several` are the ids of those at an address, `hint` says what may be
    meant instead.
    """

    def __init__(
        self, name: str, erased_at: datetime | None = None, several: tuple[str, ...] = (), hint: str = ""
    ) -> None:
        self.name, self.erased_at, self.several, self.hint = name, erased_at, several, hint
        super().__init__(self._said())

    def _said(self) -> str:
        if self.several:
            return f"{len(self.several)} customers have this address; name one by the id: {', '.join(self.several)}"
        if self.erased_at:
            return f"customer `{self.name}` was erased on {self.erased_at:%Y-%m-%d}"
        return f"there is no customer `{self.name}`{f'; {self.hint}' if self.hint else ''}"


def found(engine: Engine, connection: Connection, name: str) -> Person:
    """Return the customer of that id, or the only one at that address; raises NoCustomer otherwise."""
    if person := customers.person(connection, name):
        return person
    there = customers.at_address(connection, engine.hasher.hash(name)) if "@" in name else []
    if len(there) == 1:
        return there[0]
    tombstone = erasures.find(connection, engine.hasher.customer(name))
    hint = closest(name, customers.alike(connection, name))
    raise NoCustomer(name, tombstone.at if tombstone else None, tuple(one.id for one in there), hint or "")
