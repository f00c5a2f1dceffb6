"""What is wrong with an [import.NAME] that is well-formed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ..definitions.fault import Fault
from ..definitions.model import nearest
from ..definitions.toml.document import Node
from .imports import CUSTOMER, ImportField, ImportSettings, named


class DeclaredEvent(NamedTuple):
    """A type of event as [events] declares it: all its fields, and those that are amounts."""

    type: str
    fields: tuple[str, ...]
    amounts: tuple[str, ...]


def faults(node: Node, how: ImportSettings, declared: Mapping[str, DeclaredEvent]) -> Iterator[Fault]:
    """Yield the faults of the import at a node; `declared` are the events that are, by type."""
    yield from _cases(node, how)
    for name, field in how.fields.items():
        if said := _field(field):
            yield node.below("fields", name).fault(*said)
    if not any(name.startswith(CUSTOMER) for name in how.fields):
        message = "`fields` says nothing of the customer, so nobody is asked"
        yield node.below("fields").fault(
            message, 'add "customer.email" = "…", with the column of the address', "warning"
        )
    for case in how.type:
        if case.type in declared:
            yield from _against(node, how, declared[case.type])


def _cases(node: Node, how: ImportSettings) -> Iterator[Fault]:
    """Yield the types that are never reached, and those that would have the same ids."""
    seen: dict[str, str] = {}
    for index, case in enumerate(how.type):
        at, id = node.below("type", index), how.id_of(case)
        if case.when is None and case is not how.type[-1]:
            yield at.fault(f"`{case.type}` has no `when`, so what follows it is never reached", "put it last")
        if case.id is None and seen.setdefault(id, case.type) != case.type:  # what says its own id means it
            message = f"`{case.type}` has the same id as `{seen[id]}`, so that the second would be taken for a repeat"
            own = "".join(f"{{{column}}}" for column in named(id))
            yield at.fault(message, f'give it an id of its own, such as id = "{own}-{case.type}"')


def _field(field: ImportField) -> tuple[str, str] | None:
    """Return what contradicts itself in a field, and what would be right; None where nothing does."""
    sources = [key for key in ("column", "text", "value") if getattr(field, key) not in (None, ())]
    if len(sources) != 1:
        said = (
            "has no `column`, `text` or `value`"
            if not sources
            else f"has {' and '.join(f'`{one}`' for one in sources)}"
        )
        return f"it {said}", "give one of `column`, `text` and `value`"
    if field.number and field.format:
        return "it has `number` and `format`", "a value is a number or a date; delete one of them"
    if sources != ["column"] and (field.number or field.format or field.lines != "first"):
        return "only what a column holds can be read in a way of its own", "write `column`, or delete the rest"
    if (field.times is not None or field.lines == "sum") and not field.number:
        return "only numbers can be multiplied and added", 'add number = "1,234.56", written as in the file'
    return None


def _against(node: Node, how: ImportSettings, event: DeclaredEvent) -> Iterator[Fault]:
    """Yield the fields that the event is not declared to carry, and its amounts that are read as texts."""
    for name, field in how.fields.items():
        at = node.below("fields", name)
        if not name.startswith(CUSTOMER) and name not in event.fields:
            yield at.fault(
                f"the event `{event.type}` is declared without `{name}`", nearest(name, event.fields), "warning"
            )
        if name in event.amounts and field.columns and not field.number and field.lines != "count":
            hint = f'write {{ column = "{field.columns[0]}", number = "1,234.56" }}, written as in the file'
            yield at.fault(f"`{name}` is an amount, and is read as a text", hint, "warning")
