"""All channels by name; the rest of the engine asks here, and knows no channel by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..settings.config import Config
from .breaker import Breaker
from .channel import Addressee, Channel, ConfigFault, Transport
from .email import EMAIL

CHANNELS: dict[str, Channel[Any]] = {
    EMAIL.name: EMAIL,
}


@dataclass(frozen=True)
class Outlet:
    """An open channel, with the transport of its messages and the circuit breaker of that transport."""

    channel: Channel[Any]
    transport: Transport[Any]
    breaker: Breaker = field(default_factory=Breaker)


def used(config: Config) -> dict[str, str]:
    """Return the URL of each channel that the business uses, by the channel's name."""
    urls = ((name, channel.url(config)) for name, channel in CHANNELS.items())
    return {name: url for name, url in urls if url is not None}


def open_all(config: Config, root: Path) -> dict[str, Outlet]:
    """Open each channel that the business uses; raises ValueError for a wrong URL."""
    return {
        name: Outlet(CHANNELS[name], CHANNELS[name].open(url, root), Breaker(without_secret(url)))
        for name, url in used(config).items()
    }


def faults(config: Config, root: Path) -> Iterator[ConfigFault]:
    """Yield what is wrong with the settings of the channels."""
    for channel in CHANNELS.values():
        yield from channel.faults(config, root)


def told(config: Config) -> str:
    """Return how messages leave, in one sentence for each channel."""
    return " ".join(f"{CHANNELS[name].messages} leave by {without_secret(url)}." for name, url in used(config).items())


def addresses(person: Addressee) -> dict[str, str]:
    """Return the person's addresses by channel, as they were told."""
    told = ((name, channel.address(person)) for name, channel in CHANNELS.items())
    return {name: address for name, address in told if address}


def first_address(person: Addressee) -> str | None:
    """Return the address that identifies the person; None without one."""
    for channel in CHANNELS.values():
        if address := channel.address(person):
            return address
    return None


def reaching(used: Iterable[str], person: Addressee) -> list[str]:
    """Return those of the channels in use that can reach the person."""
    return [name for name in used if CHANNELS[name].can_reach(person)]


def misspelt(person: Addressee) -> list[tuple[str, str]]:
    """Return a sentence (a msgid) and an example for each of the person's addresses that cannot be reached."""
    amiss = [CHANNELS[name] for name in addresses(person) if not CHANNELS[name].can_reach(person)]
    return [(channel.misspelt, channel.example) for channel in amiss]


def without_secret(url: str) -> str:
    """Return the URL without its user and password."""
    return url.rpartition("@")[2]
