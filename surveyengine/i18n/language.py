"""Languages: reading their tags and names, choosing one, naming it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache

from babel import Locale, localedata
from babel.core import get_global

from ..values.enumeration import Direction

TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]{1,8}){0,6}")
RENAMED = {"iw": "he", "ji": "yi", "in": "id"}  # what ISO 639 withdrew, and Java and Android still send
# Names of languages are understood in these languages; the languages' own names are among them.
TONGUES = ("en", "he", "fa", "ar", "ru", "fr", "es", "de", "tr", "uk", "am")
COLLOQUIAL = {"farsi": "fa", "parsi": "fa", "ivrit": "he", "dari": "fa", "castilian": "es"}
_BESIDE = re.compile(r"\s*(?:\([^()]*\)|[-–,/].*)$")  # a country after a name: "Persian (Iran)", "English - UK"
_ENCODING = re.compile(r"[.@].*$")  # as in the names of POSIX: "he_IL.UTF-8"
QUALITY = re.compile(r"q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)
MOST_ACCEPTED = 20  # languages that are read of one header
LONGEST_HEADER = 1_000  # characters that are read of one


@lru_cache(1_000)
def base(tag: str) -> str:
    """Return the language of a tag without region or script: "he-IL", "iw", "heb" are "he"; "" for anything else."""
    found = TAG.fullmatch(tag.strip())
    code = found[1].lower() if found else ""
    return RENAMED.get(code) or _shortened().get(code, code)


@lru_cache(1_000)
def understood(words: str) -> str | None:
    """Return the tag of a language that is given by its tag, by ISO 639-2, or by its name; None where it is unknown.

    A tag with a region stays as it is: "fa_IR". "per", "Persian", "Farsi", "فارسی" and "Persian (Iran)" are "fa".
    """
    plain = _ENCODING.sub("", words.strip())
    language = base(plain)
    if language and language in Locale.parse("en").languages:
        is_whole = re.match(rf"{language}[-_]", plain, re.IGNORECASE) is not None
        return plain if is_whole else language
    folded = _folded(words)
    return _named().get(folded) or _named().get(_BESIDE.sub("", folded))


@cache
def _shortened() -> Mapping[str, str]:
    """Return the two-letter codes of ISO 639-1 by the three-letter codes of ISO 639-2."""
    aliases = ((code, base.partition("_")[0]) for code, base in get_global("language_aliases").items())
    return {code: language for code, language in aliases if len(code) == 3 and len(language) == 2}


@cache
def _named() -> Mapping[str, str]:
    """Return the codes of languages by their names in lower case."""
    return {**{_folded(name): code for name, code in _names()}, **COLLOQUIAL}


def _names() -> Iterator[tuple[str, str]]:
    for tongue in reversed(TONGUES):
        yield from ((name, code) for code, name in Locale.parse(tongue).languages.items() if len(code) == 2)


def _folded(words: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", words).casefold().split())


def choose(candidates: Iterable[str | None], configured: Sequence[str]) -> str:
    """Return the first candidate that is configured, else the first configured language.

    This is the allow-list: nothing else from outside becomes part of a path or a locale.
    """
    languages = (base(tag) for tag in candidates if tag)
    return next((language for language in languages if language in configured), configured[0])


def accepted(header: str) -> list[str]:
    """Return the tags of an Accept-Language header, the most wanted first; what cannot be read is left out."""
    return list(_accepted(header[:LONGEST_HEADER]))


@lru_cache(1_000)  # browsers send a few headers again and again
def _accepted(header: str) -> tuple[str, ...]:
    ranked = [_range(part) for part in header.split(",", MOST_ACCEPTED)[:MOST_ACCEPTED]]
    wanted = [(quality, tag) for tag, quality in ranked if quality > 0 and base(tag)]
    return tuple(tag for _, tag in sorted(wanted, key=lambda pair: -pair[0]))


def name(language: str) -> str:
    """Return a language's own name: "English", "עברית", "فارسی"; its code where the name is unknown."""
    return (Locale.parse(language).get_language_name() if is_known(language) else None) or language


def direction(language: str) -> Direction:
    """Return the direction in which a language is written; of an unknown one, from left to right."""
    return Direction(Locale.parse(language).text_direction) if is_known(language) else Direction.LTR


def is_known(language: str) -> bool:
    """Whether this is the code of a language whose numbers and dates Babel can write."""
    return language == base(language) != "" and localedata.exists(language)


def _range(part: str) -> tuple[str, float]:
    tag, *parameters = (piece.strip() for piece in part.split(";"))
    if not parameters:
        return tag, 1.0
    quality = QUALITY.fullmatch(parameters[0])
    return tag, float(quality[1]) if quality else 0.0
