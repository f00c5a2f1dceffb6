"""The rules of the house, held against the files as they are."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "surveyengine"
MODULES = sorted(str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py"))
OURS = [module for module in MODULES if not module.startswith("store/migrations/")]
DOCUMENTS = sorted(str(path.relative_to(ROOT)) for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")))

LONGEST_MODULE = 350
LONGEST_FUNCTION = 40
MOST_ARGUMENTS = 4
CROWDED = ("channels/", "events/", "invitations/", "results/", "store/")  # still have more

PURE = {    # room: what it may import beside the standard library
    "definitions": {"surveyengine.definitions", "surveyengine.values", "pydantic", "pydantic_core"},
    "results": {"surveyengine.results", "surveyengine.definitions", "surveyengine.values", "wcwidth"},
    "values": {"surveyengine.values", "idna", "phonenumbers"},
}
EDGES = {    # of a pure room: they read and write, and compute nothing
    "results/reading.py", "results/versions.py", "results/funnels.py", "results/questions.py",
    "results/export/extract.py", "results/export/writers.py",
}
FLOORS = (    # the rooms, and the modules that stand alone: each knows only what stands before it
    "values", "definitions", "i18n", "store", "settings", "look", "channels", "project", "versions", "log", "clock",
    "timekeeper", "engine", "keys", "events",
    "results", "invitations", "responses", "web", "app", "serving", "stored", "cli", "__main__",
)
PURE_MODULES = (    # in rooms that also act: they decide, from values alone
    "channels/refusal.py", "clock.py", "events/alias.py", "events/amount.py", "events/event.py", "events/suggestion.py",
    "invitations/chunk.py", "invitations/decision.py", "invitations/mismatch.py", "invitations/occasion.py",
    "invitations/patience.py", "invitations/totals.py", "responses/errors.py", "responses/fields.py",
    "responses/ticket.py", "versions/shelf.py",
)
EFFECTS = {
    "logging", "os", "pathlib", "random", "secrets", "socket", "subprocess", "threading", "time",
    "surveyengine.engine", "surveyengine.store",
}
DOORS = {    # library: where alone it is imported
    "alembic": ("store/",),
    "apscheduler": ("serving/worker.py",),
    "babel": ("i18n/",),
    "click": ("cli.py", "cli/"),
    "flask": ("web/", "app.py"),
    "granian": ("serving/server.py",),
    "idna": ("values/email_address.py",),
    "jdatetime": ("i18n/calendar.py",),
    "phonenumbers": ("values/phone.py",),
    "psycopg": ("store/",),
    "pyarrow": ("results/export/writers.py",),
    "pysqlite3": ("store/",),
    "segno": ("look/qr.py",),
    "smtplib": ("channels/smtp.py",),
    "sqlalchemy": ("store/",),
    "sqlite3": ("store/",),
    "wcwidth": ("results/terminal/layout.py",),
    "werkzeug": ("web/", "app.py", "responses/posted.py", "responses/submission.py"),
    "wtforms": ("responses/form.py", "responses/fields.py"),
    "xlsxwriter": ("results/export/writers.py",),
}
PRINTERS = (*DOORS["click"], "channels/console.py")    # `console:` is a channel
PARTS = {    # library: the declared one that is made of it
    "itsdangerous": "flask", "jinja2": "flask", "markupsafe": "flask", "werkzeug": "flask", "pydantic_core": "pydantic",
    "typing_extensions": "pydantic",
}


@cache
def tree(module: str) -> ast.Module:
    return ast.parse((PACKAGE / module).read_text(encoding="utf-8"))


def imports(module: str) -> Iterator[str]:
    """The full name of everything that a module of the package imports, wherever in it."""
    package = ("surveyengine", *Path(module).parent.parts)
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else ()
            origin = ".".join((*above, *filter(None, [node.module])))
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def is_within(name: str, origins: set[str]) -> bool:
    return any(name == origin or name.startswith(f"{origin}.") for origin in origins)


@pytest.mark.parametrize("module", [module for module in OURS if Path(module).parts[0] in PURE and module not in EDGES])
def test_a_pure_room_imports_the_standard_library_and_itself(module: str) -> None:
    allowed = PURE[Path(module).parts[0]] | sys.stdlib_module_names
    assert [name for name in imports(module) if not is_within(name, allowed)] == []


@pytest.mark.parametrize("module", [module for module in OURS if module != "__init__.py"])
def test_a_room_knows_only_those_that_stand_before_it(module: str) -> None:
    own = FLOORS.index(Path(module).parts[0].removesuffix(".py"))
    known = {name.split(".")[1] for name in imports(module) if name.startswith("surveyengine.")} & set(FLOORS)
    assert [room for room in known if FLOORS.index(room) > own] == []


@pytest.mark.parametrize("module", PURE_MODULES)
def test_what_decides_does_nothing_else(module: str) -> None:
    assert [name for name in imports(module) if is_within(name, EFFECTS)] == []


def test_no_class_name_stands_for_two_things() -> None:
    names = Counter(node.name for module in OURS for node in tree(module).body if isinstance(node, ast.ClassDef))
    assert [name for name, count in names.items() if count > 1] == []


def test_the_code_is_formatted() -> None:
    found = subprocess.run([sys.executable, "-m", "ruff", "format", "--check", PACKAGE], capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize("library", DOORS)
def test_an_outside_library_has_one_door(library: str) -> None:
    strays = [module for module in MODULES if not module.startswith(DOORS[library])]
    assert [module for module in strays if any(is_within(name, {library}) for name in imports(module))] == []


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_declared_libraries_only(module: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    requirements = [*project["dependencies"], *extras["postgres"], *extras["parquet"]]
    declared = {re.split(r"\W", requirement.lower())[0] for requirement in requirements}
    roots = {name.split(".")[0] for name in imports(module)} - sys.stdlib_module_names - {"surveyengine"}
    assert {PARTS.get(root, root) for root in roots} <= declared


@pytest.mark.parametrize("module", OURS)
def test_a_module_is_read_in_five_minutes(module: str) -> None:
    assert len((PACKAGE / module).read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE


@pytest.mark.parametrize("module", OURS)
def test_a_function_fits_on_half_a_screen(module: str) -> None:
    functions = [node for node in ast.walk(tree(module)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    lengths = {function.name: 1 + (function.end_lineno or 0) - function.lineno for function in functions}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


@pytest.mark.parametrize("module", [module for module in OURS if not module.startswith(CROWDED)])
def test_a_function_takes_at_most_four_arguments(module: str) -> None:
    functions = [node for node in ast.walk(tree(module)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    counts = {one.name: len(arguments(one)) for one in functions if not is_command(one)}
    assert {name: count for name, count in counts.items() if count > MOST_ARGUMENTS} == {}


def arguments(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    given = function.args
    names = [one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return [name for name in names if name not in ("self", "cls")]


def is_command(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function is a command of click, whose arguments are the command's options."""
    called = (one.func for one in function.decorator_list if isinstance(one, ast.Call))
    return any(isinstance(one, ast.Attribute) and one.attr == "command" for one in called)


@pytest.mark.parametrize("module", [module for module in MODULES if not module.startswith(PRINTERS)])
def test_only_what_speaks_to_the_terminal_prints(module: str) -> None:
    names = [node for node in ast.walk(tree(module)) if isinstance(node, ast.Name)]
    assert [f"line {name.lineno}" for name in names if name.id == "print"] == []


def test_the_page_on_the_architecture_names_every_room_and_what_is_there() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = {one.removesuffix("/") for one in re.findall(r"`([\w/<>]+(?:/|\.py))`", page)}
    there = {part for module in MODULES for part in (module, str(Path(module).parent), Path(module).name)}
    folders = {str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*") if path.is_dir()}
    folders |= {name.rpartition("/")[2] for name in folders} | {"surveyengine"}
    assert {one for one in named if one not in there | folders and not (ROOT / one).exists()} == set()
    assert {module.partition("/")[0] for module in MODULES if "/" in module} <= named


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_toml_in_a_document_parses(document: str) -> None:
    for block in re.findall(r"^```toml\n(.*?)^```", (ROOT / document).read_text(encoding="utf-8"), re.M | re.S):
        tomllib.loads(block)


@pytest.mark.parametrize("command", ["start", "test"])
def test_the_readme_starts_and_tests_with_one_command_each(command: str) -> None:
    block = re.search(rf"^<!-- {command} -->\n+```sh\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.M | re.S)
    assert block
    assert len(block[1].splitlines()) == 1
