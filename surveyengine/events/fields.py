"""Reading the fields of an object from outside; every fault is collected under the name of its field.

A fault in a required field refuses the event; any other unusable field is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from ..values import clean
from ..values.clean import Unclean
from ..values.label import LONGEST

MOST_FAULTS = 20  # told at once
LARGEST = 2**128 - 1  # and as far below zero: the longest that systems number things by

T = TypeVar("T")


@dataclass(frozen=True)
class UnusedDetail:
    """A detail of an event that was left out; the reason continues the name to a sentence."""

    name: str  # as in `data`: "customer.language"
    reason: str


class Faults:
    """Collects the faults of an event, in order, and the details that were left out."""

    def __init__(self) -> None:
        self._reasons: list[str] = []
        self._unused: list[UnusedDetail] = []
        self._respelled: list[UnusedDetail] = []

    def read(self, name: str, reader: Callable[[Any], T], value: object, fallback: T) -> T:
        """Return what the reader returns; where it raises Unclean, note the fault and return the fallback."""
        try:
            return reader(value)
        except Unclean as error:
            self.note(name, error.reason)
            return fallback

    def spare(self, name: str, reader: Callable[[Any], T], value: object, fallback: T) -> T:
        """Return what the reader returns; where it raises Unclean, note it as unused and return the fallback."""
        try:
            return reader(value)
        except Unclean as error:
            self._unused.append(UnusedDetail(name.removeprefix("data."), error.reason))
            return fallback

    def recognised(self, name: str, given: object, kept: object) -> None:
        """Note an identifier that is kept in another spelling than given, because both spellings are then one."""
        if isinstance(given, str) and isinstance(kept, str) and kept and kept != given:
            reason = f"is kept as {shown(kept)}: blanks around it and its letters' encoding (NFC) do not count"
            self._respelled.append(UnusedDetail(name, reason))

    def note(self, name: str, reason: str) -> None:
        """Note a fault; the reason continues the name to a sentence."""
        self._reasons.append(f"`{name}` {reason}")

    @property
    def unused(self) -> tuple[UnusedDetail, ...]:
        """The details that were left out: the first MOST_FAULTS, and how many more."""
        more = len(self._unused) - MOST_FAULTS
        rest = [UnusedDetail("data", f"has {more} more such faults")] if more > 0 else []
        return (*self._unused[:MOST_FAULTS], *rest)

    @property
    def respelled(self) -> tuple[UnusedDetail, ...]:
        """The identifiers that are kept in another spelling."""
        return tuple(self._respelled)

    def reason(self) -> str:
        """Return why the event is refused, in one sentence with the unused details; "" where it is not refused."""
        if not self._reasons:
            return ""
        told = [*self._reasons, *(f"`data.{one.name}` {one.reason}" for one in self._unused)]
        more = len(told) - MOST_FAULTS
        return "; ".join([*told[:MOST_FAULTS], *([f"and {more} more"] if more > 0 else [])])


def shown(value: object) -> str:
    """Return a value for a message: short, on one line, with invisible characters escaped."""
    return repr(value)[:60] if isinstance(value, str | float | bool) or is_integer(value) else "of another kind"


def optional(value: object) -> str | None:
    """Return a text or a whole number as one line of text; None for null and for an empty text."""
    if value is None:
        return None
    if not isinstance(value, str) and not is_integer(value):
        raise Unclean("must be text; write it in quotes")
    return clean.text(str(value), LONGEST) or None


def about(value: object) -> object:
    """Return the value that identifies an occasion; raises Unclean for a text with hidden marks."""
    return clean.identity(value) if isinstance(value, str) else value


def is_integer(value: object) -> bool:
    """Whether this is a whole number that is taken as an id; a bool is not."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST
