"""The questions of a survey file: each is read by its kind, and one of no kind as what was probably meant."""

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
    """Return the tables of the questions as they stand in the file; an empty one for what is no table."""
    listed = data.get("question")
    return [table if isinstance(table, dict) else {} for table in listed] if isinstance(listed, list) else []


def read(document: Document, found: list[Fault], languages: Sequence[str]) -> dict[int, Question]:
    """Return the valid questions by their place in the file; adds what is wrong with the others to what was found."""
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
        fault = document.fault(("question",), "questions are a list", "write [[question]], with two brackets")
    else:
        fault = document.fault(("question",), "the survey asks nothing", "add a [[question]] table")
    found.append(fault)
    return []


def _question(node: Node, found: list[Fault], languages: Sequence[str]) -> Question | None:
    table = node.value
    if not isinstance(table, dict):
        found.append(node.fault("a question is a table", "write [[question]], and its keys below"))
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
    """Return the kind that a table of no kind is probably of, and as what it can be looked at further."""
    kind = synonym.meant(str(table.get("kind", "")), KINDS)
    if kind:
        return KINDS[kind], {**table, "kind": kind}
    # Which other keys it may have, only its kind could say.
    return Question, {"kind": "", **{key: value for key, value in table.items() if key in COMMON}}


def model(table: Mapping[str, Any]) -> type[Question]:
    """Return the model of the question's kind; of any question where it has none."""
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
