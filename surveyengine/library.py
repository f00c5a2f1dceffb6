"""The surveys that are served: the newest good versions; from the database where the files are broken or gone."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from .config import Config
from .definitions.document import Document
from .definitions.fault import Fault
from .definitions.survey import Survey, draft
from .project import Project, read
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
        self._seen = dict(_signatures(project.root))
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
            if found is None:
                return None
            self._versions[digest] = _survey(found)
        return self._versions[digest]

    def refresh(self, now: datetime) -> None:
        """Read the files again where they have changed; cheap enough to be called at every request."""
        if time.monotonic() - self._looked < EVERY or not self._lock.acquire(blocking=False):
            return
        try:
            self._looked = time.monotonic()
            seen = dict(_signatures(self._root))
            if seen != self._seen and all(now.timestamp() - touched > SETTLED for touched, *_ in seen.values()):
                self.publish(read(self._root, self._known, self._environment), now)
                self._seen = seen
        except Unavailable:
            log.warning("survey files have changed, and wait for the database")
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
        self._surveys = {**{id: self._stored(version) for id, version in served.items() if id not in newest}, **newest}
        self.generation += 1
        self.config, self.faults = project.config or self.config, project.faults
        for fault in project.errors:
            log.warning("%s (the last good version stays in use)", fault)

    def _stored(self, version: store.Version) -> Survey:
        return self._versions.setdefault(version.digest, _survey(version))


def _version(survey: Survey) -> store.Version:
    return store.Version(survey.id, survey.stage, survey.digest, survey.content)


def _survey(version: store.Version) -> Survey:
    """Return the survey of a stored version, which was checked when it was stored."""
    document = Document(f"version {version.digest}", dict(version.content), {})
    return draft(version.survey, version.stage, document, {}).survey()


def _signatures(root: Path) -> Iterator[tuple[str, tuple[float, int, int]]]:
    """Yield what tells whether a file has changed: when it was written, its size, its inode."""
    for path in (root / "config.toml", *(root / "surveys").rglob("*.toml")):
        try:
            status = path.stat()
        except OSError:
            continue
        yield str(path), (status.st_mtime, status.st_size, status.st_ino)
