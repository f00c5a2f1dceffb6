"""What is stored of an event that arrived, and what its sender is told: pure, from values to rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from ..events.event import Customer, Event
from .transactions import Outcome

TOLD = tuple(one.name for one in fields(Customer) if one.name != "id")


def event_row(event: Event, now: datetime) -> dict[str, Any]:
    """Return the columns of an event that is heard of now, but for its customer and its outcome."""
    return {
        "source": event.source,
        "id": event.id,
        "type": event.type,
        "time": event.time,
        "data": event_data(event),
        "test": event.test,
        "received_at": now,
    }


def accepted(event: Event, planned: Sequence[Outcome], refused: Sequence[Outcome]) -> dict[str, Any]:
    """Return the outcome of an event that was stored, with what it led to."""
    return {
        "outcome": "accepted",
        "source": event.source,
        "id": event.id,
        "planned": planned,
        "refused": refused,
        **({"unused": [asdict(one) for one in event.unused]} if event.unused else {}),
        **respelled(event),
    }


def event_data(event: Event) -> dict[str, Any]:
    """Return the stored data of an event; a test keeps its customer's details here, out of the customer's record."""
    kept = {"customer": told_of(event.customer)} if event.test and event.customer else {}
    return {**event.data, **kept}


def told_of(customer: Customer) -> dict[str, str]:
    """Return what an event tells of its customer, but for the id."""
    return {name: value for name in TOLD if (value := getattr(customer, name)) is not None}


def respelled(event: Event) -> dict[str, Any]:
    """Return which identifiers are kept in another spelling, as part of the outcome."""
    return {"respelled": [asdict(one) for one in event.respelled]} if event.respelled else {}
