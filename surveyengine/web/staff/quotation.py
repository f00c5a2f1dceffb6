"""What customers wrote, kept in their own language and direction."""

from __future__ import annotations

from typing import NamedTuple
from unicodedata import bidirectional

from ...i18n.language import direction
from ...values.bidi import without
from ...values.enumeration import Direction


class Quotation(NamedTuple):
    """A customer's own words without what turns text round; `language` is "" where the words are in another one."""

    text: str
    language: str
    direction: Direction


def quotation(text: str, language: str | None) -> Quotation:
    """Return what somebody wrote on a form of that language: the direction is that of most of its letters."""
    kinds = [bidirectional(char) for char in text]
    right, left = sum(kind in ("R", "AL") for kind in kinds), kinds.count("L")
    expected = direction(language or "")
    found = expected if right == left else Direction.RTL if right > left else Direction.LTR
    return Quotation(without(text), language if language and found == expected else "", found)
