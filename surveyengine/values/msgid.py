"""The mark on engine sentences that stand apart from where they are said, so that they are found for translation."""

from __future__ import annotations


def N_(msgid: str) -> str:
    """Return the sentence as it is; `pybabel extract` takes what stands in it for a msgid."""
    return msgid
