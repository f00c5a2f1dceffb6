"""The parent of everything that is read from a file: immutable, and with no room for unknown keys."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

T = TypeVar("T")
LONGEST_SHOWN = 64
# Files hold lists; everything else keeps the type it has in the file.
Many = Annotated[tuple[T, ...], Strict(False)]


def _listed(raw: object) -> object:
    if not isinstance(raw, str | list):
        raise PydanticCustomError("former", 'names older ids; write a text in quotes, or a list of them: [ "…", "…" ]')
    return [raw] if isinstance(raw, str) else raw


# Older ids of what carries one: a text, or a list of them.
Former = Annotated[Many[T], BeforeValidator(_listed), Field(min_length=1, max_length=50)]


class Model(BaseModel):
    """A value read from a file."""

    beside: ClassVar[tuple[str, ...]] = ()  # keys of the same table that another model reads
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    @classmethod
    def known_keys(cls) -> Mapping[str, FieldInfo]:
        """Return the keys that the table may have."""
        return {field.alias or name: field for name, field in cls.model_fields.items()}

    @classmethod
    def astray(cls, key: str) -> str:
        """Return a hint for a key that this table may not have."""
        return nearest(key, (*cls.beside, *cls.known_keys()))


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint that names the known word closest to this one, or lists what is known."""
    words = sorted(known)
    return closest(word, words) or (f"known are {', '.join(f'`{one}`' for one in words)}" if words else "")


def closest(word: str, known: Iterable[str], at_least: float = 0.6) -> str:
    """Return a hint that names the known word closest to this one; "" where none is `at_least` that close (0 to 1)."""
    close = difflib.get_close_matches(word.lower(), sorted(known), n=1, cutoff=at_least)
    return f"did you mean `{close[0]}`?" if close else ""


def spelled(pattern: str, hint: str) -> AfterValidator:
    """Return a validator of texts that fit the pattern; the hint tells the author of another what would be right."""
    fits = re.compile(pattern).fullmatch

    def check(text: str) -> str:
        if not fits(text):
            shown = text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
            raise PydanticCustomError("spelling", "cannot be `{shown}`; {hint}", {"shown": shown, "hint": hint})
        return text

    return AfterValidator(check)


def model_at(model: type[Model], loc: Iterable[str | int]) -> type[Model] | None:
    """Return the model of the table at a location inside a model's table."""
    inner: Any = model
    for step in loc:
        if is_model(inner) and str(step) in inner.known_keys():
            inner = innermost(inner.known_keys()[str(step)].annotation)
    return inner if is_model(inner) else None


def innermost(annotation: Any) -> Any:
    """Return the model inside `tuple[X, ...]`, `Mapping[str, X]` or `X | None`."""
    if is_model(annotation):
        return annotation
    return next((inner for argument in get_args(annotation) if is_model(inner := innermost(argument))), annotation)


def is_model(annotation: Any) -> bool:
    """Whether an annotation is one of our models."""
    return isinstance(annotation, type) and issubclass(annotation, Model)
