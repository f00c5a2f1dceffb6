"""A project directory: config.toml and the survey files, read so that every fault in every file is named at once."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from ..channels import registry
from ..definitions import check, shares
from ..definitions.fault import Fault
from ..definitions.model import nearest
from ..definitions.survey import APART, Survey, SurveyDraft, hyphened
from ..definitions.toml.document import LARGEST, Document
from ..settings.config import Config, config, languages
from ..store.engine.database import Unusable, understood
from ..values.enumeration import STAGES
from ..values.name import is_survey
from . import keeping, stray
from .drafts import SurveyFile, checked, parsed

ALMOST = re.compile(r".*\.toml(\.txt)?", re.IGNORECASE)  # names that editors and file managers produce
MOST_SURVEYS = 500  # files
DEEPEST = 3  # folders below surveys/ that are looked at, for files that lie too deep
Stamp = Mapping[str, tuple[int, int, int]]


@dataclass(frozen=True)
class ProjectSource:
    """What a project is read from: its folder, the `languages` that the engine speaks, and the environment."""

    root: Path
    languages: Sequence[str]
    environment: Mapping[str, str] = field(repr=False)  # it holds secrets

    def read(self, last: Config | None = None) -> Project:
        """Read the files as they are now; surveys are checked against the `last` config while config.toml is faulty."""
        return read(self.root, self.languages, self.environment, last)


@dataclass(frozen=True)
class Project:
    """The content of a project's files, with their stamp from before they were read.

    `config` is None where config.toml has errors. `surveys` are those without errors, and `documents` their files by
    id. `files` are the ids of all survey files, valid or not.
    """

    source: ProjectSource
    stamp: Stamp
    config: Config | None
    surveys: tuple[Survey, ...]
    documents: Mapping[str, Document]
    faults: tuple[Fault, ...]
    files: frozenset[str]
    is_listed: bool = True  # whether all folders of surveys could be read
    settings: Document | None = None  # config.toml, where it can be read

    @property
    def root(self) -> Path:
        """The project's folder."""
        return self.source.root

    @property
    def errors(self) -> tuple[Fault, ...]:
        """The faults that keep a file from being used."""
        return tuple(fault for fault in self.faults if fault.level == "error")

    def files_among(self, known: Iterable[str]) -> frozenset[str]:
        """Return which of the known surveys have a file; all of them where a folder cannot be read."""
        return self.files.intersection(known) if self.is_listed else frozenset(known)


def read(
    root: Path, known: Sequence[str], environment: Mapping[str, str] = os.environ, last: Config | None = None
) -> Project:
    """Read the project at `root`; `known` are the languages that the engine speaks.

    While config.toml is at fault, the surveys are checked against the `last` good one.
    """
    found: list[Fault] = []
    before = stamp(root)
    document = _document(root / "config.toml", root, found)
    settings, faults = config(document, known, environment) if document else (None, [])
    if document and settings and (amiss := [*_doors(document, settings, root)]):
        settings, faults = None, amiss
    found += faults
    spoken = languages(document) if document else ()
    drafts = _drafts(root, {"languages": spoken, "known": (*known, *spoken)}, settings or last, found)
    files, closed = frozenset(map(_id, _files(root))), _closed(root)
    found += closed
    found += check.between(drafts, files)
    broken = {fault.file for fault in found if fault.level == "error"}
    surveys = tuple(one.survey() for one in drafts if one.document.file not in broken)
    found += stray.strays(root, ALMOST)
    if document and settings:
        found += [*_weights(document, settings, drafts), *keeping.faults(document, settings, drafts)]
        found += [*_idle_imports(document, settings, drafts), *shares.shut_out(drafts, settings.sending.cooldown)]
    documents = {one.id: one.document for one in drafts if one.document.file not in broken}
    source = ProjectSource(root, known, environment)
    return Project(source, before, settings, surveys, documents, tuple(sorted(set(found))), files, not closed, document)


def stamp(root: Path) -> Stamp:
    """Return the stamp of the files, which changes with them: the time of writing (ns), size and inode of each."""
    seen: dict[str, tuple[int, int, int]] = {}
    for path in (root / "config.toml", *_files(root)):
        with suppress(OSError):
            status = path.stat()
            seen[str(path)] = status.st_mtime_ns, status.st_size, status.st_ino
    return seen


def _files(root: Path) -> Iterator[Path]:
    """Yield the files under surveys/ whose name is that of a TOML file or nearly so; hidden ones are left out."""
    for folder, folders, files in os.walk(root / "surveys", followlinks=True):
        depth = len(Path(folder).relative_to(root).parts)
        yield from (Path(folder, name) for name in (*folders, *files) if name[0] != "." and ALMOST.fullmatch(name))
        folders[:] = [name for name in folders if name[0] != "." and depth <= DEEPEST]


def _closed(root: Path) -> list[Fault]:
    """Return a fault for each existing folder of surveys that cannot be read."""
    errors: list[OSError] = []
    for _ in os.walk(root / "surveys", onerror=errors.append, followlinks=True):
        pass
    return [
        Fault(Path(error.filename).relative_to(root).as_posix(), 1, 1, f"the folder cannot be read: {error.strerror}")
        for error in errors
        if not isinstance(error, FileNotFoundError)
    ]


def _id(path: Path) -> str:
    """Return the id in a file's name, also where the file is misplaced or ends in .TOML.txt."""
    name = path.name.lower()
    return name[: name.rindex(".toml")]


def _document(path: Path, root: Path, found: list[Fault]) -> Document | None:
    if (content := _content(path, root, found)) is None:
        return None
    document, faults = parsed(content, path.relative_to(root).as_posix())
    found += faults
    return document


def _content(path: Path, root: Path, found: list[Fault]) -> bytes | None:
    """Return a file's bytes, one more than a file may have at most; None with a fault where they cannot be read."""
    name = path.relative_to(root).as_posix()
    try:
        if path.exists() and not path.is_file():  # opening a pipe would wait for ever
            found.append(Fault(name, 1, 1, "this is not a file", "put a file of that name here"))
            return None
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except FileNotFoundError:
        hint = "run the engine in a project directory, or name one with --project" if path.parent == root else ""
        if path.parent == root and (other := stray.twin(root)):
            is_toml = ".toml" in other.lower()
            hint = f"rename {other} to {path.name}" if is_toml else f"write {other} in TOML, as {path.name}"
        found.append(Fault(name, 1, 1, "there is no such file", hint))
    except OSError as error:
        found.append(Fault(name, 1, 1, f"the file cannot be read: {error.strerror}", "check its permissions"))
    return None


def _drafts(
    root: Path, spoken: Mapping[str, Sequence[str]], settings: Config | None, found: list[Fault]
) -> list[SurveyDraft]:
    """Return the drafts of the readable survey files, in the order of the stages; appends their faults to `found`."""
    around = check.Surroundings({}, channels=registry.CHANNELS)
    if settings:
        spoken = {**spoken, "languages": settings.languages}
        events = settings.events.items()
        around = check.Surroundings(
            {name: event.fields for name, event in events},
            {name: event.amounts for name, event in events},
            settings.business.name,
            channels=registry.CHANNELS,
        )
    drafts: list[SurveyDraft] = []
    for path, content in _contents(root, found):
        name = path.relative_to(root).as_posix()
        read, faults = checked(SurveyFile(path.stem, path.parent.name, name, content, spoken, around))
        found += faults
        drafts += [read] if read else []
    return drafts


def _contents(root: Path, found: list[Fault]) -> Iterator[tuple[Path, bytes]]:
    """Yield path and content of every readable survey file."""
    for index, path in enumerate(sorted(_files(root), key=_order)):
        if index == MOST_SURVEYS:
            message = f"this file and those after it are not read: a project has {MOST_SURVEYS} surveys at most"
            found.append(Fault(path.relative_to(root).as_posix(), 1, 1, message, "move some to a project of their own"))
            return
        if misplaced := _misplaced(path, root):
            found.append(Fault(path.relative_to(root).as_posix(), 1, 1, *misplaced))
        elif (content := _content(path, root, found)) is not None:
            yield path, content


def _misplaced(path: Path, root: Path) -> tuple[str, str] | None:
    """Return what is wrong with a survey file's folder or name, and what would be right; None for a right one."""
    stage, *below = path.relative_to(root / "surveys").parts
    if len(below) != 1:
        where = f"surveys/{stage}" if below and stage in STAGES else "surveys/<stage>"
        return "a survey file must lie in the folder of its stage", f"move it to {where}/{path.name}"
    if stage not in STAGES:
        return f"there is no stage `{stage}`", nearest(stage, STAGES)
    if path.suffix != ".toml":
        return (
            "the name of a survey file must end in .toml",
            f"rename it to {path.name[: path.name.lower().index('.toml')]}.toml",
        )
    if not is_survey(path.stem):
        meant = f"{hyphened(path.stem)}.toml" if hyphened(path.stem) else "order-accuracy.toml"
        hint = f"use small letters a-z, digits and hyphens, such as {meant}"
        return f"`{path.stem}` cannot be the id of a survey", hint
    return None


def _order(path: Path) -> tuple[int, str]:
    stages = [*map(str, STAGES), path.parent.name]
    return stages.index(path.parent.name), str(path)


def _doors(document: Document, settings: Config, root: Path) -> Iterator[Fault]:
    """Yield the faults of the URLs of the database and the channels."""
    try:
        understood(settings.database.url)
    except Unusable as error:
        yield document.fault(("database", "url"), f"`database.url` {error}")
    yield from (document.fault(*one) for one in registry.faults(settings, root))


def _idle_imports(document: Document, settings: Config, drafts: Sequence[SurveyDraft]) -> Iterator[Fault]:
    """Yield a warning for every import of whose events no survey is about any."""
    invites = [one.head.invite for one in drafts if one.head and one.head.invite]
    known = {
        *settings.events,
        *(one.on for one in invites if one.on),
        *(type for one in invites for type in one.cancel_on),
    }
    for name, how in settings.imports.items():
        if not known & {case.type for case in how.type}:
            message = f"no survey is about `{how.type[0].type}`, and config.toml declares no such event"
            yield document.fault(("import", name, "type"), message, nearest(how.type[0].type, known), "warning")


def _weights(document: Document, settings: Config, drafts: Sequence[SurveyDraft]) -> Iterator[Fault]:
    """Yield a warning for every weight that changes no score."""
    for name, stage in settings.journey.items():
        surveys = [one for one in drafts if one.stage == name]
        for touchpoint in stage.weights:
            if idle := _idle(touchpoint, name, surveys):
                yield document.fault(("journey", name, "weights", touchpoint), *idle, "warning")


def _idle(touchpoint: str, stage: str, surveys: Sequence[SurveyDraft]) -> tuple[str, str] | None:
    """Return why the weight of a touchpoint has no effect, and what would be right; None where it has one."""
    own = [one for one in surveys if one.touchpoint == touchpoint]
    if not own:
        found = nearest(touchpoint, {one.touchpoint for one in surveys})
        return f"no survey of the stage {stage} has the touchpoint `{touchpoint}`", found
    if touchpoint == APART:
        why = "only customers who complained meet it, so it is never part of its stage's score"
        return f"the weight of `{touchpoint}` has no effect: {why}", "delete it"
    if all(one.head and not one.head.scored for one in own):
        return f"the weight of `{touchpoint}` has no effect: its survey is not scored", "delete it, or `scored = false`"
    return None
