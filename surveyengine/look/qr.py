"""Links as pictures that a phone's camera reads; the only door to segno."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import segno
from markupsafe import Markup

SUFFIXES = (".svg", ".png")
BORDER = 4  # modules of silence around the code, without which cameras do not find it


def save(link: str, path: Path) -> None:
    """Write the code of a link to a file, as its suffix says: an SVG of some 8 cm, or a PNG of some 650 pixels."""
    code = _code(link)
    if path.suffix.lower() == ".svg":
        code.save(str(path), kind="svg", scale=2, unit="mm", border=BORDER, light="#fff")
    else:
        code.save(str(path), kind="png", scale=16, border=BORDER)


def drawing(link: str) -> tuple[int, Markup]:
    """Return how many modules the code of a link measures, its silence included, and the code as SVG of that size."""
    code = _code(link)
    drawn = code.svg_inline(border=BORDER, svgclass=None, lineclass=None)
    return int(code.symbol_size(border=BORDER)[0]), Markup(drawn)  # noqa: S704  # paths of black modules


def terminal(link: str) -> str:
    """Return the code in block characters, for a terminal that writes light on dark."""
    drawn = StringIO()
    _code(link).terminal(drawn, border=BORDER, compact=True)
    return drawn.getvalue().rstrip("\n")


def _code(link: str) -> segno.QRCode:
    # M: a seventh of the code may be dirty or creased.
    return segno.make(link, error="m", boost_error=False, micro=False)
