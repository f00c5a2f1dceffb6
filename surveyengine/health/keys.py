"""API keys that have ended or were never used, and whether anybody may manage them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from ..store import keys, people
from ..store.keys import Key
from ..store.people import ListedMember
from ..values.enumeration import Role
from .deployment import Deployment
from .finding import Finding, note, warning

SOON, UNUSED, QUIET = timedelta(days=14), timedelta(days=30), timedelta(days=180)
RENEW = "make another one with `surveyengine key add`, and hand it on before"
REVOKE = "`surveyengine key revoke` takes it away, where nothing needs it"
ADMIN = "`surveyengine user add EMAIL --role admin` prints a link by which to choose a password"


def findings(deployment: Deployment) -> Iterator[Finding]:
    """Yield what is to be done about keys and people."""
    with deployment.reading() as connection:
        listed, members = keys.listed(connection), people.listed(connection)
    for key in listed:
        yield from judged(key, deployment.now)
    yield from managed(members)


def judged(key: Key, now: datetime) -> Iterator[Finding]:
    """Yield what is to be said of a key that was not revoked."""
    if key.revoked_at:
        return
    if key.expires_at and key.expires_at <= now:
        words = f"the key {key.name} has expired on {key.expires_at:%Y-%m-%d}: whoever still uses it is refused"
        yield warning("key-expired", words, f"{RENEW}, or revoke it")
    elif key.expires_at and key.expires_at <= now + SOON:
        yield warning("key-expires", f"the key {key.name} expires on {key.expires_at:%Y-%m-%d}", RENEW)
    elif key.last_used_at is None and key.created_at <= now - UNUSED:
        yield note("key-unused", f"the key {key.name} was never used since {key.created_at:%Y-%m-%d}", REVOKE)
    elif key.last_used_at and key.last_used_at <= now - QUIET:
        yield note("key-quiet", f"the key {key.name} was last used on {key.last_used_at:%Y-%m-%d}", REVOKE)


def managed(members: Sequence[ListedMember]) -> Iterator[Finding]:
    """Yield that nobody manages the staff pages."""
    if not any(one.member.role == Role.ADMIN for one in members):
        yield note("no-admin", "nobody may manage people and keys at /staff/", ADMIN)
