"""Whose clock is not believed, and how old the rules of the time zones are."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from .. import timekeeper
from ..clock import MEND
from .deployment import Deployment, NotThere
from .finding import Finding, error, note

YEARS = 2  # of age, after which some country has changed its clocks
VERSION = re.compile(r"(20\d\d)[a-z.]")
UPDATE = "update the system's package tzdata: clocks of customers may be an hour off by now"


def findings(deployment: Deployment) -> Iterator[Finding]:
    """Yield the doubted clocks, and rules of time zones that are old."""
    if (year := rules_of()) and deployment.now.year - year >= YEARS:
        yield note("tzdata-old", f"the rules of the time zones are of {year}", UPDATE)
    try:
        with deployment.reading() as connection:
            doubts = list(timekeeper.doubts(connection))
    except NotThere:
        return
    for node, doubt in doubts:
        yield error("clock", f"nothing is sent by {node}: {doubt}", MEND)


def rules_of() -> int | None:
    """Return the year of the rules of the time zones that Python uses; None where that is unknown."""
    for folder in zoneinfo.TZPATH:
        for name in ("tzdata.zi", "+VERSION"):
            path = Path(folder, name)
            if path.exists():
                with path.open(encoding="utf-8") as file:
                    found = VERSION.search(file.readline())
                return int(found[1]) if found else None
    try:
        found = VERSION.search(metadata.version("tzdata"))
    except metadata.PackageNotFoundError:
        return None
    return int(found[1]) if found else None
