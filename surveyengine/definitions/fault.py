"""What is wrong in a file, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..values.bidi import LEFT_TO_RIGHT_MARK, RIGHT_TO_LEFT_MARK

Level = Literal["error", "warning"]

# Invisible, but needed to write Persian, Hebrew and some emoji: zero-width (non-)joiner, direction marks.
_HARMLESS = frozenset({"\u200c", "\u200d", LEFT_TO_RIGHT_MARK, RIGHT_TO_LEFT_MARK})


@dataclass(frozen=True, order=True)
class Fault:
    """An error or a warning at a 1-based line and column (in characters) of a file."""

    file: str
    line: int
    column: int
    message: str
    hint: str = ""
    level: Level = "error"

    def __str__(self) -> str:
        text = f"{self.file}:{self.line}:{self.column}: {self.level}: {self.message}"
        return visible(f"{text}; {self.hint}" if self.hint else text)


def visible(text: str) -> str:
    r"""Return the text on one line, with control and invisible characters escaped: ``\n``, ``\x1b``, ``\u202e``."""
    return "".join(map(_visible, text))


def _visible(char: str) -> str:
    return char if char.isprintable() or char in _HARMLESS else char.encode("unicode_escape").decode()
