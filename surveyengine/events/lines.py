"""The lines of a text file: UTF-8 or UTF-16, ended by LF, CR LF or CR."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import IO

from ..values.clean import Unclean
from ..values.strict_json import Undecodable

LONGEST_LINE = 8 * 1024 * 1024  # bytes
CHUNK = 64 * 1024
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
DAMAGED = "begins as UTF-16 and is damaged further on; save it as UTF-8"


class TextLines:
    """The lines of a file as UTF-8 without a byte order mark; `number` is the number of the last line read.

    Reading raises Unclean for a line that is too long, and then continues with the next.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self.number = 0
        self._whole = _whole(_pieces(stream))

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        line = next(self._whole)
        self.number += 1
        if line is None:
            raise Unclean("is longer than 8 MB")
        return line


def body(stream: IO[bytes]) -> bytes:
    """Return all of a file, with UTF-16 converted to UTF-8."""
    whole = stream.read()
    return b"".join(_from_utf_16([whole])) if whole.startswith(UTF_16) else whole


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield a file in pieces, most of which are lines."""
    first = stream.readline(LONGEST_LINE)
    if first.startswith(UTF_16):
        yield from _from_utf_16(chain([first], iter(lambda: stream.read(CHUNK), b"")))
        return
    yield first.removeprefix(codecs.BOM_UTF8)
    yield from iter(lambda: stream.readline(LONGEST_LINE), b"")


def _from_utf_16(pieces: Iterable[bytes]) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder("utf-16")()
    try:
        for piece in pieces:
            yield decoder.decode(piece).encode()
        yield decoder.decode(b"", final=True).encode()
    except UnicodeDecodeError:
        raise Undecodable(DAMAGED) from None


def _whole(pieces: Iterable[bytes]) -> Iterator[bytes | None]:
    """Yield each line, and None in place of one that is too long; a line ends in LF, CR LF, or CR as on old Macs."""
    rest, is_lost = b"", False
    for piece in filter(None, pieces):
        *whole, rest = (rest + piece).splitlines(keepends=True)
        if rest.endswith(b"\n"):
            whole, rest = [*whole, rest], b""
        if whole and is_lost:
            yield None
            whole, is_lost = whole[1:], False
        yield from whole
        if len(rest) >= LONGEST_LINE:
            rest, is_lost = b"", True
    if rest or is_lost:
        yield None if is_lost else rest
