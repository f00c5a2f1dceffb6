"""What an examination finds: data, with words for people."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad something is: wrong, likely wrong or soon to be, or good to know."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """Something about a project: what `kind` it is, in `words`, and what to do."""

    kind: str
    severity: Severity
    words: str
    advice: str = ""


def error(kind: str, words: str, advice: str) -> Finding:
    """Return a finding of something wrong."""
    return Finding(kind, Severity.ERROR, words, advice)


def warning(kind: str, words: str, advice: str) -> Finding:
    """Return a finding of something that is likely to be wrong, or will be."""
    return Finding(kind, Severity.WARNING, words, advice)


def note(kind: str, words: str, advice: str = "") -> Finding:
    """Return a finding that is good to know."""
    return Finding(kind, Severity.NOTE, words, advice)


def counted(n: int, noun: str, verbs: tuple[str, str] = ("", "")) -> str:
    """Return a number with its noun, and with its verb where there is one: `1 message is`, `2 messages are`."""
    one, more = verbs
    return f"{n:,} {noun} {one}".rstrip() if n == 1 else f"{n:,} {noun}s {more}".rstrip()
