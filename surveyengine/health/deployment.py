"""The project that is examined, as it lies there: reading it makes, mends and migrates nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from ..engine import words
from ..project.files import Project, read
from ..project.presence import presence
from ..settings.config import Config
from ..store.engine.database import Connection, understood
from ..store.engine.glance import glance


class NotThere(Exception):
    """Nothing is stored yet, or config.toml does not say where."""


@dataclass(frozen=True)
class Deployment:
    """A project, the environment of whoever looks at it, and when; `mounts` tells which file systems there are."""

    project: Project
    now: datetime
    environment: Mapping[str, str] = field(repr=False)  # it holds secrets
    mounts: Path = Path("/proc/self/mounts")

    @property
    def root(self) -> Path:
        """The project's folder."""
        return self.project.root

    @property
    def data(self) -> Path:
        """The folder of what the engine keeps."""
        return self.root / "data"

    @property
    def config(self) -> Config:
        """The settings; raises NotThere where config.toml is faulty."""
        if self.project.config is None:
            raise NotThere("config.toml is faulty")
        return self.project.config

    @property
    def file(self) -> Path | None:
        """The file of an SQLite database; None for PostgreSQL."""
        url = understood(self.config.database.url)
        return self.root / str(url.database) if url.get_backend_name() == "sqlite" else None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that reads; raises NotThere where nothing is stored, and Unavailable or Unusable."""
        with glance(self.config.database.url, self.root) as connection:
            if connection is None:
                raise NotThere("nothing is stored yet")
            yield connection

    def runs(self, lock: Path) -> bool:
        """Whether something holds that lock of the project on this machine."""
        if not lock.exists():
            return False
        with presence(lock) as mine:
            return not mine.is_alone()


def deployment(root: Path, now: datetime, environment: Mapping[str, str] = os.environ) -> Deployment:
    """Return the project at `root`; raises Faulty where a catalog of its translations cannot be read."""
    return Deployment(read(root, words(root).languages, environment), now, environment)
