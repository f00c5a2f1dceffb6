"""The surveys that are served: the newest good versions; from the database where the files are broken or gone."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from .config import Config
from .definitions.document import Document
from .definitions.fault import Fault
from .definitions.survey import Survey, draft
from .project import Project, Stamp, read, stamp
from .store import surveys as store
from .store.database import Database, Unavailable

EVERY = 1.0  # seconds between two looks at the files
SETTLED = 0.5  # seconds that a file must have been left alone, so that one half saved is not taken

log = logging.getLogger("surveyengine")


class Library:
    """The served surveys of a project; `refresh` follows its files."""

    def __init__(
        self, project: Project, config: Config, database: Database, known: Sequence[str], environment: Mapping[str, str]
    ) -> None:
        self.config: Config = config
        self.faults: tuple[Fault, ...] = project.faults
        self._root, self._database, self._known, self._environment = project.root, database, known, environment
        self._surveys: Mapping[str, Survey] = {}
        self._versions: dict[str, Survey] = {}
        self.generation = 0  # changes with what is served
        self._stamp = project.stamp
        self._looked = 0.0
        self._lock = threading.Lock()

    @property
    def surveys(self) -> Mapping[str, Survey]:
        """The served version of each survey, by its id."""
        return self._surveys

    def version(self, digest: str) -> Survey | None:
        """Return the version of that digest, of today or of the past."""
        if digest not in self._versions:
            with self._database.read() as connection:
                found = store.version(connection, digest)
            if found is None or (survey := _survey(found)) is None:
                return None
            self._versions[digest] = survey
        return self._versions[digest]

    def refresh(self, now: datetime) -> None:
        """Read the files again where they have changed; cheap enough to be called at every request."""
        if time.monotonic() - self._looked < EVERY or not self._lock.acquire(blocking=False):
            return
        try:
            self._looked = time.monotonic()
            seen = stamp(self._root)
            if seen != self._stamp and is_settled(seen, now):
                project = read(self._root, self._known, self._environment, self.config)
                self.publish(project, now)
                self._stamp = project.stamp
        except Unavailable:
            log.warning("survey files have changed, and wait for the database")
        except Exception:  # what was served goes on
            log.exception("survey files have changed, and could not be read")
        finally:
            self._lock.release()

    def publish(self, project: Project, now: datetime) -> None:
        """Serve the good surveys of the files, and what was served before of the others."""
        with self._database.write() as connection:
            served = {version.survey: version for version in store.current(connection)}
            changed = [
                survey
                for survey in project.surveys
                if survey.id not in served or served[survey.id].digest != survey.digest
            ]
            store.publish(connection, [_version(survey) for survey in changed], now)
        self._versions.update({survey.digest: survey for survey in project.surveys})
        newest = {survey.id: survey for survey in project.surveys}
        others = (self._stored(version) for version in served.values() if version.survey not in newest)
        self._surveys = {**{survey.id: survey for survey in others if survey}, **newest}
        self.generation += 1
        self.config, self.faults = project.config or self.config, project.faults
        for fault in project.errors:
            log.warning("%s (the last good version stays in use)", fault)

    def _stored(self, version: store.Version) -> Survey | None:
        return self._versions.get(version.digest) or _survey(version)


def is_settled(seen: Stamp, now: datetime) -> bool:
    """Whether no file was written just now; a date in the future is a clock that is wrong, not a file half saved."""
    ages = (now.timestamp() - written / 1e9 for written, *_ in seen.values())
    return not any(0 <= age <= SETTLED for age in ages)


def _version(survey: Survey) -> store.Version:
    return store.Version(survey.id, survey.stage, survey.digest, survey.content)


def _survey(version: store.Version) -> Survey | None:
    """Return the survey of a stored version; None where an older engine allowed what this one does not."""
    document = Document(f"version {version.digest[:12]} of {version.survey}", dict(version.content), {})
    read = draft(version.survey, version.stage, document, {})
    for fault in read.faults:
        log.error("%s (stored by an older engine, and not served)", fault)
    return None if read.faults else replace(read.survey(), digest=version.digest)
