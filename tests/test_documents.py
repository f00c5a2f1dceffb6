"""Whether the README and the pages of `docs/` tell of everything there is, once, and link to what there is."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta

import click
import pytest

from surveyengine.cli import main
from surveyengine.definitions.kinds.registry import KINDS
from surveyengine.definitions.model import Model
from surveyengine.definitions.survey import Head, Invite
from surveyengine.people import link, password, retention, session, throttle
from surveyengine.settings import ready_imports
from surveyengine.settings.config import Config
from surveyengine.settings.hooks import READY, HookSettings
from surveyengine.settings.imports import ImportField, ImportSettings, ImportTime
from surveyengine.values.enumeration import HookKind, Role
from tests.support.documents import PAGES, ROOT, section

OPTION = re.compile(r"(?<![\w-])--[a-z-]+")


@pytest.mark.parametrize("kind", KINDS)
def test_the_table_of_kinds_has_every_kind_of_question(kind: str) -> None:
    assert re.search(rf"^\| .*`{kind}`.*\|.*\|", section("docs/surveys.md", "Kinds of question"), re.MULTILINE)


@pytest.mark.parametrize("name", main.commands)
def test_the_table_of_commands_has_every_command(name: str) -> None:
    assert isinstance(main.commands[name], click.Command)
    assert re.search(rf"^\|.*`{name}\b.*\|.*\|", section("docs/sending.md", "Commands"), re.MULTILINE)


def command(said: str) -> tuple[str, set[str]]:
    """The command that begins a line such as `key add NAME --scope read`, and the options that it takes."""
    found: click.Command = main
    for word in said.split():
        if not isinstance(found, click.Group) or word not in found.commands:
            break
        found = found.commands[word]
    return found.name or "", {option for one in (main, found) for each in one.params for option in each.opts}


def test_the_table_of_commands_names_options_that_exist() -> None:
    for row in re.findall(r"^\| (`.*)\|$", section("docs/sending.md", "Commands"), re.MULTILINE):
        takes = {option for said in re.findall(r"`([^`]*)`", row.partition(" | ")[0]) for option in command(said)[1]}
        assert set(OPTION.findall(row)) <= takes, row


def test_a_command_in_a_sentence_exists_with_its_options() -> None:
    for page, text in PAGES.items():
        for said in re.findall(r"(?<![-\w])surveyengine ([a-z][^`\n]*)`", text):
            name, takes = command(said)
            assert name in said.split(), (page, said)
            assert set(OPTION.findall(said)) <= {*takes, "--help"}, (page, said)


def test_the_table_of_the_configuration_has_every_key() -> None:
    table = section("docs/sending.md", "config.toml")
    for name, field in Config.known_keys().items():
        model = field.annotation
        keys = [inner.alias or key for key, inner in getattr(model, "model_fields", {}).items()]
        assert f"[{name}" in table
        assert [key for key in keys if f"`{key}`" not in table] == []


def test_the_page_on_imports_has_every_key_and_every_ready_import() -> None:
    own, ready = section("docs/imports.md", "An import of your own"), section("docs/imports.md", "Ready imports")
    keys = {*ImportSettings.known_keys(), *ImportField.known_keys(), *ImportTime.known_keys()}
    assert [key for key in sorted(keys) if not re.search(rf"^\| .*`{key}`.*\|.*\|", own, re.MULTILINE)] == []
    for name in ready_imports.names():
        types = {case.type for case in getattr(ready_imports.named(name, {}), "type", ())}
        (row,) = re.findall(rf"^\| `{name}` \|.*\|$", ready, re.MULTILINE)
        assert {*re.findall(r"`(\w+\.\w+)`", row)} == types


def test_the_page_on_webhooks_has_every_kind() -> None:
    table = section("docs/imports.md", "Webhooks")
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == ["kind", *HookKind]
    assert {key for key in HookSettings.known_keys() if f"`{key}`" not in table} == set()
    ready = {kind: name for kind, name in READY.items() if re.search(rf"^\| `{kind}` .*`{name}`", table, re.MULTILINE)}
    assert ready == READY


def test_every_key_of_a_survey_is_told_of() -> None:
    pages = PAGES["docs/surveys.md"] + PAGES["docs/sending.md"]
    models: list[type[Model]] = [Head, Invite, *KINDS.values()]
    keys = {key for model in models for key in model.known_keys()} - {"invite"}
    assert {key for key in keys if not re.search(rf"`{key}\b|^{key}(?:\.\w+)? +=", pages, re.MULTILINE)} == set()


def test_the_page_on_staff_says_what_holds() -> None:
    roles = re.findall(r"^\| `(\w+)` \|", section("docs/staff.md", "Roles"), re.MULTILINE)
    assert roles == [*Role]
    tries, ends = (throttle.BOTH, throttle.ACCOUNT, throttle.NETWORK), (session.IDLE, session.LONGEST, link.VALID)
    assert (tries, [end / timedelta(hours=1) for end in ends]) == ((10, 100, 50), [2, 12, 72])
    page = " ".join(PAGES["docs/staff.md"].split())
    assert f"{password.SHORTEST} to {password.LONGEST:,} characters" in page
    assert (f"N = 2¹⁵, r = {password.COST.r}, p = {password.COST.p}" in page, password.COST.log_n) == (True, 15)
    assert f"kept for {retention.AUDIT.days} days" in page
    assert "ten wrong passwords for an account from one network, a hundred for an account, fifty from a network" in page
    assert "end after two hours in which nothing is opened, and after twelve" in page
    assert "holds for three days" in page


def anchors(text: str) -> set[str]:
    """The anchors of a page's titles, as GitHub makes them."""
    titles = re.findall(r"^#+ (.*)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)]*)\)", PAGES[page]):
        path, _, anchor = target.partition("#")
        there = (ROOT / page).parent / path if path else ROOT / page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there.read_text("utf-8")), target


def test_every_page_is_linked_from_the_readme() -> None:
    assert {page for page in PAGES if f"]({page})" not in PAGES["README.md"]} == {"README.md"}


def test_no_paragraph_stands_on_two_pages() -> None:
    pages = [text for page, text in PAGES.items() if page != "CHANGELOG.md"]
    told = [one for text in pages for one in re.split(r"\n\s*\n|\n(?=\|)", text)]
    assert [one for one, times in Counter(told).items() if times > 1 and len(one) > 60] == []
