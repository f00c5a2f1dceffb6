"""Takes events from a file, some hundred in a transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import BinaryIO

from ..engine import Engine
from .feed import from_file
from .intake import take

BATCH = 500


@dataclass
class Totals:
    """How many events of a file were accepted, were there already, or were refused."""

    accepted: int = 0
    duplicate: int = 0
    refused: int = 0


def take_file(
    engine: Engine, stream: BinaryIO, kind: str, clock: Callable[[], datetime], totals: Totals
) -> Iterator[tuple[int, str]]:
    """Take all events of a file, counting them in `totals`; yield each malformed one's place and what is wrong."""
    placed = from_file(stream, kind, clock())
    while batch := list(islice(placed, BATCH)):
        outcomes = take(engine, [event for _, event in batch], clock())
        for (place, _), outcome in zip(batch, outcomes, strict=True):
            setattr(totals, outcome["outcome"], getattr(totals, outcome["outcome"]) + 1)
            if outcome["outcome"] == "refused":
                yield place, outcome["reason"]
