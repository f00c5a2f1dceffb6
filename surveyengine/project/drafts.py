"""Survey files, read and checked; one that has not changed since is not read again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from ..definitions import check, size
from ..definitions.fault import Fault
from ..definitions.survey import SurveyDraft, draft
from ..definitions.toml.document import Document, Unreadable, parse

KEPT = 64  # files, which is more than most businesses have surveys


@dataclass(frozen=True)
class SurveyFile:
    """A survey's id, stage, file name from the project's folder on, and content, with all that its checks depend on."""

    id: str
    stage: str
    name: str
    content: bytes = field(repr=False)
    languages: Mapping[str, Sequence[str]] = field(hash=False)
    around: check.Surroundings = field(hash=False)


@lru_cache(KEPT)
def checked(file: SurveyFile) -> tuple[SurveyDraft | None, Sequence[Fault]]:
    """Return the draft, None where the file cannot be read, and all faults within the file."""
    document, faults = parsed(file.content, file.name)
    if document is None:
        return None, faults
    read = draft(file.id, file.stage, document, file.languages)
    return read, (*read.faults, *check.inside(read, file.around))


def parsed(content: bytes, name: str) -> tuple[Document | None, Sequence[Fault]]:
    """Return a file's document, None where it cannot be read or is too large, and why."""
    try:
        document = parse(content, name)
    except Unreadable as error:
        return None, (error.fault,)
    large = size.faults(document)
    return None if large else document, large
