"""A request as WSGI (PEP 3333) says it."""

from __future__ import annotations

import sys
from functools import lru_cache
from io import BytesIO
from typing import Any

from .rsgi import Scope

Environ = dict[str, Any]

ALWAYS = {
    "SCRIPT_NAME": "",
    "SERVER_SOFTWARE": "",
    "wsgi.errors": sys.stderr,
    "wsgi.input_terminated": True,
    "wsgi.multiprocess": True,
    "wsgi.multithread": True,
    "wsgi.run_once": False,
    "wsgi.version": (1, 0),
}
PROBE = {
    **ALWAYS, "REQUEST_METHOD": "GET", "QUERY_STRING": "", "SERVER_NAME": "localhost", "SERVER_PORT": "80",
    "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.input": BytesIO(), "wsgi.url_scheme": "http",
}  # fmt: skip
ONCE = ("CONTENT_TYPE", "CONTENT_LENGTH")  # of which a second one means nothing


def environ(scope: Scope) -> Environ:
    """Return the environ of a request, its body not yet there.

    A header whose name has an underscore is left out: WSGI could not tell it from another one, such as a proxy's.
    """
    name, _, port = scope.server.rpartition(":")
    made: Environ = {
        **ALWAYS,
        "REQUEST_METHOD": scope.method,
        "PATH_INFO": latin(scope.path),
        "QUERY_STRING": latin(scope.query_string),
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "SERVER_NAME": name.strip("[]"),
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "wsgi.input": BytesIO(),
        "wsgi.url_scheme": scope.scheme,
    }
    for name, value in scope.headers.items():
        if key := _key(name):
            made[key] = value if key not in made else _joined(key, made[key], value)
    made.setdefault("HTTP_HOST", scope.authority or "")
    return made


def announced(request: Environ) -> int | None:
    """Return how many bytes the body of a request is said to have; None where it comes in chunks."""
    return None if "HTTP_TRANSFER_ENCODING" in request else int(request.get("CONTENT_LENGTH") or 0)


@lru_cache(1_000)
def _key(name: str) -> str:
    """Return the key of a header; "" for one that has none."""
    if "_" in name:
        return ""
    key = name.upper().replace("-", "_")
    return key if key in ONCE else f"HTTP_{key}"


def _joined(key: str, value: str, another: str) -> str:
    """Return the values of a header that came twice as one (RFC 9110, 5.3; cookies by RFC 9113, 8.2.3)."""
    return value if key in ONCE else f"{value}{'; ' if key == 'HTTP_COOKIE' else ','}{another}"


def latin(text: str) -> str:
    """Return a text's bytes as WSGI spells them."""
    return text if text.isascii() else text.encode().decode("latin-1")
