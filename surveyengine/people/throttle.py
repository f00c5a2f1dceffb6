"""How often a password may be tried: for an account from one network, for an account, and from a network.

An account that does not exist is counted like any other, so that nobody learns which do. From one network an account
is shut long before it is from all: who guesses at another's password keeps out nobody but themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from ipaddress import ip_network

from ..engine import Engine
from ..store import tries
from ..store.engine.database import Connection
from ..values.signing import Purpose, keyed_hash

BOTH, ACCOUNT, NETWORK = 10, 100, 50  # tries in an hour


class TooOften(Exception):
    """That a password was tried too often and not looked at; `first` where the one before was still looked at."""

    def __init__(self, first: bool) -> None:
        super().__init__()
        self.first = first


def limits(secret: bytes, account: str, network: str | None) -> Mapping[str, int]:
    """Return what a try counts for, as hashes, and how many there may be of each in an hour.

    This machine has no limit as a network: what comes from it is a test, or everybody behind a proxy.
    """
    own = {f"{account} {network}": BOTH, f"{account} ": ACCOUNT}
    theirs = {f" {network}": NETWORK} if network and not ip_network(network).is_loopback else {}
    return {keyed_hash(secret, Purpose.SIGN_IN, subject): limit for subject, limit in {**own, **theirs}.items()}


def take(engine: Engine, allowed: Mapping[str, int], now: datetime) -> None:
    """Count a try before its password is looked at; raises TooOften where it is one too many.

    Of those that are too many only the first is counted, so that the hour ends.
    """
    with engine.database.write() as connection:
        counts = tries.count(connection, allowed, now)
        beyond = max(n - allowed[subject] for subject, n in counts.items())
        if beyond > 1:
            raise TooOften(first=False)
    if beyond == 1:
        raise TooOften(first=True)


def give_back(connection: Connection, allowed: Mapping[str, int], now: datetime) -> None:
    """Forget the tries of somebody whose password was right: all for their account, and this one from their network."""
    own = [subject for subject, limit in allowed.items() if limit != NETWORK]
    tries.forget(connection, own)
    tries.take_back(connection, set(allowed) - set(own), now)
