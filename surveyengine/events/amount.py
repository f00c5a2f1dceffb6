"""Numbers as shops write them; all of a column decides how each of its cells is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from ..values.clean import digits, unmarked

MOST_DIGITS = 15  # that a float keeps exactly
_SIGN = "[$¢£¤¥֏؋৳฿៛\u20a0-\u20cf﷼＄￡￥￦]"
_WORD = "(?:ILS|NIS|USD|EUR|GBP|IRR|IRT|ש[\"״']?ח|ریال|تومان)(?![^\\W\\d_])"
_BEFORE, _AFTER = re.compile(f"(-?) ?(?:{_SIGN}|{_WORD}) ?"), re.compile(f"(?<=[0-9]) ?(?:{_SIGN}|{_WORD})$")
_SPACE = re.compile("[ \u00a0\u2009\u202f'’](?=[0-9]{3}(?![0-9]))")  # between thousands
_DIGIT = re.compile(r"\d")
_PLAIN = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_BY_DOT = re.compile(r"-?(?:0|[1-9][0-9]*|[1-9][0-9]{0,2}(?:,[0-9]{3})+)(?:\.[0-9]+)?")
_BY_COMMA = re.compile(r"-?(?:0|[1-9][0-9]*|[1-9][0-9]{0,2}(?:\.[0-9]{3})+)(?:,[0-9]+)?")
_IDENTIFIER = re.compile(r"\+[0-9]+|0[0-9]+")

Mark = Literal[".", ","]


class Reading(NamedTuple):
    """The two numbers that a cell can be: with "." before the decimals, and with ","; None where it cannot."""

    dot: str | None
    comma: str | None
    currency: bool = False  # whether the cell names one

    @property
    def is_ambiguous(self) -> bool:
        """Whether it can be two different numbers: "1,250" is 1250 or 1.25."""
        return None not in (self.dot, self.comma) and self.dot != self.comma

    def by(self, mark: Mark | None) -> str | None:
        """Return the number with this decimal mark, or without a mark the only one possible; None without one."""
        if mark is None:
            return None if self.is_ambiguous else self.dot or self.comma
        return self.dot if mark == "." else self.comma


def reading(cell: str) -> Reading | None:
    """Return which numbers a cell can be; None for a text."""
    if not _DIGIT.search(cell):  # the fast way for most texts
        return None
    plain, currency = _priced(unmarked(cell).strip())
    certain = "\u066b" in plain or "\u066c" in plain  # the marks of Arabic script are unambiguous
    plain = _SPACE.sub("", digits(plain))
    dot = plain.replace(",", "") if _BY_DOT.fullmatch(plain) else None
    comma = plain.replace(".", "").replace(",", ".") if not certain and _BY_COMMA.fullmatch(plain) else None
    return Reading(dot, comma, currency) if dot or comma else None


def plain_number(cell: str, mark: Mark) -> int | float | None:
    """Return the number of a cell whose decimal mark is known, without its currency; None for any other text.

    A minus may stand after the digits, as ledgers write it.
    """
    plain = unmarked(cell).strip()
    found = reading(f"-{plain[:-1]}" if plain[1:].endswith(("-", "\u2212")) else plain)
    number = found.by(mark) if found else None
    if number is None or sum(map(str.isdigit, number)) > MOST_DIGITS:
        return None
    return float(number) if "." in number else int(number)


def _priced(plain: str) -> tuple[str, bool]:
    """Return a cell without its currency, and whether it named one."""
    if before := _BEFORE.match(plain):
        return before[1] + plain[before.end() :], True
    after = _AFTER.search(digits(plain))
    return (plain[: after.start()], True) if after else (plain, False)


@dataclass
class Column:
    """Counts the cells of a column; once all were seen, tells the value of each.

    `delimiter` is the file's. `kind` is what the project declares the column to hold: amounts, or identifiers, which
    are never read as amounts.
    """

    delimiter: str = ","
    kind: Literal["amount", "identifier", "unknown"] = "unknown"
    by_dot: int = 0  # cells in which nothing but "." can begin the decimals
    by_comma: int = 0
    mixed: int = 0  # cells with both marks: "1.250,00"
    priced: int = 0  # cells that name a currency
    numbers: int = 0
    others: int = 0
    padded: int = 0  # cells such as 007 and +972, which are identifiers
    unclear: str = ""  # the first ambiguous cell

    def see(self, cell: str) -> None:
        """Count a cell that is not empty."""
        if _IDENTIFIER.fullmatch(cell):
            self.padded += 1
        found = reading(cell)
        if found is None:
            self.others += 1
            return
        self.numbers += 1
        self.priced += found.currency
        if found.is_ambiguous:
            self.unclear = self.unclear or cell
        elif found.dot != found.comma and not _is_list(cell):
            self.by_dot += found.comma is None
            self.by_comma += found.dot is None
            self.mixed += "," in cell and "." in cell

    def value(self, cell: str) -> str | float | bool:
        """Return a cell as the number or boolean that it is, else as its text."""
        if cell.lower() in ("true", "false"):
            return cell.lower() == "true"
        number = self._number(cell)
        if number is None or sum(map(str.isdigit, number)) > MOST_DIGITS:
            return cell
        return float(number) if "." in number else int(number)

    def _number(self, cell: str) -> str | None:
        found = reading(cell) if self._is_amount else None
        if found is None:
            return cell if _PLAIN.fullmatch(cell) else None
        if not found.is_ambiguous and _is_list(cell) and self.mark is None and not self._is_certain:
            return None
        if "," in cell and found.dot is None and not self._takes_commas:
            return None
        if found.is_ambiguous and self.mark is None:
            return self._thousands(found, cell)
        return found.by(self.mark) or found.by(None)

    def _thousands(self, found: Reading, cell: str) -> str | None:
        """Return the number of an ambiguous cell in a column without a clear mark; None to keep it as text.

        Programs write a decimal point, so 1.250 is 1.25 unless the delimiter is ";". In a column of amounts, a group of
        three digits is thousands.
        """
        if "." in cell and self.delimiter != ";":
            return found.dot
        if not self._is_certain:
            return None
        return found.dot if "," in cell else found.comma

    @cached_property
    def mark(self) -> Mark | None:
        """The column's decimal mark; None where its cells show none, or both."""
        comma = self.by_comma if self._takes_commas else 0
        if bool(self.by_dot) == bool(comma):
            return None
        return "." if self.by_dot else ","

    @cached_property
    def _is_certain(self) -> bool:
        return self.kind == "amount" or self.priced > 0

    @cached_property
    def _is_amount(self) -> bool:
        mostly = not self.padded and self.numbers >= self.others
        return self.kind != "identifier" and (self._is_certain or mostly)

    @cached_property
    def _takes_commas(self) -> bool:
        """Whether "249,90" is a number; in a file delimited by commas, it is rather a list."""
        return self.delimiter != "," or self._is_certain or self.mixed > 0

    @property
    def doubt(self) -> str:
        """The first cell that is kept as text because it can be two numbers; "" without one."""
        return self.unclear if self.unclear and isinstance(self.value(self.unclear), str) and self._is_amount else ""


def _is_list(cell: str) -> bool:
    """Whether a cell may also be a list of numbers or a phone number: "100,200,300", "12 345"."""
    plain = digits(cell)
    points, commas = plain.count("."), plain.count(",")
    is_spaced = not points + commas and _SPACE.search(plain) is not None
    return is_spaced or (not points or not commas) and points + commas > 1
