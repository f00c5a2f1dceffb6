"""Lines in columns for a terminal, with gauges; every width is measured in columns, not in characters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from wcwidth import clip, ljust, rjust, width

LINE, INTERVAL, VALUE, TARGET, TARGET_INSIDE = "─━●┼╋"
BAR, SLIVER = "█▏"
GAP = "  "
SEPARATOR = " · "
ELLIPSIS = "…"
NARROWEST, WIDEST = 20, 60
SHORTEST = 8
STYLES = {"bold": "\x1b[1m", "dim": "\x1b[2m"}
PLAIN = "\x1b[0m"


class Gauge(NamedTuple):
    """Where a value, its limits and its target lie on a line from 0 to 100."""

    value: float
    low: float
    high: float
    target: float | None = None

    def drawn(self, columns: int) -> str:
        """The line; the value is always visible, the target unless the value covers it."""
        low, high = _place(self.low, columns), _place(self.high, columns)
        cells = [INTERVAL if low <= place <= high else LINE for place in range(columns)]
        if self.target is not None:
            place = _place(self.target, columns)
            cells[place] = TARGET_INSIDE if low <= place <= high else TARGET
        cells[_place(self.value, columns)] = VALUE
        return "".join(cells)


class Axis(NamedTuple):
    """What stands above the two ends of the gauges."""

    start: str
    end: str

    def drawn(self, columns: int) -> str:
        """The first at the left, the second at the right."""
        return padded(self.start, columns - wide(self.end)) + self.end


class Bar(NamedTuple):
    """A share, from 0 to 100, as a bar on the line of the gauges."""

    share: float

    def drawn(self, columns: int) -> str:
        """The bar; any share above 0 is visible."""
        return BAR * round(self.share / 100 * columns) or (SLIVER if self.share else "")


@dataclass(frozen=True)
class TableRow:
    """A line in columns; words in place of a gauge begin in the column of the limits, and run to the line's end."""

    label: str
    n: str = ""
    value: str = ""
    gauge: Gauge | Axis | Bar | str = ""
    limits: str = ""
    style: str = ""


@dataclass(frozen=True)
class Remarks:
    """Short remarks, or the words of a sentence; as many stand on a line as fit."""

    indent: str
    remarks: Sequence[str]
    style: str = "dim"
    separator: str = SEPARATOR


Line = TableRow | Remarks

BLANK = Remarks("", ())


def lay_out(lines: Sequence[Line], columns: int, mark: str = "", color: bool = False) -> str:
    """The lines as text, no wider than `columns` unless the words need more.

    The mark stands between the cells: a left-to-right mark keeps them in place in a terminal that orders
    right-to-left text itself.
    """
    layout = _layout([line for line in lines if isinstance(line, TableRow)], columns)
    text = ((line.style, part) for line in lines for part in layout.text(line, mark))
    return "".join(f"{_styled(part.rstrip(), style if color else '')}\n" for style, part in text)


@dataclass(frozen=True)
class Layout:
    """The width of each column, and of all together."""

    columns: int
    label: int
    n: int
    value: int
    limits: int
    gauge: int

    def text(self, line: Line, mark: str) -> Sequence[str]:
        """The line, or lines, as text without style."""
        return self._row(line, mark) if isinstance(line, TableRow) else _flowed(line, self.columns)

    def _row(self, row: TableRow, mark: str) -> Sequence[str]:
        cells = [padded(row.label, self.label), aligned(row.n, self.n), aligned(row.value, self.value)]
        if isinstance(row.gauge, str):
            cells.append(row.gauge or row.limits)
        else:
            cells += [*([padded(row.limits, self.limits)] if self.limits else []), row.gauge.drawn(self.gauge)]
        return [f"{mark}{GAP}{mark}".join(cells)]


def wide(text: str) -> int:
    """Return how many columns of a terminal the text takes: none for marks, two for full-width characters and emoji."""
    return width(text, control_codes="ignore")


def padded(text: str, columns: int) -> str:
    """Return the text with spaces after it; one that is too long is cut, and ends in an ellipsis."""
    if wide(text) > columns:
        text = clip(text, 0, columns - 1, control_codes="ignore").rstrip() + ELLIPSIS
    return ljust(text, columns, control_codes="ignore")


def aligned(text: str, columns: int) -> str:
    """Return the text with spaces before it."""
    return rjust(text, columns, control_codes="ignore")


def _place(percent: float, columns: int) -> int:
    return round(min(max(percent, 0), 100) / 100 * (columns - 1))


def _layout(rows: Sequence[TableRow], columns: int) -> Layout:
    n, value, limits = (_widest(getattr(row, name) for row in rows) for name in ("n", "value", "limits"))
    free = columns - n - value - limits - 4 * len(GAP)
    label = max(SHORTEST, min(_widest(row.label for row in rows), free - NARROWEST, columns // 3))
    return Layout(columns, label, n, value, limits, max(NARROWEST, min(free - label, WIDEST)))


def _widest(cells: Iterable[str]) -> int:
    return max(map(wide, cells), default=0)


def _flowed(line: Remarks, columns: int) -> list[str]:
    lines = [line.indent]
    for remark in line.remarks:
        joined = f"{lines[-1]}{line.separator if lines[-1].strip() else ''}{remark}"
        if wide(joined) > columns and lines[-1].strip():
            lines.append(line.indent + remark)
        else:
            lines[-1] = joined
    return lines


def _styled(text: str, style: str) -> str:
    return f"{STYLES[style]}{text}{PLAIN}" if style and text else text
