"""What a backup says of itself: its first member, a JSON object."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ..store.engine.contents import CopyError
from ..values.strict_json import decode_json

FORMAT = 1
NAME = "manifest.json"
SECRET = "secret"  # noqa: S105  # the name of a member
PROJECT = "project/"  # before the name of a file of the project
DATABASES = {"sqlite": "database/surveyengine.db", "postgresql": "database/surveyengine.dump"}
# A part of a path that neither leads upwards nor hides, on any system.
PART = re.compile(r"[^\x00-\x1f/\\:.][^\x00-\x1f/\\:]*")
OWN = ("data",)  # folders of the project that a file cannot be brought back to


class BadBackup(CopyError):
    """A file is no backup, or not one that can be restored; says of the file what is wrong."""


@dataclass(frozen=True)
class Member:
    """The size of a member in bytes, and its hash in hexadecimal."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup holds: of which moment, made by which versions, how many rows of each table, and which members."""

    surveyengine_backup: int
    engine: str
    made_at: datetime
    database: str
    revision: str
    counts: Mapping[str, int]
    members: Mapping[str, Member]
    pg_dump: int | None = None  # the major version of what has made the dump

    def written(self) -> bytes:
        """Return the manifest as it stands in a backup."""
        said = {**asdict(self), "made_at": self.made_at.isoformat()}
        return json.dumps(said, ensure_ascii=False, indent=2).encode() + b"\n"

    @property
    def held(self) -> str:
        """The name of the member that holds the database."""
        return DATABASES[self.database]


_MANIFEST = TypeAdapter(Manifest)


def read(said: bytes) -> Manifest:
    """Return the manifest of a backup; raises BadBackup for that of a newer version, and for what is none."""
    try:
        found: Any = decode_json(said)
        format = found["surveyengine_backup"]
    except (ValueError, TypeError, KeyError) as error:
        raise BadBackup("is no backup of surveyengine") from error
    if not isinstance(format, int) or format > FORMAT:
        raise BadBackup(
            f"was made by a newer surveyengine ({found.get('engine', '?')}); upgrade surveyengine to restore it"
        )
    try:
        manifest = _MANIFEST.validate_python(found)
    except ValidationError as error:
        raise BadBackup("is damaged: its manifest is not whole") from error
    _check(manifest)
    return manifest


def _check(manifest: Manifest) -> None:
    """Raise BadBackup where the members are not those of a backup."""
    if manifest.database not in DATABASES:
        raise BadBackup(f"holds a database of an unknown kind: {manifest.database}")
    for name in (SECRET, f"{PROJECT}config.toml", manifest.held):
        if name not in manifest.members:
            raise BadBackup(f"has no {name.removeprefix(PROJECT)} in it")
    for name in manifest.members:
        if name not in (SECRET, manifest.held) and not is_file_of_project(name):
            raise BadBackup(f"holds a file that may not be in a backup: {name!r}")


def is_file_of_project(name: str) -> bool:
    """Whether a member can be brought back as a file of the project: below its folder, and not among the data."""
    parts = name.removeprefix(PROJECT).split("/")
    return name.startswith(PROJECT) and parts[0] not in OWN and all(map(PART.fullmatch, parts))
