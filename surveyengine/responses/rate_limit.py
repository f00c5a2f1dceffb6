"""Which network an answer comes from by an open link, and how many it may send in an hour."""

from __future__ import annotations

import ipaddress
import re
from datetime import datetime
from functools import lru_cache

from ..store.allowances import Allowance
from ..values.signing import Purpose, keyed_hash

DEFAULT = 600
WITH_PORT = re.compile(r'"?(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+))(?::[0-9]{1,5})?"?')


def allowance(address: str | None, secret: bytes, now: datetime, limit: int | None) -> Allowance | None:
    """Return what the network of an address may send in an hour; None where there is no limit, as for a limit of 0.

    Without a setting this machine has no limit: what comes from it is a test, or everybody behind a proxy.
    """
    client, is_ours = _client(address or "", secret)
    limit = limit if limit is not None else 0 if is_ours else DEFAULT
    return Allowance(client, limit, now) if limit else None


@lru_cache(10_000)
def network(address: str) -> tuple[str, bool]:
    """Return the network that counts as one client (of IPv6 the /64), and whether it is this machine."""
    try:
        ip = ipaddress.ip_address(_without_port(address))
    except ValueError:
        return address, False
    mapped = getattr(ip, "ipv4_mapped", None) or ip
    prefix = 32 if mapped.version == 4 else 64
    return str(ipaddress.ip_network((mapped, prefix), strict=False)), mapped.is_loopback


@lru_cache(10_000)
def _client(address: str, secret: bytes) -> tuple[str, bool]:
    """Return a hash of the network, from which nobody without the secret learns it, and whether it is this machine."""
    name, is_ours = network(address)
    return keyed_hash(secret, Purpose.NETWORK, name)[:32], is_ours


def _without_port(address: str) -> str:
    """Return the address without a port, which some proxies add."""
    found = WITH_PORT.fullmatch(address)
    return found[1] or found[2] if found else address
