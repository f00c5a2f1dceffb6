"""The one gate for text and numbers from outside: what passes is the same in every database and safe to show."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from . import bidi

LONGEST = 10_000  # characters of a text, unless its field says otherwise
MOST_DIGITS = 30


class Unclean(ValueError):
    """A value that is refused; the reason is a phrase that goes on from the field's name: "must be a number"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


_SURROGATE = re.compile("[\ud800-\udfff]")
_BREAK = re.compile("\r\n|[\r\x85\u2028\u2029]")
# U+200C is spelling in Persian, U+200D joins emoji, U+200E and U+200F are honest marks: they stay.
_CONTROLS = [*range(0x20), *range(0x7F, 0xA0), *map(ord, bidi.CONTROLS)]
_MANY_LINES = dict.fromkeys(set(_CONTROLS) - {ord("\n"), ord("\t")})
_ONE_LINE: dict[int, str | None] = {**dict.fromkeys(_CONTROLS), ord("\n"): " ", ord("\t"): " "}


def text(value: str, limit: int = LONGEST, lines: bool = False) -> str:
    """Return the text as NFC without control characters, bidi overrides and outer white space.

    Line breaks become "\\n" where `lines` are allowed and spaces elsewhere, so that words stay apart.
    Raises Unclean for NUL, lone surrogates, and more than `limit` characters.
    """
    if value.isascii() and value.isprintable() and len(value) <= limit:  # nothing to clean, as in most identifiers
        return value.strip()
    if "\0" in value:
        raise Unclean("holds a NUL character")
    if _SURROGATE.search(value):
        raise Unclean("holds half a character (a lone surrogate)")
    plain = _BREAK.sub("\n", value).translate(_MANY_LINES if lines else _ONE_LINE).strip()
    # Measured before normalising too, because normalising a very long run of accents is slow.
    if len(plain) > limit or len(plain := unicodedata.normalize("NFC", plain)) > limit:
        raise Unclean(f"is longer than {limit:,} characters")
    return plain


# Unicode's Default_Ignorable_Code_Point, for which nothing is drawn, and the marks of interlinear annotation.
# Chats, spreadsheets and right-to-left keyboards leave them beside what is copied.
MARKS = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_MARK = re.compile(f"[{MARKS}]")
_SHORTENED = re.compile(r"[+-]?[0-9](?:[.,][0-9]+)?[Ee]\+[0-9]{1,3}")


def unmarked(value: str) -> str:
    """Return the text without invisible marks, which belong neither to an e-mail address nor to a phone number."""
    return _MARK.sub("", value)


def unshortened(value: str) -> str:
    """Return the text as it is; raises Unclean for a long number as spreadsheets spell it, such as 1.00123E+11."""
    if "+" in value and _SHORTENED.fullmatch(digits(value).strip()):
        raise Unclean(
            f"is {value.strip()}: a spreadsheet has shortened a long number; format the column as text and export again"
        )
    return value


def identity(value: str) -> str:
    """Return the text as it is; raises Unclean for one in which an identifier cannot be recognised.

    Invisible marks are refused rather than dropped, because two identifiers must not become one.
    """
    if not value.isascii() and (mark := _MARK.search(value)):
        named = f"U+{ord(mark[0]):04X} {unicodedata.name(mark[0], '')}".strip()
        raise Unclean(f"holds {named}, which cannot be seen; delete it")
    return unshortened(value)


_ZEROS = (0x0660, 0x06F0, 0xFF10)  # Arabic-Indic, Persian, fullwidth; isdigit() would let in ² and ⑤
_PLAIN = {zero + digit: str(digit) for zero in _ZEROS for digit in range(10)}
_PLAIN |= {0x066B: ".", 0x066C: ",", 0x2212: "-"}
_PLAIN |= dict.fromkeys(map(ord, bidi.MARKS), "")
_NUMBER = re.compile(r"[+-]?(?:(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]*)?|\.[0-9]+)")


def digits(value: str) -> str:
    """Return the text with Arabic-Indic, Persian and fullwidth digits, decimal points and minus signs as in ASCII."""
    return value.translate(_PLAIN)


def number(text: str) -> Decimal:
    """Return the exact number a person wrote: digits of any of our scripts, "." or "٫", thousands in groups of three.

    Raises Unclean for anything else, such as 1_000, 1,5, ², 1e400, nan, nothing, or more than 30 digits.
    """
    plain = digits(text).strip()
    if not _NUMBER.fullmatch(plain):
        raise Unclean("must be a number, such as 1200.5")
    plain = plain.replace(",", "")
    if sum(map(str.isdigit, plain)) > MOST_DIGITS:
        raise Unclean(f"has more than {MOST_DIGITS} digits")
    return Decimal(plain) or Decimal(0)


def integer(text: str) -> int:
    """Return the whole number a person wrote; raises Unclean as `number` does, and for a fraction."""
    exact = number(text)
    if exact != int(exact):
        raise Unclean("must be a whole number, such as 12")
    return int(exact)


def spelled(value: str | int | float) -> str:
    """Return a plain value as text, as both databases spell it in JSON."""
    return str(value).lower() if isinstance(value, bool) else str(value)
