"""What mail programs make a link of by themselves: whoever signs up at a shop chooses words that its mails repeat."""

from __future__ import annotations

import re
import unicodedata

from ..definitions.text import Said, Values
from ..values.clean import MARKS as UNSEEN

JOINER = "\u2060"  # nobody sees it, no line breaks at it, and no mail program has it in an address
LINK = re.compile(r"://|@|(?i:\bwww\.)|\.(?:[a-z]{2}|[A-Z]{2})")
IDEOGRAPHIC = "\u3002"  # parts the labels of a domain too (UTS 46), as does what NFKC makes one of or a full stop


def _alike(*signs: str) -> str:
    """Return these signs and all that are the same by NFKC, as a set of a pattern."""
    same = (char for char in map(chr, range(0x80, 0x10000)) if unicodedata.normalize("NFKC", char) in signs)
    return f"[{''.join(map(re.escape, (*signs, *same)))}]"


DOT, AT, COLON, W = _alike(".", IDEOGRAPHIC), _alike("@"), _alike(":"), _alike("w", "W")
# What joins the pieces of an address: a dot with a letter in the piece behind it, an @, the colon of a scheme.
# What is unseen may stand between any two of these.
JOINT = re.compile(
    rf"{DOT}(?=[{UNSEEN}\d]*[^\W\d])|(?:(?<={W})|(?<=[{UNSEEN}])){DOT}(?=\S)|{AT}"
    rf"|(?:(?<=[^\W\d])|(?<=[{UNSEEN}])){COLON}(?=\S)"
)


def reads_as_link(text: str) -> bool:
    """Whether the text may be an address on the web, or of somebody's mail, in whichever signs it is written."""
    return LINK.search(unicodedata.normalize("NFKC", text).replace(IDEOGRAPHIC, ".")) is not None


def unlinked(values: Values) -> dict[str, Said | None]:
    """Return the values, which look as before, so that no mail program finds an address in them."""
    return {name: _parted(value) for name, value in values.items()}


def _parted(value: Said | None) -> Said | None:
    if isinstance(value, tuple):
        return tuple(map(parted, value))
    return parted(value) if isinstance(value, str) else value


def parted(text: str) -> str:
    """Return the text with a sign that nobody sees on both sides of whatever joins the pieces of an address."""
    return JOINT.sub(lambda joint: f"{JOINER}{joint[0]}{JOINER}", text)
