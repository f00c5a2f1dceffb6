"""The shapes of records in JSON, as the OpenAPI document knows them: made of their fields, types and docstrings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, reduce
from operator import or_
from types import UnionType
from typing import Annotated, Any, NotRequired, Union, get_args, get_origin, get_type_hints

from pydantic import ConfigDict, Field
from typing_extensions import TypedDict

from ...results.record import Absent, Record, names

CLOSED = ConfigDict(extra="forbid")  # nothing is ever told that does not stand there


_MADE: Any = TypedDict  # of members that are known once it runs, which no type checker can follow


@cache
def shape(record: Any) -> Any:
    """Return what a record is in JSON: a field that can be absent need not be there, and no other can be."""
    types = get_type_hints(record, include_extras=True)
    found = _MADE(record.__name__, {name: _member(types[field]) for field, name in names(record).items()})
    found.__doc__, found.__pydantic_config__ = record.__doc__, CLOSED
    return found


def _member(kind: Any) -> Any:
    """Return the type of a field in JSON; a union is one of types, of which `Absent` is none of JSON."""
    kinds = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    present = reduce(or_, [_json(one) for one in kinds if one is not Absent])
    return NotRequired[present] if Absent in kinds else present


def _json(kind: Any) -> Any:
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return Annotated[_json(parts[0]), Field(description=parts[1])]
    if origin is Mapping:
        return dict[str, _json(parts[1])]  # type: ignore[misc]  # a type that is known once it runs
    if origin is Sequence:
        return list[_json(parts[0])]  # type: ignore[misc]
    is_record = isinstance(kind, type) and issubclass(kind, Record)
    return shape(kind) if is_record else kind
