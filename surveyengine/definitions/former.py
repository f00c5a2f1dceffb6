"""Checks of `was`: exactly one id of today continues each older id."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from .fault import Fault
from .kinds.registry import NOT_APPLICABLE, OTHER
from .survey import SurveyDraft
from .toml.document import Document, Path

Place = tuple[Document, Path]


def inside(draft: SurveyDraft) -> Iterator[Fault]:
    """Yield the faults in the older ids of a survey's questions, rows and options."""
    document = draft.document
    yield from _misled([(document, ("question", index), table) for index, table in enumerate(draft.tables)], "question")
    for index, table in enumerate(draft.tables):
        for key, noun in (("options", "option"), ("rows", "row")):
            listed = table.get(key)
            tables = [one if isinstance(one, dict) else {} for one in listed] if isinstance(listed, list) else []
            places = [(document, ("question", index, key, at), one) for at, one in enumerate(tables)]
            beside = {OTHER} if key == "options" and table.get("other") is True else set()
            yield from _misled(places, noun, beside)
            if key == "options":
                yield from _kept(places)


def between(drafts: Sequence[SurveyDraft], files: Collection[str]) -> Iterator[Fault]:
    """Yield the faults in the older ids of the surveys; `files` are the ids of all files, readable or not."""
    places = [(draft.document, (), {**draft.document.data, "id": draft.id}) for draft in drafts]
    yield from _misled(places, "survey", files)


def _misled(
    places: Sequence[tuple[Document, Path, dict[str, Any]]], noun: str, beside: Collection[str] = ()
) -> Iterator[Fault]:
    """Yield the older ids that are still in use, or continued twice, among tables of one list."""
    live = {table.get("id") for _, _, table in places if isinstance(table.get("id"), str)} | {*beside}
    first: dict[str, Place] = {}
    for document, path, older in _older(places):
        if older in live:
            hint = "only an id that is gone can be continued; take it out of `was`"
            yield document.fault(path, f"the {noun} `{older}` is in use today", hint)
        elif (taken := first.setdefault(older, (document, path))) != (document, path):
            line = taken[0].position(taken[1])[0]
            where = f"line {line}" if taken[0] is document else f"{taken[0].file}:{line}"
            yield document.fault(
                path, f"`{older}` is continued in {where} already", "only one id can continue an older one"
            )


def _kept(places: Sequence[tuple[Document, Path, dict[str, Any]]]) -> Iterator[Fault]:
    for document, path, older in _older(places):
        if older == NOT_APPLICABLE:
            hint = "the engine keeps it for what does not apply to a customer; take it out of `was`"
            yield document.fault(path, f"`{older}` was never the id of an option", hint)


def _older(places: Sequence[tuple[Document, Path, dict[str, Any]]]) -> Iterator[tuple[Document, Path, str]]:
    """Yield every older id with its place in its file."""
    for document, at, table in places:
        was = table.get("was")
        path = (*at, "was")
        if isinstance(was, str):
            yield document, path, was
        for index, one in enumerate(was if isinstance(was, list) else ()):
            if isinstance(one, str):
                yield document, (*path, index), one
