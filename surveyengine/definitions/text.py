"""Texts in every language of the business, and the placeholders inside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated

from pydantic import AfterValidator, ValidationInfo
from pydantic_core import PydanticCustomError

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)(?:\|([^{}]*))?\}")
LONGEST = 2_000


@dataclass(frozen=True)
class Placeholder:
    """A hole in a sentence, filled by a value of that name; without a fallback a missing value leaves nothing."""

    name: str
    fallback: str | None = None


@dataclass(frozen=True)
class Value:
    """A value that was put into a sentence: shown isolated from the text around it, and never as markup."""

    content: object


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


def fill(sentence: str, values: Mapping[str, object]) -> Iterator[str | Value]:
    """Yield the sentence with its placeholders replaced once; what a value holds is never expanded again."""
    for part in parts(sentence):
        if isinstance(part, str):
            yield part
        elif (value := values.get(part.name)) is not None and value != "":
            yield Value(value)
        elif part.fallback:
            yield part.fallback


def _complete(text: Mapping[str, str], info: ValidationInfo) -> Mapping[str, str]:
    required, known = (info.context or {}).get("languages", ()), (info.context or {}).get("known", ())
    if missing := [language for language in required if not text.get(language, "").strip()]:
        raise PydanticCustomError("language", "has no text in {missing}", {"missing": ", ".join(missing)})
    if strange := [language for language in text if known and language not in known]:
        raise PydanticCustomError(
            "language",
            "speaks {strange}, which the engine does not; it speaks {known}",
            {"strange": ", ".join(strange), "known": ", ".join(known)},
        )
    for language, sentence in text.items():
        _well_formed(language, sentence)
    return MappingProxyType(dict(text))


def _well_formed(language: str, sentence: str) -> None:
    if any(isinstance(part, str) and ("{" in part or "}" in part) for part in parts(sentence)):
        raise PydanticCustomError(
            "placeholder",
            "has braces in {language} that hold no name; write {example}, with a small letter first",
            {"language": language, "example": "{name} or {name|fallback}"},
        )
    if len(sentence) > LONGEST:
        raise PydanticCustomError(
            "length", "is longer than {limit} characters in {language}", {"limit": LONGEST, "language": language}
        )


Text = Annotated[Mapping[str, str], AfterValidator(_complete)]
