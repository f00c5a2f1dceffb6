"""Reads the questions of a survey file, each by the model of its kind, or of the kind that was probably meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from . import synonym, validation_errors
from .fault import Fault
from .kinds.registry import KINDS, Question
from .model import nearest
from .toml.document import Document, Node

COMMON = Question.known_keys().keys() - {"kind"}  # what a question of any kind may have


def tables(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the tables of the questions as they stand in the file; {} for an entry that is not a table."""
    listed = data.get("question")
    return [table if isinstance(table, dict) else {} for table in listed] if isinstance(listed, list) else []


def read(document: Document, found: list[Fault], languages: Sequence[str]) -> dict[int, Question]:
    """Return the valid questions by their index in the file; appends the faults of the others to `found`."""
    questions: dict[int, Question] = {}
    for index in range(len(_listed(document, found))):
        if question := _question(document.at("question", index), found, languages):
            questions[index] = question
    return questions


def _listed(document: Document, found: list[Fault]) -> list[Any]:
    tables = document.data.get("question")
    if isinstance(tables, list) and tables:
        return tables
    if tables:
        fault = document.fault(
            ("question",), "`question` must be a list of tables", "write [[question]], with two brackets"
        )
    else:
        fault = document.fault(("question",), "the survey asks nothing", "add a [[question]] table")
    found.append(fault)
    return []


def _question(node: Node, found: list[Fault], languages: Sequence[str]) -> Question | None:
    table = node.value
    if not isinstance(table, dict):
        found.append(node.fault("a question must be a table", "write [[question]], and its keys below"))
        return None
    kind = model(table)
    is_known = kind is not Question
    if not is_known:
        found.append(_no_kind(node, table))
        kind, table = _meant(table)
    try:
        question = kind.model_validate(table)
    except ValidationError as error:
        found += validation_errors.faults(error, node, kind, languages)
        return None
    return question if is_known else None


def _meant(table: Mapping[str, Any]) -> tuple[type[Question], dict[str, Any]]:
    """Return the kind that a table without a known one probably means, and the table to check against it."""
    kind = synonym.meant(str(table.get("kind", "")), KINDS)
    if kind:
        return KINDS[kind], {**table, "kind": kind}
    # Only its kind could say which other keys it may have.
    return Question, {"kind": "", **{key: value for key, value in table.items() if key in COMMON}}


def model(table: Mapping[str, Any]) -> type[Question]:
    """Return the model of the question's kind; that of any question where the kind is unknown."""
    kind = table.get("kind")
    return KINDS.get(kind, Question) if isinstance(kind, str) else Question


def _no_kind(node: Node, table: Mapping[str, Any]) -> Fault:
    word = next((key for key in ("kind", "type", "Kind", "Type") if isinstance(table.get(key), str)), "")
    kind = table.get("kind")
    if kind is None:
        given = table.get(word, "")
        meant = synonym.kind(given, KINDS)
        return node.fault("`kind` is missing", f"write {meant}" if meant else nearest("", KINDS))
    if not isinstance(kind, str):
        return node.below("kind").fault("`kind` must be a text in quotes", 'write one such as kind = "csat"')
    hint = f"write {meant}" if (meant := synonym.kind(kind, KINDS)) else nearest(kind, KINDS)
    return node.below("kind").fault(f"questions of the kind `{kind}` do not exist", hint)
