"""Files in a project that look as if the engine read them, but are not read."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from ..definitions.fault import Fault
from ..definitions.survey import hyphened
from ..values.enumeration import STAGES

OTHER_FORMATS = {
    "YAML": ("yaml", "yml"),
    "JSON": ("json", "jsonc", "json5"),
    "an INI file": ("ini", "cfg", "conf", "properties"),
    "a table": ("csv", "tsv", "xlsx", "xls", "ods", "numbers"),
    "a document": ("docx", "doc", "odt", "rtf", "pdf", "pages", "html", "htm", "gdoc", "xml"),
}
COPY = re.compile(r"(?i)\.toml[.~_ -]*(?:bak|backup|old|orig|copy|save|sav|disabled|off|tmp|\d+)\b.*")
ALMOST = re.compile(r"(?i).*[._](?:tom|tml|toml|tolm|tmol|toml\w)")
DEEPEST = 3  # folders below surveys/ that are looked at
LARGEST = 2**16  # bytes of a file that are looked at
QUESTION = re.compile(rb"^\s*\[\[\s*question\s*\]\]", re.MULTILINE)
# Files without a warning: notes, and what editors and file managers leave behind.
BESIDE = re.compile(r"(?i)(?:\..*|.*~|#.*#|~\$.*|thumbs\.db|desktop\.ini|.*\.(?:md|swp|swo|po)|license.*|readme.*)")


def strays(root: Path, is_survey: re.Pattern[str]) -> Iterator[Fault]:
    """Yield a warning for each file of a project that looks like one to be read but is not.

    Files whose names match `is_survey` are read, or reported elsewhere.
    """
    for folder, folders, files in os.walk(root / "surveys"):
        depth = len(Path(folder).relative_to(root).parts)
        for name in sorted(files):
            if not (BESIDE.fullmatch(name) or is_survey.fullmatch(name)):
                yield _warning(Path(folder, name), root, *_unread(name))
        folders[:] = [one for one in folders if one[0] != "." and depth <= DEEPEST]
    yield from _outside(root)
    if not (root / "surveys").is_dir() and (other := _called_otherwise(root)):
        yield _warning(other, root, "the folder of the surveys has another name", "rename it to surveys")


def twin(root: Path) -> str:
    """Return the name of a file that was probably meant as config.toml; "" without one."""
    names = ("config.toml.txt", "config.txt", "config.yaml", "config.yml", "config.json", "Config.toml", "config.tml")
    return next((name for name in names if (root / name).is_file()), "")


def _unread(name: str) -> tuple[str, str]:
    """Return why a file is not read, and what to do with it."""
    stem, _, ending = name.rpartition(".")
    wanted = f"{hyphened(stem) or 'delivery'}.toml"
    format = next((format for format, endings in OTHER_FORMATS.items() if ending.lower() in endings), "")
    if COPY.search(name):
        original = f"{name[: name.lower().index('.toml')]}.toml"
        return "a copy of a survey file is not read", f"delete it, or name it {original} to use it"
    if format:
        hint = f"write it as {wanted}, like the other surveys"
        return f"{format} is not read here: surveys are written in TOML", hint
    if ALMOST.fullmatch(name):
        return "the name of a survey file must end in .toml, so this one is not read", f"rename it to {wanted}"
    if not stem or ending.lower() in ("txt", "text"):
        meant = hyphened(stem or name) or "delivery"
        hint = f"if it is a survey, rename it to {meant}.toml; else move it out of surveys/"
        return "this file is not read, because its name does not end in .toml", hint
    return "this file is not read", "surveys/ is for survey files, which end in .toml; move it to another folder"


def _outside(root: Path) -> Iterator[Fault]:
    """Yield a warning for each survey file outside surveys/: beside config.toml, or in a stage's folder there."""
    folders = [root, *(root / stage for stage in STAGES)]
    for path in sorted(path for folder in folders for path in folder.glob("*.toml")):
        if path != root / "config.toml" and _asks(path):
            stage = path.parent.name if path.parent != root else "<stage>"
            hint = f"move it to surveys/{stage}/{path.name}"
            yield _warning(path, root, "this survey is not read, because it lies outside surveys/", hint)


def _called_otherwise(root: Path) -> Path | None:
    named = (root / name for name in ("survey", "Surveys", "Survey", "SURVEYS", "questionnaires", "forms"))
    return next((path for path in named if any(path.glob("*/*.toml"))), None)


def _asks(path: Path) -> bool:
    """Whether a file has a [[question]] table, as survey files have."""
    try:
        with path.open("rb") as file:
            return path.is_file() and QUESTION.search(file.read(LARGEST)) is not None
    except OSError:
        return False


def _warning(path: Path, root: Path, message: str, hint: str) -> Fault:
    return Fault(path.relative_to(root).as_posix(), 1, 1, message, hint, "warning")
