from __future__ import annotations

import inspect
import json
import re
import string
import sys
import time
import tomllib
from collections.abc import Iterator
from datetime import date, datetime
from datetime import time as clock
from random import Random
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from surveyengine.definitions.fault import Fault
from surveyengine.definitions.toml.document import Document, Path, Unreadable, parse
from surveyengine.definitions.toml.errors import TomlError, explain
from surveyengine.definitions.toml.positions import tokens

SURVEY = '''\
title  = { en = "Your delivery", he = "המשלוח שלך", fa = "تحویل سفارش شما" }
target = { csat = 85 }
# scored = false       answers count nowhere

[invite]                                    # absent: reached only by link
on         = "shipment.delivered"           # event type
when       = { country = ["IL", "IR"], total = { at_least = 100 } }
after      = "12 hours"
remind     = ["3 days"]
sample     = 0.5

[[question]]
id       = "satisfaction"
kind     = "csat"
core     = true
text     = { en = "How satisfied are you with order {order|}?", he = "מהי מידת שביעות הרצון?", fa = "چقدر راضی هستید؟" }

[[question]]
id      = "timing"
kind    = "choice"
options = [
  { id = "on_time", text = { en = "On time", he = "במועד שהובטח", fa = "سر موعد" } },
  { id = "late",    text = { en = "Later than promised", he = "באיחור", fa = "دیرتر از موعد" } },
]

[[question]]
id      = "reason"
show_if = { satisfaction = { at_most = 3 } }
text    = """
What is the reason?
[not.a.table] # not a comment"""
'''


def read(text: str) -> Document:
    return parse(text.encode(), "a.toml")


def refused(raw: str | bytes) -> Fault:
    with pytest.raises(Unreadable) as caught:
        parse(raw if isinstance(raw, bytes) else raw.encode(), "a.toml")
    return caught.value.fault


def outcome(raw: bytes) -> Document | Fault:
    try:
        return parse(raw, "a.toml")
    except Unreadable as unreadable:
        return unreadable.fault


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every path of the data, found without any position."""
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield (*path, key)
            yield from paths(item, (*path, key))


# --- where things stand -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "path", "place"),
    [
        ("a = 1", ("a",), (1, 1)),
        ("\n\n  a = 1", ("a",), (3, 3)),
        ("a.b = 1", ("a",), (1, 1)),
        ("a.b = 1", ("a", "b"), (1, 3)),
        ("a . \t b=1", ("a", "b"), (1, 7)),
        ("[a.b]\nc = 1", ("a", "b"), (1, 4)),
        ("[ a ]\nc = 1", ("a", "c"), (2, 1)),
        ("[a.b]\n[a]", ("a",), (2, 2)),
        ("[a]\n[a.b]", ("a",), (1, 2)),
        ("[[question]]\n[[question]]", ("question",), (1, 3)),
        ("[[question]]\n[[question]]", ("question", 0), (1, 3)),
        ("[[question]]\n[[ question ]]", ("question", 1), (2, 4)),
        ("[[a]]\n[[a.b]]\n[[a]]\n[[a.b]]\n[[a.b]]\nc=1", ("a", 1, "b", 1, "c"), (6, 1)),
        ("[[a]]\n[a.b.c]\nd.e = 1", ("a", 0, "b", "c", "d", "e"), (3, 3)),
        ("a = { b = { c.d = 1 } }", ("a", "b", "c", "d"), (1, 15)),
        ("a = [1, [2, 3], {b = 4}]", ("a", 1, 1), (1, 13)),
        ("a = [1, [2, 3], {b = 4}]", ("a", 2, "b"), (1, 18)),
        ("a = [ # one, [two]\n  1,\n  # ]\n  2, # three\n]\nb = 1", ("a", 1), (4, 3)),
        ("a = [ # one, [two]\n  1,\n  # ]\n  2, # three\n]\nb = 1", ("b",), (6, 1)),
        ("a = [\n[\n],\n[],\n{}\n]", ("a", 2), (5, 1)),
        ('"" = 1', ("",), (1, 1)),
        ('a."b.c".\'[d]\' = 1', ("a", "b.c"), (1, 3)),
        ('a."b.c".\'[d]\' = 1', ("a", "b.c", "[d]"), (1, 9)),
        ('["a]b"."c\\"d"]\ne=1', ("a]b", 'c"d', "e"), (2, 1)),
        (r"""'\n'."\n\u05d0" = 1""", ("\\n", "\n\u05d0"), (1, 6)),
        ('3.14 = 1\n1979-05-27 = "x"', ("3", "14"), (1, 3)),
        ('3.14 = 1\n1979-05-27 = "x"', ("1979-05-27",), (2, 1)),
        ('a = """\n[x]\nb = 1 # no\n"""\nc = 1', ("c",), (5, 1)),
        ('a = """"x"""""\nc = 1', ("c",), (2, 1)),
        ("a = ''''x'''''\nc = 1", ("c",), (2, 1)),
        ('a = """x\\"""" # "\nc = 1', ("c",), (2, 1)),
        ('a = """\\\n  x\\\\"""\nc = 1', ("c",), (3, 1)),
        ("a = ''\nb = \"\"\nc = '#'\nd = \"[\\\"]\"\ne = 1", ("e",), (5, 1)),
        ("a = 1979-05-27 07:32:00 # b = 2\nc = [1979-05-27 07:32:00.5+01:00, 07:32:00]", ("c", 1), (2, 35)),
        ("a = [+1.5e-3, -inf, 0xdead_beef]", ("a", 2), (1, 21)),
        ("a = 1\r\n[b]\r\nc = [\r\n 1,\r\n 2]\r\n", ("b", "c", 1), (5, 2)),
        ('a = { he = "שלום", b = "😀", c = 1 }', ("a", "c"), (1, 29)),
        ("#\u2028 b\na = 1 # [c]\n#", ("a",), (2, 1)),
    ],
)
def test_every_key_and_item_has_its_place(text: str, path: Path, place: tuple[int, int]) -> None:
    document = read(text)
    assert document.position(path) == place
    assert set(document.positions) == set(paths(document.data))


def test_a_byte_order_mark_is_no_character_of_the_file() -> None:
    document = parse(b"\xef\xbb\xbfa = 1", "a.toml")
    assert document.data == {"a": 1}
    assert document.position(("a",)) == (1, 1)


def test_an_unknown_path_stands_at_its_nearest_known_ancestor() -> None:
    document = read("a = 1\n[b]\nc = {}")
    assert document.position(("b", "c", "missing", 3)) == (3, 1)
    assert document.position(("missing",)) == (1, 1)
    assert document.fault(("b", "c"), "wrong", "right", "warning") == Fault(
        "a.toml", 3, 1, "wrong", "right", "warning"
    )


def test_an_empty_file_is_an_empty_document() -> None:
    assert parse(b"", "a.toml") == Document("a.toml", {}, {})


# --- any document in any spelling ---------------------------------------------------------------------------------

BARE = frozenset(string.ascii_letters + string.digits + "-_")
KEYS = st.text(st.sampled_from("ab1-_ .[]{}#=,\"'\\\n\tאش😀\u200c"), max_size=4)
SCALARS = (
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
    | st.text(st.sampled_from("\"'\\\n#[]{}=,. a"), max_size=12)
    | st.datetimes(datetime(1000, 1, 1))
    | st.dates(date(1000, 1, 1))
    | st.times()
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=12
)
TABLES = st.dictionaries(KEYS, VALUES | st.lists(st.dictionaries(KEYS, VALUES, max_size=3), max_size=3), max_size=4)


class Speller:
    """Writes data as TOML, choosing freely among the spellings of the language."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def document(self, data: dict[str, Any]) -> str:
        text = "".join(self.table(data, ()))
        text = text.rstrip("\n") if self.maybe() and not text.endswith('"""\n') else text
        return text.replace("\n", "\r\n") if self.maybe() else text

    def table(self, data: dict[str, Any], path: tuple[str, ...]) -> Iterator[str]:
        """The lines of a table: pairs first, for after a header the next pairs belong to that."""
        sections = [key for key, value in data.items() if self.may_be_section(value) and self.maybe()]
        for key, value in data.items():
            if key not in sections:
                yield from self.pairs(self.key(key), value)
        for key in sections:
            yield from self.section(data[key], (*path, key))

    def may_be_section(self, value: Any) -> bool:
        return isinstance(value, dict) or self.is_tables(value)

    def is_tables(self, value: Any) -> bool:
        return isinstance(value, list) and value != [] and all(isinstance(item, dict) for item in value)

    def section(self, value: Any, path: tuple[str, ...]) -> Iterator[str]:
        name = self.dot().join(map(self.key, path))
        if isinstance(value, dict):
            yield f"{self.space()}[{self.space()}{name}{self.space()}]{self.end()}"
            yield from self.table(value, path)
        else:
            for item in value:
                yield f"[[{self.space()}{name}{self.space()}]]{self.end()}"
                yield from self.table(item, path)

    def pairs(self, name: str, value: Any) -> Iterator[str]:
        if isinstance(value, dict) and value and self.maybe():
            for key, item in value.items():
                yield from self.pairs(name + self.dot() + self.key(key), item)
        else:
            yield f"{self.space()}{name}{self.space()}={self.space()}{self.value(value)}{self.end()}"

    def value(self, value: Any) -> str:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return self.array(value)
        if isinstance(value, dict):
            pairs = (f"{self.key(k)}{self.space()}={self.space()}{self.value(v)}" for k, v in value.items())
            return "{" + self.space() + (self.space() + "," + self.space()).join(pairs) + self.space() + "}"
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, datetime | date | clock):
            return str(value) if self.maybe() else value.isoformat()
        return f"{value:_}" if isinstance(value, int) else repr(value)

    def array(self, items: list[Any]) -> str:
        text = "["
        for index, item in enumerate(items):
            text += self.gap() + self.value(item) + self.gap()
            text += "," if index < len(items) - 1 or self.maybe() else ""
        return text + self.gap() + "]"

    def key(self, key: str) -> str:
        return key if key and BARE.issuperset(key) and self.maybe() else self.line_text(key)

    def text(self, text: str) -> str:
        if self.maybe() and text.replace("\n", "").isprintable():
            # Two quotes may stand free, also before the closing three; a third is escaped.
            body = text.replace("\\", "\\\\").replace('"""', '""\\"')
            return f'"""\n{body}"""'
        if self.maybe() and "'" not in text and text.replace("\n", "").isprintable():
            return f"'''\n{text}'''"
        return self.line_text(text)

    def line_text(self, text: str) -> str:
        if self.maybe() and "'" not in text and text.isprintable():
            return f"'{text}'"
        return '"' + "".join(map(self.char, text)) + '"'

    def char(self, char: str) -> str:
        if char in '"\\' or not char.isprintable() or (char <= "\uffff" and self.random.random() < 0.1):
            return f"\\u{ord(char):04X}" if char <= "\uffff" else f"\\U{ord(char):08x}"
        return char

    def maybe(self) -> bool:
        return self.random.random() < 0.5

    def space(self) -> str:
        return self.random.choice(["", " ", "\t", "  "])

    def dot(self) -> str:
        return f"{self.space()}.{self.space()}"

    def end(self) -> str:
        return self.space() + self.random.choice(["", "# [a] = '\"\"\"'"]) + self.random.choice(["\n", "\n \n\n"])

    def gap(self) -> str:
        return self.random.choice(["", " ", "\n", " # ], [\n\t", "\n\n"])


def spelled(text: str) -> str:
    """The key that is written at the beginning of the text, read without TOML."""
    if text.startswith("'"):
        return text[1 : text.index("'", 1)]
    if text.startswith('"'):
        quoted = re.match(r'"(\\.|[^"\\])*"', text)
        assert quoted
        return str(json.loads(re.sub(r"\\U([0-9a-f]{8})", lambda code: chr(int(code[1], 16)), quoted[0]), strict=False))
    return "".join(text[: next((i for i, char in enumerate(text) if char not in BARE), len(text))])


@given(TABLES, st.randoms(use_true_random=False))
def test_positions_are_those_of_the_data_in_any_spelling(data: dict[str, Any], random: Random) -> None:
    text = Speller(random).document(data)
    document = read(text)
    assert document.data == data
    assert set(document.positions) == set(paths(data))
    lines = text.split("\n")
    for path, (line, column) in document.positions.items():
        rest = "\n".join(lines[line - 1 :])[column - 1 :]
        if isinstance(path[-1], str):
            assert spelled(rest) == path[-1]
        else:
            assert not rest[0].isspace()
            assert rest[0] not in ",]}#="


# --- what cannot be read ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "place", "says"),
    [
        (b"a = 1\nb = '\xe9'", (2, 6), "UTF-8"),
        ('a = "שלום"'.encode("cp1255"), (1, 6), "UTF-8"),
        (b"\xef\xbb\xbf\xff", (1, 1), "UTF-8"),
        (b"a = '\xed\xa0\x80'", (1, 6), "UTF-8"),
        ("a = 'שלום'".encode("utf-16"), (1, 1), "UTF-16"),
        ("a = 'x'".encode("utf-16-le"), (1, 1), "UTF-16"),
        ("a = 'x'".encode("utf-16-be"), (1, 1), "UTF-16"),
        (b"#" * (2**19 + 1), (1, 1), "512 KiB"),
        ("a = " + "[" * 500 + "]" * 500, (1, 37), "nested more than 32"),
        ("a = " + "{b=" * 500 + "1" + "}" * 500, (1, 101), "nested more than 32"),
        ("[" + ".".join("a" * 8000) + "]", (1, 65), "nested more than 32"),
        ("[" + ".".join("a" * 20) + "]\n" + ".".join("b" * 20) + " = 1", (2, 25), "nested more than 32"),
        ("\na = " + "9" * 5000, (2, 5), "too long"),
        ("a = 1\nb = [1, 9223372036854775808]", (2, 9), "64 bits"),
        ("a = 0x" + "f" * 100, (1, 1), "64 bits"),
        ('a = 1\nb = "x\\u0000"', (2, 7), "NUL"),
        ('"\\U00000000" = 1', (1, 2), "NUL"),
        ('a = """\n\n\\\\\\u0000"""', (3, 3), "NUL"),
        (b"a = 'x\0'", (1, 7), "control character"),
        (b"# \x1b[31m\n", (1, 3), "control character"),
        (b"a = 1\rb = 2", (1, 6), "the line should end"),
    ],
)
def test_bytes_that_are_no_text_for_us_are_refused_with_their_place(
    raw: str | bytes, place: tuple[int, int], says: str
) -> None:
    fault = refused(raw)
    assert (fault.line, fault.column) == place
    assert says in str(fault)


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ('a = "x\nb = 1', (1, 7), "not closed"),
        ("a = 'x\nb = 1", (1, 7), "not closed"),
        ('a = 1\nb = """x\n\n', (2, 5), "not closed"),
        ("a = 1\nb = '''x\n\n", (2, 5), "not closed"),
        ("a = {\n  b = 1\n}", (1, 6), "one line"),
        ("a = [ # x\n  { b = 1,\n    c = 2 }]", (2, 11), "one line"),
        ("a = { b = 1, }", (1, 14), "comma"),
        ("a = { b = 1", (1, 5), "comma, a quote or the closing }"),
        ("a = { b = 1 c = 2 }", (1, 13), "comma, a quote or the closing }"),
        ("a = [\n  1,\n  2", (1, 5), "comma, a quote or the closing ]"),
        ("a = [\n  1\n\n[[question]]", (4, 1), "comma, a quote or the closing ]"),
        ("a = [\n  1,\n\n[[question]]", (4, 3), "list above closed"),
        ("a = [\n  1,\nb = 2", (3, 1), "list above closed"),
        ('a = { he = "צה"ל" }', (1, 16), "״"),
        ('a = "צה"ל"', (1, 9), "״"),
        ("a = “x”", (1, 5), "not straight"),
        ("a = True", (1, 5), "true or false"),
        ("a =\nb = 1", (1, 4), "a value is missing"),
        ("a = # x", (1, 5), "a value is missing"),
        ("a", (1, 2), "expected ="),
        ('{ en: "x" }', (1, 1), "looks like JSON"),
        ('en: "x"', (1, 3), "instead of :"),
        ("title en = 1", (1, 7), "stands in quotes"),
        ("כן = 1", (1, 1), "stands in quotes"),
        ("[a b]", (1, 4), "stands in quotes"),
        ("[[a]", (1, 4), "]]"),
        ("a = hello", (1, 5), "texts stand in quotes"),
        ("a = 12 hours", (1, 8), "texts stand in quotes"),
        ("a = 0501234567", (1, 6), "cannot begin with 0"),
        (r'a = "c:\dir"', (1, 10), "backslash"),
        (r'a = "c:\users"', (1, 10), "Unicode escape"),
        ("a = 2025-02-30", (1, 5), "no such date"),
        ("a = 1\n}", (2, 1), "nothing to close"),
        ("a = 1\nb = 2\na = [\n  { c = 1 }]", (3, 1), '"a" is given twice; it stands on line 1'),
        ("a = { b = 1, c = { b = 1, b = 2 } }", (1, 27), '"b" is given twice; it stands on line 1'),
        ("[a]\n[question]\n[question]", (3, 2), "line 2 already; tables of which there are several are written [["),
        ("[[q]]\nid = 1\n[[q]]\nid = 1\nid = 2", (5, 1), '"id" is given twice; it stands on line 4'),
        ("a = 1\na.b = 2", (2, 8), "clashes"),
        ("a = []\n[[a]]", (2, 4), "clashes"),
    ],
)
def test_a_broken_file_is_explained_where_it_is_broken(text: str, place: tuple[int, int], says: str) -> None:
    fault = refused(text)
    assert (fault.line, fault.column) == place
    assert says in str(fault)


@pytest.mark.parametrize(("said", "start"), [("Odd", 5), ("Odd (at line 1, column 3)", 2)])
def test_a_complaint_that_a_newer_parser_invents_is_passed_on(said: str, start: int) -> None:
    assert explain(tomllib.TOMLDecodeError(said), "a = 1", tokens("a = 1")) == TomlError(start, "Odd")


def test_a_caller_who_stands_deep_gets_a_refusal_too() -> None:
    def dive(levels: int) -> Fault:
        return dive(levels - 1) if levels else refused("a = " + "[" * 31 + "]" * 31)

    assert "nested" in dive(sys.getrecursionlimit() - len(inspect.stack(0)) - 60).message


@pytest.mark.parametrize(
    "text",
    [
        '"""' + '\\"""\n' * 200_000,
        '""' * 500_000,
        "'''" + "''\n" * 300_000,
        "a = [" + '"\\u0041",' * 100_000 + "]",
        "a = [" + "{b.c={d=1}}," * 20_000 + "]",
        "a = {x=[\n" * 100_000,
        ".".join("a" * 500_000) + " = 1",
    ],
    ids=lambda text: text[:12],
)
def test_a_hostile_megabyte_costs_seconds_at_most(text: str) -> None:
    started = time.process_time()
    outcome(text.encode())
    assert time.process_time() - started < 5


SNIPPETS = st.sampled_from(
    ["", '"', "'", '"""', "'''", "[", "]", "[[", "{", "}", "=", ".", ",", "#", "\n", "\r", "\\", "\\u0000", "\0"]
    + ["\x1b", "a", "0", "é", "question", "a = 1\n", "[invite]\n", "\ufeff", "\ud800", "9" * 5000, "[" * 40, "a." * 40]
)
EDITS = st.lists(st.tuples(st.integers(0, len(SURVEY)), st.integers(0, 40), SNIPPETS), min_size=1, max_size=4)


def edited(edits: list[tuple[int, int, str]]) -> bytes:
    text = SURVEY
    for start, length, snippet in edits:
        text = text[:start] + snippet + text[start + length :]
    return text.encode("utf-8", "surrogatepass")


@given(EDITS.map(edited) | st.binary() | st.text(st.sampled_from("a1=.,[]{}\"'\\#\n\r \0")).map(str.encode))
@example(SURVEY.encode())
def test_whatever_the_bytes_there_is_a_document_or_a_fault_within_the_file(raw: bytes) -> None:
    read = outcome(raw)
    if isinstance(read, Document):
        assert set(read.positions) == set(paths(read.data))
    else:
        lines = raw.split(b"\n")
        assert 1 <= read.line <= len(lines)
        assert 1 <= read.column <= len(lines[read.line - 1]) + 1
        assert str(read).isprintable()


# --- faults -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        (Fault("a.toml", 3, 7, "wrong"), "a.toml:3:7: error: wrong"),
        (Fault("a.toml", 3, 7, "wrong", "do right"), "a.toml:3:7: error: wrong; do right"),
        (Fault("a.toml", 3, 7, "odd", level="warning"), "a.toml:3:7: warning: odd"),
        (Fault("a\n.toml", 1, 1, "\x1b[31mred\r\n", "\0"), r"a\n.toml:1:1: error: \x1b[31mred\r\n; \x00"),
        (Fault("\u202eb\udc80", 1, 1, "\u2066x\u2028\x85"), r"\u202eb\udc80:1:1: error: \u2066x\u2028\x85"),
        (Fault("f", 1, 1, "می\u200cخواهم 👩\u200d🔧 שלום"), "f:1:1: error: می\u200cخواهم 👩\u200d🔧 שלום"),
    ],
)
def test_a_fault_is_one_safe_line(fault: Fault, line: str) -> None:
    assert str(fault) == line


@given(st.builds(Fault, st.text(), st.just(1), st.just(1), st.text(), st.text()))
def test_a_fault_never_breaks_its_line_or_moves_the_cursor(fault: Fault) -> None:
    assert "".join(char for char in str(fault) if char not in "\u200c\u200d\u200e\u200f").isprintable()


def test_faults_sort_by_file_and_place() -> None:
    faults = [Fault("b", 1, 1, "x"), Fault("a", 10, 1, "x"), Fault("a", 2, 9, "x")]
    assert [(fault.file, fault.line) for fault in sorted(faults)] == [("a", 2), ("a", 10), ("b", 1)]
