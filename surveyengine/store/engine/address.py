"""The address of a database: what it may say, and how it is shown without its secrets."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote_plus

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

WRITE = 'write "sqlite:///data/surveyengine.db" or "postgresql+psycopg://user:password@host/name"'
SECRET = re.compile(r"(?i)pass(?!file)|secret|scram_\w+_key")
"""In the names of PostgreSQL's options whose values nobody may see: password, sslpassword, oauth_client_secret, …"""
_USER = re.compile(
    r"(?<=://)([^:/@]*):([^@]*)(?=@)"
)  # as SQLAlchemy reads it: a password has no @, and may have the rest
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Unusable(Exception):
    """The database's address is wrong, or what it needs is not installed; says what would be right."""


def understood(url: str) -> URL:
    """Return the parts of a database's address; raises Unusable where it is none of ours."""
    try:
        parts = make_url(url)
        parts.get_dialect()().create_connect_args(parts)
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise Unusable(f"must be the address of a database; {WRITE}") from error
    if parts.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise Unusable(f"names a database that is not supported; {WRITE}")
    if _CONTROL.search(url):
        raise Unusable(f"must be the address of a database; {WRITE}")
    if parts.get_backend_name() == "sqlite" and parts.database in (None, "", ":memory:"):
        raise Unusable(f"is a database in memory, which forgets; {WRITE}")
    if parts.get_backend_name() != "sqlite" and "@" in f"{parts.host}{parts.database}":
        # What is taken for the host is a part of the password, which an error about the host would show.
        raise Unusable("has more than one @; write %40 for each in the password")
    return parts


def secrets(url: URL) -> dict[str, str]:
    """Return what nobody may see of an address, by the names of PostgreSQL's options."""
    own = {"password": str(url.password)} if url.password else {}
    return own | {name: str(said) for name, said in url.query.items() if SECRET.search(name)}


def masked(given: str, instead: Callable[[str], str]) -> str:
    """Return an address as it was given, with each secret replaced by what `instead` makes of it."""
    given = _USER.sub(lambda found: f"{found[1]}:{instead(found[2])}", given, count=1)
    whole, mark, query = given.partition("?")
    pairs = (pair.partition("=") for pair in query.split("&"))
    shown = (f"{name}={instead(said)}" if _is_secret(name) else f"{name}{is_}{said}" for name, is_, said in pairs)
    return f"{whole}{mark}{'&'.join(shown)}"


def _is_secret(name: str) -> bool:
    return SECRET.search(unquote_plus(name)) is not None
