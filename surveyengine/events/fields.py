"""Reading the fields of an object from outside: every fault is collected, under the name of its field.

Some fields an event cannot do without; all others are left out where they cannot be used, so that they cost nothing
but themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from ..values import clean
from ..values.clean import Unclean
from ..values.label import LONGEST

MOST_FAULTS = 20  # told at once

T = TypeVar("T")


@dataclass(frozen=True)
class UnusedDetail:
    """A detail of an event that was left out, and why; the reason goes on from the name."""

    name: str  # as in `data`: "customer.language"
    reason: str


class Faults:
    """What readers refused, in order; `unused` are the details that were left out for it."""

    def __init__(self) -> None:
        self._reasons: list[str] = []
        self._unused: list[UnusedDetail] = []
        self._respelled: list[UnusedDetail] = []

    def read(self, name: str, reader: Callable[[Any], T], value: object, fallback: T) -> T:
        """Return what the reader makes of the value, or note why it refuses and return the fallback."""
        try:
            return reader(value)
        except Unclean as error:
            self.note(name, error.reason)
            return fallback

    def spare(self, name: str, reader: Callable[[Any], T], value: object, fallback: T) -> T:
        """Return what the reader makes of the value, or leave it out and return the fallback."""
        try:
            return reader(value)
        except Unclean as error:
            self._unused.append(UnusedDetail(name.removeprefix("data."), error.reason))
            return fallback

    def recognised(self, name: str, given: object, kept: object) -> None:
        """Note where what identifies something is kept in another spelling, because two spellings are then one."""
        if isinstance(given, str) and isinstance(kept, str) and kept and kept != given:
            reason = f"is {shown(kept)}: blanks around it, and its letters' encoding (NFC), make no other one"
            self._respelled.append(UnusedDetail(name, reason))

    def note(self, name: str, reason: str) -> None:
        """Refuse for that reason, which goes on from the name."""
        self._reasons.append(f"`{name}` {reason}")

    @property
    def unused(self) -> tuple[UnusedDetail, ...]:
        """What was left out; of very much, the first and how much more."""
        more = len(self._unused) - MOST_FAULTS
        rest = [UnusedDetail("data", f"has {more} more such faults")] if more > 0 else []
        return (*self._unused[:MOST_FAULTS], *rest)

    @property
    def respelled(self) -> tuple[UnusedDetail, ...]:
        """What identifies something and is kept in another spelling, each with its name."""
        return tuple(self._respelled)

    def reason(self) -> str:
        """Why all of it is refused, as one sentence, what else was left out included; empty when it is not refused."""
        if not self._reasons:
            return ""
        told = [*self._reasons, *(f"`data.{one.name}` {one.reason}" for one in self._unused)]
        more = len(told) - MOST_FAULTS
        return "; ".join([*told[:MOST_FAULTS], *([f"and {more} more"] if more > 0 else [])])


def shown(value: object) -> str:
    """A value for a message: short, on one line, with nothing invisible in it."""
    return repr(value)[:60] if isinstance(value, str | float | bool) or is_integer(value) else "of another kind"


def optional(value: object) -> str | None:
    """Return one line of text, also of a whole number; None when it is null or empty."""
    if value is None:
        return None
    if not isinstance(value, str) and not is_integer(value):
        raise Unclean("must be text; write it in quotes")
    return clean.text(str(value), LONGEST) or None


def about(value: object) -> object:
    """Return the value by which an occasion is known; a text in which it cannot be recognised is refused."""
    return clean.identity(value) if isinstance(value, str) else value


def is_integer(value: object) -> bool:
    """Whether this is a whole number of a sane length, and no bool."""
    return isinstance(value, int) and not isinstance(value, bool) and value.bit_length() <= 128
