"""Keyed hashes of e-mail addresses and of customers' ids, which are stored instead of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from .email_address import normal
from .signing import Purpose, Secrets, keyed_hash

GUEST = "guest-"


# What an event names is looked at again and again while it is decided about.
@lru_cache(maxsize=1000)
def _hashed(key: bytes, address: str) -> str:
    return keyed_hash(key, Purpose.ADDRESS, normal(address))


@lru_cache(maxsize=1000)
def _former(secrets: Secrets, address: str) -> tuple[str, ...]:
    spellings = dict.fromkeys((address.strip().casefold(), normal(address)))
    return tuple(keyed_hash(secret, Purpose.ADDRESS, one) for secret in secrets for one in spellings)


@lru_cache(maxsize=1000)
def _customer(key: bytes, id: str) -> str:
    return keyed_hash(key, Purpose.CUSTOMER, id)


@dataclass(frozen=True)
class AddressHasher:
    """Hashes addresses with a key that outlives the signing `secrets`; older opt-outs with a secret."""

    key: bytes = field(repr=False)
    secrets: Secrets = field(repr=False)

    def hash(self, address: str) -> str:
        """Return the hash of the address, the same for all its spellings: 64 hexadecimal digits."""
        return _hashed(self.key, address)

    def former(self, address: str) -> tuple[str, ...]:
        """Return the hashes under which an older opt-out of the address may be stored: one or two for each secret."""
        return _former(self.secrets, address)

    def customer(self, id: str) -> str:
        """Return the hash of a customer's id, which alone is kept of whoever was erased: 64 hexadecimal digits."""
        return _customer(self.key, id)

    def guest(self, address: str) -> str:
        """Return the id of a customer known by the address alone."""
        return GUEST + keyed_hash(self.key, Purpose.GUEST, normal(address))[:32]
