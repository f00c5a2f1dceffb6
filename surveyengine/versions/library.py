"""The served surveys: the newest valid versions, from the database where a file is broken or gone."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from ..definitions.fault import Fault
from ..definitions.survey import Survey
from ..project.files import Project, Stamp, stamp
from ..settings.config import Config
from ..store import surveys as store
from ..store.engine.database import ANSWER, REPORT, Database, Unavailable
from . import answered
from .shelf import Shelf, shelve
from .stored import stored_version, survey_of

log = logging.getLogger("surveyengine")


class Freshness(NamedTuple):
    """How soon an edited file is served, in seconds."""

    every: float = 1.0  # between two looks at the files
    settled: float = 0.5  # without a change before a file is read, so that a half-saved one is not


class Library:
    """The served surveys of a project; `refresh` follows its files."""

    def __init__(self, project: Project, config: Config, database: Database) -> None:
        self.config: Config = config
        self.faults: tuple[Fault, ...] = project.faults
        self._source, self._database = project.source, database
        self.shelf = Shelf()
        self._versions: dict[str, Survey] = {}
        self.freshness = Freshness()
        self.generation = 0  # changes with what is served
        self._stamp = project.stamp
        self._looked = 0.0
        self._lock = threading.Lock()

    @property
    def surveys(self) -> Mapping[str, Survey]:
        """The served version of each survey by its id, without those that another survey continues."""
        return self.shelf.surveys

    @property
    def live(self) -> Mapping[str, Survey]:
        """The served surveys that have a file; only they invite customers."""
        return self.shelf.live

    def today(self, id: str) -> str:
        """Return the id of the survey that continues this one today; the id itself where none does."""
        return self.shelf.today(id)

    def survey(self, id: str) -> Survey | None:
        """Return the survey served under that id or one that continues it; None where there is none."""
        return self.shelf.survey(id)

    def is_closed(self, version: Survey) -> bool:
        """Whether the version's survey takes no more answers: its file closes it, or it was retired."""
        served = self.survey(version.id) or version
        return served.head.closed or self.is_retired(served.id)

    def is_retired(self, id: str) -> bool:
        """Whether the survey was retired, even a moment ago by another process."""
        if not self.may_be_retired(id):
            return id in self.shelf.retired
        with suppress(Unavailable), self._database.read(ANSWER) as connection:
            return id in store.retired(connection)
        return False

    def may_be_retired(self, id: str) -> bool:
        """Whether only the database can tell if the survey was retired, because its file is gone."""
        return self.today(id) in self.shelf.vanished

    def version(self, digest: str) -> Survey | None:
        """Return the version of that digest, past ones included; None for an unknown one."""
        if digest not in self._versions:
            with self._database.read(ANSWER) as connection:
                found = store.version(connection, digest)
            if found is None or (survey := survey_of(found)) is None:
                return None
            self._versions[digest] = survey
        return self._versions[digest]

    def refresh(self, now: datetime) -> None:
        """Read the files again if they have changed; cheap enough for every request."""
        if self.is_fresh() or not self._lock.acquire(blocking=False):
            return
        try:
            self._looked = time.monotonic()
            seen = stamp(self._source.root)
            if seen != self._stamp and is_settled(seen, now, self.freshness.settled):
                project = self._source.read(self.config)
                self.publish(project, now)
                self._stamp = project.stamp
        except Unavailable:
            log.warning("survey files have changed, and wait for the database")
        except Exception:  # what was served goes on
            log.exception("survey files have changed, and could not be read")
        finally:
            self._lock.release()

    def is_fresh(self) -> bool:
        """Whether the files were looked at just now, or are being looked at."""
        return time.monotonic() - self._looked < self.freshness.every

    def publish(self, project: Project, now: datetime) -> None:
        """Serve the valid surveys of the files, and the last valid versions of the others."""
        with self._database.write() as connection:
            served = {version.survey: version for version in store.current(connection)}
            retired = store.retired(connection)
            changed = [
                survey
                for survey in project.surveys
                if survey.id in retired or survey.id not in served or served[survey.id].digest != survey.digest
            ]
            store.publish(connection, [stored_version(survey) for survey in changed], now)
        self._versions.update({survey.digest: survey for survey in project.surveys})
        newest = {survey.id: survey for survey in project.surveys}
        others = (self._stored(version) for version in served.values() if version.survey not in newest)
        known = {**{survey.id: survey for survey in others if survey}, **newest}
        self._put(shelve(known, project.files_among(known), retired - newest.keys()), project)
        self._compare(project, [survey for survey in changed if served], served, now)

    def _put(self, shelf: Shelf, project: Project) -> None:
        """Serve the surveys of the shelf from now on, and log its faults."""
        told = {fault.file for fault in self.shelf.warnings()}
        self.shelf = shelf
        self.generation += 1
        gone = tuple(shelf.warnings())
        self.config, self.faults = project.config or self.config, (*project.faults, *gone)
        for fault in project.errors:
            log.warning("%s (the last good version stays in use)", fault)
        for fault in gone:
            if fault.file not in told:
                log.warning("%s", fault)

    def _compare(
        self, project: Project, changed: Sequence[Survey], served: Mapping[str, store.Version], now: datetime
    ) -> None:
        """Log the warnings about stored answers that the changed surveys bring."""
        if not changed:
            return
        with self._database.read(REPORT) as connection:
            given = answered.read(connection, self.version, changed).released(self.config, now)
        for survey in changed:
            former = next((served[id] for id in survey.ids if id in served), None)
            before = self._stored(former) if former else None
            document = project.documents[survey.id]
            known = {fault.message for fault in answered.told(given, before, document)} if before else set()
            for fault in answered.told(given, survey, document):
                if fault.message not in known:
                    log.warning("%s", fault)

    def _stored(self, version: store.Version) -> Survey | None:
        return self._versions.get(version.digest) or survey_of(version)


def is_settled(seen: Stamp, now: datetime, settled: float) -> bool:
    """Whether no file was written in the last `settled` seconds.

    A date in the future is a wrong clock, not a half-saved file.
    """
    ages = (now.timestamp() - written / 1e9 for written, *_ in seen.values())
    return not any(0 <= age <= settled for age in ages)
