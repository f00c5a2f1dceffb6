"""Keyed hashes of e-mail addresses: how an address is remembered without being kept."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field

from .email_address import normal

GUEST = "guest-"


@dataclass(frozen=True)
class AddressHasher:
    """Hashes addresses with a key that outlives the signing `secret`, with which opt-outs were hashed before."""

    key: bytes = field(repr=False)
    secret: bytes = field(repr=False)

    def hash(self, address: str) -> str:
        """Return the hash of the address, the same for all its spellings: 64 hexadecimal digits."""
        return _keyed(self.key, f"address\0{normal(address)}")

    def former(self, address: str) -> tuple[str, str]:
        """Return by which hashes an opt-out of this address was kept before there was a key for it."""
        folded = address.strip().casefold()
        return _keyed(self.secret, f"address\0{folded}"), _keyed(self.secret, f"address\0{normal(address)}")

    def guest(self, address: str) -> str:
        """Return the id of a customer of whom nothing but the address is known."""
        return GUEST + _keyed(self.key, f"guest\0{normal(address)}")[:32]


def _keyed(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode(errors="replace"), hashlib.sha256).hexdigest()
