"""The sign of a business in the browser's tab: its letter on its colour, inside the page itself."""

from __future__ import annotations

from functools import cache
from urllib.parse import quote

from markupsafe import escape

from ...look.palette import palette

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="9" fill="{color}"/>'
    '<text x="16" y="22.5" text-anchor="middle" font-family="system-ui,sans-serif" font-weight="700" font-size="19"'
    ' fill="{ink}">{letter}</text></svg>'
)


@cache
def icon(letter: str, color: str) -> str:
    """Return the address of a picture that needs no request: a data: URI."""
    roles = palette(color)
    svg = SVG.format(color=roles["accent"], ink=roles["on-accent"], letter=escape(letter))
    return f"data:image/svg+xml,{quote(svg, safe='=,')}"
