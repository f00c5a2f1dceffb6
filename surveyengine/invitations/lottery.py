"""Whose turn it is where only one touchpoint can ask: pure, from a customer's past to the tickets of an occasion.

Every customer holds one secret ticket of TICKETS. Every occasion is allotted some of them, and the customer is asked
if theirs is among those. Tickets with which a limit would forbid the invitation are never allotted. So the limits hold
whichever ticket it is, and the chance of being asked is known exactly when the event arrives: allotted / TICKETS.

Tickets are the bits of a number: a book holds all lives that the customer could have had, one for each ticket.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

TICKETS = 256
ALL = (1 << TICKETS) - 1
LEAVE = 0.75  # the most of what is free that an occasion takes: something is left for the next one
STEADY = 0.7  # the part of a limit that all chances of a customer add up to
LOWEST = 16  # a chance is at least its scale through this, where there is room; bounds the weights of answers
KNOWN = timedelta(days=60)  # whoever is known for less counts as known for so long
BYTES = TICKETS // 8


class Spacing(NamedTuple):
    """The limits as they hold for one survey: between any two invitations, between two of its own, and within spans."""

    cooldown: timedelta
    own: timedelta
    at_most: Sequence[tuple[timedelta, int]]


class Drawn(NamedTuple):
    """What was decided earlier about the same customer: with which tickets they are asked when it is due.

    `scale` is the chance that its survey's occasions had then while nothing stood against them.
    """

    survey: str
    due: datetime
    tickets: int
    scale: float
    occasion: str | None = None


class Allotment(NamedTuple):
    """The tickets of an occasion, the scale that it was decided by, and the chance that it would have had with room."""

    tickets: int
    scale: float
    wished: float

    @property
    def allotted(self) -> int:
        """How many tickets the occasion has."""
        return self.tickets.bit_count()

    @property
    def chance(self) -> float:
        """The chance that the customer holds one of them."""
        return self.allotted / TICKETS


class Candidacy(NamedTuple):
    """An occasion about to be decided: its survey, when it is due, its survey's scale, and where its tickets begin.

    `turn` is from 0 to 1, evenly distributed over events, and the same for the same one. `occasion` is what the event
    is about; None where it is an occasion of its own.
    """

    survey: str
    due: datetime
    scale: float
    turn: float
    occasion: str | None = None


def allot(candidacy: Candidacy, book: Sequence[Drawn], spacing: Spacing) -> Allotment:
    """Return the tickets of an occasion; `book` is what was decided about its customer, the refused occasions too."""
    free = ALL & ~barred(candidacy, book, spacing)
    room, scale = free.bit_count(), candidacy.scale
    wished = scale * pace(candidacy.due, scale, book, spacing.at_most)
    number = max(round(min(wished * TICKETS, LEAVE * room)), round(scale * TICKETS / LOWEST), 1)
    return Allotment(first(free, min(number, room), int(candidacy.turn * TICKETS)), scale, wished)


def barred(candidacy: Candidacy, book: Sequence[Drawn], spacing: Spacing) -> int:
    """Return the tickets with which a limit forbids the invitation, or its occasion was asked about; later ones count.

    The limits are those of `decision.exceeded_limit`, here for every ticket at once.
    """
    due, barred = candidacy.due, 0
    if not book:  # as of most customers
        return 0
    for one in book:
        is_own = one.survey == candidacy.survey
        is_same = is_own and one.occasion is not None and one.occasion == candidacy.occasion
        distance = max(spacing.cooldown, spacing.own) if is_own else spacing.cooldown
        if is_same or abs(due - one.due) < distance:
            barred |= one.tickets
    for span, most in spacing.at_most:
        near = [one for one in book if one.tickets and abs(due - one.due) < span]
        for end in (due, *(one.due for one in near if one.due > due)):
            barred |= _asked_often([one.tickets for one in near if end - span < one.due <= end], most)
    return barred


def _asked_often(masks: Sequence[int], most: int) -> int:
    """Return the tickets that are in at least `most` of these masks."""
    if not most:
        return ALL
    if len(masks) < most:
        return 0
    more = [0] * most  # more[n]: the tickets that are in more than n of the masks so far
    for place, mask in enumerate(masks):
        for n in range(min(place, most - 1), 0, -1):
            more[n] |= more[n - 1] & mask
        more[0] |= mask
    return more[-1]


def pace(due: datetime, scale: float, book: Sequence[Drawn], at_most: Sequence[tuple[timedelta, int]]) -> float:
    """Return by which factor, up to 1, the chances of a frequent customer sink, so that all of them fit the limits."""
    age = max(KNOWN, due - min((one.due for one in book), default=due))
    factor = 1.0
    for span, most in at_most:
        load = scale + sum(one.scale for one in book if abs(due - one.due) < span)
        if load:
            factor = min(factor, STEADY * most / (load * (span / min(span, age))))
    return factor


def first(free: int, number: int, turn: int) -> int:
    """Return the first `number` of the free tickets, from the ticket `turn` on and around."""
    turned = ((free >> turn) | (free << (TICKETS - turn))) & ALL
    low, high = (number, number) if free == ALL else (0, TICKETS)  # of all, they are the first ones
    while low < high:
        middle = (low + high) // 2
        if (turned & ((1 << middle) - 1)).bit_count() >= number:
            high = middle
        else:
            low = middle + 1
    taken = turned & ((1 << low) - 1)
    return ((taken << turn) | (taken >> (TICKETS - turn))) & ALL


def ticket(secret: bytes, person: str) -> int:
    """Return the ticket that a customer holds; who shares a mailbox holds one together."""
    return hmac.digest(secret, b"ticket\0" + person.encode(), "sha256")[0]


def includes(tickets: int, ticket: int) -> bool:
    """Whether the ticket is among these."""
    return bool(tickets >> ticket & 1)


def as_it_went(tickets: int, ticket: int, invited: bool) -> int:
    """Return stored tickets where they agree with what happened; else all of them, or none: facts win."""
    if includes(tickets, ticket) == invited:
        return tickets
    return ALL if invited else 0


def packed(tickets: int) -> bytes:
    """Return tickets as they are stored."""
    return tickets.to_bytes(BYTES, "big")


def unpacked(stored: bytes) -> int:
    """Return stored tickets."""
    return int.from_bytes(stored, "big")
