"""A customer's interaction with the business: what happened, and to whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..events.event import Customer, Event
from ..store.customers import Person
from .decision import Contact


class Interaction(NamedTuple):
    """An event, and its customer as they are known and can be reached; both are None where it names no customer."""

    event: Event
    person: Person | None = None
    contact: Contact | None = None


def condition_values(person: Person | Customer, data: Mapping[str, Any]) -> dict[str, object]:
    """Return what a survey's `when` is tested against: what is known of the customer, and the event's data."""
    return {"language": person.language, "account": person.account, "role": person.role, **data}
