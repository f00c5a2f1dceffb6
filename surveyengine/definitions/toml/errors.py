"""What tomllib says about a text that is not TOML, in words that help its author."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from itertools import takewhile
from typing import NamedTuple

from .positions import Lines, Token, steps

_SAID = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)
_QUOTE_NAMES = "a name with other characters than A-Z, a-z, 0-9, _ and - stands in quotes"
_QUOTE_TEXTS = 'texts stand in quotes: "…"'


class TomlError(NamedTuple):
    """An error at an offset of the text, with a hint."""

    start: int
    message: str
    hint: str = ""


# (innermost open bracket + tomllib's words, text at the fault, message, hint); the first rule that fits applies.
_RULES = [
    (re.compile(said), re.compile(here, re.IGNORECASE), message, hint)
    for said, here, message, hint in [
        (r".?((Illegal|Found invalid) character '\\n'|Unterminated|Expected [\"']')", r"",
         "this text is not closed", 'end it with the quote it began with; several lines stand between """ and """'),
        (r".?(Illegal|Found invalid) character", r"",
         "a control character", r"delete it, or write it between double quotes as an escape such as \t"),
        (r"\{.*", r"//", "a comment begins with #", "write # instead of //, on a line of its own"),
        (r"\{.*", r"[\r\n#]",
         "a table in { } stands on one line", "join the lines, or make it a [table] of its own"),
        (r".?(Unclosed|Expected newline)", r"""(?<=["'])[^\s,\]}#=/;]""",
         "there is more after the closing quote", r'a quotation mark inside a text is written \" (in Hebrew also ״)'),
        (r".?(Unclosed|Expected newline)", r"(?<=[\s=,\[]0)\d",
         "a number cannot begin with 0", "drop the zero, or put a code in quotes"),
        (r".?(Unclosed|Expected newline)", r"(?<=\d),\d",
         "a number has a point, not a comma", "write 0.5, or 1000 without a separator"),
        (r".?(Unclosed|Expected newline)", r"(?<=\d)%|(?<=\d\s)%", "a number stands without %", "delete the %"),
        (r".?(Unclosed|Expected newline|Invalid value|Invalid initial|Invalid statement)", r"//",
         "a comment begins with #", "write # instead of //"),
        (r".?(Unclosed|Expected newline|Invalid value|Invalid initial|Invalid statement)", r"/\*",
         "a comment begins with #", "write # at the beginning of each of its lines, instead of /* and */"),
        (r".?(Unclosed|Expected newline|Invalid initial|Invalid statement)", r"<!--",
         "a comment begins with #", "write # at the beginning of each of its lines, instead of <!-- and -->"),
        (r"Invalid statement", r"[{]", "this looks like JSON, and the engine reads TOML",
         'write name = "value" on each line, and [[question]] above each question'),
        (r"Invalid statement", r"(?<![^\n])<(?!!--)", "this is HTML or XML, and the engine reads TOML",
         'write name = "value" on each line'),
        (r"Expected newline", r"[;,]", "the line should end here", "delete what stands at its end"),
        (r"\[Unclosed", r"", "expected a comma or ] here", "is a comma, a quote or the closing ] missing?"),
        (r"\{Unclosed", r"", "expected a comma or } here", "is a comma, a quote or the closing } missing?"),
        (r".?Inv", r"[“”„‟«»‘’‚‛״]", "this quote is not straight", _QUOTE_TEXTS),
        (r"\{Invalid initial", r"\}", "a comma before }", "delete the comma"),
        (r"\[Invalid value", r"(?<=\n\[)|(?<=\n\[\[)|[\w-]+[ \t]*=",
         "expected an item of a list here", "is the list above closed with ]?"),
        (r".?Invalid value", r"(true|yes|on)\b", "expected true or false, in small letters", "write true"),
        (r".?Invalid value", r"(false|no|off)\b", "expected true or false, in small letters", "write false"),
        (r".?Invalid value", r"(null|nil|none)\b", "nothing can stand here for nothing", "delete the line"),
        (r".?Invalid value", r"[\r\n#,\]}]|\Z", "a value is missing here", ""),
        (r".?Invalid value", r"(?<==)=", "one = is enough", "delete the second one"),
        (r".?Invalid value", r"[<>=≤≥]", "a comparison is a table", "write { at_most = 3 } or { at_least = 3 }"),
        (r".?Invalid value", r"\d+([.,]\d+)?\s*%", "a number stands without %", "delete the %"),
        (r".?Invalid value", r"", "expected a text, a number, true or false here", _QUOTE_TEXTS),
        (r".?Expected newline", r"(?<=\d\s)[a-z]", "texts stand in quotes, also those that begin with a number",
         'write one such as "12 hours"'),
        (r".?Expected newline", r"(?<=\d):", "texts stand in quotes, also a time of day", 'write one such as "20:00"'),
        (r".?Expected newline", r"", "the line should end here", f"{_QUOTE_TEXTS}; a comment begins with #"),
        (r"Expected '='", r"(?<=\n---)[\r\n]|(?<=^---)[\r\n]", "this is YAML, and the engine reads TOML",
         'write name = "value" on each line, and [[question]] above each question'),
        (r"Expected '='", r"(?<=-- )", "a comment begins with #", "write # instead of --"),
        (r"Expected '='", r"(?<=- )", "a line begins with a name", "write lists as name = [ …, … ]"),
        (r".?Expected '='", r":", "expected = after the name", "write = instead of :"),
        (r".?Expected '='", r"[\r\n#,\]}]|\Z", "expected = and a value after the name", ""),
        (r".?Expected '='", r"", "expected = after the name", _QUOTE_NAMES),
        (r".?Expected '\]\]'", r"", "expected ]] after the name", _QUOTE_NAMES),
        (r".?Expected '\]'", r"", "expected ] after the name", _QUOTE_NAMES),
        (r".?Invalid statement", r"[\]}]", "there is nothing to close here", ""),
        (r".?Invalid statement", r"[*•]\s", "a line begins with a name", "write lists as name = [ …, … ]"),
        (r".?Invalid statement", r"[;%]", "a comment begins with #", "write # at its beginning"),
        (r".?Invalid (statement|initial)", r"", "expected a name here", _QUOTE_NAMES),
        (r".?Unescaped", r"",
         "a backslash begins an escape, and there is none like this", r"write \\, or put the text between ' and '"),
        (r".?(Invalid hex|Escaped)", r"",
         "this Unicode escape stands for no character", r"write \\ for a backslash, or put the text between ' and '"),
        (r".?Invalid date", r"", "there is no such date or time", ""),
        (r".?(Cannot|Duplicate)", r"", "this clashes with an earlier line", "every name is given once"),
    ]
]  # fmt: skip


def explain(error: tomllib.TOMLDecodeError, text: str, tokens: Sequence[Token]) -> TomlError:
    """Return tomllib's error in an author's words, at the place where the author would look."""
    said, start = _said(error, text)
    before = list(takewhile(lambda token: token[0] < start, tokens))
    repeated = _repeated(before) if said.startswith(("Cannot", "Duplicate")) else None
    if repeated:
        return _twice(*repeated, text)
    opened = _opened(before)
    complaint = _first_rule(("" if opened is None else text[opened]) + said, text, start)
    if start < len(text.rstrip()):
        return complaint
    # An error at the end of the file is told at what was never closed.
    if said == 'Expected "\'"':
        return complaint._replace(start=_open_quote(before))
    if said.startswith(("Unterminated", "Expected \"'''")):
        return complaint._replace(start=before[-1][0])
    return complaint._replace(start=len(text.rstrip()) if opened is None else opened)


def _said(error: tomllib.TOMLDecodeError, text: str) -> tuple[str, int]:
    found = _SAID.fullmatch(str(error))
    if not found:
        return str(error), len(text)
    at_end = found[2] is None
    return found[1], len(text) if at_end else Lines(text).offset(int(found[2]), int(found[3]))


def _first_rule(said: str, text: str, start: int) -> TomlError:
    for words, here, message, hint in _RULES:
        if words.match(said) and here.match(text, start):
            return TomlError(start, message, hint)
    return TomlError(start, said)


def _opened(tokens: Sequence[Token]) -> int | None:
    """Return the offset of the innermost open bracket; None where none is open."""
    opened: list[int] = []
    for start, word in tokens:
        if word in ("[", "{"):
            opened.append(start)
        elif word in ("]", "}") and opened:
            opened.pop()
    return opened[-1] if opened else None


def _open_quote(tokens: Sequence[Token]) -> int:
    """Return the end of the line with an unclosed text in single quotes; 0 without one."""
    return next((start + len(word) for start, word in tokens if re.fullmatch(r"'(?!'')[^']*", word)), 0)


def _repeated(tokens: list[Token]) -> tuple[str, int, int] | None:
    """Return the name that is defined twice, with the offsets of its second and first definition."""
    first: dict[tuple[str | int, ...], int] = {}
    for path, start, defines in steps(tokens):
        if defines and path in first:
            return str(path[-1]), start, first[path]
        if defines:
            first[path] = start
    return None


def _twice(name: str, start: int, first: int, text: str) -> TomlError:
    hint = f"it stands on line {Lines(text).place(first)[0]} already"
    if text[start - 1] == "[":
        hint += f"; tables of which there are several are written [[{name}]]"
    return TomlError(start, f'"{name}" is given twice', hint)
