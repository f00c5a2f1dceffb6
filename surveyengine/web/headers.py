"""The security headers of every answer."""

from __future__ import annotations

from collections.abc import Sequence

from werkzeug.wrappers import Response

from .page import style_hash

ALWAYS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


def policy(css: str, frames: Sequence[str] = ()) -> str:
    """Return the Content-Security-Policy of a page with this inline style, which these origins may frame."""
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src 'self' {style_hash(css)}",
            "img-src 'self' data:",
            "font-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            f"frame-ancestors {' '.join(frames) or chr(39) + 'none' + chr(39)}",
        )
    )


def secure(response: Response) -> Response:
    """Add what an answer does not say itself."""
    for name, value in ALWAYS.items():
        response.headers.setdefault(name, value)
    return response
