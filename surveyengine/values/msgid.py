"""The mark of sentences to be translated that are written elsewhere than where they are shown."""

from __future__ import annotations


def N_(msgid: str) -> str:
    """Return the sentence unchanged; `pybabel extract` takes its argument for a msgid."""
    return msgid
