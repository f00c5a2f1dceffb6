"""Digits in the script of a language; Babel formats numbers with Latin digits in every language."""

from __future__ import annotations

from ..values.bidi import LEFT_TO_RIGHT_MARK

ZERO = {  # CLDR's name of a numbering system: its zero; the other nine digits follow it
    "arab": 0x0660,
    "arabext": 0x06F0,
    "beng": 0x09E6,
    "deva": 0x0966,
    "mymr": 0x1040,
}
PERCENT = {"arab": "٪", "arabext": "٪"}


def native(text: str, system: str) -> str:
    """Return the text with its ASCII digits in the numbering system; unchanged for an unknown system."""
    zero = ZERO.get(system, ord("0"))
    return text.translate({ord("0") + digit: zero + digit for digit in range(10)})


def signed(text: str, direction: str) -> str:
    """Return a number as it stands in a sentence: in right-to-left ones a mark keeps the minus before its digits"""
    # As CLDR has it in Hebrew and Persian.
    return f"{LEFT_TO_RIGHT_MARK}{text}" if direction == "rtl" and text[:1] == "-" else text


def percent_sign(system: str) -> str:
    """Return the percent sign that goes with the digits."""
    return PERCENT.get(system, "%")
