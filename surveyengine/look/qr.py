"""QR codes of links; the only door to segno."""

from __future__ import annotations

from io import BytesIO, StringIO
from pathlib import Path

import segno
from markupsafe import Markup

SUFFIXES = (".svg", ".png")
BORDER = 4  # modules of the quiet zone, without which cameras do not find the code


def svg(link: str) -> bytes:
    """Return the QR code of a link as an SVG file of some 8 cm."""
    drawn = BytesIO()
    _code(link).save(drawn, kind="svg", scale=2, unit="mm", border=BORDER, light="#fff")
    return drawn.getvalue()


def save(link: str, path: Path) -> None:
    """Write the QR code of a link to a file, by its suffix: an SVG of some 8 cm, or a PNG of some 650 pixels."""
    if path.suffix.lower() == ".svg":
        path.write_bytes(svg(link))
    else:
        _code(link).save(str(path), kind="png", scale=16, border=BORDER)


def drawing(link: str) -> tuple[int, Markup]:
    """Return the size of a link's QR code in modules, quiet zone included, and the code as SVG of that size."""
    code = _code(link)
    drawn = code.svg_inline(border=BORDER, svgclass=None, lineclass=None)
    return int(code.symbol_size(border=BORDER)[0]), Markup(drawn)  # noqa: S704  # paths of black modules


def terminal(link: str) -> str:
    """Return the QR code in block characters, for a terminal with light text on dark."""
    drawn = StringIO()
    _code(link).terminal(drawn, border=BORDER, compact=True)
    return drawn.getvalue().rstrip("\n")


def _code(link: str) -> segno.QRCode:
    # Level M: 15 % of the code may be damaged.
    return segno.make(link, error="m", boost_error=False, micro=False)
