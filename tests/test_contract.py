"""The rules of the house, held against the files as they are."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
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

PURE = {    # room: what it may import beside the standard library
    "definitions": {"surveyengine.definitions", "surveyengine.values", "pydantic", "pydantic_core"},
    "results": {"surveyengine.results", "surveyengine.definitions", "surveyengine.values", "wcwidth"},
    "values": {"surveyengine.values", "idna", "phonenumbers"},
}
EDGES = {    # of a pure room: they read and write, and compute nothing
    "results/comments.py", "results/confidential.py", "results/course.py", "results/earlier.py", "results/funnels.py",
    "results/inclusion.py", "results/kept.py", "results/lateness.py", "results/query.py", "results/questions.py",
    "results/regulars.py",
    "results/response_rates.py", "results/responses.py", "results/segments.py", "results/versions.py",
    "results/export/extract.py", "results/export/writers.py",
}
FLOORS = (    # the rooms, and the modules that stand alone: each knows only what stands before it
    "values", "definitions", "i18n", "store", "settings", "look", "channels", "project", "versions", "log", "clock",
    "timekeeper", "engine", "keys", "people", "events",
    "results", "invitations", "responses", "privacy", "demo", "stored", "health", "backup", "web", "app", "serving",
    "cli", "__main__",
)
PURE_MODULES = (    # in rooms that also act: they decide, from values alone
    "channels/failure.py", "privacy/keeping.py",
    "channels/refusal.py", "clock.py", "events/alias.py", "events/amount.py", "events/erased.py", "events/event.py",
    "events/joining.py", "events/mapping.py", "events/suggestion.py", "events/webhook.py",
    "health/finding.py",
    "invitations/chunk.py", "invitations/decision.py", "invitations/diary.py", "invitations/listening.py",
    "invitations/lottery.py", "invitations/mismatch.py", "invitations/simulation.py",
    "invitations/occasion.py", "invitations/patience.py", "invitations/scale.py", "invitations/totals.py",
    "responses/errors.py", "responses/fields.py", "responses/ticket.py", "settings/calendar.py", "versions/shelf.py",
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
    "holidays": ("i18n/holiday.py",),
    "idna": ("values/email_address.py",),
    "jdatetime": ("i18n/calendar.py",),
    "openpyxl": ("events/workbook.py",),
    "phonenumbers": ("values/phone.py",),
    "prometheus_client": ("web/api/metrics.py",),
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
    "typing_extensions": "pydantic", "prometheus_client": "prometheus",
}


@cache
def tree(module: str) -> ast.Module:
    return ast.parse((PACKAGE / module).read_text(encoding="utf-8"))


@cache
def imports(module: str) -> tuple[str, ...]:
    """The full name of everything that a module of the package imports, wherever in it."""
    return tuple(_imports(module))


def _imports(module: str) -> Iterator[str]:
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


def wrong(modules: Iterable[str], strays: Callable[[str], Iterable[object]]) -> dict[str, list[object]]:
    """What is found in modules where nothing should be. One test looks at all of them: they are many, and quick."""
    return {module: found for module in modules if (found := [*strays(module)])}


def test_a_pure_room_imports_the_standard_library_and_itself() -> None:
    def strays(module: str) -> Iterator[str]:
        allowed = PURE[Path(module).parts[0]] | sys.stdlib_module_names
        return (name for name in imports(module) if not is_within(name, allowed))

    pure = [module for module in OURS if Path(module).parts[0] in PURE and module not in EDGES]
    assert len(pure) > 50
    assert wrong(pure, strays) == {}


def test_a_room_knows_only_those_that_stand_before_it() -> None:
    def above(module: str) -> Iterator[str]:
        own = FLOORS.index(Path(module).parts[0].removesuffix(".py"))
        known = {name.split(".")[1] for name in imports(module) if name.startswith("surveyengine.")} & set(FLOORS)
        return (room for room in known if FLOORS.index(room) > own)

    assert wrong((module for module in OURS if module != "__init__.py"), above) == {}


def test_what_decides_does_nothing_else() -> None:
    assert wrong(PURE_MODULES, lambda module: (name for name in imports(module) if is_within(name, EFFECTS))) == {}


def test_no_class_name_stands_for_two_things() -> None:
    names = Counter(node.name for module in OURS for node in tree(module).body if isinstance(node, ast.ClassDef))
    assert [name for name, count in names.items() if count > 1] == []


def test_the_code_is_formatted() -> None:
    found = subprocess.run([sys.executable, "-m", "ruff", "format", "--check", PACKAGE], capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr


def test_an_outside_library_has_one_door() -> None:
    def inside(library: str) -> Iterator[str]:
        strays = (module for module in MODULES if not module.startswith(DOORS[library]))
        return (module for module in strays if any(is_within(name, {library}) for name in imports(module)))

    assert wrong(DOORS, inside) == {}


def test_a_module_imports_declared_libraries_only() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    requirements = [*project["dependencies"], *extras["postgres"], *extras["parquet"]]
    declared = {re.split(r"\W", requirement.lower())[0] for requirement in requirements}

    def undeclared(module: str) -> set[str]:
        roots = {name.split(".")[0] for name in imports(module)} - sys.stdlib_module_names - {"surveyengine"}
        return {PARTS.get(root, root) for root in roots} - declared

    assert wrong(MODULES, undeclared) == {}


def test_a_module_is_read_in_five_minutes() -> None:
    lengths = {module: len((PACKAGE / module).read_text(encoding="utf-8").splitlines()) for module in OURS}
    assert {module: length for module, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_a_function_fits_on_half_a_screen() -> None:
    def long(module: str) -> Iterator[tuple[str, int]]:
        functions = (one for one in ast.walk(tree(module)) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
        lengths = ((function.name, 1 + (function.end_lineno or 0) - function.lineno) for function in functions)
        return ((name, length) for name, length in lengths if length > LONGEST_FUNCTION)

    assert wrong(OURS, long) == {}


def test_a_function_takes_at_most_four_arguments() -> None:
    def crowded(module: str) -> Iterator[tuple[str, int]]:
        functions = (one for one in ast.walk(tree(module)) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
        counts = ((one.name, len(arguments(one))) for one in functions if not is_command(one))
        return ((name, count) for name, count in counts if count > MOST_ARGUMENTS)

    assert wrong(OURS, crowded) == {}


def arguments(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    given = function.args
    names = [one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return [name for name in names if name not in ("self", "cls")]


def is_command(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function is a command of click, whose arguments are the command's options."""
    called = (one.func for one in function.decorator_list if isinstance(one, ast.Call))
    return any(isinstance(one, ast.Attribute) and one.attr == "command" for one in called)


def test_only_what_speaks_to_the_terminal_prints() -> None:
    def printing(module: str) -> Iterator[str]:
        names = (node for node in ast.walk(tree(module)) if isinstance(node, ast.Name))
        return (f"line {name.lineno}" for name in names if name.id == "print")

    assert wrong((module for module in MODULES if not module.startswith(PRINTERS)), printing) == {}


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
