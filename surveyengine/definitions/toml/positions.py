"""The position of each key and item of a TOML text; tomllib gives the data without positions."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right

Path = tuple[str | int, ...]

# Nothing here can fail to match what it began, so reading is linear whatever the text: an open string goes to its
# line's end, an open multi-line string to the end of the text.
_TOKEN = re.compile(
    r'''
      """ (?: [^"\\]++ | \\. | "{1,2}(?!") )*+ \\? "{0,5}
    | \'\'\' (?: [^']++ | '{1,2}(?!') )*+ '{0,5}
    | " (?: [^"\\\n]++ | \\[^\n] )*+ "?
    | ' [^'\n]*+ '?
    | \#[^\n]*+
    | [\[\]{}=,.\n]
    | [^ \t\r\n\[\]{}=,."'\#]++
    ''',
    re.VERBOSE | re.DOTALL,
)
_BETWEEN = frozenset(["\n", ","])
_AFTER_VALUE = frozenset(["\n", ",", "]", "}", ""])

Token = tuple[int, str]  # offset, text

# A key or item: path, offset, and whether it is defined here or only passed through, as `a` in `[a.b]`.
Step = tuple[Path, int, bool]


def tokens(text: str) -> list[Token]:
    """Strings, names, dots, brackets and ends of lines; any text can be read, valid or not."""
    return [(found.start(), word) for found in _TOKEN.finditer(text) if (word := found[0])[0] != "#"]


class Lines:
    """The 1-based lines and columns of a text's offsets; columns count characters."""

    def __init__(self, text: str) -> None:
        self.starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def offset(self, line: int, column: int) -> int:
        return self.starts[line - 1] + column - 1


def steps(tokens: list[Token]) -> list[Step]:
    """Every key and array item of a valid document, or of a valid one that breaks off, in the order of the text."""
    return _Walk(tokens).steps


class _Walk:
    def __init__(self, tokens: list[Token]) -> None:
        self.steps: list[Step] = []
        self._tokens = iter(tokens)
        self._newest: dict[Path, int] = {}  # of each [[array]], the index of its last table
        self._advance()
        table: Path = ()
        while self._text:
            if self._take("["):
                table = self._header()
            elif not self._take("\n"):
                self._pair(table)

    def _advance(self) -> None:
        self._start, self._text = next(self._tokens, (0, ""))

    def _take(self, text: str) -> bool:
        if self._text != text:
            return False
        self._advance()
        return True

    def _header(self) -> Path:
        is_array = self._take("[")
        path = self._key((), not is_array)
        if is_array:
            self._newest[path] = self._newest.get(path, -1) + 1
            path = (*path, self._newest[path])
            self.steps.append((path, self.steps[-1][1], True))
        while self._take("]"):
            pass
        return path

    def _pair(self, table: Path) -> None:
        path = self._key(table, True)
        self._take("=")
        self._value(path)

    def _key(self, path: Path, defines: bool) -> Path:
        while True:
            start, name = self._start, _name(self._text)
            self._advance()
            path = (*path, name)
            if not self._take("."):
                self.steps.append((path, start, defines))
                return path
            self.steps.append((path, start, False))
            if path in self._newest:
                path = (*path, self._newest[path])

    def _value(self, path: Path) -> None:
        if self._take("["):
            self._array(path)
        elif self._take("{"):
            self._inline_table(path)
        else:
            self._advance()
            while self._text not in _AFTER_VALUE:
                self._advance()

    def _array(self, path: Path) -> None:
        count = 0
        while self._text and not self._take("]"):
            if self._text in _BETWEEN:
                self._advance()
            else:
                item = (*path, count)
                count += 1
                self.steps.append((item, self._start, True))
                self._value(item)

    def _inline_table(self, path: Path) -> None:
        while self._text and not self._take("}"):
            if self._text in _BETWEEN:
                self._advance()
            else:
                self._pair(path)


def _name(token: str) -> str:
    if token[:1] not in ("'", '"'):
        return token
    if "\\" not in token:
        return token[1:-1]
    return next(iter(tomllib.loads(f"{token} = 0")))
