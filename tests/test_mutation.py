"""The command that mutates core modules, on a tiny module: what is killed, what survives, what is equivalent."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.mutation.__main__ import main
from tests.mutation.core import CORE
from tests.mutation.equivalent import Equivalent, known
from tests.mutation.trial import copied, passes

ROOT = Path(__file__).parents[1]
CODE = "ADULT = 18\n\n\ndef is_adult(age):\n    return age >= ADULT\n"
TESTS = "from surveyengine.age import is_adult\n\n\ndef test_age():\n    assert is_adult(30) and not is_adult(17)\n"
SURVIVOR = "@@ -4,2 +4,2 @@\n def is_adult(age):\n-    return age >= ADULT\n+    return age > ADULT\n"
CORE_OF_ONE = {"age.py": ["test_age.py"]}
LATER = Equivalent("age.py", "ADULT = 18", "ADULT = 19", "nobody is 18 here")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree with one module, whose test knows a child and an adult, and nobody in between."""
    for name, text in {"surveyengine/__init__.py": "", "surveyengine/age.py": CODE, "tests/test_age.py": TESTS}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def content(tree: Path) -> Mapping[str, bytes]:
    return {str(path.relative_to(tree)): path.read_bytes() for path in tree.rglob("*") if path.is_file()}


def test_it_tells_what_is_killed_and_shows_what_survives(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = content(tree)
    assert main(["age.py"], tree, CORE_OF_ONE, [LATER]) == 1
    said = capsys.readouterr().out
    assert f"survived in age.py\n{SURVIVOR}" in said
    assert said.endswith("seed 1, 3 mutants: 1 killed, 1 survived, 1 equivalent\n")
    assert content(tree) == before


def test_a_module_whose_tests_fail_anyway_is_not_judged(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "surveyengine" / "age.py").write_text(CODE.replace("18", "81"))
    assert main([], tree, CORE_OF_ONE, []) == 2
    assert "age.py: its tests fail, or take over 300 s, before anything is changed" in capsys.readouterr().err


def test_tests_that_never_end_do_not_pass(tree: Path) -> None:
    (tree / "tests" / "test_age.py").write_text("while True:\n    pass\n")
    with copied(tree) as copy:
        assert not passes(copy, ["test_age.py"], limit=0.5)
    assert not copy.exists()


def test_an_unknown_module_is_named_with_where_they_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["results/scores.py"])
    assert "not among the core modules: results/scores.py; tests/mutation/core.py lists them" in capsys.readouterr().err


@pytest.mark.parametrize("module", CORE)
def test_a_core_module_and_its_tests_are_there(module: str) -> None:
    assert (ROOT / "surveyengine" / module).is_file()
    assert [name for name in CORE[module] if not (ROOT / "tests" / name).is_file()] == []


def test_what_is_listed_as_equivalent_is_still_written_so() -> None:
    for one in known():
        lines = [line.strip() for line in (ROOT / "surveyengine" / one.module).read_text("utf-8").splitlines()]
        assert one.before in " ".join(lines), one
        assert one.reason
