"""Every list, table and text of a file has a limit, and what is beyond it is refused at once, with its place."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from surveyengine.app import create_app
from surveyengine.definitions.kinds.registry import KINDS
from surveyengine.definitions.model import Model, innermost, is_model
from surveyengine.definitions.survey import Head
from surveyengine.definitions.text import is_text
from surveyengine.definitions.toml.document import parse
from surveyengine.engine import Faulty, start
from surveyengine.project.files import MOST_SURVEYS, read
from surveyengine.settings.config import Config
from tests.support.business import write

MANY = 20_000
SOME = 2_000
SOON = 5.0  # seconds of the processor: what is not bounded takes minutes
LANGUAGES = ("en", "he", "fa")
Path_ = tuple[str | int, ...]


def holders(model: type[Model], at: Path_ = (), seen: tuple[type[Model], ...] = ()) -> Iterator[tuple[Path_, Any]]:
    """Yield where a table of that model holds many things, or things of any length, each with too much of it."""
    for key, field in model.known_keys().items():
        inner, kind = innermost(field.annotation), str(field.annotation)
        here = (*at, key)
        if is_text(field):
            yield here, {"en": "x" * MANY}
            yield here, {f"l{n}": "x" for n in range(SOME)}
        elif "uple[" in kind:
            yield here, ["x"] * SOME
        elif "Mapping[" in kind:
            yield here, {f"k{n}": 1 for n in range(SOME)}
        elif not is_model(inner):
            yield here, "x" * MANY
        if is_model(inner) and inner not in seen:
            step: Path_ = (0,) if "uple[" in kind else ("k",) if "Mapping[" in kind else ()
            yield from holders(inner, (*here, *step), (*seen, inner))


def toml(value: Any) -> str:
    """Return a value as it stands in a file."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(one)}" for key, one in value.items()) + "}"
    return f"[{', '.join(map(toml, value))}]" if isinstance(value, list) else json.dumps(value)


def put(path: Path_, value: Any) -> dict[str, Any]:
    """Return a document in which the value stands at that path."""
    for step in reversed(path):
        value = [value] if isinstance(step, int) else {step: value}
    document: dict[str, Any] = value
    return document


TOO_LARGE = {
    **{f"config {'.'.join(map(str, path))} {type(value).__name__}": ("config.toml", put(path, value))
       for path, value in holders(Config) if "\0" not in path},
    **{f"survey {'.'.join(map(str, path))} {type(value).__name__}": ("a", put(path, value))
       for path, value in holders(Head) if "\0" not in path},
    **{f"question {'.'.join(map(str, path))} {type(value).__name__}": ("a", put(("question", 0, *path), value))
       for model in KINDS.values() for path, value in holders(model) if "\0" not in path},
    "questions": ("a", {"question": [{"id": "a", "kind": "csat"}] * MANY}),
    "conditions": ("a", {"question": [{"show_if": {f"q{n}": 1 for n in range(MANY)}}]}),
    "values": ("a", {"invite": {"when": {"total": list(range(MANY))}}}),
    "branches": ("a", {"invite": {"when": {"any": [{"total": 1}] * MANY}}}),
    "branches within": ("a", {"question": [{"show_if": {"any": [{"any": [{"b": 1}] * MANY}]}}]}),
    "names": ("a", {"x" * MANY: 1}),
    "keys": ("a", {f"k{n}": 1 for n in range(MANY)}),
    "keys of a question": ("a", {"question": [{f"k{n}": 1 for n in range(MANY)}]}),
    "lists": ("config.toml", {"business": {"languages": [["x"]] * MANY}}),
}  # fmt: skip


@pytest.mark.parametrize("name", TOO_LARGE)
def test_whatever_is_too_large_is_refused_at_once_and_says_what_would_be_right(name: str, tmp_path: Path) -> None:
    file, document = TOO_LARGE[name]
    write(tmp_path)
    path = tmp_path / ("config.toml" if file == "config.toml" else f"surveys/purchase/{file}.toml")
    path.write_text("".join(f"{json.dumps(key)} = {toml(value)}\n" for key, value in document.items()))
    begun = time.process_time()
    told = [fault for fault in read(tmp_path, LANGUAGES).errors if fault.file.endswith(path.name)]
    assert time.process_time() - begun < SOON
    assert told
    assert len(told) <= 20
    assert max(len(str(fault)) for fault in told) < 400
    limits = ("are the most", "512 KiB", "at most", "must be", "cannot be", "is not")
    assert any(word in str(fault) for fault in told for word in limits), told


def options(n: int, words: str = "x") -> str:
    return "options = [" + ", ".join(f'{{ id = "o{i}", text.en = "{words} {i}" }}' for i in range(n)) + "]"


def chained(questions: int, options_: int, branches: int) -> str:
    """Return questions of which each hangs on those just before it."""
    lines = ['title.en = "Chain"']
    for n in range(questions):
        before = [f'{{ q{n - back} = "o0" }}' for back in range(1, branches + 1) if n >= back]
        condition = f"show_if = {{ any = [{', '.join(before)}] }}\n" if before else ""
        lines.append(f'[[question]]\nid = "q{n}"\nkind = "choice"\ntext.en = "Q{n}?"\n{condition}{options(options_)}')
    return "\n".join(lines)


def wide(questions: int, options_: int, paged: bool = False) -> str:
    """Return questions of which all hang on the first."""
    lines = ['title.en = "Star"']
    for n in range(questions):
        condition = 'show_if = { q0 = ["o0", "o1"] }\n' if n else ""
        page = f"page = {n + 1}\n" if paged else ""
        lines.append(f'[[question]]\nid = "q{n}"\nkind = "choices"\ntext.en = "Q{n}?"\n{condition}{page}')
        lines.append(options(options_))
    return "\n".join(lines)


EN = '[business]\nname = "N"\n[email]\nurl = "file:data/outbox"\n'
LARGEST = {
    "questions": wide(200, 8), "pages": wide(200, 4, paged=True), "options": wide(40, 50),
    "chain": chained(30, 5, 1), "tree": chained(10, 5, 2), "deep": chained(7, 10, 3),
}  # fmt: skip


@pytest.mark.parametrize("name", LARGEST)
def test_what_is_accepted_is_read_and_shown_soon(name: str, tmp_path: Path) -> None:
    write(tmp_path, {"purchase/large": LARGEST[name]}, EN)
    begun = time.process_time()
    assert read(tmp_path, LANGUAGES).errors == ()
    engine = start(tmp_path)
    page = create_app(engine).test_client().get("/s/large?q0=o1")
    assert time.process_time() - begun < 2 * SOON + 2
    assert (page.status_code, len(page.data) < 2_000_000) == (200, True)
    engine.close()


@pytest.mark.parametrize(("questions", "options_", "branches"), [(200, 2, 2), (60, 5, 1), (15, 20, 5), (200, 2, 8)])
def test_conditions_that_hang_on_conditions_are_counted(
    questions: int, options_: int, branches: int, tmp_path: Path
) -> None:
    write(tmp_path, {"purchase/large": chained(questions, options_, branches)}, EN)
    begun = time.process_time()
    fault, = read(tmp_path, LANGUAGES).errors
    assert time.process_time() - begun < SOON
    how = "directly and through earlier conditions"
    assert fault.message == f"the conditions of this page depend on more than 5000 answers, {how}"
    assert fault.hint == "begin a page here: page = 2"
    assert parse(chained(questions, options_, branches).encode(), "a").position(("question", 1))[0] < fault.line


def test_a_page_that_begins_before_a_condition_makes_it_a_short_one(tmp_path: Path) -> None:
    text = chained(40, 5, 1)
    assert read(write(tmp_path / "one", {"purchase/large": text}, EN), LANGUAGES).errors
    paged = text.replace('id = "q20"', 'id = "q20"\npage = 2')
    assert not read(write(tmp_path / "two", {"purchase/large": paged}, EN), LANGUAGES).errors


def test_a_project_has_so_many_surveys(tmp_path: Path) -> None:
    survey = 'title.en = "A"\nscored = false\n[[question]]\nid = "a"\nkind = "csat"\ntext.en = "How was it?"\n'
    write(tmp_path, {f"purchase/s{n:03}": survey for n in range(MOST_SURVEYS + 3)}, EN)
    project = read(tmp_path, LANGUAGES)
    fault, = project.errors
    assert (fault.file, len(project.surveys)) == ("surveys/purchase/s500.toml", MOST_SURVEYS)
    assert "500 surveys at most" in fault.message


def test_catalogs_have_a_limit(tmp_path: Path) -> None:
    write(tmp_path)
    folder = tmp_path / "translations" / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "surveyengine.po").write_text("#" * (2**20 + 1))
    with pytest.raises(Faulty, match="catalogs of more than 1 MiB are not read"):
        start(tmp_path)
