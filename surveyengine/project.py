"""A project directory: config.toml and the survey files, read so that every fault in every file is named at once."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .config import Config, config
from .definitions import check
from .definitions.document import LARGEST, Document, Unreadable, parse
from .definitions.fault import Fault
from .definitions.model import nearest
from .definitions.survey import STAGES, Draft, Survey, draft

SURVEY_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@dataclass(frozen=True)
class Project:
    """What the files of a project say: no `config` where config.toml is faulty; `surveys` holds the faultless ones."""

    root: Path
    config: Config | None
    surveys: tuple[Survey, ...]
    faults: tuple[Fault, ...]

    @property
    def errors(self) -> tuple[Fault, ...]:
        """The faults that keep a file from being used."""
        return tuple(fault for fault in self.faults if fault.level == "error")


def read(root: Path, known: Sequence[str], environment: Mapping[str, str] = os.environ) -> Project:
    """Read the project at `root`; `known` are the languages that the engine speaks."""
    found: list[Fault] = []
    settings = _config(root, known, environment, found)
    languages = {"languages": settings.languages if settings else (), "known": known}
    drafts = [draft(id, stage, document, languages) for stage, id, document in _documents(root, found)]
    around = check.Surroundings({name: event.fields for name, event in settings.events.items()} if settings else {})
    for one in drafts:
        found += [*one.faults, *check.inside(one, around)]
    found += check.between(drafts)
    broken = {fault.file for fault in found if fault.level == "error"}
    surveys = tuple(one.survey() for one in drafts if one.document.file not in broken)
    found += _weights(settings, drafts)
    return Project(root, settings, surveys, tuple(sorted(set(found))))


def _config(root: Path, known: Sequence[str], environment: Mapping[str, str], found: list[Fault]) -> Config | None:
    document = _document(root / "config.toml", root, found)
    if document is None:
        return None
    settings, faults = config(document, known, environment)
    found += faults
    return settings


def _document(path: Path, root: Path, found: list[Fault]) -> Document | None:
    name = path.relative_to(root).as_posix()
    try:
        with path.open("rb") as file:
            return parse(file.read(LARGEST + 1), name)
    except Unreadable as error:
        found.append(error.fault)
    except IsADirectoryError:
        found.append(Fault(name, 1, 1, "is a directory", "a file was expected here"))
    except FileNotFoundError:
        hint = "run the engine in a project directory, or name one with --project"
        found.append(Fault(name, 1, 1, "there is no such file", hint))
    except OSError as error:
        found.append(Fault(name, 1, 1, f"cannot be read: {error.strerror}", "check the file's permissions"))
    return None


def _documents(root: Path, found: list[Fault]) -> Iterator[tuple[str, str, Document]]:
    """Yield stage, survey id and document of every readable survey file, in the order of the stages."""
    for path in sorted((root / "surveys").rglob("*.toml"), key=_order):
        name = path.relative_to(root).as_posix()
        steps = path.relative_to(root / "surveys").parts
        if len(steps) != 2:
            found.append(
                Fault(
                    name,
                    1,
                    1,
                    "a survey file lies in the folder of its stage",
                    f"move it to surveys/<stage>/{path.name}",
                )
            )
        elif steps[0] not in STAGES:
            found.append(Fault(name, 1, 1, f"there is no stage `{steps[0]}`", nearest(steps[0], STAGES)))
        elif not SURVEY_ID.fullmatch(path.stem):
            hint = "use small letters, digits and hyphens, such as order-accuracy.toml"
            found.append(Fault(name, 1, 1, f"`{path.stem}` cannot be the id of a survey", hint))
        elif document := _document(path, root, found):
            yield steps[0], path.stem, document


def _order(path: Path) -> tuple[int, str]:
    return STAGES.index(path.parent.name) if path.parent.name in STAGES else len(STAGES), str(path)


def _weights(settings: Config | None, drafts: Sequence[Draft]) -> Iterator[Fault]:
    """Yield a fault for every weight that is given to a touchpoint which its stage does not have."""
    for name, stage in (settings.journey if settings else {}).items():
        touchpoints = {(one.head.touchpoint if one.head else None) or one.id for one in drafts if one.stage == name}
        for touchpoint in stage.weights:
            if touchpoint not in touchpoints:
                message = f"[journey.{name}] weighs `{touchpoint}`, which no survey of that stage has as its touchpoint"
                yield Fault("config.toml", 1, 1, message, nearest(touchpoint, touchpoints), "warning")
