"""Mends links that were copied with a stop, bracket or mark behind them, or in capital letters."""

from __future__ import annotations

import re

from ...values.clean import unmarked

# What stands behind a link and is no part of it: no id and no token of ours ends in anything but a letter or a digit.
BEHIND = re.compile(r"[^A-Za-z0-9]+\Z")
NAME, TOKEN = "[a-z0-9-]+", "[a-z0-9_-]+"
LINK = re.compile(rf"/+(?:(s)/+({NAME})|([ru])/+({TOKEN})|(t)/+({NAME}\.[0-9]+\.{TOKEN}))(/thanks)?", re.IGNORECASE)


def mended(path: str) -> str | None:
    """Return the path that a mistaken one must have meant; None where there is none.

    Survey ids are in small letters; tokens are not, and keep their case.
    """
    found = LINK.fullmatch(BEHIND.sub("", unmarked(path)))
    if found is None:
        return None
    kind, name, *rest = filter(None, found.groups())
    name, thanks = name.lower() if kind in "sS" else name, "".join(rest).lower()
    meant = f"/{kind.lower()}/{name}{thanks}"
    return meant if meant != path else None


def tag(language: str | None) -> str | None:
    """Return the language of a link without what stood behind the link."""
    return language and BEHIND.sub("", unmarked(language))
