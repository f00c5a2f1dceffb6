"""Whether a form below /staff was sent from one of our own pages: nothing else may change anything."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Request


def is_own(request: Request, ours: str | None) -> bool:
    """Whether the browser says that the page it was sent from is ours; one that says nothing is not believed.

    Every browser sends one of the two headers with a form (W3C, Fetch Metadata; Fetch, 3.1 Origin). `ours` is the
    address of the business, in case that a proxy does not tell us by which name we are called.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return request.headers.get("Origin") in (_origin(request.host_url), _origin(ours or request.host_url))


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
