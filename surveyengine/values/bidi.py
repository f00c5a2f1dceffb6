"""The characters that control the direction of text (Unicode Standard Annex 9)."""

from __future__ import annotations

LEFT_TO_RIGHT_MARK, RIGHT_TO_LEFT_MARK = "\u200e", "\u200f"
ISOLATE, END_ISOLATE = "\u2068", "\u2069"
"""What stands around a value, so that its direction and that of the sentence do not meddle with each other."""

MARKS = frozenset({LEFT_TO_RIGHT_MARK, RIGHT_TO_LEFT_MARK, "\u061c"})
"""The marks beside a sign or a digit, which turn nothing else; right-to-left keyboards write them."""
OVERRIDES = frozenset(map(chr, range(0x202A, 0x202F)))
"""Embeddings and overrides, with what ends them."""
ISOLATES = frozenset(map(chr, range(0x2066, 0x206A)))
CONTROLS = OVERRIDES | ISOLATES
"""What can make text read as something else (CVE-2021-42574)."""


def without(text: str, unwanted: frozenset[str] = CONTROLS) -> str:
    """Return the text without these characters."""
    return text.translate(dict.fromkeys(map(ord, unwanted)))


def one_of(chars: frozenset[str]) -> str:
    """Return the pattern that finds one of these characters."""
    return f"[{''.join(sorted(chars))}]"
