"""The parent of everything that is read from a file: immutable, with no room for unknown keys, and faults in plain words."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, ClassVar, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Strict, ValidationError

from .document import Document
from .fault import Fault

T = TypeVar("T")
# Files hold lists; everything else keeps the type it has in the file.
Many = Annotated[tuple[T, ...], Strict(False)]

WORDS = {
    "bool_type": "is not true or false",
    "string_type": "is not a text in quotes",
    "int_type": "is not a whole number",
    "int_from_float": "is not a whole number",
    "float_type": "is not a number",
    "dict_type": "is not a table",
    "mapping_type": "is not a table",
    "model_type": "is not a table",
    "model_attributes_type": "is not a table",
    "tuple_type": "is not a list",
    "string_too_short": "is empty",
    "too_short": "is empty",
}


class Model(BaseModel):
    """A value read from a file."""

    beside: ClassVar[tuple[str, ...]] = ()  # keys of the same table that another model reads
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True, allow_inf_nan=False)


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint that names the known word closest to this one, or lists what is known."""
    words = sorted(known)
    if close := difflib.get_close_matches(word, words, n=1, cutoff=0.6):
        return f"did you mean `{close[0]}`?"
    return f"known are {', '.join(f'`{one}`' for one in words)}" if words else ""


def faults(
    error: ValidationError, document: Document, model: type[Model], at: tuple[str | int, ...] = ()
) -> list[Fault]:
    """Return what pydantic found wrong with the table at the path `at`, each with its place in the file and in plain words."""
    return list(dict.fromkeys(_fault(one, document, model, at) for one in error.errors(include_url=False)))


def _fault(error: Any, document: Document, model: type[Model], at: tuple[str | int, ...]) -> Fault:
    path = (*at, *_trodden(error["loc"], _value(document.data, at)))
    name = str(error["loc"][-1]) if error["loc"] else "this"
    if error["type"] == "extra_forbidden":
        return document.fault(path, f"unknown key `{name}`", nearest(name, _keys(model, error["loc"][:-1])))
    if error["type"] == "missing":
        return document.fault(path, f"`{name}` is missing", f"add `{name} = …` to this table")
    said = WORDS.get(error["type"], error["msg"][:1].lower() + error["msg"][1:])
    message, _, hint = said.partition("; ")
    return document.fault(path, f"`{_shown(path)}` {message}", hint)


def _shown(path: tuple[str | int, ...]) -> str:
    return str(next((step for step in reversed(path) if isinstance(step, str)), "this"))


def _value(data: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        data = data[step]
    return data


def _trodden(loc: tuple[str | int, ...], data: Any) -> Iterator[str | int]:
    """Yield the steps of a pydantic location that the file really has, leaving out names that only our models know."""
    for step in loc:
        present = (
            step in data
            if isinstance(data, Mapping)
            else isinstance(data, list) and isinstance(step, int) and step < len(data)
        )
        if present:
            yield step
            data = data[step]


def _keys(model: Any, loc: tuple[str | int, ...]) -> list[str]:
    """Return the keys that the table at this location may have."""
    for step in loc:
        fields = (
            {field.alias or name: field.annotation for name, field in model.model_fields.items()}
            if _is_model(model)
            else {}
        )
        model = _innermost(fields.get(str(step), model))
    return (
        [*model.beside, *(field.alias or name for name, field in model.model_fields.items())]
        if _is_model(model)
        else []
    )


def _innermost(annotation: Any) -> Any:
    """Return the model inside `tuple[X, ...]`, `Mapping[str, X]` or `X | None`."""
    if _is_model(annotation):
        return annotation
    return next((inner for argument in get_args(annotation) if _is_model(inner := _innermost(argument))), annotation)


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Model)
