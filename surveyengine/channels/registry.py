"""All channels by name: whoever plans, sends, checks or tells asks here, and knows none of them."""

from __future__ import annotations

from collections.abc import Iterator
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
    """A channel that is open: the way by which its messages leave, and whether that is left alone for a while."""

    channel: Channel[Any]
    transport: Transport[Any]
    breaker: Breaker = field(default_factory=Breaker)


def used(config: Config) -> dict[str, str]:
    """Return the URL of each channel that the business uses, by the channel's name."""
    urls = ((name, channel.url(config)) for name, channel in CHANNELS.items())
    return {name: url for name, url in urls if url is not None}


def open_all(config: Config, root: Path) -> dict[str, Outlet]:
    """Open each channel that the business uses; ValueError where its URL describes none."""
    return {
        name: Outlet(CHANNELS[name], CHANNELS[name].open(url, root), Breaker(without_secret(url)))
        for name, url in used(config).items()
    }


def faults(config: Config, root: Path) -> Iterator[ConfigFault]:
    """Yield what is wrong with the settings of the channels."""
    for channel in CHANNELS.values():
        yield from channel.faults(config, root)


def told(config: Config) -> str:
    """Return by which ways messages leave, in a sentence for each channel."""
    return " ".join(f"{CHANNELS[name].messages} leave by {without_secret(url)}." for name, url in used(config).items())


def addresses(person: Addressee) -> dict[str, str]:
    """Return the person's addresses as they were told, by channel; the first is the one by which they are known."""
    told = ((name, channel.address(person)) for name, channel in CHANNELS.items())
    return {name: address for name, address in told if address}


def reaching(config: Config, person: Addressee) -> list[str]:
    """Return the channels in use by which something can be sent to the person."""
    return [name for name in used(config) if CHANNELS[name].can_reach(person)]


def misspelt(person: Addressee) -> list[tuple[str, str]]:
    """Return for each address of the person to which nothing can be sent a sentence, and an example for it."""
    amiss = [CHANNELS[name] for name in addresses(person) if not CHANNELS[name].can_reach(person)]
    return [(channel.misspelt, channel.example) for channel in amiss]


def without_secret(url: str) -> str:
    """Return the URL without the user and the password that it may hold."""
    return url.rpartition("@")[2]
