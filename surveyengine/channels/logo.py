"""The business's logo as mail programs show it."""

from __future__ import annotations

from pathlib import Path

from .mime import Picture

TYPES = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".gif": "gif"}  # what all of them show
LARGEST = 50_000  # bytes, which go with every mail


def logo(root: Path, path: str | None) -> Picture | None:
    """Return the picture for a mail; None where there is none, or mail programs would not show it."""
    file = root / (path or "")
    type = TYPES.get(file.suffix.lower())
    try:
        if not type or file.stat().st_size > LARGEST:
            return None
        return Picture(file.read_bytes(), type)
    except OSError:  # a mail goes without it
        return None
