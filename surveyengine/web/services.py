"""What the pages and the API of a process share."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import current_app

from ..responses.submit import Services
from ..store.engine.health import Probe
from .forms.page_cache import PageCache
from .misses import Misses


@dataclass(frozen=True)
class WebServices(Services):
    """The same as answering needs, with the pages that all share, the database's health, and who guesses."""

    pages: PageCache
    probe: Probe
    misses: Misses = field(default_factory=Misses)


def services() -> WebServices:
    """Return what the application of this request shares."""
    here: WebServices = current_app.extensions["services"]
    return here
