"""Numbers as shops write them, in columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyengine.events.amount import Column


def values(cells: Sequence[str], delimiter: str = ",", kind: Any = "unknown") -> list[object]:
    """What the cells of a column are."""
    column = Column(delimiter, kind)
    for cell in cells:
        column.see(cell)
    return [column.value(cell) for cell in cells]


@pytest.mark.parametrize(("cell", "number"), [
    ("249.90", 249.9), ("1,250.00", 1250.0), ("1.250,00", 1250.0), ("1,250,000.5", 1250000.5), ("0.250", 0.25),
    ("-3", -3),
    ("₪249.90", 249.9), ("249.90 ₪", 249.9), ("$1,250", 1250), ("€ 1.250,50", 1250.5), ("-₪5", -5), ("₪-5", -5),
    ("249,90 €", 249.9), ("NIS 12.5", 12.5), ("12 USD", 12), ("100 ש\"ח", 100), ("100 ש״ח", 100), ("۱۲۵۰ تومان", 1250),
    ("۲۴۹٫۹", 249.9), ("۱٬۲۵۰٫۵", 1250.5), ("۱٬۲۵۰", 1250), ("۱٫۲۵۰", 1.25), ("٣", 3), ("۳", 3), ("−5", -5),
    ("\u200e-7", -7), ("1'250.00", 1250.0), ("1 250.00", 1250.0), ("1\u00a0250.5", 1250.5), ("1,250,000 ﷼", 1250000),
])  # fmt: skip
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_an_amount_is_a_number_in_any_file(cell: str, number: float, delimiter: str) -> None:
    [found] = values([cell], delimiter)
    assert (found, type(found)) == (number, type(number))


@pytest.mark.parametrize("cell", [
    "007", "۰۰۷", "+972501234567", "+1", "1e5", "1.00123E+11", "1.", ".5", "NaN", "1234567890123456", "2026-11-20",
    "192.168.100.200", "100,200,300", "1.250.000", "12 345", "INV 1234", "TOP 10", "1,25,00", "1.25.00", "12:30", "3/4",
    "$", "-", "₪", "USD", "12 USDT", "A-1001", "1,250 to 3,000", "½", "²", "٣a", "1__0", "--5", "1,2501",
])  # fmt: skip
def test_what_is_no_amount_stays_text(cell: str) -> None:
    assert values([cell]) == [cell]


@pytest.mark.parametrize(("delimiter", "kind", "column", "expected"), [
    # Where commas part the cells, one inside is rather a list's; elsewhere it begins the decimals.
    (",", "unknown", ["249,90", "12"], ["249,90", 12]),
    (",", "amount", ["249,90", "12"], [249.9, 12]),
    (";", "unknown", ["249,90", "12"], [249.9, 12]),
    ("\t", "unknown", ["249,90", "1,5"], [249.9, 1.5]),
    (",", "unknown", ["1.250,00", "249,90"], [1250.0, 249.9]),
    # What can be two numbers is what the others in its column say.
    (";", "unknown", ["1.250", "249,90"], [1250, 249.9]),
    (";", "unknown", ["1,250", "249,90"], [1.25, 249.9]),
    (";", "unknown", ["1,250", "249.90"], [1250, 249.9]),
    (";", "unknown", ["1.250", "249.90"], [1.25, 249.9]),
    (",", "unknown", ["1,250", "980.50", "1,250,000"], [1250, 980.5, 1250000]),
    (";", "unknown", ["1.250.000", "980,50"], [1250000, 980.5]),
    # Where they say nothing, or both, three digits of an amount are thousands, and all else is text.
    (",", "unknown", ["1,250", "980"], ["1,250", 980]),
    (";", "unknown", ["1,250", "1.250"], ["1,250", "1.250"]),
    (",", "amount", ["1,250", "980"], [1250, 980]),
    (";", "amount", ["1.250", "1,250"], [1250, 1250]),
    (",", "unknown", ["₪1,250", "1,250"], [1250, 1250]),
    (";", "unknown", ["249,90", "249.90", "1,250"], [249.9, 249.9, "1,250"]),
    (",", "unknown", ["1.250", "3"], [1.25, 3]),  # as programs write it
    (",", "amount", ["1,250,000", "3"], [1250000, 3]),
    # A column that identifies, or mostly speaks, is read as plainly as ever.
    (",", "identifier", ["1,250.00", "18472", "۱۸۴۷۲", "₪5"], ["1,250.00", 18472, "۱۸۴۷۲", "₪5"]),
    (";", "unknown", ["007", "12,50", "8"], ["007", "12,50", 8]),
    (";", "unknown", ["S", "M", "38,5"], ["S", "M", "38,5"]),
    (";", "amount", ["free", "cancelled", "38,5"], ["free", "cancelled", 38.5]),
    (";", "unknown", ["n/a", "38,5"], ["n/a", 38.5]),
    (",", "unknown", ["true", "FALSE", "3"], [True, False, 3]),
])  # fmt: skip
def test_a_column_tells_what_its_cells_are(
    delimiter: str, kind: str, column: list[str], expected: list[object]
) -> None:
    found = values(column, delimiter, kind)
    assert found == expected
    assert [*map(type, found)] == [*map(type, expected)]


@pytest.mark.parametrize(("delimiter", "kind", "column", "doubt"), [
    (",", "unknown", ["980", "1,250", "1,300"], "1,250"), (";", "unknown", ["1.250"], "1.250"),
    (",", "amount", ["1,250"], ""), (",", "unknown", ["1,250", "1.5"], ""), (",", "identifier", ["1,250"], ""),
    (",", "unknown", ["a", "b", "1,250"], ""),
])  # fmt: skip
def test_what_can_be_two_numbers_is_known(delimiter: str, kind: Any, column: list[str], doubt: str) -> None:
    seen = Column(delimiter, kind)
    for cell in column:
        seen.see(cell)
    assert seen.doubt == doubt


MONEY = st.decimals(0, 10**9, places=2)


@given(st.lists(MONEY, min_size=1), st.sampled_from(["{:,.2f}", "{:.2f}", "₪{:,.2f}", "{:,.2f} ₪"]), st.booleans())
def test_prices_in_one_notation_are_the_prices(prices: list[Any], pattern: str, by_comma: bool) -> None:
    cells = [pattern.format(price) for price in prices]
    if by_comma:
        cells = [cell.translate({ord(","): ".", ord("."): ","}) for cell in cells]
    for delimiter in ";\t" if by_comma else ",;\t":
        assert values(cells, delimiter) == [float(price) for price in prices]


@given(st.lists(st.text(min_size=1) | st.from_regex(r"[-₪]?[0-9.,' ]{1,12}", fullmatch=True)), st.sampled_from(",;\t"))
def test_every_cell_is_a_number_of_its_own_digits_or_itself(cells: list[str], delimiter: str) -> None:
    for cell, found in zip(cells, values(cells, delimiter), strict=True):
        if isinstance(found, str | bool):
            assert found == (cell if isinstance(found, str) else cell.lower() == "true")
        else:
            digits = "".join(str(int(char)) for char in cell if char.isdecimal())
            assert re.sub(r"\D", "", f"{Decimal(repr(found)):f}").strip("0") == digits.strip("0")
