"""The base model of everything that is read from a file: immutable, unknown keys forbidden."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from . import synonym
from .size import ENTRIES

T = TypeVar("T")
LONGEST_SHOWN = 64
# Files hold lists; everything else keeps the type it has in the file.
Many = Annotated[tuple[T, ...], Strict(False)]


def _listed(raw: object) -> object:
    if not isinstance(raw, str | list):
        raise PydanticCustomError("former", 'holds older ids; write one in quotes, or a list of them: [ "…", "…" ]')
    return [raw] if isinstance(raw, str) else raw


# Older ids of what carries one: a text, or a list of them.
Former = Annotated[Many[T], BeforeValidator(_listed), Field(min_length=1, max_length=ENTRIES["was"])]


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
        """Return a hint for a key that this table does not have."""
        known = (*cls.beside, *cls.known_keys())
        return synonym.key(key, known) or cls._in_language(key) or nearest(key, known)

    @classmethod
    def _in_language(cls, key: str) -> str:
        """Return a hint for a language as a key: it belongs below the text; "" for any other key."""
        whose = next((name for name in ("text", "title") if name in cls.known_keys()), "")
        return f'write {whose}.{key} = "…"' if whose and re.fullmatch("[a-z]{2}", key) else ""

    @classmethod
    def shown(cls, languages: Sequence[str]) -> str:
        """Return an example of this table, as one entry of a list."""
        return "{ … }"

    @classmethod
    def instead(cls, value: object, languages: Sequence[str]) -> str:
        """Return a hint for another value in place of this table; "" where there is none in particular."""
        return ""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint that names the known word closest to this one, or lists what is known."""
    words = sorted(known)
    return closest(word, words) or (f"known are {', '.join(f'`{one}`' for one in words)}" if words else "")


def closest(word: str, known: Iterable[str], at_least: float = 0.6) -> str:
    """Return a hint that names the known word closest to this one; "" where none is `at_least` that close (0 to 1)."""
    close = most_alike(word, known, at_least)
    return f"did you mean `{close}`?" if close else ""


def most_alike(word: str, known: Iterable[str], at_least: float = 0.6) -> str:
    """Return the known word closest to this one; "" where none is `at_least` that close (0 to 1)."""
    return next(iter(difflib.get_close_matches(word.lower(), sorted(known), n=1, cutoff=at_least)), "")


def spelled(pattern: str, hint: str, mended: Callable[[str], str] = str) -> AfterValidator:
    """Return a validator of texts that fit the pattern; its error carries the hint.

    `mended` guesses what another text was meant to be; a guess that fits the pattern is part of the hint.
    """
    fits = re.compile(pattern).fullmatch

    def check(text: str) -> str:
        if not fits(text):
            shown = text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
            meant = mended(text)
            rule = hint.removeprefix("write ").partition(", such as")[0]
            right = f'write "{meant}" ({rule})' if fits(meant) else hint
            raise PydanticCustomError("spelling", "cannot be `{shown}`; {hint}", {"shown": shown, "hint": right})
        return text

    return AfterValidator(check)


def slug(words: str, joint: str = "_") -> str:
    """Return words as an id: small letters a-z and digits, parted by the joint; "" where none are left."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", joint, plain.replace("'", "")).strip(joint)


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
