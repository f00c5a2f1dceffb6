"""Records of delimited text (CSV), and the bad ones among them; what a table needs that is read more than once."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import IO

from ..values.clean import Unclean
from .event import Malformed
from .lines import TextLines

DELIMITERS = ",;\t|"
SEP = re.compile(rb'"?sep=([,;\t|])"?\s*', re.IGNORECASE)  # a first line that tells spreadsheets the delimiter


@contextmanager
def again(stream: IO[bytes]) -> Iterator[tuple[IO[bytes], Callable[[], object]]]:
    """Yield a stream that can be read twice, if need be a copy, and the function that rewinds it."""
    if stream.seekable():
        start = stream.tell()
        yield stream, lambda: stream.seek(start)
        return
    with TemporaryFile() as copy:
        shutil.copyfileobj(stream, copy)
        copy.seek(0)
        yield copy, lambda: copy.seek(0)


def readable(lines: TextLines, records: Iterator[list[str]]) -> Iterator[tuple[int, list[str] | Malformed]]:
    """Yield the first line of each record, and the record or why it is Malformed."""
    while True:
        line = lines.number + 1
        try:
            yield line, next(records)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, Malformed(f"{_span(line, lines.number)} not CSV ({error}); is a quote left open?")
        except Unclean as error:
            yield line, Malformed(f"the line {error.reason}")


def records(lines: Iterator[str], delimiter: str) -> Iterator[list[str]]:
    """Return the records of lines, as lists of cells."""
    return csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)


def cells_of(line: str, delimiter: str) -> list[str]:
    """Return the cells of one line; [] where its quotes do not fit the delimiter."""
    try:
        return [name.strip() for name in next(records(iter([line]), delimiter))]
    except csv.Error:
        return []


def _span(first: int, last: int) -> str:
    return "the line is" if first >= last else f"lines {first} to {last} are"
