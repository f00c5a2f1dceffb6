"""The business's logo, in a form that mail programs show."""

from __future__ import annotations

from pathlib import Path

from .mime import Picture

TYPES = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".gif": "gif"}  # what all mail programs show
LARGEST = 50_000  # bytes; every mail carries them


def logo(root: Path, path: str | None) -> Picture | None:
    """Return the picture for a mail; None without a readable file of a type in TYPES and at most LARGEST bytes."""
    file = root / (path or "")
    type = TYPES.get(file.suffix.lower())
    try:
        if not type or file.stat().st_size > LARGEST:
            return None
        return Picture(file.read_bytes(), type)
    except OSError:  # a mail goes without it
        return None
