"""All that is looked at, section by section; one that cannot be looked at does not hide the others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping

from ..store.engine.database import Unavailable, Unusable
from . import clock, counts, database, files, folder, kept, keys, lot, secret, sendings, settings
from .deployment import Deployment, NotThere
from .finding import Finding, error

log = logging.getLogger("surveyengine")

Section = Callable[[Deployment], Iterable[Finding]]
SECTIONS: Mapping[str, Section] = {
    "database": database.findings,
    "files": files.findings,
    "folder": folder.findings,
    "settings": settings.findings,
    "secret": secret.findings,
    "clock": clock.findings,
    "sendings": sendings.findings,
    "lot": lot.findings,
    "keys": keys.findings,
    "counts": counts.findings,
    "kept": kept.findings,
}
"""In their order: the database comes first, because whoever opens it may tidy up its files."""

AWAY = "check [database] url, and that the server runs; then look again"
OTHERS_TABLES = {
    "an older surveyengine": "make a backup, and run `surveyengine status`, which brings the tables up to date and "
    "deletes nothing; then look again before you start the engine",
    "a newer surveyengine": "look with the surveyengine that made them, or upgrade this one",
}
BROKEN = "this is a fault of surveyengine: report it, with the lines of the log"


def examine(deployment: Deployment, sections: Mapping[str, Section] = SECTIONS) -> Iterator[Finding]:
    """Yield what is found; at the end, what could not be looked at and why, once for each cause."""
    hidden: dict[str, list[str]] = {}
    for name, section in sections.items():
        try:
            yield from section(deployment)
        except NotThere:
            pass
        except (Unavailable, Unusable) as why:
            hidden.setdefault(" ".join(str(why).split()), []).append(name)
        except Exception as why:  # a section that breaks is a finding like any other
            log.exception("%s could not be looked at", name)
            yield error("examination", f"{name} could not be looked at: {why!r}", BROKEN)
    for cause, names in hidden.items():
        words = f"the database cannot be used: {cause}; therefore not looked at: {', '.join(names)}"
        yield error("database-away", words, _advice(cause))


def _advice(cause: str) -> str:
    """Return what to do about a database that cannot be used."""
    if database.is_damage(cause):
        return database.RESTORE
    return next((advice for age, advice in OTHERS_TABLES.items() if age in cause), AWAY)
