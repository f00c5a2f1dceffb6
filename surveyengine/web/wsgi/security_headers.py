"""The security headers of every answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..forms.form_page import style_hash

ALWAYS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


def policy(css: str, frames: Sequence[str] = (), scripts: Sequence[str] = (), connects: bool = False) -> str:
    """Return the Content-Security-Policy of a page with this inline style and these scripts, which these may frame.

    `connects` where a script may send something to us.
    """
    return "; ".join(
        (
            "default-src 'none'",
            *([f"script-src {' '.join(map(style_hash, scripts))}"] if scripts else []),
            *(["connect-src 'self'"] if connects else []),
            f"style-src 'self' {style_hash(css)}",
            "img-src 'self' data:",
            "font-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            f"frame-ancestors {' '.join(frames) or chr(39) + 'none' + chr(39)}",
        )
    )


def others(*said: str) -> list[tuple[str, str]]:
    """Return the headers of every answer that are not among those that it has said."""
    return [one for one in ALWAYS.items() if one[0] not in said]


class Secured:
    """A WSGI application whose answers carry these headers, where they do not say something else themselves."""

    def __init__(self, application: Any) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        def answered(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, [*headers, *others(*(name for name, _ in headers))], *more)

        return self._application(environ, answered)
