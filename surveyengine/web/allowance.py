"""How many answers a network may send by open links in an hour."""

from __future__ import annotations

import ipaddress
import re
from datetime import datetime
from functools import lru_cache

DEFAULT = 600
NETWORKS = 100_000  # that are remembered at most
HOUR = 3600
WITH_PORT = re.compile(r'"?(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+))(?::[0-9]{1,5})?"?')


class Allowance:
    """Counts answers by network in the running hour; each web process counts its own."""

    def __init__(self) -> None:
        self._hour = 0
        self._taken: dict[str, int] = {}

    def take(self, address: str | None, now: datetime, limit: int | None) -> bool:
        """Count one answer; False where the network has used up its hour. 0 is no limit.

        Where no limit is set, this machine itself has none: what comes from it is a test, or everybody behind a proxy.
        """
        network, loopback = _network(address or "")
        limit = limit if limit is not None else 0 if loopback else DEFAULT
        hour = int(now.timestamp()) // HOUR
        if hour > self._hour or len(self._taken) > NETWORKS:
            self._hour, self._taken = hour, {}
        self._taken[network] = self._taken.get(network, 0) + 1
        return not limit or self._taken[network] <= limit


def wait(now: datetime) -> int:
    """Return in how many seconds the next hour begins."""
    return HOUR - int(now.timestamp()) % HOUR


def _without_port(address: str) -> str:
    """Return the address alone: some proxies tell the port of a connection too, which is another one each time."""
    found = WITH_PORT.fullmatch(address)
    return found[1] or found[2] if found else address


@lru_cache(10_000)
def _network(address: str) -> tuple[str, bool]:
    """Return the network that counts as one client (of IPv6 the /64), and whether it is this machine."""
    try:
        ip = ipaddress.ip_address(_without_port(address))
    except ValueError:
        return address, False
    mapped = getattr(ip, "ipv4_mapped", None) or ip
    prefix = 32 if mapped.version == 4 else 64
    return str(ipaddress.ip_network((mapped, prefix), strict=False)), mapped.is_loopback
