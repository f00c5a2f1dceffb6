"""Texts in every language of the business, and the placeholders inside them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, get_args

from pydantic import AfterValidator, BeforeValidator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from .fault import Fault
from .leftover import braces
from .model import LONGEST_SHOWN, Model, innermost, is_model
from .script import counted, script
from .toml.document import Node, Path
from .tongue import hint

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)(?:\|([^{}]*))?\}")
LONGEST = 2_000
Said = str | int | float | Decimal | tuple[str, ...]  # what a placeholder can say; a tuple is told as an enumeration
Values = Mapping[str, Said | None]  # by the names of placeholders
BLANK = '"…"'
UNSPOKEN = "unspoken"  # pydantic's error type for a text without languages
_IS_TEXT = "text"  # marks the fields that hold texts


@dataclass(frozen=True)
class Placeholder:
    """A placeholder in a sentence; without a fallback, a missing value leaves nothing."""

    name: str
    fallback: str | None = None


@dataclass(frozen=True)
class Value:
    """A value that was put into a sentence: shown isolated from the text around it, and never as markup."""

    content: Said


def parts(sentence: str) -> Iterator[str | Placeholder]:
    """Yield the sentence piece by piece, in order: literal text and placeholders."""
    end = 0
    for found in PLACEHOLDER.finditer(sentence):
        if found.start() > end:
            yield sentence[end : found.start()]
        yield Placeholder(found[1], found[2])
        end = found.end()
    if end < len(sentence):
        yield sentence[end:]


def fill(sentence: str, values: Values) -> Iterator[str | Value]:
    """Yield the sentence with its placeholders replaced once; placeholders inside a value are not expanded."""
    for part in parts(sentence):
        if isinstance(part, str):
            yield part
        elif (value := values.get(part.name)) is not None and value != "":
            yield Value(value)
        elif part.fallback:
            yield part.fallback


def told(sentence: str, values: Values, unknown: str = "") -> str:
    """Return the sentence with each placeholder replaced by its value, else its fallback, else `unknown`."""
    pieces = (_piece(part, values, unknown) for part in parts(sentence))
    return " ".join("".join(pieces).split())


def _piece(part: str | Placeholder, values: Values, unknown: str) -> str:
    return part if isinstance(part, str) else str(values.get(part.name) or part.fallback or unknown)


def has_placeholder(sentence: str) -> bool:
    """Whether something in the sentence is to be replaced by a value."""
    return any(isinstance(part, Placeholder) for part in parts(sentence))


def _by_language(raw: object) -> object:
    if not isinstance(raw, Mapping):
        raise PydanticCustomError(UNSPOKEN, "does not say in which language it is")
    return raw


def example(languages: Sequence[str], sentence: str = "") -> str:
    """Return an example of a text in these languages, with the sentence under the language that it seems to be in."""
    wanted = languages or ("en",)
    main = next(iter(counted(sentence).most_common(1)), ("", 0))[0]
    own = next((one for one in wanted if script(one) == main), wanted[0])
    shown = json.dumps(sentence, ensure_ascii=False) if 0 < len(sentence) <= LONGEST_SHOWN else BLANK
    said = ", ".join(f"{one} = {shown if one == own else BLANK}" for one in wanted)
    return f"{{ {said} }}"


def _frozen(text: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(text))


Text = Annotated[Mapping[str, str], BeforeValidator(_by_language), AfterValidator(_frozen), _IS_TEXT]


def is_text(field: FieldInfo) -> bool:
    """Whether a field of a model is a text."""
    inner = (getattr(argument, "__metadata__", ()) for argument in get_args(field.annotation))
    return _IS_TEXT in field.metadata or any(_IS_TEXT in metadata for metadata in inner)


def places(model: type[Model], table: Any, at: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every value where the model has a text, valid or not, with its path in the table."""
    for key, inner, single in _holders(model):
        if inner is None and key in table:
            yield (*at, key), table[key]
        elif inner:
            for path, one in _tables(table.get(key), single):
                yield from places(inner, one, (*at, key, *path))


@cache
def _holders(model: type[Model]) -> Sequence[tuple[str, type[Model] | None, bool]]:
    """Return the keys that hold texts: of each the model of its tables, None for a text, and whether it is one table.

    Every text of every file passes here several times, and a model never changes.
    """
    found: list[tuple[str, type[Model] | None, bool]] = []
    for key, field in model.known_keys().items():
        if is_text(field):
            found.append((key, None, False))
        elif is_model(inner := innermost(field.annotation)):
            found.append((key, inner, is_model(field.annotation) or type(None) in get_args(field.annotation)))
    return found


def texts(model: type[Model], table: Any, at: Path = ()) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Yield every text by languages in a table of that model, valid or not, with its path."""
    yield from ((path, value) for path, value in places(model, table, at) if isinstance(value, dict))


def _tables(value: Any, single: bool) -> Iterator[tuple[Path, Any]]:
    """Yield the tables of a value: itself, the items of a list, or the entries of a table of tables."""
    if single:
        items: list[tuple[Path, Any]] = [((), value)]
    else:
        pairs = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ()
        items = [((step,), one) for step, one in pairs]
    yield from ((path, one) for path, one in items if isinstance(one, dict))


def faults(node: Node, text: Mapping[str, Any], required: Sequence[str], known: Sequence[str]) -> Iterator[Fault]:
    """Yield the faults of the text at a node; it needs the `required` languages, and may have all `known` ones."""
    if missing := [language for language in required if not str(text.get(language, "")).strip()]:
        wanted = "add " + ", ".join(f'{language} = "…"' for language in missing)
        yield node.fault(f"`{node.key}` has no text in {', '.join(missing)}", wanted)
    for language, sentence in text.items():
        if known and language not in known:
            yield node.below(language).fault(f"the engine does not speak `{language}`", hint(language, known))
        for said in _ill_formed(sentence) if isinstance(sentence, str) else ():
            yield node.below(language).fault(f"`{node.key}` {said[0]}", said[1])


def _ill_formed(sentence: str) -> Iterator[tuple[str, str]]:
    if any(isinstance(part, str) and ("{" in part or "}" in part) for part in parts(sentence)):
        yield braces(sentence) or ("has a brace that belongs to no placeholder", "a placeholder is {name}")
    if len(sentence) > LONGEST:
        yield f"is {len(sentence)} characters long", f"{LONGEST} are the most"
