"""The messages that the engine has written into files."""

from __future__ import annotations

from collections.abc import Collection

from ..channels import registry
from ..channels.channel import Keeping
from ..channels.folder import open_folder
from ..engine import Engine

USUAL = "file:data/outbox"
"""Where mails lie unless config.toml says otherwise, and may lie from before it did."""


def forget(engine: Engine, keys: Collection[str]) -> int:
    """Delete the messages of these keys wherever this engine keeps some, and return how many there were.

    Raises OSError where a folder cannot be changed.
    """
    outlets = registry.open_all(engine.config, engine.root).values()
    keeping: set[Keeping] = {one.transport for one in outlets if isinstance(one.transport, Keeping)}
    return sum(one.forget(keys) for one in keeping | {open_folder(USUAL, engine.root)})
