"""Small files, such as pictures, inside a page itself."""

from __future__ import annotations

from base64 import b64encode
from mimetypes import guess_type
from pathlib import Path


def data_uri(file: Path) -> str:
    """Return the file as a data: URI, which needs no request."""
    kind = guess_type(file.name)[0] or "font/woff2"
    return f"data:{kind};base64,{b64encode(file.read_bytes()).decode()}"
