"""Passwords: what is kept of one, and whether another is the same."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from base64 import b64decode, b64encode
from collections.abc import Iterable
from threading import BoundedSemaphore
from typing import NamedTuple

from ..values.msgid import N_
from .guess import is_guessable
from .unfit import Unfit

SHORTEST, LONGEST = 12, 1_000  # characters
SALT, SIZE = 16, 32  # bytes
LEEWAY = 1_048_576  # bytes that OpenSSL wants beside what the parameters need


# Who sends many passwords at once gets neither the memory of a process nor all of its threads.
AT_ONCE, PATIENCE = BoundedSemaphore(2), 3.0  # hashes in a process; seconds to wait for one


class TooBusy(Exception):
    """That so many passwords are being looked at that this one was not."""


class Cost(NamedTuple):
    """What one hash costs (RFC 7914): memory of 128 · r · 2^log_n bytes, p times."""

    log_n: int
    r: int
    p: int


COST = Cost(15, 8, 3)  # 32 MiB; one of the equivalent settings that OWASP names for scrypt


TOO_SHORT = N_("This password is too short; it needs 12 characters or more.")
TOO_LONG = N_("This password is too long; it may have 1,000 characters.")
GUESSABLE = N_("This password is among those that are tried first. A few words that do not belong together are better.")


def checked(password: str, about: Iterable[str]) -> str:
    """Return the password as it is; raises Unfit for one that is too short, too long, or easily guessed.

    `about` is what others know of its owner.
    """
    if len(password) > LONGEST:
        raise Unfit(TOO_LONG)
    if len(_spelled(password)) < SHORTEST:
        raise Unfit(TOO_SHORT)
    if is_guessable(_spelled(password), about):
        raise Unfit(GUESSABLE)
    return password


def hashed(password: str, salt: bytes, cost: Cost) -> str:
    """Return what is stored of a password: how it was hashed, the salt and the hash."""
    return _kept(cost, salt, _scrypt(password, salt, cost))


def fresh(password: str) -> str:
    """Return what is stored of a new password; raises TooBusy."""
    return hashed(password, secrets.token_bytes(SALT), COST)


def is_outdated(stored: str) -> bool:
    """Whether a password is hashed by other parameters than those of today."""
    return stored.split("$")[1:4] != [str(one) for one in COST]


def nobodys() -> str:
    """Return what an account that does not exist is held against: no password fits it, after the same time."""
    return _kept(COST, bytes(SALT), bytes(SIZE))


def is_right(password: str, stored: str) -> bool:
    """Whether the password is the one that was stored, with whatever it was hashed; raises TooBusy."""
    _, log_n, r, p, salt, kept = stored.split("$")
    found = _scrypt(password, b64decode(salt), Cost(int(log_n), int(r), int(p)))
    return hmac.compare_digest(found, b64decode(kept))


def _scrypt(password: str, salt: bytes, cost: Cost) -> bytes:
    spelled = _spelled(password).encode(errors="surrogatepass")
    memory = 128 * cost.r * 2**cost.log_n + LEEWAY
    n = 2**cost.log_n
    if not AT_ONCE.acquire(timeout=PATIENCE):
        raise TooBusy
    try:
        return hashlib.scrypt(spelled, salt=salt, n=n, r=cost.r, p=cost.p, maxmem=memory, dklen=SIZE)
    finally:
        AT_ONCE.release()


def _spelled(password: str) -> str:
    """Return the password in one spelling: keyboards write the same letters differently (NIST SP 800-63B, 3.1.1.2).

    One that is too long is nobody's.
    """
    return unicodedata.normalize("NFKC", password) if len(password) <= LONGEST else ""


def _kept(cost: Cost, salt: bytes, hash: bytes) -> str:
    return "$".join(("scrypt", *map(str, cost), b64encode(salt).decode(), b64encode(hash).decode()))
