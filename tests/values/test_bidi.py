"""The characters that steer direction: which they are by Unicode, and that no other module lists them."""

from __future__ import annotations

import re
import sys
import unicodedata
from pathlib import Path

import surveyengine
from surveyengine.values import bidi

CLASSES = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def test_the_controls_are_those_of_unicode() -> None:
    known = {char for char in map(chr, range(sys.maxunicode + 1)) if unicodedata.bidirectional(char) in CLASSES}
    assert known == bidi.CONTROLS
    assert {unicodedata.name(mark).split()[-1] for mark in bidi.MARKS} == {"MARK"}


def test_what_is_dropped_leaves_the_rest_as_it_was() -> None:
    assert bidi.without("a\u202eb\u2066c\u200fd\u200c\u2069") == "abc\u200fd\u200c"
    assert bidi.without("a\u202eb\u2066c", bidi.OVERRIDES) == "ab\u2066c"
    assert re.findall(bidi.one_of(bidi.ISOLATES), "a\u202eb\u2066c\u2069") == ["\u2066", "\u2069"]


SPELLED = re.compile(
    r"\\u20(?:0[ef]|2[a-e]|6[6-9])(?!-)|(?i:0x20(?:0[ef]|2[a-e]|6[6-9]))|[\u202a-\u202e\u2066-\u2069]"
)
# The first two list what is unseen, of which these are a part; the third has one as an example.
OTHERS = {"clean.py", "report_csv.py", "fault.py"}


def test_no_other_module_lists_them() -> None:
    package = Path(surveyengine.__file__).parent
    found = {path.name for path in package.rglob("*.py") if SPELLED.search(path.read_text(encoding="utf-8"))}
    assert found - OTHERS == {"bidi.py"}
