"""Where each key and item of a TOML text stands: tomllib gives the data without positions."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Generator, Iterator
from typing import NamedTuple

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
_AFTER_VALUE = frozenset(["\n", ",", "]", "}", ""])


class Token(NamedTuple):
    start: int
    text: str


class Step(NamedTuple):
    """A key or item in reading order; ``defines`` is false for what is only passed through, as ``a`` in ``[a.b]``."""

    path: Path
    start: int
    defines: bool


def tokens(text: str) -> list[Token]:
    """Strings, names, dots, brackets and ends of lines; any text can be read, valid or not."""
    return [Token(found.start(), found[0]) for found in _TOKEN.finditer(text) if found[0][0] != "#"]


class Lines:
    """The 1-based lines and columns of a text's offsets; columns count characters."""

    def __init__(self, text: str) -> None:
        self.starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def offset(self, line: int, column: int) -> int:
        return self.starts[line - 1] + column - 1


class Scan:
    """One walk over the tokens of a valid document, or of a valid document that breaks off."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = [*tokens, Token(tokens[-1].start if tokens else 0, "")]
        self._index = 0
        self._last: dict[Path, int] = {}  # of each [[array]], the index of its newest table

    def steps(self) -> Iterator[Step]:
        """Every key and array item, in the order of the text."""
        table: Path = ()
        while self._text:
            if self._take("["):
                table = yield from self._header()
            elif not self._take("\n"):
                yield from self._pair(table)

    @property
    def _text(self) -> str:
        return self._tokens[self._index].text

    def _next(self) -> Token:
        token = self._tokens[self._index]
        self._index += token.text != ""
        return token

    def _take(self, text: str) -> bool:
        found = self._text == text
        self._index += found
        return found

    def _header(self) -> Generator[Step, None, Path]:
        is_array = self._take("[")
        path = yield from self._key((), not is_array)
        if is_array:
            start = self._tokens[self._index - 1].start
            self._last[path] = self._last.get(path, -1) + 1
            path = self._newest(path)
            yield Step(path, start, True)
        while self._take("]"):
            pass
        return path

    def _pair(self, table: Path) -> Iterator[Step]:
        path = yield from self._key(table, True)
        self._take("=")
        yield from self._value(path)

    def _key(self, path: Path, defines: bool) -> Generator[Step, None, Path]:
        token = self._next()
        path = (*path, _name(token.text))
        while self._take("."):
            yield Step(path, token.start, False)
            token = self._next()
            path = (*self._newest(path), _name(token.text))
        yield Step(path, token.start, defines)
        return path

    def _newest(self, path: Path) -> Path:
        return (*path, self._last[path]) if path in self._last else path

    def _value(self, path: Path) -> Iterator[Step]:
        if self._take("["):
            yield from self._array(path)
        elif self._take("{"):
            yield from self._inline_table(path)
        else:
            self._next()
            while self._text not in _AFTER_VALUE:
                self._index += 1

    def _array(self, path: Path) -> Iterator[Step]:
        count = 0
        while self._text and not self._take("]"):
            if not (self._take(",") or self._take("\n")):
                item = (*path, count)
                count += 1
                yield Step(item, self._tokens[self._index].start, True)
                yield from self._value(item)

    def _inline_table(self, path: Path) -> Iterator[Step]:
        while self._text and not self._take("}"):
            if not (self._take(",") or self._take("\n")):
                yield from self._pair(path)


def _name(token: str) -> str:
    if token[:1] not in ("'", '"'):
        return token
    if "\\" not in token:
        return token[1:-1]
    return next(iter(tomllib.loads(f"{token} = 0")))
