"""Where somebody wanted to go before they had to sign in."""

from __future__ import annotations

import re

from flask import Request

START = "/staff/"
OURS = re.compile(r"/staff/(?!.*\.\.)(?:[\w.~-]+/)*[\w.~-]*(\?[\w.,:;=&%+~-]*)?", re.ASCII)


def wanted(request: Request) -> str:
    """Return what a request asked for, below where we are mounted."""
    query = request.query_string.decode("ascii", "replace")
    return safe(f"{request.path}?{query}" if query else request.path)


def safe(path: str) -> str:
    """Return the path as it is where it leads to a page of ours below /staff; else the first page."""
    return path if OURS.fullmatch(path) else START
