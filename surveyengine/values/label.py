"""Labels: the ids that others give to their events, customers and accounts."""

from __future__ import annotations

import re

from . import clean
from .clean import MARKS, Unclean

LONGEST = 255  # characters
# CloudEvents 1.0 allows neither control characters nor noncharacters in attributes.
_CONTROL = r"\x00-\x1f\x7f-\x9f\u2028\u2029\ufdd0-\ufdef\ufffe\uffff"
_HAS_CONTROL = re.compile(f"[{_CONTROL}]").search
PATTERN = rf"^[^\s{_CONTROL}{MARKS}][^{_CONTROL}{MARKS}]*$"
"""What a label looks like, for JSON Schema."""


def label(value: object) -> str:
    """Return an identifier: 1 to 255 visible characters. Raises Unclean for anything else."""
    if value is None:
        raise Unclean("is missing")
    if not isinstance(value, str):
        raise Unclean("must be text; write it in quotes")
    if _HAS_CONTROL(clean.identity(value)):
        raise Unclean("holds a control character")
    if not (plain := clean.text(value, LONGEST)):
        raise Unclean("is empty")
    return plain
