"""Corrects what is known of a customer, as they say it is; what happens later may tell something newer."""

from __future__ import annotations

from collections.abc import Mapping

from ..engine import Engine
from ..events.customer import details
from ..events.fields import Faults
from ..people.caller import Caller, about_customer, note
from ..store import customers
from ..store.customers import CustomerDetails, Person
from ..values.enumeration import AuditAction
from . import whom
from .whom import NoCustomer


class UnfitDetail(Exception):
    """Details that cannot be kept: their `names`; the message says why, and what would be right."""

    def __init__(self, names: list[str], reason: str) -> None:
        super().__init__(reason)
        self.names = names


def correct(engine: Engine, name: str, said: Mapping[str, str], caller: Caller) -> tuple[Person, Person]:
    """Let a customer's details be as said, "" for one that is to go; return the customer before and after.

    No older event changes them back. Raises NoCustomer, also for one whom only test events tell of, and UnfitDetail.
    """
    faults = Faults()
    told = details(said, faults)
    if reason := faults.reason():
        raise UnfitDetail([name for name in said if _is_unfit(name, said[name])], reason)
    if "email" in told and told["email"] is None:
        told["address_hash"] = None
    with engine.database.write() as connection:
        before = customers.locked(connection, whom.found(engine, connection, name).id)
        if before is None or before.known_at is None:
            raise NoCustomer(name, hint="test events alone tell of one")
        now = max(caller.now, before.changed_at)  # what an event told a moment ago, by a clock that is ahead, is older
        after = customers.note(connection, [CustomerDetails(before.id, told, now)], now, engine.hasher)[before.id]
        changed = [field for field in said if getattr(before, field) != getattr(after, field)]
        if changed:
            subject = f"{', '.join(sorted(changed))}: {about_customer(before.id)}"
            note(connection, caller, AuditAction.CUSTOMER_CORRECTED, subject)
        return before, after


def _is_unfit(name: str, value: str) -> bool:
    faults = Faults()
    details({name: value}, faults)
    return bool(faults.reason())
