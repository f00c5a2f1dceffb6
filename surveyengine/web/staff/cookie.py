"""The one cookie of the engine: the id of a session below /staff, and where browsers keep it."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Request
from werkzeug.wrappers import Response

NAME = "__Host-staff"  # which browsers take from this host alone, for all of it, and over a secure connection
HERE = ("localhost", "127.0.0.1", "::1")


def given(request: Request) -> str:
    """Return the id that a request carries, "" for none; of several nobody knows which is ours."""
    ids = request.cookies.getlist(NAME)
    return ids[0] if len(ids) == 1 else ""


def give(response: Response, token: str) -> None:
    """Have the browser keep an id until it is closed."""
    response.set_cookie(NAME, token, path="/", secure=True, httponly=True, samesite="Lax")


def take(response: Response) -> None:
    """Have the browser forget it."""
    response.delete_cookie(NAME, path="/", secure=True, httponly=True, samesite="Lax")


def is_kept(request: Request, ours: str | None) -> bool:
    """Whether a browser keeps the cookie that it gets here: over https, and on its own machine.

    `ours` is the address of the business: where that is https and this host, a proxy in front of us speaks it.
    """
    host = urlsplit(f"//{request.host}").hostname or ""
    known = urlsplit(ours or "")
    proxied = known.scheme == "https" and known.hostname == host
    return request.is_secure or proxied or host in HERE or host.endswith(".localhost")
