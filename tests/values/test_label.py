"""Labels and names: one rule each, which the tables and the document of the API follow."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import surveyengine
from surveyengine.values.clean import Unclean
from surveyengine.values.label import LONGEST, PATTERN, label
from surveyengine.values.name import RESERVED, is_question, is_survey

REFUSED = ["", " ", "a\u2028b", "a\u202eb", "a\u200bb", "a\x7f", "\0", "\ud800", "\ufdd0",
           "1.00123E+11", "x" * 256, None, 7]    # fmt: skip


@pytest.mark.parametrize("value", REFUSED)
def test_what_identifies_nothing_is_refused(value: object) -> None:
    with pytest.raises(Unclean):
        label(value)


@given(st.text(max_size=LONGEST // 3))
@example("a\u2028b")
@example("é")
def test_what_the_pattern_lets_pass_is_a_label(text: str) -> None:
    """Except for what no pattern can say: a long number that a spreadsheet has shortened."""
    if re.fullmatch(PATTERN, text) and "E+" not in text.upper():
        assert label(text) == label(label(text))


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_a_reserved_name_is_one_that_a_question_could_have(name: str) -> None:
    assert is_question(name)


def test_no_other_module_spells_a_name() -> None:
    package = Path(surveyengine.__file__).parent
    spelled = re.compile(r'\{0,63\}"|"kiosk", "any"')
    found = {path.name for path in package.rglob("*.py") if spelled.search(path.read_text(encoding="utf-8"))}
    assert found - {"query.py"} == {"name.py"}    # where the field of an event is named, by others
    assert is_survey("2-days")
    assert not is_survey("-days")
