"""Keeps mail programs from making links of customers' words: a name chosen at sign-up is repeated in mails."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from ..definitions.text import Said, Values
from ..values.clean import MARKS as UNSEEN

JOINER = "\u2060"  # invisible, without a line break, and part of no address
LINK = re.compile(r"://|@|(?i:\bwww\.)|\.(?:[a-z]{2}|[A-Z]{2})")
IDEOGRAPHIC = "\u3002"  # separates the labels of a domain too (UTS 46), like all that NFKC makes this or a full stop


def _alike(*signs: str) -> str:
    """Return a character set of a pattern: these characters and all that NFKC makes one of them."""
    same = (char for char in map(chr, range(0x80, 0x10000)) if unicodedata.normalize("NFKC", char) in signs)
    return f"[{''.join(map(re.escape, (*signs, *same)))}]"


@cache
def _joint() -> re.Pattern[str]:
    """Return what finds the joints of an address: a dot before a piece with a letter, an @, the colon of a scheme.

    Invisible characters may stand between any two characters. It is made at its first use: that takes as long as a
    twentieth of a program's start.
    """
    dot, at, colon, w = _alike(".", IDEOGRAPHIC), _alike("@"), _alike(":"), _alike("w", "W")
    return re.compile(
        rf"{dot}(?=[{UNSEEN}\d]*[^\W\d])|(?:(?<={w})|(?<=[{UNSEEN}])){dot}(?=\S)|{at}"
        rf"|(?:(?<=[^\W\d])|(?<=[{UNSEEN}])){colon}(?=\S)"
    )


def reads_as_link(text: str) -> bool:
    """Whether the text may be a web or e-mail address, in any characters that NFKC makes one."""
    return LINK.search(unicodedata.normalize("NFKC", text).replace(IDEOGRAPHIC, ".")) is not None


def unlinked(values: Values) -> dict[str, Said | None]:
    """Return the values with invisible characters that keep mail programs from finding an address in them."""
    return {name: _parted(value) for name, value in values.items()}


def _parted(value: Said | None) -> Said | None:
    if isinstance(value, tuple):
        return tuple(map(parted, value))
    return parted(value) if isinstance(value, str) else value


def parted(text: str) -> str:
    """Return the text with an invisible character on both sides of each joint of an address."""
    return _joint().sub(lambda joint: f"{JOINER}{joint[0]}{JOINER}", text)
