"""Inline scripts; every page works without them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from markupsafe import Markup

SCRIPTS = Path(__file__).parents[1] / "static"


@dataclass(frozen=True)
class Script:
    """A script by its file's name, and what it is told: `data-…` attributes, by their names."""

    name: str
    told: Mapping[str, str] = field(default_factory=dict)

    @property
    def source(self) -> Markup:
        """What it does, as it stands in the page."""
        return Markup(source(self.name))  # noqa: S704  # a file of ours

    @property
    def attributes(self) -> Mapping[str, str]:
        """What it is told, as attributes."""
        return {f"data-{name}": value for name, value in self.told.items()}


@cache
def source(name: str) -> str:
    """Return the text of a file in static/."""
    return (SCRIPTS / name).read_text(encoding="utf-8").strip()
