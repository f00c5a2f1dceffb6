"""Language tags: reading them, choosing one, naming it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from babel import Locale, localedata

TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]{1,8}){0,6}")
RENAMED = {"iw": "he", "ji": "yi", "in": "id"}    # what ISO 639 withdrew, and Java and Android still send
QUALITY = re.compile(r"q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)
MOST_ACCEPTED = 20    # languages that are read of one header
LONGEST_HEADER = 1_000    # characters that are read of one


@lru_cache(1_000)
def base(tag: str) -> str:
    """Return the language of a tag without region or script: "he-IL", "iw", "HE" are "he"; "" for what is no tag."""
    found = TAG.fullmatch(tag.strip())
    code = found[1].lower() if found else ""
    return RENAMED.get(code, code)


def choose(candidates: Iterable[str | None], configured: Sequence[str]) -> str:
    """Return the first candidate that is configured, else the first configured language.

    This is the allow-list: nothing else from outside becomes part of a path or a locale.
    """
    languages = (base(tag) for tag in candidates if tag)
    return next((language for language in languages if language in configured), configured[0])


def accepted(header: str) -> list[str]:
    """Return the tags of an Accept-Language header, the most wanted first; what cannot be read is left out."""
    return list(_accepted(header[:LONGEST_HEADER]))


@lru_cache(1_000)    # browsers send a few headers again and again
def _accepted(header: str) -> tuple[str, ...]:
    ranked = [_range(part) for part in header.split(",", MOST_ACCEPTED)[:MOST_ACCEPTED]]
    wanted = [(quality, tag) for tag, quality in ranked if quality > 0 and base(tag)]
    return tuple(tag for _, tag in sorted(wanted, key=lambda pair: -pair[0]))


def name(language: str) -> str:
    """Return what a language calls itself: "English", "עברית", "فارسی"; the code of a language nobody has named."""
    return (Locale.parse(language).get_language_name() if is_known(language) else None) or language


def is_known(language: str) -> bool:
    """Tell whether this is the code of a language whose numbers and dates we can write."""
    return language == base(language) != "" and localedata.exists(language)


def _range(part: str) -> tuple[str, float]:
    tag, *parameters = (piece.strip() for piece in part.split(";"))
    if not parameters:
        return tag, 1.0
    quality = QUALITY.fullmatch(parameters[0])
    return tag, float(quality[1]) if quality else 0.0
