"""The files that all pages share: read and compressed once, and kept by browsers for as long as they stay the same."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from flask import Blueprint, Response, abort

from .wsgi.gzip import served

STATIC = Path(__file__).parent / "static"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
KEPT = "public, max-age=31536000, immutable"  # the address that our pages give changes with the content
FONTS = {  # those that a page in the language shows at once
    "he": ("fonts/heebo-hebrew.woff2", "fonts/heebo-latin.woff2"),
    "fa": ("fonts/vazirmatn-persian.woff2", "fonts/vazirmatn-latin.woff2"),
}
IMPORT = re.compile(
    rb"@import url\(([^):]+)\);\n"
)  # another file of ours, whose content stands there when it is served
LINK = re.compile(rb"url\(([^):]+)\)")

bp = Blueprint("assets", __name__)


@dataclass(frozen=True)
class Asset:
    """A file as it is served."""

    content: bytes
    type: str

    @property
    def version(self) -> str:
        """What changes when the content does."""
        return sha256(self.content).hexdigest()[:12]


@cache
def asset(name: str) -> Asset | None:
    """Return the file of that name in static/, its links to others with their versions; None where there is none.

    What a style sheet imports stands in it: a page waits for one file.
    """
    if name not in names():
        return None
    content = (STATIC / name).read_bytes()
    if name.endswith(".css"):
        content = IMPORT.sub(lambda found: (STATIC / found[1].decode()).read_bytes(), content)
        content = LINK.sub(lambda found: b"url(%s)" % address(found[1].decode()).encode(), content)
    return Asset(content, TYPES[Path(name).suffix])


@cache
def names() -> frozenset[str]:
    """Return the names of all files that are served."""
    files = (path for path in STATIC.rglob("*") if path.suffix in TYPES)
    return frozenset(path.relative_to(STATIC).as_posix() for path in files)


def address(name: str) -> str:
    """Return where a page finds the file, below static/; KeyError where there is none."""
    if (found := asset(name)) is None:
        raise KeyError(name)
    return f"{name}?v={found.version}"


@bp.get("/static/<path:name>")
def static(name: str) -> Response:
    """A file that all pages share."""
    found = asset(name) or abort(404)
    return served(found.content, found.type, found.version, KEPT)
